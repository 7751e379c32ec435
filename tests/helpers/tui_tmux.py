"""A terminal of its own in tmux: what stands on the screen after what was typed."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60.0


class Tmux:
    """A server with one window, in which a command runs."""

    def __init__(self, columns: int, rows: int, command: str) -> None:
        self.socket = f"flashagent-{uuid.uuid4().hex[:12]}"
        size = ("-x", str(columns), "-y", str(rows))
        self("-f", "/dev/null", "new-session", "-d", *size, f"{command}; echo the exit code is $?; sleep 600")

    def __call__(self, *arguments: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.socket, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def screen(self) -> str:
        return self("capture-pane", "-p")

    def until(self, pattern: str) -> str:
        """The screen, once it shows the pattern."""
        end = time.monotonic() + PATIENCE_S
        while not re.search(pattern, screen := self.screen(), re.MULTILINE):
            assert time.monotonic() < end, f"{pattern!r} did not come:\n{screen}"
            time.sleep(0.02)
        return screen

    def type(self, text: str) -> None:
        self("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        self("send-keys", *keys)

    def say(self, text: str) -> None:
        """Typed, seen in the prompt, and sent."""
        self.type(text)
        self.until(rf"^› .*{re.escape(text[-30:].rstrip())}")
        self.press("Enter")

    def answer(self, key: str, seen: str) -> None:
        """A single key for an open question. One that comes too soon is text, as it should be, and is taken away again."""
        end = time.monotonic() + PATIENCE_S
        while seen not in (screen := self.screen()):
            assert time.monotonic() < end, f"{seen!r} did not come:\n{screen}"
            self.press("C-u", key)
            time.sleep(0.1)
        self.press("C-u")

    def process(self) -> int:
        """The process id of the newest program in the window."""
        shell = int(self("list-panes", "-F", "#{pane_pid}").strip())
        children = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
        return int(children[-1])


@contextmanager
def in_tmux(
    program: Sequence[str], cwd: Path, environ: Mapping[str, str], columns: int = 80, rows: int = 24
) -> Iterator[Tmux]:
    """The program in a window; the server is ended at the end."""
    variables = [f"{name}={value}" for name, value in environ.items()]
    line = shlex.join(["env", *variables, *program])
    window = Tmux(columns, rows, f"cd {shlex.quote(str(cwd))} && {line}")
    try:
        yield window
    finally:
        window("kill-server")
