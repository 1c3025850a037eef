import json
import signal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PRICES = {"apple": 3, "pear": 4}


def answer(path):
    if path == "/healthz":
        return 200, "ok"
    if path == "/prices":
        return 200, json.dumps(PRICES)
    return 404, "not found"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        status, body = answer(self.path)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("", 9000), Handler)
    signal.signal(signal.SIGTERM, lambda *_: exit(0))
    server.serve_forever()
