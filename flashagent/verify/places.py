"""Which paths are the project's: turns what a runner printed into frames. Pure: paths are compared as text, and whether
a file is there is asked of a function that comes in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from flashagent.dataclass import dataclass
from flashagent.values import Frame

_MACHINERY = ("/_pytest/", "/pluggy/", "/unittest/", "/importlib/__init__.py", "<frozen ")
# Where Java's build tools and plain Makefiles keep the folders of packages.
_SOURCE_ROOTS = (
    "",
    "src/main/java",
    "src/test/java",
    "src/main/kotlin",
    "src/test/kotlin",
    "src",
    "test",
    "tests",
    "app/src/main/java",
    "app/src/test/java",
)


def is_machinery(path: str) -> bool:
    """Whether a frame of this path belongs to a test runner or to Python's import."""
    return any(part in path for part in _MACHINERY)


def _unknown(path: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Places:
    """Where the project lies, to tell its frames from others'. `roots` are absolute folders that all mean the root
    (its path, its real path, a candidate tree); `dependencies` are folders inside it that are not the project's own;
    relative paths in output are meant from `folder`, the check's own, relative to the root. `has` says whether the
    project has a file (POSIX, relative to the root)."""

    roots: tuple[str, ...]
    dependencies: tuple[str, ...] = ()
    folder: str = "."
    has: Callable[[str], bool] = _unknown

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

    def from_folder(self, path: str) -> str:
        """A path of the project as a command in the check's own folder names it."""
        inside = PurePosixPath(path).is_relative_to(self.folder)
        return str(PurePosixPath(path).relative_to(self.folder)) if inside else path

    def below(self, package: str, name: str) -> str:
        """The path of a file that a runner named by its package alone ('example.com/shop/cart', 'cart_test.go'): as much
        of the package's end as the project has folders for. The bare name when none is there."""
        if "/" in name:
            return name
        parts = package.split("/") if package else []
        candidates = ("/".join((*parts[start:], name)) for start in range(len(parts) + 1))
        return next((path for path in candidates if self._here(path)), name)

    def of_java(self, package: str, name: str) -> str:
        """The path of a Java file that a stack names by package ('shop.cart') and file; '' when the project has none."""
        inner = "/".join((*filter(None, package.split(".")), name))
        return next((path for path in self._in_source_roots(inner) if self._here(path)), "")

    def _in_source_roots(self, inner: str) -> Iterator[str]:
        return (f"{root}/{inner}" if root else inner for root in _SOURCE_ROOTS)

    def _here(self, path: str) -> bool:
        return self.has(str(PurePosixPath(self.folder) / path))

    def _is_own(self, relative: str) -> bool:
        parts = PurePosixPath(relative).parts
        if "site-packages" in parts or "node_modules" in parts:
            return False
        return not any(relative.startswith(folder + "/") for folder in self.dependencies)
