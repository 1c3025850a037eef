"""Networks of their own for processes, in which nothing leads anywhere but the names that they are given.

Whatever an image is told of the world, such as the address of a database in production, it reaches here only what stands for it. Each
process has a network with one wire out of it. At the other end, in a network of its own too, each name has an address, and
connections that are made to it are passed on.
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
# Of the process, and of the first of its names; none of them means anything in another network.
OWN, NAMES, MASK = "10.77.0.2", "10.77.1.{}", "255.255.0.0"
WIRE, FAR_END = "eth0", "far"
SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, IFF_UP = 0x8914, 0x8916, 0x891C, 1
RTM_NEWLINK, NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE, NLMSG_ERROR = 16, 1, 4, 0x200, 0x400, 2
IFLA_IFNAME, IFLA_LINKINFO, IFLA_NET_NS_FD, IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 3, 18, 28, 1, 2, 1
CHUNK = 1 << 16


@dataclass(frozen=True)
class Network:
    """That of a process, and the one at the other end of its wire."""

    own: int
    far: int


@dataclass(frozen=True)
class Target:
    """What a name leads to: a port of an address, as it is reached from a network, by default from the one outside."""

    host: str
    port: int
    network: int = OUTSIDE


@dataclass(frozen=True)
class Route:
    """Names, and what each of their ports leads to."""

    names: tuple[str, ...]
    ports: dict[int, Target]


def create() -> Network:
    network = Network(empty(), empty())
    with inside(network.own):
        lay_wire(network.far)
        set_address(WIRE, OWN)
    return network


def empty() -> int:
    """A network in which only the loopback is up."""
    os.unshare(os.CLONE_NEWNET)
    network = os.open("/proc/self/ns/net", os.O_RDONLY)
    switch_on("lo")
    os.setns(OUTSIDE, os.CLONE_NEWNET)
    return network


@contextmanager
def inside(network: int) -> Iterator[None]:
    os.setns(network, os.CLONE_NEWNET)
    try:
        yield
    finally:
        os.setns(OUTSIDE, os.CLONE_NEWNET)


def lay_wire(far: int) -> None:
    """A pair of virtual devices, one here and one there, as rtnetlink makes it."""
    peer = interface() + attribute(IFLA_IFNAME, FAR_END.encode() + b"\0") + attribute(IFLA_NET_NS_FD, struct.pack("I", far))
    kind = attribute(IFLA_INFO_KIND, b"veth") + attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer))
    body = interface() + attribute(IFLA_IFNAME, WIRE.encode() + b"\0") + attribute(IFLA_LINKINFO, kind)
    flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_EXCL | NLM_F_CREATE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as route:
        route.send(struct.pack("IHHII", 16 + len(body), RTM_NEWLINK, flags, 1, 0) + body)
        _, kind_of_answer, _, _, _, error = struct.unpack("IHHIIi", route.recv(CHUNK)[:20])
    if kind_of_answer != NLMSG_ERROR or error:
        raise OSError(-error, f"a pair of virtual devices cannot be made: {os.strerror(-error)}")


def interface() -> bytes:
    return struct.pack("BxHiII", socket.AF_UNSPEC, 0, 0, 0, 0)


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def set_address(device: str, address: str) -> None:
    control(SIOCSIFADDR, device, struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(address)))
    control(SIOCSIFNETMASK, device, struct.pack("HH4s", socket.AF_INET, 0, socket.inet_aton(MASK)))
    switch_on(device)


def switch_on(device: str) -> None:
    control(SIOCSIFFLAGS, device, struct.pack("H", IFF_UP))


def control(request: int, device: str, value: bytes) -> None:
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, request, struct.pack("16s24s", device.encode(), value))


class Names:
    """The names of a network, for as long as they are served."""

    def __init__(self, network: Network, routes: list[Route], folder: Path):
        addresses = [NAMES.format(1 + index) for index, _ in enumerate(routes)]
        hosts = [f"{address} {' '.join(route.names)}" for address, route in zip(addresses, routes)]
        (folder / "etc").mkdir(parents=True, exist_ok=True)
        (folder / "etc/hosts").write_text("\n".join(["127.0.0.1 localhost", f"{OWN} {socket.gethostname()}", *hosts, ""]))
        (folder / "etc/hostname").write_text(f"{socket.gethostname()}\n")
        # Nobody is there to be asked for any other name.
        (folder / "etc/resolv.conf").write_text("options timeout:1 attempts:1\n")
        self.folder = folder
        with inside(network.far):
            for index, address in enumerate(addresses):
                set_address(f"{FAR_END}:{index}" if index else FAR_END, address)
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
