"""Runs an image's command as a restricted pod would run it, and writes the result as JSON.

argv: a file with the settings (see verify/run/settings.ts), and the file to write (see verify/run/trial.ts).

The image's root file system is at /image; process.py runs it. The questions: does it answer, does it finish a request in flight when it is
told to stop, and does it stop? Of an image without a port: does it go on running, and does it stop?
"""

import json
import os
import select
import signal
import socket
import sys
import time
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from process import Process, prepare, start

ROOT = Path("/image")
LOG = Path("/tmp/output")
# Seconds for which a request has to stay unanswered to be in flight.
HELD = 0.5


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
    process.kill()
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
    prepare(ROOT, settings)
    process = Process(ROOT, settings, LOG)
    try:
        problem = start(process, settings)
        result |= {"problem": problem, "startSeconds": process.seconds(), "starvedSeconds": process.starved()}
        if problem is None:
            result |= stop(process, settings)
    finally:
        process.kill()
    result["output"] = process.lines()[-20:]
    Path(sys.argv[2]).write_text(json.dumps(result))


main()
