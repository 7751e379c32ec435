"""A folder as the tree that edits land in: plain files, no journal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flashagent.errors import NoSuchFile, WorkspaceError
from flashagent.values import FileChange


class FolderTree:
    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self) -> list[str]:
        return sorted(p.relative_to(self.root).as_posix() for p in self.root.rglob("*") if p.is_file())

    def read(self, path: str) -> str:
        if path.startswith("/"):
            raise WorkspaceError(f"{path} lies outside of the repository.")
        if not (self.root / path).is_file():
            raise NoSuchFile(f"{path} does not exist.")
        return self._text(self.root / path)

    def real(self, path: str) -> str:
        """A path that leaves the folder is refused when it is read."""
        root, place = self.root.resolve(), (self.root / path).resolve()
        return place.relative_to(root).as_posix() if place.is_relative_to(root) else path

    def apply(self, changes: Sequence[FileChange]) -> None:
        for change in changes:
            target = self.root / change.path
            now = self._text(target) if target.exists() else None
            if now != change.before:
                raise WorkspaceError(f"{change.path} has changed meanwhile.")
        for change in changes:
            target = self.root / change.path
            if change.after is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(change.after, newline="")

    @staticmethod
    def _text(path: Path) -> str:
        return path.read_bytes().decode()
