"""Parts that start at the same time."""

import threading

from .process import Part


class Together(Part):
    """Each part has a thread of its own from start() to stop().

    A thread that ended would take the processes that it started with it (see process.py).
    """

    def __init__(self, *parts):
        self._keepers = [_Keeper(part) for part in parts]

    def start(self):
        for keeper in self._keepers:
            keeper.start()
        for keeper in self._keepers:
            keeper.wait()

    def stop(self):
        for keeper in self._keepers:
            keeper.release()
        for keeper in self._keepers:
            keeper.join()


class _Keeper:
    def __init__(self, part):
        self._part = part
        self._started = threading.Event()
        self._released = threading.Event()
        self._failure = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self._thread.start()

    def wait(self):
        self._started.wait()
        if self._failure:
            raise self._failure

    def release(self):
        self._released.set()

    def join(self):
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self):
        try:
            with self._part:
                self._started.set()
                self._released.wait()
        except BaseException as error:
            self._failure = error
        finally:
            self._started.set()
