"""The files of a tree, found by the ends of their paths: what a test is named after, what a text or a frame names. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence

from flashagent.repomap.sources import is_test
from flashagent.values import Frame

_TEST_WORDS = re.compile(r"^(?:tests?|it|spec)[_-]|[_-](?:tests?|specs?|it)$", re.I)
_DOORS = frozenset({"__init__", "index", "mod", "__main__"})
_CAMEL_TEST = re.compile(r"(?:Tests?|Spec|IT|TestCase)$|^Test(?=[A-Z])")


class Paths:
    """The files of a tree, findable by the end of their path."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.all = frozenset(paths)
        self._paths = paths
        # Each is made when it is first asked for: one question needs few of them, and a tree has many files.
        self._tables: dict[Callable[[str], str], defaultdict[str, list[str]]] = {}

    def _by(self, key: Callable[[str], str]) -> dict[str, list[str]]:
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = defaultdict(list)
            for path in self._paths:
                table[key(path)].append(path)
        return table

    def ending(self, tail: str) -> list[str]:
        """The files whose path is `tail` or ends with it after a slash."""
        *outer, name = tail.rsplit("/", 2)
        # Thousands of files share one name (__init__.py, index.ts); few share it with their folder.
        named = self._by(_pair).get(f"{outer[-1]}/{name}", []) if outer else self._by(_name).get(name, [])
        return [path for path in named if path == tail or path.endswith("/" + tail)]

    def in_folder(self, tail: str) -> list[str]:
        """The files right inside folders whose path ends with `tail`."""
        inside = self._by(_last_folder).get(tail.rpartition("/")[2], [])
        return [
            path
            for path in inside
            if (folder := path.rpartition("/")[0]) == tail or folder.endswith("/" + tail)
        ]

    def folder(self, folder: str) -> list[str]:
        """The files right inside exactly this folder ('' is the top)."""
        return self._by(_folder).get(folder, [])

    def with_stem(self, stem: str) -> list[str]:
        return self._by(_lower_stem).get(stem.lower(), [])


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _last_folder(path: str) -> str:
    return _name(_folder(path))


def _pair(path: str) -> str:
    return "/".join(path.rsplit("/", 2)[-2:])


def _lower_stem(path: str) -> str:
    return stem_of(path).lower()


def stem_of(path: str) -> str:
    """The file's name without suffixes; for __init__, index and mod the name of its folder."""
    name = path[path.rfind("/") + 1 :]
    stem = name.split(".", 1)[0] or name
    return path.rpartition("/")[0].rpartition("/")[2] or stem if stem in _DOORS else stem


def subject_of_test(path: str) -> str:
    """The stem of the file that a test is about, by its name: test_models.py -> models, FooTest.java -> Foo."""
    stem = path.rpartition("/")[2]
    stem = re.sub(r"\.(?:test|spec)s?\.\w+$", "", stem).partition(".")[0]
    bare = _CAMEL_TEST.sub("", stem)
    return _TEST_WORDS.sub("", bare) or stem


def sources_of_test(paths: Paths, test: str) -> list[tuple[str, float]]:
    """(source file, how well its name and folders fit the test's, 0 to 1), best first; by names alone."""
    stem = subject_of_test(test)
    if len(stem) < 2:
        return []
    words = set(test.lower().split("/")[:-1])
    found: dict[str, float] = {}
    for path in paths.with_stem(stem):
        if not is_test(path):
            shared = len(words & set(path.lower().split("/")[:-1]))
            found[path] = 0.7 + 0.3 * shared / (1 + len(words))
    return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:5]


def mentioned_files(paths: Paths, text: str) -> list[tuple[str, float]]:
    """(file, how sure) for a text that looks like a path or a dotted name; many hits make each less sure."""
    clean = text.replace("\\", "/").strip("/")
    parts = [part for part in clean.split("/") if part not in ("", ".", "..")]
    for start in range(len(parts)):
        hits = paths.ending("/".join(parts[start:]))
        # The bare name of a file that stands under a foreign folder is too little.
        if hits and (start == 0 or start < len(parts) - 1):
            return [(hit, 1.0 / len(hits) ** 0.5) for hit in hits[:20]]
    dotted = text.replace("::", ".").replace("#", ".").split(".")
    if "/" in text or len(dotted) < 2:
        return []
    for count in range(len(dotted), 0, -1):
        tail = "/".join(dotted[:count])
        hits = [p for p in paths.with_stem(dotted[count - 1]) if _without_suffix(p).endswith(tail)]
        if hits and (count > 1 or len(hits) == 1):
            return [(hit, (0.8 if count > 1 else 0.4) / len(hits) ** 0.5) for hit in hits[:20]]
    return []


def _without_suffix(path: str) -> str:
    stem = path[: -len(path.rpartition("/")[2])] + path.rpartition("/")[2].partition(".")[0]
    return stem.removesuffix("/__init__").removesuffix("/index").removesuffix("/mod")


def frame_files(paths: Paths, frame: Frame) -> list[str]:
    """The files a frame may mean: the path itself when it is one of the tree's, else the only file with its end."""
    if frame.path in paths.all:
        return [frame.path]
    if frame.in_project:
        return []
    found = [path for path, weight in mentioned_files(paths, frame.path) if weight >= 0.5]
    return found[:3]
