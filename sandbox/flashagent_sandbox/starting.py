"""Start one command's launcher: its pipes or its terminal, and what must run before the command inside."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace

from flashagent_sandbox.backends.base import Backend, Plan
from flashagent_sandbox.cgroup import new_group
from flashagent_sandbox.entrance import Way, entering
from flashagent_sandbox.policy import Request, StartFailed
from flashagent_sandbox.terminal import Child, Terminal

OnOutput = Callable[[bytes], None]
_PIPE_BYTES = 1 << 20
# Launchers must not see the user's environment: a preloaded library would run outside of the sandbox.
_LAUNCHER_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True, slots=True)
class Ways:
    """All that leads in and out of one command."""

    on_output: OnOutput | None
    on_error: OnOutput | None
    terminal: Terminal | None
    way: Way | None


class Launcher:
    """The pipes of one command, and the launcher that gets their far ends. `pipes` are our ends."""

    def __init__(self, backend: Backend, plan: Plan, ways: Ways) -> None:
        self.limits = plan.limits
        self.policy = plan.policy
        self.pipes: dict[int, OnOutput | None] = {}
        self.feed = -1
        self.terminal = ways.terminal
        self.request = plan.request
        self._output = self._error = -1
        terminal = ways.terminal
        if terminal is None or not terminal.output:
            self._output = self._pipe(ways.on_output)
        if ways.on_error is None:
            self._error = self._output
        elif terminal is None or not terminal.error:
            self._error = self._pipe(ways.on_error)
        self._far = {number for number in (self._output, self._error) if number >= 0}
        self._on_output = ways.on_output
        pipes = (self._output, self._error) if terminal else (-1, -1)
        try:
            request = entering(plan.request, ways.way, terminal, pipes)
            self.launch = backend.prepare(replace(plan, request=request))
            # Joining a group costs milliseconds, so only where the kernel would count in no other way.
            counted = backend.has_pid_namespace and os.geteuid() != 0
            self._group = None if counted else new_group(plan.limits.processes)
        except BaseException:
            self._close_far()
            for descriptor in self.pipes:
                os.close(descriptor)
            raise

    def _pipe(self, receiver: OnOutput | None) -> int:
        read_end, write_end = _pipe()
        self.pipes[read_end] = receiver
        return write_end

    def start(self) -> Child:
        """Raises StartFailed."""
        if self._group is not None:
            self.launch = replace(self.launch, argv=self._group.started_in(self.launch.argv))
        try:
            return self._on_terminal() if self.terminal else self._on_pipes()
        except OSError as error:
            for descriptor in (*self.pipes, self.launch.status):
                os.close(descriptor)
            raise StartFailed(f"The sandbox could not be started: {error}.") from error
        finally:
            self._close_far()
            for descriptor in self.launch.close:
                os.close(descriptor)

    def _on_terminal(self) -> Child:
        assert self.terminal is not None
        child = self.terminal.start(self.launch.argv, self.launch.pass_fds, dict(_LAUNCHER_ENVIRONMENT))
        # A copy, so that the caller may still write to the terminal while it is read to its end.
        self.pipes[os.dup(self.terminal.descriptor)] = self._on_output
        return child

    def _on_pipes(self) -> Child:
        stdin, self.feed = _standard_input(self.request)
        try:
            return subprocess.Popen(
                self.launch.argv, stdin=stdin, stdout=self._output, stderr=self._error, cwd="/", close_fds=True,
                pass_fds=self.launch.pass_fds, env=_LAUNCHER_ENVIRONMENT, start_new_session=True,
            )  # fmt: skip
        finally:
            if self.feed >= 0:
                os.close(stdin)

    def clear(self) -> None:
        """Take away what was made for this command alone, after its end."""
        for folder in self.launch.remove:
            shutil.rmtree(folder, ignore_errors=True)
        if self._group is not None:
            self._group.close()

    def _close_far(self) -> None:
        for descriptor in self._far:
            os.close(descriptor)
        self._far = set()


def _standard_input(request: Request) -> tuple[int, int]:
    """The descriptor for the command, and our end when there are bytes to feed."""
    if request.stdin_fd is not None:
        return request.stdin_fd, -1
    if not request.stdin:
        return subprocess.DEVNULL, -1
    return _pipe()


def _pipe() -> tuple[int, int]:
    """A pipe with room for a burst, so that a busy reader does not slow the writer."""
    read_end, write_end = os.pipe()
    with contextlib.suppress(OSError):
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return read_end, write_end
