import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from pg import query


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            self.answer(200, "ok")
        else:
            self.ask(200, "SELECT title FROM items ORDER BY id DESC LIMIT 20")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/health":
            self.answer(200, "ok")
        else:
            self.ask(201, f"INSERT INTO items (title) VALUES ($text${json.loads(body)['title']}$text$)")

    def ask(self, status, sql):
        try:
            self.answer(status, json.dumps(query(sql)))
        except (OSError, RuntimeError) as error:
            print(error, flush=True)
            self.answer(500, str(error))

    def answer(self, status, text):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    # What is in flight is finished before the end.
    daemon_threads = False


server = Server(("", 8000), Handler)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
server.server_close()
