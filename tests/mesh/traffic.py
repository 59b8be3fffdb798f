"""Requests that a client keeps sending while a test does something."""

import collections
import threading

from harness.process import Part, wait_until


class Traffic(Part):
    """`with Traffic(pod, url) as traffic:` asks, one request after the other."""

    def __init__(self, pod, url, headers=None, pause_s=0.02):
        self.answers = []
        self._pod = pod
        self._url = url
        self._headers = headers
        self._pause_s = pause_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._over.set()
        self._thread.join()

    def _run(self):
        while not self._over.wait(self._pause_s):
            self.answers.append(self._pod.get(self._url, self._headers))

    def wait_for(self, n, timeout_s=60):
        """Waits for n more answers, and returns those."""
        began = len(self.answers)
        wait_until(f"{n} answers", lambda: len(self.answers) >= began + n, timeout_s)
        return self.answers[began : began + n]

    def wait_for_cluster(self, name, in_a_row=10, timeout_s=30):
        """Waits until the newest answers are all from one cluster."""

        def settled():
            newest = self.answers[-in_a_row:]
            return len(newest) == in_a_row and all(each.cluster == name for each in newest)

        wait_until(f"{self._url} is answered by {name}", settled, timeout_s)


def where(answers):
    """How many answers came from which cluster; what was no good under its status."""
    return collections.Counter(each.cluster if each.ok else each.status for each in answers)
