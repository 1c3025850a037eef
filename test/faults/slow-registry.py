# A registry on port 5003 whose every repository is that of the image pause at port 5002, and which takes its time.
import re
import shutil
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = 12
HEADERS = ("Content-Type", "Content-Length", "Docker-Content-Digest")


class Slow(BaseHTTPRequestHandler):
    # What every pull begins with.
    def do_HEAD(self):
        time.sleep(SECONDS)
        self.pass_on()

    def do_GET(self):
        self.pass_on()

    def pass_on(self):
        path = re.sub("^/v2/.+/(manifests|blobs)/", r"/v2/pause/\1/", self.path)
        headers = {"Accept": self.headers.get("Accept", "*/*")}
        request = urllib.request.Request("http://127.0.0.1:5002" + path, headers=headers, method=self.command)
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as error:
            answer = error
        self.send_response(answer.status)
        for name in HEADERS:
            if name in answer.headers:
                self.send_header(name, answer.headers[name])
        self.end_headers()
        shutil.copyfileobj(answer, self.wfile)


ThreadingHTTPServer(("", 5003), Slow).serve_forever()
