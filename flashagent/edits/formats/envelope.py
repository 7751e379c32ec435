"""What surrounds edits in a reply: fences, prose, decorated path lines. Pure, and never raises on any text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from flashagent.dataclass import dataclass

_FENCE = re.compile(r"^[ \t]{0,12}(`{3,}|~{3,})[ \t]*([^`]*)$")
_LABEL = re.compile(
    r"^(?:file ?name|file ?path|file|path|in|update|edit|create|new file)\s*:\s*", re.IGNORECASE
)
_BULLET = re.compile(r"^(?:#{1,6}\s+|[-*+]\s+|\d+[.)]\s+|//+\s*|#\s*|>\s+|<!--\s*|/\*\s*)")
_TAGGED = re.compile(r"^<(\w{1,20})>([^<>]*)</\1>$")
_NAMES = {"makefile", "dockerfile", "license", "readme", "gemfile", "rakefile", "procfile", "jenkinsfile", "vagrantfile",
          "cmakelists.txt", "justfile", "notice", "authors", "changelog", "codeowners", "copying"}  # fmt: skip
_PATHY = re.compile(r"^[^\s<>:\"|?*`(){}=;,!$&%\\]+(?:\\[^\s<>:\"|?*`(){}=;,!$&%]+)*$")
_EXTENSION = re.compile(r"\.[A-Za-z][\w+-]{0,15}$|^\.[A-Za-z][\w.-]*$|/\.[\w.-]+$")


def normal(reply: str) -> str:
    """The reply with LF line ends and without a byte order mark."""
    return reply.removeprefix("\ufeff").replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Fence:
    """A line that may open or close a fenced block."""

    mark: str
    info: str

    def closes(self, opening: Fence) -> bool:
        return not self.info and self.mark[0] == opening.mark[0] and len(self.mark) >= len(opening.mark)


def fence_of(line: str) -> Fence | None:
    match = _FENCE.match(line)
    return Fence(match.group(1), match.group(2).strip()) if match else None


def is_path(text: str) -> bool:
    """True for text that reads like a file's path: no blanks, and a slash, an extension or a well-known name."""
    if not text or len(text) > 300 or not _PATHY.match(text) or "://" in text or text.endswith("/"):
        return False
    name = text.rsplit("/", 1)[-1]
    if name.casefold() in _NAMES:
        return True
    return bool(_EXTENSION.search(name)) or (
        "/" in text and not text.startswith("//") and any(map(str.isalnum, name))
    )


def path_in(line: str, *, prose: bool = True) -> str | None:
    """The path that a line above a block names, or None. With `prose` it may stand alone of its kind in a sentence."""
    text = _TAGGED.sub(r"\2", line.strip())
    quoted: list[str] = [found for found in re.findall(r"`([^`\n]+)`", text) if _quoted_path(found)]
    if len(quoted) == 1 and (prose or text.strip("*_# :-").strip("`") == quoted[0]):
        return quoted[0].strip()
    for _ in range(3):
        text = _LABEL.sub("", _plain(_BULLET.sub("", text))).strip()
    text = re.sub(r"\s*(?:\*/|-->)\s*$", "", text)
    text = re.sub(
        r"\s*\((?:new|new file|modified|updated|created|existing)\)\s*:?$", "", text, flags=re.IGNORECASE
    )
    text = _plain(_plain(text).rstrip(":")).strip("`'\"").strip("*").strip()
    if is_path(text):
        return text
    if not prose:
        return None
    words = [word.strip("`'\"*:,;()[]").rstrip(".") for word in text.split()]
    paths = list(dict.fromkeys(word for word in words if is_path(word) and _is_file_word(word)))
    return paths[0] if len(paths) == 1 else None


def _is_file_word(word: str) -> bool:
    return _known_kind(word) or ("/" in word and bool(_EXTENSION.search(word.rsplit("/", 1)[-1])))


def _plain(text: str) -> str:
    """The text without the marks of bold and slanted type around it; `__init__.py` keeps its own."""
    text = text.strip().strip("*").strip()
    return text[1:-1].strip("_") if len(text) > 2 and text[0] == text[-1] == "_" else text


def _quoted_path(text: str) -> bool:
    inner = text.strip()
    return is_path(inner) or (
        " " in inner and "/" in inner and bool(_EXTENSION.search(inner)) and "(" not in inner
    )


def _known_kind(word: str) -> bool:
    # In running text "e.g." and "foo.bar" are no files; a short, lower-case, last part makes one likely.
    return bool(re.search(r"\w\.(?:py|pyi|js|mjs|cjs|jsx|ts|tsx|go|rs|java|c|h|cc|cpp|hpp|cs|rb|php|sh|md|rst|txt|toml|ya?ml"
                          r"|json|html|css|sql|kt|swift|scala|lua|cfg|ini|xml)$", word))  # fmt: skip


def info_path(info: str) -> str | None:
    """The path that a fence's info string gives: `python path=a/b.py`, `python:a/b.py`, `a/b.py`."""
    named = re.search(r"(?:path|file|filename|title)=[\"']?([^\"'\s]+)", info)
    if named:
        return str(named.group(1))
    last = info.split()[-1] if info.split() else ""
    after = last.split(":", 1)[1] if re.match(r"^\w+:[^:]", last) else last
    return str(after) if is_path(after) and ("/" in after or _known_kind(after)) else None


def path_above(lines: Sequence[str], at: int, *, floor: int = 0, reach: int = 6) -> str | None:
    """The path named above line `at`: on the opening fence, or on the nearest line with text before it. Nothing above
    line `floor`, nor more than `reach` lines away, is looked at."""
    seen = 0
    for index in range(at - 1, max(floor, at - reach) - 1, -1):
        line = lines[index]
        if not line.strip():
            continue
        fence = fence_of(line)
        if fence is not None:
            if not fence.info and seen:
                return None
            found = info_path(fence.info)
            if found:
                return found
            continue
        seen += 1
        found = path_in(line, prose=True)
        if found is not None:
            return found
        if seen >= 2:
            return None
    return None


def open_fence_at(lines: Sequence[str], upto: int, skip: Sequence[range] = ()) -> Fence | None:
    """The fence still open before line `upto`, not counting the lines in `skip` (the insides of blocks)."""
    hidden = {index for span in skip for index in span}
    current: Fence | None = None
    for index in range(min(upto, len(lines))):
        if index in hidden:
            continue
        fence = fence_of(lines[index])
        if fence is None:
            continue
        if current is None:
            current = fence
        elif fence.closes(current):
            current = None
    return current
