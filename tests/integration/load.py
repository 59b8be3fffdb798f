"""Users who never stop: dry-run creates of a Service, and what became of them."""

import contextlib
import dataclasses
import threading
import time

from admission import CLUSTER_LABEL
from harness import wait_until
from harness.process import Part


@dataclasses.dataclass(frozen=True)
class Answer:
    """One create: when it was sent, and what came back."""

    sent_s: float  # by the monotonic clock
    status: int  # 0 where nothing came back at all
    said: object  # the Service as it would be stored, or what is wrong

    @property
    def ok(self):
        return self.status == 201

    @property
    def is_mutated(self):
        return self.ok and CLUSTER_LABEL in self.said["metadata"].get("labels", {})


class Load(Part):
    """Several clients, each creating one Service after the other, hardly with a pause."""

    def __init__(self, api, service, n_clients=4, pause_s=0.004):
        named = {key: value for key, value in service["metadata"].items() if key != "name"}
        self._path = f"/api/v1/namespaces/{named['namespace']}/services?dryRun=All"
        self._body = {**service, "metadata": {**named, "generateName": "load-"}}
        self._pause_s = pause_s
        self._ends = threading.Event()
        self._answers = [[] for _ in range(n_clients)]
        self._threads = [
            threading.Thread(target=self._ask, args=(api.client(), answers), daemon=True)
            for answers in self._answers
        ]

    def start(self):
        for thread in self._threads:
            thread.start()
        self.wait_more(20)

    def stop(self):
        self._ends.set()
        for thread in self._threads:
            if thread.ident:
                thread.join()

    def answers(self):
        """All of them up to now."""
        return sorted(
            (answer for answers in self._answers for answer in list(answers)),
            key=lambda answer: answer.sent_s,
        )

    def wait_more(self, n):
        """Waits until so many more answers have come."""
        enough = sum(map(len, self._answers)) + n
        wait_until(f"{n} more answers", lambda: sum(map(len, self._answers)) >= enough, 60)

    def failed(self):
        return [answer for answer in self.answers() if not answer.ok]

    def unmutated(self):
        """Those that were taken, but as they came."""
        return [answer for answer in self.answers() if answer.ok and not answer.is_mutated]

    def _ask(self, client, answers):
        with contextlib.closing(client):
            while not self._ends.wait(self._pause_s):
                sent_s = time.monotonic()
                try:
                    status, said = client.call("POST", self._path, self._body)
                except OSError as error:
                    status, said = 0, repr(error)
                answers.append(Answer(sent_s, status, said))


@contextlib.contextmanager
def behind_one_service(replicas):
    """Webhooks that run, and are none of their Service's endpoints any more in the end."""
    try:
        for replica in replicas:
            replica.start()
        yield
    finally:
        for replica in replicas:
            replica.publish(ready=False)
            replica.kill()
