"""One of bookinfo's services: says what it is, which version, and in which cluster.

Environment: SERVICE, VERSION, CLUSTER, PORT. Details, ratings and reviews answer every path with
themselves; reviews v2 and v3 ask ratings first, /productpage asks details and reviews.
"""

import http.server
import json
import os
import urllib.request

ASKS = {
    "productpage": {"details": "/details/0", "reviews": "/reviews/0"},
    "reviews": {"ratings": "/ratings/0"},
}
PORT = int(os.environ["PORT"])
ME = {key.lower(): os.environ[key] for key in ("SERVICE", "VERSION", "CLUSTER")}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer is one write
    disable_nagle_algorithm = True

    def do_GET(self):
        if self.path == "/health":
            self.answer(200, {})
            return
        asked = {}
        for service, path in asks(self.path).items():
            asked[service] = ask(f"http://{service}:{PORT}{path}", self.headers.get("end-user"))
        ok = all(asked.values())
        self.answer(200 if ok else 502, {**ME, **asked})

    def answer(self, status, obj):
        body = json.dumps(obj).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def asks(path):
    if ME["service"] == "productpage" and path != "/productpage":
        return {}
    if ME["service"] == "reviews" and ME["version"] == "v1":
        return {}
    return ASKS.get(ME["service"], {})


def ask(url, user):
    """The answer; None where there is none, or none that is good."""
    request = urllib.request.Request(url, headers={"end-user": user} if user else {})
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)
    except (OSError, ValueError):
        return None


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


Server(("0.0.0.0", PORT), Handler).serve_forever()
