"""Answers on the ports of every application, and ends as gracefully as a Service needs it: some seconds after SIGTERM."""

import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORTS = 3000, 8000, 9000
SECONDS_AFTER_SIGTERM = 5


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = b"<!doctype html><title>Helm's</title>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        if ending.is_set():
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True


def end(*_: object) -> None:
    ending.set()
    threading.Timer(SECONDS_AFTER_SIGTERM, ended.set).start()


ending, ended = threading.Event(), threading.Event()
signal.signal(signal.SIGTERM, end)
for port in PORTS:
    threading.Thread(target=Server(("", port), Handler).serve_forever, daemon=True).start()
ended.wait()
