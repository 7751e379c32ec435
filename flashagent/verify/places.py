"""Which paths are the project's: turns what a runner printed into frames. Pure: paths are compared as text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from flashagent.values import Frame

_MACHINERY = ("/_pytest/", "/pluggy/", "/unittest/", "/importlib/__init__.py", "<frozen ")


def is_machinery(path: str) -> bool:
    """Whether a frame of this path belongs to a test runner or to Python's import."""
    return any(part in path for part in _MACHINERY)


@dataclass(frozen=True, slots=True)
class Places:
    """Where the project lies, to tell its frames from others'. `roots` are absolute folders that all mean the root
    (its path, its real path, a candidate tree); `dependencies` are folders inside it that are not the project's own;
    relative paths in output are meant from `folder`, the check's own, relative to the root."""

    roots: tuple[str, ...]
    dependencies: tuple[str, ...] = ()
    folder: str = "."

    def frame(self, path: str, line: int, function: str = "", source: str = "") -> Frame:
        for root in self.roots:
            if path.startswith(root.rstrip("/") + "/"):
                relative = path[len(root.rstrip("/")) + 1 :]
                return Frame(relative, line, function, source, self._is_own(relative))
        if not path.startswith(("/", "<")):
            relative = str(PurePosixPath(self.folder) / path)
            return Frame(
                relative,
                line,
                function,
                source,
                ".." not in PurePosixPath(relative).parts and self._is_own(relative),
            )
        return Frame(path, line, function, source, False)

    def _is_own(self, relative: str) -> bool:
        parts = PurePosixPath(relative).parts
        if "site-packages" in parts or "node_modules" in parts:
            return False
        return not any(relative.startswith(folder + "/") for folder in self.dependencies)
