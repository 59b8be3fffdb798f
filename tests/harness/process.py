"""Processes for the tests: each leads a session of its own, logs to a file, and is gone at the end.

A process is ended through the id of the group it leads, never by name. Should the tests die
without a chance to clean up (SIGKILL, SIGTERM), the kernel kills each process with them; it does
so when the *thread* that started the process ends, so start processes from the main thread only.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
import urllib.error
import urllib.request

POLL_S = 0.05


class NotReady(AssertionError):
    """Something did not become true in time; the message says what, and what was seen last."""


def wait_until(what, check, timeout_s=30.0, tell=None):
    """Polls check() until it returns something true, and returns that.

    tell() is asked, if it does not, for what is to be said besides what was seen last.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        seen = check()
        if seen:
            return seen
        if time.monotonic() >= deadline:
            told = f"; {tell()}" if tell else ""
            raise NotReady(f"{what}: not within {timeout_s} s; last seen: {seen!r}{told}")
        time.sleep(POLL_S)


def answers_ok(url, token=None, tls=None):
    """Whether a GET of url is answered with 200 at once."""
    request = urllib.request.Request(url)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=tls)
    )
    try:
        with opener.open(request, timeout=2) as response:
            return response.status == 200
    except OSError:
        return False


class Part:
    """Something that runs. `with part:` starts it and stops it whatever happens between.

    Subclasses define start() and stop(); stop() also cleans up after a start() that failed half
    way, and does nothing the second time.
    """

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()


class Process(Part):
    """One program. Its output is appended to DIRECTORY/NAME.log, over restarts too."""

    def __init__(self, name, argv, directory, env=None):
        self.name = name
        self.argv = [str(word) for word in argv]
        self.directory = directory
        self.env = {"PATH": os.environ["PATH"], "HOME": str(directory), **(env or {})}
        self.log = directory / f"{name}.log"
        self._running = None

    def start(self):
        assert self._running is None, f"{self.name} is running already"
        with self.log.open("ab") as log:
            self._running = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self.argv],
                cwd=self.directory,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self):
        return self._running.pid

    def rss_kib(self):
        """What it has in memory now."""
        return self._status("VmRSS")

    def peak_kib(self):
        """The most that it ever had in memory."""
        return self._status("VmHWM")

    def wait_ready(self, check, timeout_s=60.0):
        """Waits for check(), but no longer than the process lives."""
        try:
            wait_until(f"{self.name} ready", lambda: self._has_exited() or check(), timeout_s)
        except NotReady as error:
            raise NotReady(f"{error}\n{self._last_words()}") from None
        if self._has_exited():
            raise NotReady(f"{self.name} exited instead of becoming ready\n{self._last_words()}")

    def send(self, signal_number):
        """Signals the process alone, not its group: what a kubelet does to a container."""
        os.kill(self.pid, signal_number)

    def wait_exit(self, timeout_s=30.0):
        """Waits for the process to end by itself; its exit status, -N if signal N ended it."""
        wait_until(f"{self.name} to exit", self._has_exited, timeout_s)
        return self._reap()

    def kill(self):
        """Ends the process and its group without a chance to react."""
        if self._running is not None:
            self._reap()

    def stop(self, grace_s=15.0):
        """Asks the process to end, and after grace_s seconds makes it."""
        if self._running is None:
            return
        self.send(signal.SIGTERM)
        with contextlib.suppress(NotReady):
            wait_until(f"{self.name} to exit", self._has_exited, grace_s)
        self._reap()

    def _status(self, name):
        with open(f"/proc/{self.pid}/status") as status:
            return int(re.search(rf"^{name}:\s+(\d+) kB", status.read(), re.MULTILINE)[1])

    def _has_exited(self):
        # WNOWAIT leaves it a zombie: until _reap() its id, and so its group's, belongs to nobody
        # else.
        options = os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.pid, options) is not None

    def _reap(self):
        os.killpg(self.pid, signal.SIGKILL)
        status = self._running.wait()
        self._running = None
        return status

    def _last_words(self, lines=20):
        tail = self.log.read_text(errors="replace").splitlines()[-lines:]
        return "\n".join([f"--- the end of {self.log}", *tail])
