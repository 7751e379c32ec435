"""What compilers keep between checks: one folder per project outside of it, written only by checks of the project as it is.

A check of a candidate reads it or works on a copy, so nothing that a patch built is ever taken for something else. Without
it Go would compile its standard library, and Cargo each dependency, in every check.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import field
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.verify.commands import Check

_COPY = "copy-"
PRIVATE_TARGET = "/tmp/flashagent-cargo"  # in the sandbox's own temp


@dataclass(frozen=True, slots=True)
class Lent:
    """What a command gets of the cache: variables, folders that it may write, and folders that it may read."""

    env: Mapping[str, str] = field(default_factory=dict)
    writable: tuple[Path, ...] = ()
    binds: tuple[Path, ...] = ()


class BuildCache:
    """The cache in `folder`, which is made when first needed. Python's checks need none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.asynccontextmanager
    async def lent(self, check: Check, *, original: bool) -> AsyncIterator[Lent]:
        """For one run of `check`: to write to when it runs the project as it is (`original`), else to read or copied."""
        if check.framework != "generic":
            yield Lent()
            return
        stack = contextlib.ExitStack()
        lending = asyncio.ensure_future(
            asyncio.to_thread(lambda: stack.enter_context(self._lend(_is_cargo(check), original)))
        )
        try:
            yield await asyncio.shield(lending)
        finally:
            await asyncio.wait([lending])
            await asyncio.shield(asyncio.to_thread(stack.close))

    def to_read(self) -> Lent:
        """For any other command: what is built already, and a private place for what is not."""
        lent = _to_read(self._folder / "go")
        return Lent({**lent.env, "CARGO_TARGET_DIR": PRIVATE_TARGET}, (), lent.binds)

    @contextlib.contextmanager
    def _lend(self, cargo: bool, original: bool) -> Iterator[Lent]:
        go, target = self._folder / "go", self._folder / "cargo"
        go.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._remove_leftovers()
        # Go works with a cache that it cannot write, and knows by content what in it still holds.
        lent = Lent({"GOCACHE": str(go)}, (go,)) if original else _to_read(go)
        if not cargo:
            # What another program builds with Cargo may be looked for in the project's own `target`.
            yield lent
        elif original:
            target.mkdir(exist_ok=True, mode=0o700)
            yield Lent({**lent.env, "CARGO_TARGET_DIR": str(target)}, (go, target))
        else:
            # Cargo compares times, and a patch that is taken back has old ones: each candidate starts from the original.
            with self._copy_of(target) as copy:
                yield Lent({**lent.env, "CARGO_TARGET_DIR": str(copy)}, (copy,), lent.binds)

    @contextlib.contextmanager
    def _copy_of(self, target: Path) -> Iterator[Path]:
        copy = Path(tempfile.mkdtemp(prefix=f"{_COPY}{os.getpid()}-", dir=self._folder))
        try:
            if target.is_dir():
                shutil.copytree(target, copy, symlinks=True, dirs_exist_ok=True)
            yield copy
        finally:
            shutil.rmtree(copy, ignore_errors=True)

    def _remove_leftovers(self) -> None:
        """Copies of processes that were killed."""
        for place in self._folder.glob(f"{_COPY}*"):
            pid = place.name.removeprefix(_COPY).partition("-")[0]
            if pid.isdigit() and not Path("/proc", pid).exists() and Path("/proc/self").exists():
                shutil.rmtree(place, ignore_errors=True)


def _to_read(go: Path) -> Lent:
    # Go makes these folders at its first use, and cannot begin where they are neither there nor can be made.
    return Lent({"GOCACHE": str(go)}, (), (go,)) if (go / "00").is_dir() else Lent()


def _is_cargo(check: Check) -> bool:
    return check.argv[0].rpartition("/")[2] == "cargo"
