"""A terminal of the command's own, so that the user's is never in the command's hands. The only user of pexpect.

The launcher is started on a new pseudo terminal and lets go of it at once; inside, the first program makes it the
controlling terminal of the command's session. Ctrl-C then reaches the command, and nothing else.
"""

from __future__ import annotations

import asyncio
import functools
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pexpect


class Child(Protocol):
    """A started launcher. `returncode` is known after `wait`, negative for a signal."""

    pid: int
    returncode: int | None

    def wait(self) -> Any: ...


class Terminal:
    """One pseudo terminal for one command. `output` and `error`: whether these go to the terminal too, or stay pipes.
    `modes` are terminal settings to begin with, as `termios.tcgetattr` gives them."""

    def __init__(
        self,
        size: tuple[int, int] = (24, 80),
        *,
        output: bool = True,
        error: bool = True,
        modes: list[Any] | None = None,
    ) -> None:
        self.output = output
        self.error = error
        self._size = size
        self._modes = modes
        self._typed = bytearray()
        self._spawned: pexpect.spawn[bytes] | None = None

    @property
    def descriptor(self) -> int:
        """Our side: what is written here the command reads. -1 before the start and after the end."""
        return -1 if self._spawned is None or self._spawned.closed else int(self._spawned.child_fd)

    def start(self, argv: Sequence[str], pass_fds: Sequence[int], env: dict[str, str]) -> Child:
        """Raises OSError when the program cannot be started."""
        import pexpect

        class Spawn(pexpect.spawn):  # type: ignore[type-arg]
            def _spawnpty(self, args: list[str], **options: Any) -> Any:
                return super()._spawnpty(args, pass_fds=tuple(pass_fds), **options)  # type: ignore[misc]

        try:
            self._spawned = Spawn(
                argv[0], list(argv[1:]), env=env, cwd="/", dimensions=self._size, ignore_sighup=True,
                preexec_fn=functools.partial(_let_go, tuple(pass_fds)),
            )  # fmt: skip
        except pexpect.ExceptionPexpect as error:
            raise OSError(str(error)) from error
        os.set_blocking(self.descriptor, False)
        if self._modes is not None:
            import termios

            termios.tcsetattr(self.descriptor, termios.TCSANOW, self._modes)
        self._flush()
        return _Started(self._spawned)

    def write(self, data: bytes) -> None:
        """What somebody types; kept until the command runs and takes it. Needs a running event loop."""
        self._typed += data
        self._flush()

    def _flush(self) -> None:
        if self.descriptor < 0 or not self._typed:
            return
        loop = asyncio.get_running_loop()
        try:
            del self._typed[: os.write(self.descriptor, self._typed)]
        except BlockingIOError:
            pass
        except OSError:  # the command has gone
            self._typed.clear()
        if self._typed:
            loop.add_writer(self.descriptor, self._flush)
        else:
            loop.remove_writer(self.descriptor)

    def resize(self, rows: int, columns: int) -> None:
        self._size = (rows, columns)
        if self._spawned is not None and self.descriptor >= 0:
            self._spawned.setwinsize(rows, columns)

    def close(self) -> None:
        """What was typed and not taken is lost."""
        if self._spawned is not None and self.descriptor >= 0:
            asyncio.get_running_loop().remove_writer(self.descriptor)
            self._spawned.close(force=False)


class _Started:
    """The launcher as its supervisor knows a process."""

    def __init__(self, spawned: pexpect.spawn[bytes]) -> None:
        self._spawned = spawned
        self.pid = int(spawned.pid or 0)
        self.returncode: int | None = None

    def wait(self) -> None:
        if self.returncode is None:
            self._spawned.wait()
            signal_number = self._spawned.signalstatus
            self.returncode = self._spawned.exitstatus if signal_number is None else -signal_number


def _let_go(pass_fds: tuple[int, ...]) -> None:
    """In the launcher before it starts: the terminal is for the session inside, and no signal of it for us."""
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCNOTTY)
    for descriptor in pass_fds:
        os.set_inheritable(descriptor, True)
