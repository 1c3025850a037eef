"""The simple query protocol of PostgreSQL, for a user who needs no password."""

import socket
import struct


def query(sql: str) -> list[list[str]]:
    with socket.create_connection(("db", 5432), timeout=30) as connection, connection.makefile("rb") as answers:
        start = b"user\0app\0database\0app\0\0"
        connection.sendall(struct.pack("!ii", len(start) + 8, 196608) + start)
        read(answers)
        text = sql.encode() + b"\0"
        connection.sendall(b"Q" + struct.pack("!i", len(text) + 4) + text)
        return read(answers)


def read(answers) -> list[list[str]]:
    """The rows until the server is ready for a query."""
    rows, error = [], None
    while (kind := answers.read(1)) not in (b"Z", b""):
        body = answers.read(struct.unpack("!i", answers.read(4))[0] - 4)
        if kind == b"D":
            rows.append(values(body))
        if kind == b"E":
            error = next(field[1:] for field in body.split(b"\0") if field.startswith(b"M")).decode()
    if kind:
        answers.read(5)
    if error or not kind:
        raise RuntimeError(error or "the server has closed the connection")
    return rows


def values(body: bytes) -> list[str]:
    at, row = 2, []
    for _ in range(struct.unpack("!h", body[:2])[0]):
        (length,) = struct.unpack("!i", body[at : at + 4])
        row.append(body[at + 4 : at + 4 + max(length, 0)].decode())
        at += 4 + max(length, 0)
    return row
