"""Runs releases on one schema, step by step, and writes the results as JSON.

argv: a file with the settings, and the file to write (see schema/trial.ts for both).

A step runs a migration to its end, starts the applications of a release in place of those that run, or sends requests to those. The first
step that fails is the last one, unless the settings say otherwise. Each process has a network of its own, in which the backing services,
which are bound to this container, and the applications that run have the names that they have in a cluster; nothing else can be reached.
"""

import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

import network
from network import Names, Network, Route, Target
from process import PATIENCE, Process, prepare, start

# Lines of an output that are kept as evidence.
TAIL = 20


class TimedOut(Exception):
    pass


class Machine:
    def __init__(self, settings: dict):
        self.deadline = time.monotonic() + settings["seconds"]
        self.services = [
            Route(tuple(names), {port: Target(socket.gethostbyname(name), port)})
            for name, (names, port) in settings["services"].items()
        ]
        self.running: dict[str, tuple[Process, Names]] = {}
        self.routes: list[Route] = []
        self.count = 0

    def remaining(self) -> float:
        return self.deadline - time.monotonic()

    def launch(self, settings: dict, at: Network) -> tuple[Process, Names]:
        """Run a process in a network of its own."""
        self.count += 1
        names = Names(at, [*self.services, *self.routes], Path(f"/tmp/network-{self.count}"))
        root = Path(settings["root"])
        prepare(root, settings, names.folder)
        with network.inside(at.own):
            return Process(root, settings, Path(f"/tmp/output-{self.count}")), names

    def to_its_end(self, settings: dict) -> Process:
        process, names = self.launch(settings, network.create())
        ended = process.wait(self.remaining())
        process.kill()
        names.end()
        if not ended:
            raise TimedOut
        return process

    def migrate(self, step: dict) -> dict:
        """Run a migration, and what is to watch the database meanwhile."""
        watcher = self.launch(step["watcher"], network.create()) if "watcher" in step else None
        try:
            process = self.to_its_end(step["process"])
        finally:
            watched = stopped(*watcher) if watcher else None
        problem = None if process.exit == "exit code 0" else process.exit
        return {"problem": problem, "output": process.lines()[-TAIL:], **({} if watched is None else {"watched": watched})}

    def start(self, step: dict) -> dict:
        """Each application in its network, then wait for each."""
        self.stop()
        networks = {name: network.create() for name in step["applications"]}
        self.routes = [
            Route(
                tuple(service["names"]),
                {int(port): Target(network.OWN, to, networks[service["application"]].far) for port, to in service["ports"].items()},
            )
            for service in step["services"]
        ]
        for name, settings in step["applications"].items():
            self.running[name] = self.launch(settings, networks[name])
        for name, settings in step["applications"].items():
            if "port" not in settings:
                continue
            process, _ = self.running[name]
            limited = settings | {"patience": min(settings["patience"], self.remaining())}
            with network.inside(networks[name].own):
                problem = start(process, limited)
            if problem and self.remaining() <= 0:
                raise TimedOut
            if problem:
                return {"problem": problem, "application": name, "output": process.lines()[-TAIL:]}
        return {"problem": None, "output": []}

    def request(self, step: dict) -> dict:
        """Send requests by k6; what the applications wrote meanwhile is evidence."""
        scenario = Path(step["process"]["root"]) / "scenario/scenario.json"
        scenario.write_text(json.dumps(step["scenario"]))
        before = {name: len(process.lines()) for name, (process, _) in self.running.items()}
        lines = self.to_its_end(step["process"]).lines()
        wrote = {name: process.lines()[before[name] :][-TAIL:] for name, (process, _) in self.running.items()}
        ended = [(name, process.exit) for name, (process, _) in self.running.items() if process.ended()]
        if ended:
            name, how = ended[0]
            return {"problem": how, "application": name, "lines": lines, "output": wrote[name]}
        answered = [json.loads(line) for line in lines if line.startswith('{"step":')]
        failed = len(answered) < len(step["scenario"]["steps"]) or any("failure" in each for each in answered)
        return {"problem": "unanswered" if failed else None, "lines": lines, "wrote": wrote}

    def stop(self) -> None:
        for process, names in self.running.values():
            process.kill()
            names.end()
        self.running, self.routes = {}, []


def stopped(process: Process, names: Names) -> list[str] | None:
    """What a watcher has printed until it was told to stop; none where it had ended before."""
    ended = process.ended()
    if not ended:
        os.kill(process.pid, signal.SIGINT)
        process.wait(PATIENCE)
    process.kill()
    names.end()
    return None if ended else process.lines()


KINDS = {"migrate": Machine.migrate, "start": Machine.start, "request": Machine.request}


def main() -> None:
    settings = json.loads(Path(sys.argv[1]).read_text())
    result: dict = {"ranAt": time.time(), "steps": []}
    machine = Machine(settings)
    try:
        for step in settings["steps"]:
            print(step["name"], flush=True)
            begun = time.monotonic()
            try:
                outcome = KINDS[step["kind"]](machine, step)
            except TimedOut:
                outcome = {"problem": "timed-out", "output": []}
            result["steps"].append(outcome | {"name": step["name"], "seconds": time.monotonic() - begun})
            if outcome["problem"] and not step.get("goOn"):
                break
    finally:
        machine.stop()
    Path(sys.argv[2]).write_text(json.dumps(result))


main()
