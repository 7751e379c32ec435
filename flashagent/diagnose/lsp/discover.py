"""Find the language servers that can work for a project, by looking at folders and names; none of them is started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from flashagent.dataclass import dataclass
from flashagent.diagnose.lsp.catalog import KINDS, ServerKind


@dataclass(frozen=True, slots=True)
class FoundServer:
    """A server that can be started: `program` is absolute. `from_project` says that its code lies in the project."""

    kind: ServerKind
    program: Path
    from_project: bool = False


@dataclass(frozen=True, slots=True)
class Discovery:
    """`usable` has at most one server of each kind. `untrusted` are those that lie in a project whose settings the user
    does not trust, where no other of their kind was found."""

    usable: tuple[FoundServer, ...]
    untrusted: tuple[FoundServer, ...] = ()


def discover(
    root: Path, path: Sequence[str], *, trusted: bool, kinds: Sequence[ServerKind] = KINDS
) -> Discovery:
    """The servers for the project at `root`. `path` are the folders of programs, first wins; programs inside the root
    (its environment, node_modules) count only when `trusted`."""
    usable, untrusted = [], []
    folders = [*path, str(root / "node_modules" / ".bin")]
    for kind in kinds:
        if not _needed(kind, root):
            continue
        found = list(_programs(kind, folders, root))
        if first := next((one for one in found if trusted or not one.from_project), None):
            usable.append(first)
        elif found:
            untrusted.append(found[0])
    return Discovery(tuple(usable), tuple(untrusted))


def _needed(kind: ServerKind, root: Path) -> bool:
    return not kind.needs or any((root / name).is_file() for name in kind.needs)


def _programs(kind: ServerKind, folders: Sequence[str], root: Path) -> Iterator[FoundServer]:
    for name in kind.programs:
        for folder in dict.fromkeys(folders):
            program = Path(folder) / name
            if program.is_absolute() and program.is_file() and os.access(program, os.X_OK):
                yield FoundServer(kind, program, _inside(program, root))


def _inside(program: Path, root: Path) -> bool:
    """Whether the program's code, or a link on the way to it, is the project's."""
    places = (program, program.resolve(), program.parent.resolve())
    return any(place.is_relative_to(base) for place in places for base in (root, root.resolve()))
