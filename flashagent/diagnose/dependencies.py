"""Dependencies that a change brings: never installed, always listed, and names that only look like what is used told."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.diagnose.listing import listing_after
from flashagent.diagnose.manifests import LOCKS, Declared, Ecosystem, declared, ecosystem_of
from flashagent.values import Diagnostic, FileChange

NEW = "new-dependency"
LOOKS_LIKE = "looks-like"
_SHORTEST = 4  # shorter names are like each other by chance
_LARGEST_LOCK = 20_000_000

Severity = Literal["error", "warning", "information"]


class ProjectText:
    """The project's files as they will be after the changes; links that leave it read as absent."""

    def __init__(self, root: Path, files: Sequence[str], changes: Sequence[FileChange]) -> None:
        self._root = root
        self._changed: Mapping[str, str | None] = {one.path: one.after for one in changes}
        listing = listing_after(files, changes)
        self.files, self.folders = listing.files, listing.folders

    @property
    def root(self) -> Path:
        return self._root

    def read(self, path: str) -> str | None:
        if path in self._changed:
            return self._changed[path]
        try:
            file = (self._root / path).resolve()
            if not file.is_relative_to(self._root.resolve()) or file.stat().st_size > _LARGEST_LOCK:
                return None
            return file.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Also for what is no file of the repository: installed packages."""
        return path in self.files or path in self.folders or (self._root / path).exists()


@dataclass(frozen=True)
class Dependencies:
    """Everything that the project's manifests declare; `locks` are the texts of its lock files."""

    declared: tuple[Declared, ...]
    locks: Mapping[Ecosystem, str]

    @classmethod
    def of(cls, project: ProjectText) -> Dependencies:
        manifests = sorted(path for path in project.files if ecosystem_of(path))
        found = (one for path in manifests for one in declared(path, project.read(path) or ""))
        locks: dict[Ecosystem, str] = {}
        for path in sorted(path for path in project.files if _name(path) in LOCKS):
            ecosystem = LOCKS[_name(path)]
            locks[ecosystem] = locks.get(ecosystem, "") + (project.read(path) or "")
        return cls(tuple(found), locks)

    def names(self, ecosystem: Ecosystem) -> frozenset[str]:
        return frozenset(one.name for one in self.declared if one.ecosystem == ecosystem)

    def where(self, ecosystem: Ecosystem, name: str) -> str:
        """The manifest that declares the name, '' when none does."""
        return next((one.path for one in self.declared if (one.ecosystem, one.name) == (ecosystem, name)), "")

    def locked(self, ecosystem: Ecosystem, name: str) -> bool:
        pattern = re.escape(name).replace(r"\-", "[-_.]")
        return bool(
            re.search(rf"(?<![\w/-]){pattern}(?![\w-])", self.locks.get(ecosystem, ""), re.IGNORECASE)
        )


def added_dependencies(changes: Sequence[FileChange], project: ProjectText) -> tuple[Diagnostic, ...]:
    """Each dependency that a change adds to a manifest: an error where its name only looks like one that the project uses,
    else for the user to know."""
    manifests = [one for one in changes if one.after is not None and ecosystem_of(one.path)]
    if not manifests:
        return ()
    known = Dependencies.of(project)
    return tuple(found for change in manifests for found in _added(change, known))


def _added(change: FileChange, known: Dependencies) -> Iterator[Diagnostic]:
    before = {one.name for one in declared(change.path, change.before or "")}
    if change.before is None:
        return  # a manifest that is new itself says what a project needs, not what is new to it
    for one in declared(change.path, change.after or ""):
        if one.name in before:
            continue
        others = known.names(one.ecosystem) - {one.name}
        used = {name for name in others if known.where(one.ecosystem, name) != change.path} | before
        if twin := look_alike(one.name, used):
            yield _finding(one, LOOKS_LIKE, f"{one.name} looks like {twin}, which the project uses", "error")
        elif known.locked(one.ecosystem, one.name):
            yield _finding(
                one, NEW, f"{one.name} is a new dependency; it stands in the lock file", "information"
            )
        else:
            text = f"{one.name} is a new dependency that no lock file knows; it is not installed here"
            yield _finding(one, NEW, text, "warning")


def _finding(one: Declared, code: str, text: str, severity: Severity) -> Diagnostic:
    return Diagnostic(one.path, one.line, 1, code, text, severity, "dependencies")


def look_alike(name: str, used: frozenset[str] | set[str]) -> str:
    """The used name that this one could be taken for, '' for none: a letter added, lost, changed or moved, or other
    separators."""
    from rapidfuzz.distance import OSA

    shortest = _SHORTEST - 1 if _family(name) else _SHORTEST
    if name in used or len(_bare(name)) < shortest:
        return ""
    for one in sorted(used):
        bare, other = _bare(name), _bare(one)
        if len(other) < shortest or _family(name) != _family(one):
            continue
        far = OSA.distance(bare, other, score_cutoff=2)
        numbered = bare.rstrip("0123456789") == other.rstrip("0123456789")
        if far == 0 or (far == 1 and not numbered) or (far == 2 and min(len(bare), len(other)) >= 10):
            return one
    return ""


def _bare(name: str) -> str:
    """The last part of the name without separators: what a reader's eye takes in."""
    return re.sub(r"[-_.]", "", name.rpartition("/")[2].lower())


def _family(name: str) -> str:
    """What stands before the last '/': a scope or a host with its path."""
    return name.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]
