"""How files point to each other: imports resolved to files, tests to what they test, by names and folders. Pure."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence

from flashagent.repomap.sources import is_test
from flashagent.syntax.languages import language_for
from flashagent.values import Frame

_SCRIPT_SUFFIXES = ("", ".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".d.ts")
_TEST_WORDS = re.compile(r"^(?:tests?|it|spec)[_-]|[_-](?:tests?|specs?|it)$", re.I)
_CAMEL_TEST = re.compile(r"(?:Tests?|Spec|IT|TestCase)$|^Test(?=[A-Z])")
MAX_TARGETS = 40


class Paths:
    """The files of a tree, findable by the end of their path."""

    def __init__(self, paths: Sequence[str]) -> None:
        self.all = frozenset(paths)
        self._by_name: dict[str, list[str]] = {}
        self._by_stem: dict[str, list[str]] = {}
        self._by_folder: dict[str, list[str]] = {}
        for path in paths:
            folder, _, name = path.rpartition("/")
            self._by_name.setdefault(name, []).append(path)
            self._by_stem.setdefault(stem_of(path).lower(), []).append(path)
            self._by_folder.setdefault(folder.rpartition("/")[2], []).append(path)

    def ending(self, tail: str) -> list[str]:
        """The files whose path is `tail` or ends with it after a slash."""
        named = self._by_name.get(tail.rpartition("/")[2], [])
        return [path for path in named if path == tail or path.endswith("/" + tail)]

    def in_folder(self, tail: str) -> list[str]:
        """The files right inside folders whose path ends with `tail`."""
        inside = self._by_folder.get(tail.rpartition("/")[2], [])
        return [
            path
            for path in inside
            if (folder := path.rpartition("/")[0]) == tail or folder.endswith("/" + tail)
        ]

    def with_stem(self, stem: str) -> list[str]:
        return self._by_stem.get(stem.lower(), [])


def stem_of(path: str) -> str:
    """The file's name without suffixes; for __init__, index and mod the name of its folder."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0] or name
    return folder.rpartition("/")[2] or stem if stem in ("__init__", "index", "mod", "__main__") else stem


def resolve(paths: Paths, importer: str, module: str, names: Iterable[str] = ()) -> list[str]:
    """The project files that an import means, the importer left out; empty for what lies outside the project."""
    language = language_for(importer)
    if language == "python":
        found = _python(paths, importer, module, names)
    elif language in ("javascript", "typescript", "tsx"):
        found = _script(paths, importer, module)
    elif language == "go":
        found = _go(paths, module)
    elif language == "rust":
        found = _rust(paths, importer, module)
    elif language == "java":
        found = _java(paths, module)
    elif language in ("c", "cpp"):
        found = _include(paths, importer, module)
    else:
        found = []
    return [path for path in dict.fromkeys(found) if path != importer][:MAX_TARGETS]


def _python(paths: Paths, importer: str, module: str, names: Iterable[str]) -> list[str]:
    dots = len(module) - len(module.lstrip("."))
    parts = [part for part in module[dots:].split(".") if part]
    if dots:
        folder = importer.split("/")[:-dots]
        base = "/".join([*folder, *parts])
        find = _exact(paths)
    else:
        base = "/".join(parts)
        find = paths.ending
    found = [
        hit for name in names for hit in (find(f"{base}/{name}.py") or find(f"{base}/{name}/__init__.py"))
    ]
    return found + (find(f"{base}.py") or find(f"{base}/__init__.py") or find(f"{base}.pyi"))


def _exact(paths: Paths) -> Callable[[str], list[str]]:
    return lambda path: [path.lstrip("/")] if path.lstrip("/") in paths.all else []


def _script(paths: Paths, importer: str, module: str) -> list[str]:
    if module.startswith("."):
        base = posixpath.normpath(posixpath.join(posixpath.dirname(importer), module))
        bases = [base, re.sub(r"\.[mc]?jsx?$", "", base)]
        tries = [one + suffix for one in bases for suffix in _SCRIPT_SUFFIXES]
        tries += [f"{base}/index{suffix}" for suffix in _SCRIPT_SUFFIXES if suffix]
        return next(([one] for one in tries if one in paths.all), [])
    # '@scope/name' and '~/x' stand for a workspace or an alias: its last part names a folder with an index, or a file.
    tail = module.lstrip("@~/")
    for suffix in (".ts", ".tsx", ".js", "/index.ts", "/src/index.ts", "/index.js", "/src/index.js"):
        for name in (tail, tail.rpartition("/")[2]):
            if found := paths.ending(name + suffix):
                return found[:3]
    return []


def _go(paths: Paths, module: str) -> list[str]:
    parts = module.split("/")
    for start in range(len(parts)):
        found = [
            path
            for path in paths.in_folder("/".join(parts[start:]))
            if path.endswith(".go") and not is_test(path)
        ]
        if found:
            return found
    return []


def _rust(paths: Paths, importer: str, module: str) -> list[str]:
    flat = re.sub(r"\{.*", "", module.replace(" ", "")).removesuffix("::")
    parts = [part for part in flat.split("::") if part and part != "*"]
    folder = importer.rpartition("/")[0]
    if not parts:
        return []
    if parts[0] == "super":
        folder, parts = folder.rpartition("/")[0], parts[1:]
    elif parts[0] in ("crate", "self"):
        parts = parts[1:]
    for count in range(len(parts), 0, -1):
        tail = "/".join(parts[:count])
        stem = importer.removesuffix(".rs")
        for one in (f"{folder}/{tail}.rs", f"{folder}/{tail}/mod.rs", f"{stem}/{tail}.rs"):
            if one in paths.all:
                return [one]
        if count > 1 or parts[0] != "std":
            found = (
                paths.ending(f"src/{tail}.rs") or paths.ending(f"{tail}.rs") or paths.ending(f"{tail}/mod.rs")
            )
            if found:
                return found[:3]
    return []


def _java(paths: Paths, module: str) -> list[str]:
    parts = module.split(".")
    # A static import or a nested class names more than the file.
    for count in (len(parts), len(parts) - 1, len(parts) - 2):
        if count > 1 and (found := paths.ending("/".join(parts[:count]) + ".java")):
            return found
    return []


def _include(paths: Paths, importer: str, module: str) -> list[str]:
    name = module.strip('<>"')
    near = posixpath.normpath(posixpath.join(posixpath.dirname(importer), name))
    headers = [near] if near in paths.all else paths.ending(name)
    # A header stands for the file that implements it as well.
    stem = stem_of(name)
    return headers + [path for path in paths.with_stem(stem) if path.endswith((".c", ".cc", ".cpp", ".cxx"))]


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
