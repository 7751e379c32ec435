# ruff: noqa: SIM105, PTH123, UP031
"""Tasks in forked children: one that ends its process, hangs or forges an answer is one failed task."""

from __future__ import annotations

import json
import os
import select
import signal
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from flashagent_worker.limits import limit_memory
from flashagent_worker.talking import Channel, pack

try:
    import ctypes
except ImportError:  # an interpreter built without it
    ctypes = None  # type: ignore[assignment]

if TYPE_CHECKING:
    Json = dict[str, Any]  # only in annotations: Python 3.8 cannot evaluate it


DIE_WITH_PARENT, ADOPT_ORPHANS = 1, 36  # numbers of prctl(2)


# Less than the sandbox lets a command have: what eats memory fails alone, and does not take the worker with it.
MEMORY = 3 << 29
CLEARING_S = 1.0
BEAT_S = 0.5


def process_control() -> Callable[[int, int], None]:
    """prctl(2) with two numbers (Linux), else a call that does nothing."""
    try:
        prctl = ctypes.CDLL(None).prctl
        return lambda option, value: prctl(option, value) and None
    except (OSError, AttributeError):
        return lambda option, value: None


def own_children() -> set[int]:
    """The processes whose parent is this one; none where the system does not tell."""
    own = os.getpid()
    found: set[int] = set()
    try:
        with os.scandir("/proc") as entries:
            names = [entry.name for entry in entries if entry.name.isdigit()]
    except OSError:
        return found
    for name in names:
        try:
            with open("/proc/%s/stat" % name, "rb") as stat:
                parent = int(stat.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            continue  # it ended while we looked
        if parent == own:
            found.add(int(name))
    return found


def kill_quietly(pid: int, *, group: bool = False) -> None:
    try:
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


class Children:
    """Runs a list of tasks in forked children and says of each what came back, or that its child died."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.control = process_control()
        self.control(ADOPT_ORPHANS, 1)
        self._writing, self._word, self._beaten, self._own = -1, "", 0.0, 0

    def run(self, tasks: list[Any], work: Callable[[Any], Json], wall: Callable[[Any], float], batch: int,
            after: Callable[[], Json] | None = None) -> tuple[list[Json], list[Json]]:  # fmt: skip
        """The answer to each task, in order, and what `after` said at the end of each batch.

        A task that ends or stalls its child (no answer, and no `beat`, in `wall` seconds) is answered {'died': reason}.
        """
        answers: list[Json] = []
        closing: list[Json] = []
        while len(answers) < len(tasks):
            part = tasks[len(answers) : len(answers) + batch]
            got, end = self._batch(part, work, wall, after)
            answers.extend(got)
            closing.append(end)
        return answers, closing

    def beat(self) -> None:
        """Says in a child that its task goes on: a long one is not a stalled one."""
        now = time.monotonic()
        if self._writing >= 0 and now - self._beaten > BEAT_S:
            self._beaten = now
            self._tell({"beat": True})

    def finish(self, answer: Json) -> None:
        """Give a child's last answer and end it there and then, whatever the runner would still do at its own end."""
        self._tell(answer)
        os._exit(0)

    def _tell(self, answer: Json) -> None:
        """A candidate that forks comes back in two processes: the copy ends, or each task would be answered twice."""
        if os.getpid() != self._own:
            os._exit(0)
        os.write(self._writing, pack({"word": self._word, "answer": answer}))

    def _batch(self, tasks: list[Any], work: Callable[[Any], Json], wall: Callable[[Any], float],
               after: Callable[[], Json] | None) -> tuple[list[Json], Json]:  # fmt: skip
        word = os.urandom(12).hex()
        reading, writing = os.pipe()
        known = own_children()  # a server that the project's session started goes on
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            self._child(tasks, work, after, writing, word)
        os.close(writing)
        answers: list[Json] = []
        stream = Pipe(reading, word)
        end: Json = {}
        try:
            for task in tasks:
                answer = stream.answer(wall(task))
                answers.append(answer)
                if "died" in answer or answer.get("last"):
                    break
            else:
                end = stream.answer(20.0) if after is not None else {}
        finally:
            os.close(reading)
            kill_quietly(pid, group=True)
            kill_quietly(pid)
            os.waitpid(pid, 0)
            self._clear(known)
        return answers, end

    def _clear(self, known: set[int]) -> None:
        """End what a candidate left behind in sessions of its own: orphans come to this process, again and again until
        there are none. Raises RuntimeError when they multiply faster; the sandbox then ends them with this process."""
        deadline = time.monotonic() + CLEARING_S
        while True:
            left = own_children() - known
            if not left:
                return
            if time.monotonic() > deadline:
                raise RuntimeError("a candidate left processes behind that multiply")
            for pid in left:
                kill_quietly(pid)
            for pid in left:
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:
                    pass

    def _child(self, tasks: list[Any], work: Callable[[Any], Json], after: Callable[[], Json] | None,
               writing: int, word: str) -> None:  # fmt: skip
        try:
            self.control(DIE_WITH_PARENT, signal.SIGKILL)
            os.setpgid(0, 0)
            self.channel.connection.close()
            silence()
            limit_memory(MEMORY)
            self._writing, self._word, self._beaten, self._own = writing, word, time.monotonic(), os.getpid()
            for task in tasks:
                answer = work(task)
                self._tell(answer)
                if answer.get("last"):
                    break
            else:
                if after is not None:
                    self._tell(after())
        finally:
            os._exit(0)


class Pipe:
    """The parent's end of a child's pipe: believes only messages that carry the word."""

    def __init__(self, descriptor: int, word: str) -> None:
        self.descriptor = descriptor
        self.word = word
        self.data = b""

    def answer(self, wall: float) -> Json:
        """The next answer; a child that beats may take ten times as long for it."""
        last = time.monotonic() + 10.0 * wall
        while True:
            answer = self.next(min(wall, last - time.monotonic()))
            if not answer.get("beat"):
                return answer

    def next(self, wall: float) -> Json:
        deadline = time.monotonic() + wall
        while True:
            if len(self.data) >= 4:
                size = struct.unpack(">I", self.data[:4])[0]
                if len(self.data) >= 4 + size:
                    body, self.data = self.data[4 : 4 + size], self.data[4 + size :]
                    return self._open(body)
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                return {"died": "no answer in time"}
            part = os.read(self.descriptor, 1 << 16)
            if not part:
                return {"died": "the process ended"}
            self.data += part

    def _open(self, body: bytes) -> Json:
        try:
            message = json.loads(body)
            if message["word"] == self.word and isinstance(message["answer"], dict):
                return dict(message["answer"])
        except (ValueError, KeyError, TypeError):
            pass
        return {"died": "a forged answer"}


def silence() -> None:
    """Standard input empty, standard output and error thrown away."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
