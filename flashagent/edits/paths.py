"""Which file of the tree a reply means: exact, then stripped, then a unique suffix; never outside the root. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from flashagent.edits.values import EditProblem

_QUOTES = "`'\"*<>()[]"
_IGNORABLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufe00-\ufe0f\ufeff\u00ad]")
_MOST_CANDIDATES = 8


def check_allowed(path: str) -> None:
    """Raise EditProblem for a path that no edit may name: absolute, upwards, into `.git` in any spelling, or unprintable."""
    parts = path.replace("\\", "/").split("/")
    if not path or any(ord(char) < 32 or ord(char) == 127 for char in path):
        raise EditProblem("forbidden_path", f"{path!r} is not a usable path.")
    if path.startswith(("/", "\\", "~")) or re.match(r"^[A-Za-z]:[\\/]", path) or ".." in parts:
        raise EditProblem("forbidden_path", f"{path} leaves the project. Name files relative to its root.")
    if any(_is_git(part) for part in parts):
        raise EditProblem(
            "forbidden_path", f"{path} lies in the repository's own folder, which edits never touch."
        )
    if parts[-1] in ("", "."):
        raise EditProblem("forbidden_path", f"{path} names a folder, not a file.")


def _is_git(part: str) -> bool:
    folded = _IGNORABLE.sub("", unicodedata.normalize("NFKC", part)).casefold()
    name = folded.split(":")[0].rstrip(". ")  # ntfs streams and trailing dots and spaces name the same folder
    return name == ".git" or re.fullmatch(r"git~\d+", name) is not None


def tidy(path: str) -> str:
    """The path without quotes, leading `./` and doubled or backward slashes."""
    path = path.strip().strip(_QUOTES).strip()
    if "\\" in path and "/" not in path:
        path = path.replace("\\", "/")
    parts = [part for part in path.split("/") if part != "."]
    return re.sub(r"/{2,}", "/", "/".join(parts))


class Paths:
    """The files of the tree as an edit may name them.

    `read` answers None for a path that is no file; `listed` are the known paths, used for suffixes and collisions.
    """

    def __init__(self, read: Callable[[str], str | None], listed: Sequence[str]) -> None:
        self._read = read
        self._listed = listed
        self._folded: dict[str, str] | None = None

    def existing(self, given: str) -> str | None:
        """The file that `given` means, or None when there is none. Raises EditProblem: forbidden or ambiguous."""
        exact = self._exact(given)
        if exact is not None:
            return exact
        clean = tidy(given)
        check_allowed(clean)
        for candidate in _spellings(clean):
            if candidate and self._read(candidate) is not None:
                check_allowed(candidate)
                return candidate
        return self._composed(clean) or self._by_suffix(clean)

    def _composed(self, clean: str) -> str | None:
        """The one listed path that is the same text in another Unicode form."""
        if clean.isascii():
            return None
        wanted = unicodedata.normalize("NFC", clean)
        hits = [path for path in self._listed if unicodedata.normalize("NFC", path) == wanted]
        return hits[0] if len(hits) == 1 else None

    def _exact(self, given: str) -> str | None:
        try:
            check_allowed(given)
        except EditProblem:
            return None
        return given if self._read(given) is not None else None

    def _by_suffix(self, clean: str) -> str | None:
        for candidate in _spellings(clean):
            hits = [path for path in self._listed if path.endswith("/" + candidate)] if candidate else []
            if len(hits) > 1:
                raise EditProblem(
                    "ambiguous_path",
                    f"{clean} could be {_some(hits)}. Give the whole path from the root of the project.",
                )
            if hits:
                check_allowed(hits[0])
                return hits[0]
        return None

    def require(self, given: str) -> str:
        """Like `existing`, but a missing file is a problem too, with the paths that look like it."""
        if not given.strip():
            if len(self._listed) == 1:
                return self._listed[0]
            raise EditProblem("no_path", "The edit names no file. Put the file's path before it.")
        found = self.existing(given)
        if found is None:
            alike = self.alike(tidy(given))
            meant = f" Did you mean {_some(alike)}?" if alike else ""
            raise EditProblem("unknown_path", f"There is no file {tidy(given)}.{meant}")
        return found

    def fresh(self, given: str) -> str:
        """The path for a new file. Raises EditProblem where it would collide with what is there."""
        clean = tidy(given)
        check_allowed(clean)
        twin = self._fold().get(_fold(clean))
        if twin is not None and twin != clean:
            raise EditProblem(
                "path_collision", f"{clean} and the existing {twin} are one file on some systems. Use {twin}."
            )
        parts = clean.split("/")
        for depth in range(1, len(parts)):
            parent = "/".join(parts[:depth])
            if self._fold().get(_fold(parent)) is not None:
                raise EditProblem(
                    "path_collision", f"{parent} is a file, so {clean} cannot be made inside it."
                )
        if any(path.startswith(clean + "/") for path in self._listed):
            raise EditProblem("path_collision", f"{clean} is a folder.")
        return clean

    def _fold(self) -> dict[str, str]:
        if self._folded is None:
            self._folded = {_fold(path): path for path in self._listed}
        return self._folded

    def alike(self, clean: str) -> list[str]:
        """Listed paths that the given one may have meant: of the same name, else of similar spelling; the best first."""
        from rapidfuzz import fuzz, process

        name = clean.rsplit("/", 1)[-1]
        same = [path for path in self._listed if path.rsplit("/", 1)[-1].casefold() == name.casefold()]
        if same:
            return sorted(same, key=lambda path: -fuzz.ratio(path, clean))[:_MOST_CANDIDATES]
        hits = process.extract(clean, self._listed, scorer=fuzz.ratio, limit=3, score_cutoff=60)
        return [str(hit[0]) for hit in hits]


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path).casefold()


def _spellings(clean: str) -> list[str]:
    """The path as it is, and without the prefix that diffs put before paths."""
    return [clean, clean[2:]] if clean[:2] in ("a/", "b/") else [clean]


def _some(paths: Sequence[str]) -> str:
    shown = ", ".join(paths[:_MOST_CANDIDATES])
    return shown if len(paths) <= _MOST_CANDIDATES else f"{shown} and {len(paths) - _MOST_CANDIDATES} more"
