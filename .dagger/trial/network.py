"""Networks of their own for processes, in which nothing leads anywhere but the names that they are given.

Whatever an image is told of the world, such as the address of a database in production, it reaches here only what stands for it. In each
network there is one device, the loopback; a name is an address of it, on which connections are taken and passed on into another network.
"""

import asyncio
import fcntl
import os
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OUTSIDE = os.open("/proc/self/ns/net", os.O_RDONLY)
SIOCSIFFLAGS, IFF_UP = 0x8914, 1
CHUNK = 1 << 16


@dataclass(frozen=True)
class Target:
    """What a name leads to: a port of a network, by default of the one outside."""

    host: str
    port: int
    network: int = OUTSIDE


@dataclass(frozen=True)
class Route:
    """Names, and what each of their ports leads to."""

    names: tuple[str, ...]
    ports: dict[int, Target]


def create() -> int:
    """A network in which only the loopback is up."""
    os.unshare(os.CLONE_NEWNET)
    network = os.open("/proc/self/ns/net", os.O_RDONLY)
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
    os.setns(OUTSIDE, os.CLONE_NEWNET)
    return network


@contextmanager
def inside(network: int) -> Iterator[None]:
    os.setns(network, os.CLONE_NEWNET)
    try:
        yield
    finally:
        os.setns(OUTSIDE, os.CLONE_NEWNET)


class Names:
    """The names of a network, for as long as they are served."""

    def __init__(self, network: int, routes: list[Route], folder: Path):
        addresses = [f"127.77.{1 + index // 250}.{1 + index % 250}" for index, _ in enumerate(routes)]
        hosts = [f"{address} {' '.join(route.names)}" for address, route in zip(addresses, routes)]
        (folder / "etc").mkdir(parents=True, exist_ok=True)
        (folder / "etc/hosts").write_text("\n".join(["127.0.0.1 localhost", *hosts, ""]))
        (folder / "etc/hostname").write_text("trial\n")
        # Nobody is there to be asked for any other name.
        (folder / "etc/resolv.conf").write_text("options timeout:1 attempts:1\n")
        self.folder = folder
        with inside(network):
            listeners = [
                (socket.create_server((address, port)), target)
                for address, route in zip(addresses, routes)
                for port, target in route.ports.items()
            ]
        self.pid = os.fork()
        if self.pid == 0:
            try:
                asyncio.run(serve(listeners))
            finally:
                os._exit(1)
        for listener, _ in listeners:
            listener.close()

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


async def serve(listeners: list[tuple[socket.socket, Target]]) -> None:
    for listener, target in listeners:
        await asyncio.start_server(lambda *streams, to=target: pass_on(*streams, to), sock=listener)
    await asyncio.Event().wait()


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target) -> None:
    """One connection; where nothing answers, it is reset."""
    with inside(target.network):
        other = socket.socket()
    other.setblocking(False)
    try:
        await asyncio.get_running_loop().sock_connect(other, (target.host, target.port))
        back, to = await asyncio.open_connection(sock=other)
    except OSError:
        other.close()
        writer.transport.abort()
        return
    await asyncio.gather(pump(reader, to), pump(back, writer))
    for end in (to, writer):
        end.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.transport.abort()
