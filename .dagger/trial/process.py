"""Runs the command of an image as a container runtime would, from a script that is privileged: the image is not trusted.

The image's root file system is a folder. It becomes the root of the process, which is number 1 of its own namespace, as in a
container. If the settings say so, the process is confined: no capabilities, no way to gain any, and a read-only root except for the
paths in the settings. Otherwise it has the capabilities of a container. The image sees no disk of the machine and nothing with which to
change it.
"""

import ctypes
import os
import signal
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

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
# What a container is told of its network.
NAMES = ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf")
# Seconds: between two looks, until one look is given up, and for which a process has to go on that answers no requests.
INTERVAL, PATIENCE, ALIVE = 0.05, 5, 5

libc = ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: str | int | ctypes.Array | None) -> None:
    """A function of the C library, which Python has no name for."""
    values = [argument.encode() if isinstance(argument, str) else argument for argument in arguments]
    if getattr(libc, function)(*values) != 0:
        raise OSError(ctypes.get_errno(), f"{function}{arguments}: {os.strerror(ctypes.get_errno())}")


def mount(source: str, target: Path, kind: str | None, flags: int, data: str | None = None) -> None:
    call("mount", source, str(target), kind, ctypes.c_ulong(flags), data)


def prepare(root: Path, settings: dict, names: Path = Path("/")) -> None:
    """Give the image what every container runtime gives it, and what the pod would have mounted; `names`: where the files of its network are."""
    writable = [root / path.lstrip("/") for path in settings["writable"]]
    files = [path.lstrip("/") for path in NAMES if (names / path.lstrip("/")).exists()]
    for path in [*(root / name for name in ("proc", "dev", "sys", "etc")), *writable]:
        path.mkdir(parents=True, exist_ok=True)
    for path in files:
        (root / path).touch()
    if settings["confined"]:
        mount(str(root), root, None, MS_BIND)
        mount("none", root, None, MS_REMOUNT | MS_BIND | MS_RDONLY)
    make_devices(root / "dev")
    for path in filter(Path.exists, map(Path, ("/sys", "/sys/fs/cgroup"))):
        show(path, root / path.relative_to("/"))
    for path in files:
        mount(str(names / path), root / path, None, MS_BIND)
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


def identity(root: Path, user: str) -> tuple[int, int]:
    """uid and gid of a USER: numbers, or names that the image's own files know."""
    name, _, group = user.partition(":")
    users, groups = table(root, "passwd"), table(root, "group")
    uid = int(name) if name.isdigit() else int(users[name][2]) if name else 0
    if not group:
        entry = account(users, uid)
        return uid, int(entry[3]) if entry else 0
    return uid, int(group) if group.isdigit() else int(groups[group][2])


def home_of(root: Path, uid: int) -> str:
    """What a container runtime makes HOME where the image does not set it."""
    entry = account(table(root, "passwd"), uid)
    return entry[5] if entry and len(entry) > 5 and entry[5] else "/"


def account(users: dict[str, list[str]], uid: int) -> list[str] | None:
    """The entry of a user by number."""
    return next((fields for fields in users.values() if fields[2] == str(uid)), None)


def table(root: Path, name: str) -> dict[str, list[str]]:
    path = root / "etc" / name
    lines = path.read_text().splitlines() if path.exists() else []
    return {fields[0]: fields for fields in (line.split(":") for line in lines) if len(fields) > 2}


def become(root: Path, settings: dict, output: Path) -> None:
    """In the child: number 1 of a new process namespace, then the image's command."""
    log = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    uid, gid = identity(root, settings["user"])
    home = home_of(root, uid)
    # An image that logs into /dev/stdout opens it anew.
    os.fchown(log, uid, gid)
    mount("proc", root / "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    for path in filter(Path.exists, (root / "proc" / name for name in KERNEL)):
        show(path, path)
    os.chroot(root)
    os.chdir(settings["workdir"])
    limit(set() if settings["confined"] else CAPABILITIES)
    if settings["confined"]:
        call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    os.environ.clear()
    os.environ.update(settings["env"])
    if os.environ["HOME"] == "/":
        os.environ["HOME"] = home
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


def launch(root: Path, settings: dict, output: Path) -> int:
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    os.unshare(os.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        try:
            become(root, settings, output)
        except BaseException as error:
            os.write(2, f"{settings['command'][0]}: {error}\n".encode())
        os._exit(127)
    # The next one is number 1 of another namespace.
    os.setns(own, os.CLONE_NEWPID)
    os.close(own)
    return pid


class Process:
    """An image's command that runs; `output`: the file that it writes to."""

    def __init__(self, root: Path, settings: dict, output: Path):
        self.begun = time.monotonic()
        self.output = output
        self.pid = launch(root, settings, output)
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

    def kill(self) -> None:
        if not self.ended():
            os.kill(self.pid, signal.SIGKILL)
            self.wait(PATIENCE)

    def lines(self) -> list[str]:
        return self.output.read_text(errors="replace").splitlines() if self.output.exists() else []


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
