"""A peer that is taken for an API server, and is anything but one."""

import http.server
import itertools
import json
import ssl
import threading

from harness.net import free_port
from harness.process import Part

PIECE = 64 * 1024
_METADATA = {"resourceVersion": "1"}


class Rogue(Part):
    """Answers every request over HTTPS with what `answer` does: one of the functions below."""

    def __init__(self, authority, directory, answer):
        directory.mkdir()
        self.answer = answer
        self.n_requests = 0
        self.kubeconfig = directory / "rogue.kubeconfig"
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), _Handler)
        self._server.daemon_threads = True
        self._server.rogue = self
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        pair = authority.new_serving(f"rogue-{self._server.server_port}", ["127.0.0.1"])
        tls.load_cert_chain(pair.chain, pair.key)
        self._server.socket = tls.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.kubeconfig.write_text(json.dumps(self._config(authority)))

    def start(self):
        self._thread.start()

    def stop(self):
        if self._thread.ident:
            self._server.shutdown()
            self._thread.join()
        self._server.server_close()

    def _config(self, authority):
        url = f"https://127.0.0.1:{self._server.server_port}"
        cluster = {"server": url, "certificate-authority": str(authority.root)}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "rogue", "cluster": cluster}],
            "users": [{"name": "us", "user": {"token": "none"}}],
            "contexts": [{"name": "rogue", "context": {"cluster": "rogue", "user": "us"}}],
            "current-context": "rogue",
        }


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.rogue.n_requests += 1
        self.close_connection = True
        try:
            self.server.rogue.answer(self)
        except OSError:
            pass  # who asked has had enough

    def begin(self, status=200, **headers):
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def is_watch(self):
        return "watch=1" in self.path

    def log_message(self, *_):
        """Says nothing."""


# --- what it may do with a request ---------------------------------------------------------------


def errors(request):
    request.begin(500)


def wrong_page(request):
    """What a proxy or a login page says."""
    request.begin(Content_Type="text/html")
    request.wfile.write(b"<html>\n<body>Sign in</body>\n</html>\n")


def noise(request):
    request.begin()
    request.wfile.write(bytes(range(256)) * 400)


def half_an_answer(request):
    request.begin(Content_Length="100000")
    request.wfile.write(b'{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[{"met')


def no_http(request):
    request.wfile.write(b"220 mail.example ESMTP\r\n" * 100)


def endless_headers(request):
    request.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while True:
        request.wfile.write(b"X-More: " + b"y" * 1000 + b"\r\n")


def endless_line(request):
    """A streamed list whose first event does not end."""
    request.begin()
    request.wfile.write(b'{"type":"ADDED","object":{"metadata":{"name":"')
    _go_on_with(request, b"x" * PIECE)


def endless_page(request):
    """A list that does not end; it has no streamed ones."""
    if request.is_watch():
        request.begin(400)
        return
    request.begin()
    request.wfile.write(b'{"kind":"ServiceList","metadata":{"resourceVersion":"1"},"items":[')
    _go_on_with(request, b" " * PIECE)


def endless_pages(request):
    """One page after the other, all of them empty."""
    if request.is_watch():
        request.begin(400)
        return
    page = {"kind": "List", "metadata": {**_METADATA, "continue": "more"}, "items": []}
    request.begin()
    request.wfile.write(json.dumps(page).encode())


def endless_errors(request):
    """Watches that begin well and say at once that they are too old."""
    request.begin()
    end = {"k8s.io/initial-events-end": "true"}
    bookmark = {"metadata": {**_METADATA, "annotations": end}}
    _event(request, "BOOKMARK", bookmark)
    _event(request, "ERROR", {"kind": "Status", "code": 410, "message": "too old"})


def endless_objects(request):
    """A streamed list of ever more objects."""
    request.begin()
    for piece in itertools.count():
        names = (f"s-{piece}-{n}" for n in range(1000))
        metadata = ({"name": name, "namespace": "n", "resourceVersion": "1"} for name in names)
        lines = (json.dumps({"type": "ADDED", "object": {"metadata": each}}) for each in metadata)
        request.wfile.write("".join(f"{line}\n" for line in lines).encode())


def _event(request, kind, obj):
    request.wfile.write(json.dumps({"type": kind, "object": obj}).encode() + b"\n")


def _go_on_with(request, piece):
    while True:
        request.wfile.write(piece)
