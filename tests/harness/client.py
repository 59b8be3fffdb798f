"""An API server spoken to without kubectl: many requests a second, on one connection that stays."""

import base64
import contextlib
import http.client
import json
import socket
import ssl
import urllib.parse


class Client:
    """Somebody with a kubeconfig that has its credentials inline. For one thread."""

    def __init__(self, kubeconfig, token=None, timeout_s=30):
        """token: another than that of the kubeconfig."""
        config = json.loads(kubeconfig.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        server = urllib.parse.urlsplit(cluster["server"])
        self._token = token or config["users"][0]["user"]["token"]
        self._connection = http.client.HTTPSConnection(
            server.hostname,
            server.port,
            timeout=timeout_s,
            context=ssl.create_default_context(cadata=authority),
        )

    def call(self, method, path, obj=None, accept="application/json", media="application/json"):
        """The status of the answer, and what it holds; a text where it is not JSON.

        media: what obj is, where it is a patch. Raises OSError where there is no answer.
        """
        headers = {"Authorization": f"Bearer {self._token}", "Accept": accept}
        if obj is not None:
            headers["Content-Type"] = media
        try:
            body = None if obj is None else json.dumps(obj)
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return answer.status, _read(answer.read().decode())
        except http.client.HTTPException as error:
            self.close()
            raise ConnectionError(f"{method} {path}: {error!r}") from error
        except OSError:
            self.close()  # the next call begins a new connection
            raise

    def lines(self, path):
        """What a watch answers, line by line, until the server or hang_up() ends it."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            self._connection.request("GET", path, None, headers)
            answer = self._connection.getresponse()
            if answer.status != 200:
                raise ConnectionError(f"GET {path}: {answer.status}")
            while line := answer.readline():
                yield line
        except http.client.HTTPException as error:
            raise ConnectionError(f"GET {path}: {error!r}") from error
        finally:
            self.close()

    def hang_up(self):
        """Ends, from another thread, what this one waits for."""
        held = self._connection.sock
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self):
        with contextlib.suppress(OSError):
            self._connection.close()


def _read(text):
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
