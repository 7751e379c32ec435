"""Which lines of the project a call runs."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flashagent_worker.limits import is_project

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


STARTS_A_PROCESS = frozenset(
    ["subprocess.Popen", "os.posix_spawn", "os.fork", "os.forkpty", "os.exec", "os.system"]
)


class Starts:
    """Whether this process has started another one since `forget`. Never taken off again: for a forked child."""

    def __init__(self) -> None:
        self.seen = False
        self._listening = False

    def forget(self) -> None:
        self.seen = False
        if not self._listening:
            self._listening = True
            sys.addaudithook(self._hear)

    def _hear(self, event: str, _arguments: Any) -> None:
        if event in STARTS_A_PROCESS:
            self.seen = True


class Tracer:
    """The project's lines that one call runs, by file."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.lines: dict[str, set[int]] = {}

    def run(self, call: Callable[[], Any]) -> Any:
        self.lines = {}
        monitoring = getattr(sys, "monitoring", None)
        return self._monitored(monitoring, call) if monitoring is not None else self._traced(call)

    def _monitored(self, monitoring: Any, call: Callable[[], Any]) -> Any:
        tool = next((number for number in (4, 3, 2, 1) if monitoring.get_tool(number) is None), None)
        if tool is None:
            return self._traced(call)
        monitoring.use_tool_id(tool, "flashagent")

        def line(code: Any, number: int) -> Any:
            if is_project(code.co_filename, self.root):
                self.lines.setdefault(code.co_filename, set()).add(number)
            return monitoring.DISABLE

        monitoring.register_callback(tool, monitoring.events.LINE, line)
        monitoring.set_events(tool, monitoring.events.LINE)
        monitoring.restart_events()
        try:
            return call()
        finally:
            monitoring.set_events(tool, 0)
            monitoring.free_tool_id(tool)

    def _traced(self, call: Callable[[], Any]) -> Any:
        lines, root = self.lines, self.root

        def enter(frame: Any, _event: str, _argument: Any) -> Any:
            filename = frame.f_code.co_filename
            if not is_project(filename, root):
                return None
            seen = lines.setdefault(filename, set())

            def local(frame: Any, event: str, _argument: Any) -> Any:
                if event == "line":
                    seen.add(frame.f_lineno)
                return local

            return local

        threading.settrace(enter)
        sys.settrace(enter)
        try:
            return call()
        finally:
            sys.settrace(None)
            threading.settrace(None)

    def plain(self) -> Json:
        merged: dict[str, set[int]] = {}
        for filename, lines in self.lines.items():
            merged.setdefault(os.path.realpath(filename), set()).update(lines)
        return {path: sorted(lines) for path, lines in merged.items()}
