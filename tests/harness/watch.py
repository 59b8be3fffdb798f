"""A list and then a watch, kept up by a thread of its own."""

import contextlib
import json
import threading
import time

from .client import Client
from .process import Part

_AGAIN_S = 0.2


class Watch(Part):
    """Tells deliver(objects) whenever anything changes: every object there is, by its uid.

    deliver is called on the watch's own thread, and gets a dict that is its to keep.
    """

    def __init__(self, kubeconfig, path, deliver):
        self._kubeconfig = kubeconfig
        self._path = path
        self._deliver = deliver
        self._stopped = threading.Event()
        self._client = None
        self._thread = threading.Thread(target=self._run, name=f"watch {path}", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._stopped.set()
        client = self._client
        if client is not None:
            client.hang_up()
        if self._thread.is_alive():
            self._thread.join(10)

    def _run(self):
        while not self._stopped.is_set():
            with contextlib.suppress(OSError, ValueError):
                self._client = Client(self._kubeconfig, timeout_s=60)
                with contextlib.closing(self._client):
                    self._follow()
            time.sleep(_AGAIN_S)

    def _follow(self):
        status, page = self._client.call("GET", self._path)
        if status != 200:
            return
        objects = {each["metadata"]["uid"]: each for each in page["items"]}
        self._deliver(dict(objects))
        version = page["metadata"]["resourceVersion"]
        query = f"{self._path}?watch=1&timeoutSeconds=50&resourceVersion={version}"
        for line in self._client.lines(query):
            if self._stopped.is_set():
                return
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            uid = event["object"]["metadata"]["uid"]
            if event["type"] == "DELETED":
                objects.pop(uid, None)
            else:
                objects[uid] = event["object"]
            self._deliver(dict(objects))
