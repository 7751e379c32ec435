# ruff: noqa: PTH120, PTH123
"""Limits of one test, and which files are the project's."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

FOREIGN = ("/site-packages/", "/dist-packages/", "/.venv/", "/venv/", "/.tox/", "/.nox/", "/node_modules/")


OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))


class OutOfTime(BaseException):
    """Raised inside a test that used more than its CPU time."""


class Timer:
    """A limit for one test, of CPU time and, where asked for, of time; `fired` tells whether it was reached, `stack` where."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.fired = 0
        self.stack: list[tuple[str, int]] = []

    def _reached(self, _number: int, frame: Any) -> None:
        self.fired += 1
        if self.fired == 1:
            self.stack = project_stack(frame, self.root)
        if self.fired > 5:  # the code under test swallows the exception
            os._exit(3)
        raise OutOfTime

    def __call__(self, seconds: float, run: Callable[[], Any], wall: float = 0.0) -> Any:
        """`wall` seconds at most, 0 = no limit: what waits uses no CPU time."""
        self.fired, self.stack = 0, []
        signal.signal(signal.SIGPROF, self._reached)
        signal.setitimer(signal.ITIMER_PROF, seconds, 0.05)
        if wall:
            signal.signal(signal.SIGALRM, self._reached)
            signal.setitimer(signal.ITIMER_REAL, wall, 0.5)
        try:
            try:
                return run()
            finally:
                self._stop()
        finally:
            self._stop()  # the limit may be reached just before the first one stops the clock

    def _stop(self) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)


def project_stack(frame: Any, root: str) -> list[tuple[str, int]]:
    """Path and line of the project's frames, innermost first."""
    stack = []
    while frame is not None:
        if is_project(frame.f_code.co_filename, root):
            stack.append((os.path.realpath(frame.f_code.co_filename), frame.f_lineno or 0))
        frame = frame.f_back
    return stack


def _kept_apart(name: str) -> Any:
    """A module of the standard library, or None. A project may have one of that name, to which it stays open."""
    if name in sys.modules:
        return sys.modules[name]
    try:
        return importlib.import_module(name)
    except ImportError:
        return None
    finally:
        sys.modules.pop(name, None)


_resource = _kept_apart("resource")  # now: later the project's own may stand in its place
_known: dict[str, bool] = {}


def is_project(filename: str, root: str) -> bool:
    answer = _known.get(filename)
    if answer is None:
        real = os.path.realpath(filename) if filename[:1] != "<" else ""
        inside = real.startswith(root + os.sep) and not real.startswith(OWN_FOLDER + os.sep)
        answer = _known[filename] = inside and not any(part in real[len(root) :] for part in FOREIGN)
    return answer


def limit_memory(extra: int) -> None:
    """At most `extra` bytes more of address space than now."""
    if _resource is None:
        return
    try:
        with open("/proc/self/statm", "rb") as pages:
            now = int(pages.read().split()[0]) * _resource.getpagesize()
        hard = _resource.getrlimit(_resource.RLIMIT_AS)[1]
        wanted = now + extra
        _resource.setrlimit(_resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
        _resource.setrlimit(_resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        pass  # no such limit on this system; the sandbox has its own
