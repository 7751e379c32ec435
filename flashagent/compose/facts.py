"""The facts of one repository as a file in the user's own state folder, never in the repository."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, get_args

from flashagent.agent.facts import Fact, FactKind, bounded, new_fact, taken_back
from flashagent.errors import SettingsError, UsageError
from flashagent.settings.documents import read_bytes
from flashagent.settings.trust import write_private
from flashagent.workspace.locks import ProcessLock

NAME = "memory.json"


class FactFile:
    """`folder` is the repository's state folder; `mask` takes secrets out of what is learned. Several processes may learn at
    once: each change reads the file anew under a lock."""

    def __init__(self, folder: Path, mask: Callable[[str], str] = lambda text: text) -> None:
        self.path = folder / NAME
        self._mask = mask
        self._lock = ProcessLock(folder / "memory.lock", purpose="the memory of this repository")

    def known(self) -> tuple[Fact, ...]:
        """Raises SettingsError when the file is damaged."""
        content = read_bytes(self.path, follow=False)
        if content is None:
            return ()
        try:
            return tuple(_fact(plain) for plain in json.loads(content)["facts"])
        except (ValueError, TypeError, KeyError) as error:
            raise SettingsError(
                f"{self.path} is damaged.", hint="Repair it, or remove it to begin with an empty memory."
            ) from error

    def learn(self, fact: Fact) -> None:
        about = tuple(feature for feature in fact.about if self._mask(feature) == feature)
        fact = replace(fact, text=self._mask(fact.text), about=about, patch=self._mask(fact.patch))
        with self._changing() as facts:
            facts[:] = [*(one for one in facts if one.id != fact.id), fact]

    def take_back(self, patch: str, paths: Sequence[str], time: str) -> None:
        """The user undid this change: it is remembered as not wanted, and no longer as a repair."""
        with self._changing() as facts:
            fact, fix = taken_back(facts, self._mask(patch), paths, time)
            facts[:] = [*(one for one in facts if one != fix and one.id != fact.id), fact]

    def bring_back(self, patch: str) -> None:
        """The user wants the change after all: nobody is told any more that it is not wanted."""
        with self._changing() as facts:
            facts[:] = [one for one in facts if (one.kind, one.patch) != ("rejected", self._mask(patch))]

    def add(self, text: str, time: str) -> Fact:
        """A note of the user. Raises UsageError for an empty one."""
        fact = new_fact("note", _worth_keeping(text), time=time)
        self.learn(fact)
        return fact

    def edit(self, name: str, text: str) -> Fact:
        """Change the words of a fact. Raises UsageError as `find` does."""
        with self._changing() as facts:
            old = _found(facts, name)
            new = replace(old, text=self._mask(_worth_keeping(text)))
            facts[facts.index(old)] = new
        return new

    def find(self, name: str) -> Fact:
        """The fact whose id begins so. Raises UsageError for none or several."""
        return _found(self.known(), name)

    def forget(self, name: str) -> Fact:
        with self._changing() as facts:
            fact = _found(facts, name)
            facts.remove(fact)
        return fact

    def forget_all(self) -> int:
        """How many there were. Works on a damaged file too."""
        with self._lock.held():
            try:
                count = len(self.known())
            except SettingsError:
                count = 0
            self.path.unlink(missing_ok=True)
        return count

    @contextlib.contextmanager
    def _changing(self) -> Iterator[list[Fact]]:
        with self._lock.held():
            before = self.known()
            facts = list(before)
            yield facts
            if tuple(facts) != before:
                plain = [asdict(fact) for fact in bounded(facts)]
                write_private(self.path, json.dumps({"version": 1, "facts": plain}, indent=1) + "\n")


def _found(facts: Sequence[Fact], name: str) -> Fact:
    found = [fact for fact in facts if name and fact.id.startswith(name)]
    if len(found) != 1:
        what = f"There is no fact {name}." if not found else f"{len(found)} facts begin with {name}."
        raise UsageError(what, hint="`flashagent memory list` shows them with their ids.")
    return found[0]


def _worth_keeping(text: str) -> str:
    if not text.strip():
        raise UsageError(
            "There is nothing to remember.", hint="`flashagent memory forget ID` forgets a fact."
        )
    return text.strip()


def _fact(plain: Any) -> Fact:
    kind: FactKind = plain["kind"]
    about = tuple(plain["about"])
    words = (plain["id"], plain["text"], plain["patch"], plain["time"], *about)
    if kind not in get_args(FactKind) or not all(isinstance(word, str) for word in words):
        raise TypeError("not a fact")
    return Fact(plain["id"], kind, plain["text"], about, plain["patch"], plain["time"])
