import serve  # noqa: F401
