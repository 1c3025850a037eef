"""Runs an image's command as a restricted pod would run it, and writes the result as JSON.

argv: a file with the settings (see verify/run/settings.ts), and the file to write (see verify/run/trial.ts).

The image's root file system is at /image. It becomes the root of the process, which is number 1 of its own namespace, as in a
container. If the settings say so, the process is confined: no capabilities, no way to gain any, and a read-only root except for the
paths in the settings. Otherwise it has the capabilities of a container. This script is privileged and the image is untrusted, so the
image sees no disk of the machine and nothing with which to change it. The questions: does it answer, does it finish a request in
flight when it is told to stop, and does it stop? Of an image without a port: does it go on running, and does it stop?
"""

import ctypes
import json
import os
import select
import signal
import socket
import sys
import time
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path

ROOT = Path("/image")
LOG = Path("/tmp/output")
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
CAPABILITY_VERSION = 0x20080522
CAP_SETGID, CAP_SETUID = 6, 7
# Docker's own but for mknod and chroot, which lead out of here: chown, dac_override, fowner, fsetid, kill, setgid, setuid, setpcap,
# net_bind_service, net_raw, audit_write, setfcap.
CAPABILITIES = {0, 1, 3, 4, 5, CAP_SETGID, CAP_SETUID, 8, 10, 13, 29, 31}
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
LINKS = {"fd": "fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}
# What a container may only read of the kernel's settings, as in Docker.
KERNEL = ("bus", "fs", "irq", "sys", "sysrq-trigger")
# Seconds: between two looks, until one look is given up, for which a request has to stay unanswered to be in flight, and for which
# a process has to go on that answers no requests.
INTERVAL, PATIENCE, HELD, ALIVE = 0.05, 5, 0.5, 5

libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: str | int | ctypes.Array | None) -> None:
    """A function of the C library, which Python has no name for."""
    values = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    if getattr(libc, function)(*values) != 0:
        raise OSError(ctypes.get_errno(), f"{function}{arguments}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: Path, kind: str | None, flags: int, data: str | None = None) -> None:
    call("mount", source, str(target), kind, ctypes.c_ulong(flags), data)


def prepare(settings: dict) -> None:
    """Give the image what every container runtime gives it, and what the pod would have mounted."""
    writable = [ROOT / path.lstrip("/") for path in settings["writable"]]
    files = [path for path in map(Path, ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")) if path.exists()]
    for path in [*(ROOT / name for name in ("proc", "dev", "sys", "etc")), *writable]:
        path.mkdir(parents=True, exist_ok=True)
    for path in files:
        (ROOT / path.relative_to("/")).touch()
    if settings["confined"]:
        mount(str(ROOT), ROOT, None, MS_BIND)
        mount("none", ROOT, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    make_devices(ROOT / "dev")
    for path in filter(Path.exists, map(Path, ("/sys", "/sys/fs/cgroup"))):
        show(path, ROOT / path.relative_to("/"))
    for path in files:
        mount(str(path), ROOT / path.relative_to("/"), None, MS_BIND)
    for path in writable:
        mount("tmpfs", path, "tmpfs", 0, "mode=1777")


def make_devices(folder: Path) -> None:
    mount("tmpfs", folder, "tmpfs", MS_NOSUID, "mode=755")
    for name in DEVICES:
        (folder / name).touch()
        mount(f"/dev/{name}", folder / name, None, MS_BIND)
    for name, target in LINKS.items():
        (folder / name).symlink_to(f"/proc/self/{target}")
    (folder / "shm").mkdir()
    mount("tmpfs", folder / "shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777")


def show(source: Path, target: Path) -> None:
    """Mount it to be read only, without what is mounted in it."""
    mount(str(source), target, None, MS_BIND)
    mount("none", target, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)


def identity(user: str) -> tuple[int, int]:
    """uid and gid of a USER: numbers, or names that the image's own files know."""
    name, _, group = user.partition(":")
    users, groups = table("passwd"), table("group")
    uid = int(name) if name.isdigit() else int(users[name][2]) if name else 0
    entry = next((fields for fields in users.values() if fields[2] == str(uid)), None)
    if not group:
        return uid, int(entry[3]) if entry else 0
    return uid, int(group) if group.isdigit() else int(groups[group][2])


def table(name: str) -> dict[str, list[str]]:
    path = ROOT / "etc" / name
    lines = path.read_text().splitlines() if path.exists() else []
    return {fields[0]: fields for fields in (line.split(":") for line in lines) if len(fields) > 2}


def become(settings: dict) -> None:
    """In the child: number 1 of a new process namespace, then the image's command."""
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    uid, gid = identity(settings["user"])
    # An image that logs into /dev/stdout opens it anew.
    os.fchown(log, uid, gid)
    mount("proc", ROOT / "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in filter(Path.exists, (ROOT / "proc" / name for name in KERNEL)):
        show(path, path)
    os.chroot(ROOT)
    os.chdir(settings["workdir"])
    limit(set() if settings["confined"] else CAPABILITIES)
    if settings["confined"]:
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.environ.clear()
    os.environ.update(settings["env"])
    os.execvp(settings["command"][0], settings["command"])


def limit(capabilities: set[int]) -> None:
    """Leave the image's command no other capabilities, as whichever user; until it runs, there are those that it takes to become that user."""
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        if capability not in capabilities:
            call("prctl", PR_CAPBSET_DROP, capability, 0, 0, 0)
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    # The first half of each set: effective, permitted, and inheritable, which an engine may have filled and which outlives an exec.
    now = sum(1 << capability for capability in capabilities | {CAP_SETGID, CAP_SETUID})
    call("capset", (ctypes.c_uint32 * 2)(CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)(now, now, 0, 0, 0, 0))


def launch(settings: dict) -> int:
    os.unshare(os.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        try:
            become(settings)
        except BaseException as error:
            os.write(2, f"{settings['command'][0]}: {error}\n".encode())
        os._exit(127)
    return pid


class Process:
    def __init__(self, settings: dict):
        self.begun = time.monotonic()
        self.pid = launch(settings)
        self.exit: str | None = None

    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def starved(self) -> float:
        """Seconds for which it could have run, and others had the processor."""
        path = Path(f"/proc/{self.pid}/schedstat")
        return int(path.read_text().split()[1]) / 1e9 if path.exists() else 0

    def ended(self) -> bool:
        if self.exit is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                code = os.waitstatus_to_exitcode(status)
                self.exit = f"exit code {code}" if code >= 0 else f"ended by {signal.Signals(-code).name}"
        return self.exit is not None

    def wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not self.ended() and time.monotonic() < deadline:
            time.sleep(INTERVAL)
        return self.ended()


def look(port: int, path: str, headers: dict[str, str]) -> str | None:
    """What is wrong with the answer, as a probe of Kubernetes sees it; nothing: None."""
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers=headers)
        status = connection.getresponse().status
        return None if 200 <= status < 400 else f"{path} answers {status}"
    except (OSError, HTTPException) as error:
        return f"{path}: {error or type(error).__name__}"
    finally:
        connection.close()


def start(process: Process, settings: dict) -> str | None:
    """Wait until it answers, or has run for a while if it has no port; what was wrong to the last: None, it does."""
    if "port" not in settings:
        return early_end(process) if process.wait(ALIVE) else None
    while True:
        problem = look(settings["port"], settings["health"], settings["headers"])
        if problem is None:
            return None
        if process.ended():
            return early_end(process)
        if process.seconds() - process.starved() > settings["patience"]:
            return problem
        time.sleep(INTERVAL)


def early_end(process: Process) -> str:
    return f"ended after {process.seconds():.1f} s with {process.exit}"


def stop(process: Process, settings: dict) -> dict:
    """Tell it to stop, and how that went."""
    if "port" not in settings:
        return {"stopSeconds": end(process, settings, tell(process))}
    request, told = stop_in_flight(process, settings)
    return {"inFlight": request, "stopSeconds": end(process, settings, told)}


def stop_in_flight(process: Process, settings: dict) -> tuple[str, float]:
    """Tell it to stop while a request is in flight: one whose body comes only afterwards."""
    body = b"{}"
    fields = "".join(f"{name}: {value}\r\n" for name, value in {"Host": "localhost", **settings["headers"]}.items())
    head = f"POST {settings['inFlight']} HTTP/1.1\r\n{fields}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    try:
        usual = answer(settings, head.encode() + body)
        with socket.create_connection(("127.0.0.1", settings["port"]), timeout=settings["grace"]) as connection:
            connection.sendall(head.encode())
            held = not select.select([connection], [], [], HELD)[0]
            told = tell(process)
            request = finish(connection, body, usual) if held else "not held"
    except (OSError, HTTPException) as error:
        # It does not take a request, though it answered one just before.
        told = tell(process)
        request = f"lost: {error}"
    return request, told


def end(process: Process, settings: dict, told: float) -> float | None:
    """Seconds until it has stopped; None: it had to be killed."""
    stopped = process.wait(max(0, settings["grace"] - (time.monotonic() - told)))
    seconds = time.monotonic() - told
    if not stopped:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(PATIENCE)
    return seconds if stopped else None


def tell(process: Process) -> float:
    if not process.ended():
        os.kill(process.pid, signal.SIGTERM)
    return time.monotonic()


def answer(settings: dict, request: bytes) -> int:
    """The status that a request is answered with while nothing stops: without its database, an application has no better one than 500."""
    with socket.create_connection(("127.0.0.1", settings["port"]), timeout=settings["grace"]) as connection:
        connection.sendall(request)
        return status_of(connection)


def status_of(connection: socket.socket) -> int:
    response = HTTPResponse(connection)
    response.begin()
    response.read()
    return response.status


def finish(connection: socket.socket, body: bytes, usual: int) -> str:
    time.sleep(HELD)
    try:
        connection.sendall(body)
        status = status_of(connection)
        return "finished" if status < 500 or status == usual else f"lost: it was answered with {status}, and with {usual} before"
    except (OSError, HTTPException) as error:
        return f"lost: {error or type(error).__name__}"


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text())
    result = {"ranAt": time.time()}
    prepare(settings)
    process = Process(settings)
    try:
        problem = start(process, settings)
        result |= {"problem": problem, "startSeconds": process.seconds(), "starvedSeconds": process.starved()}
        if problem is None:
            result |= stop(process, settings)
    finally:
        if not process.ended():
            os.kill(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)
    result["output"] = LOG.read_text(errors="replace").splitlines()[-20:]
    Path(sys.argv[2]).write_text(json.dumps(result))


main()
