"""Write an edit as a model would, in each format. The inverse of the parsers, made for tests."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass, field

FENCED = ("sr", "udiff", "apply_patch", "edit")


@dataclass(frozen=True)
class Block:
    """One change: old and new lines, and the 1-based line at which the old ones stand."""

    path: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    line: int = 1
    anchor: str = ""

    def ops(self) -> list[str]:
        """Patch lines with their prefixes."""
        matcher = difflib.SequenceMatcher(None, self.old, self.new, autojunk=False)
        lines: list[str] = []
        for tag, a, b, c, d in matcher.get_opcodes():
            if tag == "equal":
                lines += [" " + line for line in self.old[a:b]]
            else:
                lines += ["-" + line for line in self.old[a:b]]
                lines += ["+" + line for line in self.new[c:d]]
        return lines


@dataclass(frozen=True)
class Style:
    """How the envelope looks."""

    fence: str = "```"
    fenced: bool = True
    markers: int = 7
    counts: str = "right"
    before: str = ""
    after: str = ""
    path_line: str = "{path}"
    near_line: bool = False
    extra: dict[str, object] = field(default_factory=dict)


def text_of(lines: tuple[str, ...]) -> str:
    return "".join(line + "\n" for line in lines)


def write(format_name: str, blocks: list[Block], style: Style = Style()) -> str:
    body = {"sr": _sr, "udiff": _udiff, "apply_patch": _apply_patch, "edit": _edit}[format_name](
        blocks, style
    )
    return style.before + body + style.after


def _fence(body: str, info: str, style: Style) -> str:
    return f"{style.fence}{info}\n{body}{style.fence}\n" if style.fenced else body


def _sr(blocks: list[Block], style: Style) -> str:
    parts = []
    for block in blocks:
        hint = f":start_line:{block.line}\n-------\n" if style.near_line else ""
        body = (
            f"{'<' * style.markers} SEARCH\n{hint}{text_of(block.old)}{'=' * style.markers}\n"
            f"{text_of(block.new)}{'>' * style.markers} REPLACE\n"
        )
        parts.append(style.path_line.format(path=block.path) + "\n" + _fence(body, "", style))
    return "\n".join(parts)


def _edit(blocks: list[Block], style: Style) -> str:
    edits = []
    for block in blocks:
        edit: dict[str, object] = {
            "path": style.path_line.format(path=block.path) if "{path}" in style.path_line else block.path,
            "old": text_of(block.old),
            "new": text_of(block.new),
        }
        if style.near_line:
            edit["near_line"] = block.line
        edits.append(edit)
    return _fence(json.dumps({"edits": edits}, ensure_ascii=False, indent=1) + "\n", "json", style)


def _by_path(blocks: list[Block]) -> dict[str, list[Block]]:
    grouped: dict[str, list[Block]] = {}
    for block in blocks:
        grouped.setdefault(block.path, []).append(block)
    return grouped


def _udiff(blocks: list[Block], style: Style) -> str:
    lines = []
    for path, own in _by_path(blocks).items():
        lines += [f"--- a/{path}", f"+++ b/{path}"]
        for block in own:
            lines += [_header(block, style), *block.ops()]
    return _fence("\n".join(lines) + "\n", "diff", style)


def _header(block: Block, style: Style) -> str:
    if style.counts == "bare":
        return f"@@ ... @@{' ' + block.anchor if block.anchor else ''}"
    old, new = len(block.old), len(block.new)
    line = block.line
    if style.counts == "wrong":
        old, new, line = old + 3, max(1, new - 1), line + 7
    return f"@@ -{line},{old} +{line},{new} @@{' ' + block.anchor if block.anchor else ''}"


def _apply_patch(blocks: list[Block], style: Style) -> str:
    lines = ["*** Begin Patch"]
    for path, own in _by_path(blocks).items():
        lines.append(f"*** Update File: {path}")
        for block in own:
            lines += [f"@@ {block.anchor}".rstrip(), *block.ops()]
    lines.append("*** End Patch")
    return _fence("\n".join(lines) + "\n", "", style)


def write_whole(path: str, text: str, style: Style = Style()) -> str:
    return style.before + style.path_line.format(path=path) + "\n" + _fence(text, "", style) + style.after


def write_symbol(path: str, name: str, body: str, style: Style = Style()) -> str:
    return f"{style.before}{path}::{name}\n" + _fence(body, "", style) + style.after


def write_anchors(block: Block, new: tuple[str, ...], count: int | None) -> str:
    guard = "" if count is None else f" {count}"
    return (
        f"{block.path}\n<<<<<<< FIRST\n{block.old[0]}\n======= LAST{guard}\n{block.old[-1]}\n======= NEW\n"
        f"{text_of(new)}>>>>>>> END\n"
    )
