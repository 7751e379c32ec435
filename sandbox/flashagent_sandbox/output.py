"""Collect a command's output: the head and the tail are kept, and going over the cap is noticed."""

from __future__ import annotations

from collections import deque


class Output:
    """Holds at most `cap` bytes: all of it while it fits, else the first and the last half."""

    def __init__(self, cap: int) -> None:
        self._cap = cap
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self.total = 0

    @property
    def over(self) -> bool:
        return self.total > self._cap

    def feed(self, data: bytes) -> bytes:
        """Take `data` in; returns the part of it that still lies within the cap."""
        within = data[: max(0, self._cap - self.total)]
        self.total += len(data)
        room = self._cap // 2 - len(self._head)
        self._head += data[: max(0, room)]
        if rest := data[max(0, room) :]:
            self._tail.append(rest)
            self._tail_bytes += len(rest)
        while self._tail and self._tail_bytes - len(self._tail[0]) >= self._cap - self._cap // 2:
            self._tail_bytes -= len(self._tail.popleft())
        return within

    def kept(self) -> bytes:
        tail = b"".join(self._tail)
        return bytes(self._head) + tail[max(0, len(tail) - (self._cap - self._cap // 2)) :]
