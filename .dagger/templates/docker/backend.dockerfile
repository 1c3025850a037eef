# T-401: image of the FastAPI backend. The build context is the folder of the backend.

FROM python:3.13-slim AS build
ENV UV_LINK_MODE=copy \
    UV_PYTHON=/usr/local/bin/python3.13 \
    UV_PYTHON_DOWNLOADS=never
# Whichever binutils the base image's Debian has: nothing of it ends in the image.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends binutils \
    && rm -rf /var/lib/apt/lists/* \
    && pip install --no-cache-dir --root-user-action=ignore uv==0.13.9
WORKDIR /app
# The dependencies change less often than the application: a layer of their own. Debug symbols are two thirds of the
# database driver. The import compiles what is imported at the start, and no more; name what else your application does.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/root/.cache/uv \
    uv sync --frozen --no-dev \
    && rm .venv/.lock \
    && find .venv -name '*.so' -exec strip --strip-unneeded '{}' + \
    && .venv/bin/python -c "from importlib import import_module, util; \
        has = lambda name: util.find_spec(name.split('.')[0]) and util.find_spec(name); \
        [import_module(name) for name in ('asyncpg', 'fastapi.security', 'jwt', 'pydantic.v1', 'uvicorn') if has(name)]; \
        has('uvicorn') and import_module('uvicorn').Config(None).load()"
COPY app app
RUN python3.13 -m compileall -q app

FROM python:3.13-slim
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
WORKDIR /app
COPY --from=build /app/.venv .venv
# Take it out where there is no such folder.
COPY migrations migrations
COPY --from=build /app/app app
USER 10001:10001
EXPOSE 8000
CMD ["python", "-m", "app"]
