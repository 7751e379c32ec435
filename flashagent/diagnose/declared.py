"""Find the declaration of a name in the sources of an installed package: TypeScript declarations and Rust. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from flashagent.dataclass import dataclass

_LONGEST = 12  # lines of one signature
_MEMBERS = 40
_TS = r"(?:export\s+|declare\s+|default\s+|abstract\s+|async\s+|public\s+|static\s+|readonly\s+)*"
_TS_KINDS = r"(function\*?|class|interface|type|enum|namespace|const|let|var)\s+"
_RUST_KINDS = r"(fn|struct|enum|trait|type|union|const|static|mod)\s+"
_RUST = r"(?:pub(?:\([^)]*\))?\s+)(?:(?:async|unsafe|const|extern(?:\s+\"[^\"]*\")?)\s+)*"


@dataclass(frozen=True, slots=True)
class Declaration:
    """`line` is 1-based; `members` are the names in its body."""

    kind: str
    name: str
    signature: str
    doc: str
    line: int
    members: tuple[str, ...] = ()


Member = Callable[[str, int, str], Declaration | None]


def typescript(text: str, name: str) -> Declaration | None:
    """The declaration of a top-level name ('debounce') or of a member ('Client.get')."""
    return _find(text, name, re.compile(rf"^[ \t]*{_TS}{_TS_KINDS}([\w$]+)", re.M), _ts_member)


def rust(text: str, name: str) -> Declaration | None:
    """The public declaration of an item ('from_str') or of a method in any `impl` of a type ('Value.get')."""
    head, _, member = name.partition(".")
    pattern = re.compile(rf"^[ \t]*{_RUST}{_RUST_KINDS}(\w+)|^macro_(rules)!\s*(\w+)", re.M)
    if not member:
        return _find(text, name, pattern, None)
    for block in re.finditer(
        rf"^[ \t]*(?:unsafe\s+)?(?:impl\b[^{{;]*?|pub\s+trait\s+){head}\b[^{{;]*\{{", text, re.M
    ):
        inner = text[block.end() : block.end() + len(_body(text, block.end()))]
        method = re.compile(rf"^[ \t]*(?:{_RUST})?(fn)\s+{re.escape(member)}\b", re.M)
        if found := method.search(inner):
            return _declaration(text, block.end() + found.start(), "fn", name)
    return None


def names_in(text: str, *, is_rust: bool) -> Iterator[str]:
    """All names that a source declares, for the nearest ones."""
    pattern = rf"^[ \t]*{_RUST}{_RUST_KINDS}(\w+)" if is_rust else rf"^[ \t]*{_TS}{_TS_KINDS}([\w$]+)"
    return (found[2] for found in re.finditer(pattern, text, re.M))


def _find(text: str, name: str, pattern: re.Pattern[str], member: Member | None) -> Declaration | None:
    head, _, rest = name.partition(".")
    for found in pattern.finditer(text):
        kind, declared = [one for one in found.groups() if one][:2]
        if declared != head:
            continue
        if not rest:
            return _declaration(text, found.start(), kind, name)
        if member is not None and (inside := member(text, found.end(), rest)):
            return inside
    return None


def _ts_member(text: str, start: int, name: str) -> Declaration | None:
    end = _end(text, start)
    if text[end : end + 1] != "{":
        return None
    words = rf"{_TS}(?:get\s+|set\s+|function\s+|const\s+)?"
    pattern = rf"^[ \t]*{words}{re.escape(name)}\s*[?!]?\s*[(:<]"
    found = re.search(pattern, _body(text, end + 1), re.M)
    return None if found is None else _declaration(text, end + 1 + found.start(), "member", name)


def _declaration(text: str, at: int, kind: str, name: str) -> Declaration:
    at += len(text[at:]) - len(text[at:].lstrip())
    end = _end(text, at)
    has_members = text[end : end + 1] == "{" and kind not in ("fn", "function")
    members = tuple(_members(_body(text, end + 1))) if has_members else ()
    line = text.count("\n", 0, at) + 1
    return Declaration(kind, name, _short(text[at:end]), _doc(text[:at]), line, members)


def _end(text: str, at: int) -> int:
    """Where a declaration's head ends: at its body, at the end of the statement, or before an empty line."""
    depth = 0
    for index in range(at, min(len(text), at + 4000)):
        char = text[index]
        depth += (char in "([<") - (char in ")]") - (char == ">" and text[index - 1] not in "-=")
        if depth <= 0 and (char in "{;" or (char == "\n" and text[index + 1 : index + 2] in ("\n", "}", ""))):
            return index
    return min(len(text), at + 400)


def _short(text: str) -> str:
    return " ".join("\n".join(text.splitlines()[:_LONGEST]).split())


def _body(text: str, start: int) -> str:
    depth = 1
    for index in range(start, min(len(text), start + 200_000)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth == 0:
            return text[start:index]
    return text[start:]


def _members(body: str) -> Iterable[str]:
    names = re.findall(
        r"^[ \t]{1,8}(?:pub\s+|readonly\s+|static\s+|get\s+|fn\s+)*([A-Za-z_$][\w$]*)\s*[?!]?\s*[(:<,;=]",
        body,
        re.M,
    )
    return list(dict.fromkeys(names))[:_MEMBERS]


def _doc(before: str) -> str:
    """The comment that stands right before, without its marks."""
    lines: list[str] = []
    for line in reversed(before.rstrip().splitlines()):
        bare = line.strip()
        if bare.startswith(("#[", "@")) and not lines:
            continue
        if not bare.startswith(("///", "/**", "*", "//!")):
            break
        lines.append(bare.strip("/*! ").rstrip())
        if bare.startswith("/**"):
            break
    return "\n".join(line for line in reversed(lines) if line)[:1200]
