"""Which definitions a name can mean where it is used: those of the file, of what it imports, of its folder, of the tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from flashagent.repomap.graph import EdgeKind
from flashagent.repomap.imports.project import folder_of
from flashagent.repomap.lookup import Lookup
from flashagent.syntax.languages import Language, language_for

Family = Literal["python", "script", "go", "rust", "jvm", "c", "ruby", "csharp", "php", ""]
_FAMILIES: dict[Language, Family] = {
    "python": "python", "javascript": "script", "typescript": "script", "tsx": "script", "go": "go", "rust": "rust",
    "java": "jvm", "c": "c", "cpp": "c", "ruby": "ruby", "csharp": "csharp", "php": "php", "kotlin": "jvm",
}  # fmt: skip
# Where the files of one folder see each other without an import.
_SHARED_FOLDERS = frozenset({"go", "jvm", "csharp", "ruby", "php", "c", "rust"})
# Files that hand on what they import.
_DOORS = re.compile(r"(?:^|/)(?:__init__\.pyi?|index\.[mc]?[jt]sx?|mod\.rs|lib\.rs|[^/]+\.(?:h|hpp|hh|hxx))$")
_MAX_BY_NAME = 5
_SEEN_KEPT = 2000
_SURE_LENGTH = 5
_BASES: tuple[re.Pattern[str], ...] = (
    re.compile(r"\b(?:extends|implements)\s+([\w\s.,<>$|&]+)"),
    re.compile(r"^class\s+\w+\s*(?:\[.*?\])?\(([^()]*)\)"),
    re.compile(r"^(?:\w+\s+)*(?:class|struct|interface|record|trait)\s+[\w<>,\s]+?:\s*([^{(]+)"),
    re.compile(r"^class\s+[\w:]+\s*<\s*([\w:]+)"),
    re.compile(r"^(?:\w+\s+)*(?:class|object|interface)\s+\w+(?:<[^()]*>)?\s*\([^()]*\)\s*:\s*([^{]+)"),
)
_WORD = re.compile(r"[^\W\d]\w*")
_NOT_BASES = frozenset(
    {"public", "private", "protected", "virtual", "metaclass", "extends", "implements", "final"}
)


class _Families(dict[int, Family]):
    """By file, told when first asked."""

    def __init__(self, paths: Sequence[str]) -> None:
        super().__init__()
        self._paths = paths

    def __missing__(self, file: int) -> Family:
        found = self[file] = family_of(self._paths[file])
        return found


class Scopes:
    """Files are their numbers in the view; definitions are (file, ordinal from 1)."""

    def __init__(self, lookup: Lookup) -> None:
        self._at = lookup
        self._paths = lookup.view.paths
        self._families = _Families(self._paths)
        self._imports: dict[int, tuple[int, ...]] = {}
        self._seen: dict[int, frozenset[int]] = {}

    def imports(self, file: int) -> tuple[int, ...]:
        """The files that a file imports, in source order."""
        if file not in self._imports:
            path, index = self._paths[file], self._at.view.index
            record = self._at.record(self._at.view.content_of[file])
            found = (
                hit
                for module, _, names in record.imports
                for hit in self._at.imports.targets(path, module, names)
            )
            self._imports[file] = tuple(dict.fromkeys(index[hit] for hit in found if hit in index))
        return self._imports[file]

    def seen(self, file: int) -> frozenset[int]:
        """The imported files, and those that they only hand on; a header stands for its implementation."""
        if file not in self._seen:
            direct = self.imports(file)
            found = set(direct)
            for one in direct:
                if hands_on(self._paths[one]):
                    found.update(self.imports(one))
            if self._families[file] == "c":
                found.update(self._implementations(found))
            if len(self._seen) >= _SEEN_KEPT:
                self._seen.clear()
            self._seen[file] = frozenset(found)
        return self._seen[file]

    def _implementations(self, headers: set[int]) -> list[int]:
        stems = {self._paths[one].rpartition("/")[2].partition(".")[0] for one in headers}
        index = self._at.view.index
        return [
            index[path]
            for stem in stems
            for path in self._at.paths.with_stem(stem)
            if self._families[index[path]] == "c" and path.endswith((".c", ".cc", ".cpp", ".cxx"))
        ]

    def meant(
        self, file: int, name: str, definers: Sequence[tuple[int, int]]
    ) -> tuple[list[tuple[int, int]], EdgeKind]:
        """Those of the definers of `name` that a use in `file` can mean, and how sure that is ('call' or 'name')."""
        family = self._families[file]
        fitting = [one for one in definers if self._families[one[0]] == family]
        if not fitting:
            return [], "name"
        if own := [one for one in fitting if one[0] == file]:
            return own, "call"
        seen = self.seen(file)
        if imported := [one for one in fitting if one[0] in seen]:
            return imported, "call"
        if family in _SHARED_FOLDERS:
            folder = folder_of(self._paths[file])
            if beside := [one for one in fitting if folder_of(self._paths[one[0]]) == folder]:
                return beside, "call"
        if len(fitting) > _MAX_BY_NAME:
            return [], "name"
        return fitting, "call" if len(fitting) == 1 and len(name) >= _SURE_LENGTH else "name"


def hands_on(path: str) -> bool:
    """True for a file that hands on what it imports: a package's door or a header."""
    return _DOORS.search(path) is not None


def family_of(path: str) -> Family:
    """Languages that can use each other's definitions; '' without a grammar."""
    language = language_for(path)
    return _FAMILIES[language] if language else ""


def bases_of(signature: str, own: str) -> list[str]:
    """The plain names of the types that a class says it extends or implements, as far as its signature shows them."""
    found: dict[str, None] = {}
    for pattern in _BASES:
        for match in pattern.finditer(signature):
            text = re.sub(r"<[^<>]*>|\[[^\[\]]*\]|\([^()]*\)|\w+\s*=", "", match.group(1))
            for part in re.split(r",|\bextends\b|\bimplements\b", text):
                words = [word for word in _WORD.findall(part) if word not in _NOT_BASES]
                if words and words[-1] != own:
                    found[words[-1]] = None
    return list(found)
