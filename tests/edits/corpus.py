"""Replies with realistic faults, each with the class of what may be done about it.

`must`: one sensible meaning, which has to land exactly. `may`: exact or refused. `reject`: ambiguous, stale, cut off or
harmful, and has to be refused whole. Every kind is a function from a source and one of its edits to a case.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from edits.sources import SOURCES, Source
from edits.writers import Block, Style, text_of, write, write_anchors, write_symbol, write_whole

Class = Literal["must", "may", "reject"]
ASCII = str.maketrans({"’": "'", "“": '"', "”": '"', "–": "-", "\u00a0": " "})
BLOCKS = ("sr", "edit", "udiff", "apply_patch")


@dataclass(frozen=True)
class Case:
    """`expected` maps changed paths to their text; None means that nothing may change."""

    kind: str
    rank: Class
    format: str
    language: str
    files: dict[str, str]
    reply: str
    expected: dict[str, str | None] | None
    shown: dict[str, str] | None = None


@dataclass(frozen=True)
class Seed:
    """One edit of one source, to be written and damaged."""

    source: Source
    old: str
    new: str

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def text(self) -> str:
        return self.source.text

    @property
    def after(self) -> str:
        assert self.text.count(self.old) == 1, (self.path, self.old)
        return self.text.replace(self.old, self.new)

    @property
    def block(self) -> Block:
        line = self.text[: self.text.index(self.old)].count("\n") + 1
        return Block(self.path, tuple(self.old.splitlines()), tuple(self.new.splitlines()), line)

    def files(self, text: str | None = None) -> dict[str, str]:
        return {self.path: self.text if text is None else text, "notes.md": "# Notes\n\nNothing here.\n"}


Made = tuple[dict[str, str], str, dict[str, str | None] | None] | None
Maker = Callable[[Seed, str], Made]
KINDS: dict[str, tuple[Class, tuple[str, ...], Maker]] = {}


def kind(name: str, rank: Class, *formats: str) -> Callable[[Maker], Maker]:
    def register(maker: Maker) -> Maker:
        assert name not in KINDS
        KINDS[name] = (rank, formats or BLOCKS, maker)
        return maker

    return register


def landed(seed: Seed, reply: str) -> Made:
    return seed.files(), reply, {seed.path: seed.after}


def styled(name: str, rank: Class, style: Style, *formats: str) -> None:
    kind(name, rank, *formats)(lambda seed, fmt: landed(seed, write(fmt, [seed.block], style)))


# --- envelopes ---------------------------------------------------------------------------------------------------

PROSE = Style(
    before="Sure, here is the change.\n\n", after="\nThis keeps the behaviour for the rest. Let me know!\n"
)
styled("clean", "must", Style())
styled("prose around", "must", PROSE)
styled("no fence", "must", Style(fenced=False))
styled("tilde fence", "must", Style(fence="~~~"))
styled("long markers", "must", Style(markers=9), "sr")
styled("short markers", "must", Style(markers=5), "sr")
styled("wrong counts", "must", Style(counts="wrong"), "udiff")
styled("bare hunk header", "must", Style(counts="bare"), "udiff")
styled("right line given", "must", Style(near_line=True), "sr", "edit")
styled("path as heading", "must", Style(path_line="### `{path}`"), "sr")
styled("path with label", "must", Style(path_line="**File: {path}**"), "sr")
styled("path in quotes", "must", Style(path_line='"{path}"'), "sr", "edit")
styled("path with dot", "must", Style(path_line="./{path}"), "sr", "edit")
styled("path with a/", "must", Style(path_line="a/{path}"), "sr", "edit")


@kind("reply has CRLF", "must")
def _crlf_reply(seed: Seed, fmt: str) -> Made:
    return landed(seed, write(fmt, [seed.block]).replace("\n", "\r\n"))


@kind("heredoc around", "must", "apply_patch")
def _heredoc(seed: Seed, fmt: str) -> Made:
    body = write(fmt, [seed.block], Style(fenced=False))
    return landed(seed, f"```bash\napply_patch <<'EOF'\n{body}EOF\n```\n")


@kind("path is a suffix", "must")
def _suffix(seed: Seed, fmt: str) -> Made:
    name = seed.path.rsplit("/", 1)[1]
    return landed(seed, write(fmt, [replace(seed.block, path=name)]))


@kind("path has backslashes", "must", "sr", "edit", "apply_patch")
def _backslashes(seed: Seed, fmt: str) -> Made:
    return landed(seed, write(fmt, [replace(seed.block, path=seed.path.replace("/", "\\"))]))


@kind("line numbers copied", "must", "sr", "edit")
def _numbers(seed: Seed, fmt: str) -> Made:
    block = seed.block
    old = tuple(f"{block.line + n:4d}| {line}" for n, line in enumerate(block.old))
    return landed(seed, write(fmt, [replace(block, old=old)]))


@kind("line numbers in both", "must", "sr", "edit")
def _numbers_both(seed: Seed, fmt: str) -> Made:
    block = seed.block
    old = tuple(f"{block.line + n}|{line}" for n, line in enumerate(block.old))
    new = tuple(f"{block.line + n}|{line}" for n, line in enumerate(block.new))
    return landed(seed, write(fmt, [replace(block, old=old, new=new)]))


@kind("blank lines lost prefix", "must", "udiff", "apply_patch")
def _prefix(seed: Seed, fmt: str) -> Made:
    if "\n\n" not in seed.old:
        return None
    return landed(seed, re.sub(r"^ $", "", write(fmt, [seed.block]), flags=re.MULTILINE))


@kind("kept lines lost prefix", "must", "udiff", "apply_patch")
def _bare_context(seed: Seed, fmt: str) -> Made:
    lines = write(fmt, [seed.block]).split("\n")
    if not any(re.match(r"^ \s*\S", line) for line in lines):
        return None
    return landed(seed, "\n".join(line[1:] if re.match(r"^ \s*\S", line) else line for line in lines))


# --- blanks, punctuation, indentation -----------------------------------------------------------------------------


def on_old(block: Block, change: Callable[[str], str]) -> Block:
    """The block with its old lines changed, and those new lines that repeat them likewise."""
    kept = {line: change(line) for line in block.old}
    return replace(
        block,
        old=tuple(change(line) for line in block.old),
        new=tuple(kept.get(line, line) for line in block.new),
    )


def on_all(block: Block, change: Callable[[str], str]) -> Block:
    return replace(block, old=tuple(map(change, block.old)), new=tuple(map(change, block.new)))


@kind("reply has trailing blanks", "must")
def _trailing_reply(seed: Seed, fmt: str) -> Made:
    return landed(seed, write(fmt, [on_old(seed.block, lambda line: line + "  " if line else line)]))


@kind("file has trailing blanks", "must")
def _trailing_file(seed: Seed, fmt: str) -> Made:
    first = seed.block.old[0]
    if first not in seed.block.new or seed.text.count(first + "\n") != 1:
        return None
    text = seed.text.replace(first + "\n", first + "  \n")
    after = seed.after.replace(first + "\n", first + "  \n")
    return seed.files(text), write(fmt, [seed.block]), {seed.path: after}


@kind("reply is ASCII", "must")
def _ascii(seed: Seed, fmt: str) -> Made:
    if seed.old.isascii():
        return None
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: line.translate(ASCII))]))


@kind("file has no-break spaces", "must")
def _nbsp(seed: Seed, fmt: str) -> Made:
    if seed.old.isascii():
        return None
    spaced = seed.text.replace(" – ", "\u00a0– ")
    after = seed.after.replace(" – ", "\u00a0– ")
    return seed.files(spaced), write(fmt, [seed.block]), {seed.path: after}


@kind("blank line before", "must", "sr", "edit")
def _blank_before(seed: Seed, fmt: str) -> Made:
    block = seed.block
    return landed(seed, write(fmt, [replace(block, old=("", *block.old), new=("", *block.new))]))


@kind("blank line after", "must", "sr", "edit")
def _blank_after(seed: Seed, fmt: str) -> Made:
    block = seed.block
    return landed(seed, write(fmt, [replace(block, old=(*block.old, ""), new=(*block.new, ""))]))


@kind("blank line after the old only", "must", "sr", "edit")
def _blank_after_old(seed: Seed, fmt: str) -> Made:
    if seed.text.split(seed.old)[1].startswith("\n"):
        return None
    return landed(seed, write(fmt, [replace(seed.block, old=(*seed.block.old, ""))]))


@kind("dedented", "must")
def _dedent(seed: Seed, fmt: str) -> Made:
    lines = [line for line in (*seed.block.old, *seed.block.new) if line]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: line[margin:])])) if margin else None


@kind("dedented by one level", "must")
def _dedent_one(seed: Seed, fmt: str) -> Made:
    width = 1 if "\n\t" in seed.text else 2
    lines = [line for line in (*seed.block.old, *seed.block.new) if line]
    if min(len(line) - len(line.lstrip()) for line in lines) <= width:
        return None
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: line[width:])]))


@kind("indented further", "must")
def _indent(seed: Seed, fmt: str) -> Made:
    step = "\t" if "\n\t" in seed.text else "    "
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: step + line if line else line)]))


@kind("tabs for spaces", "must")
def _tabs(seed: Seed, fmt: str) -> Made:
    if "\n\t" in seed.text:
        return None
    unit = 2 if re.search(r"\n  \S", seed.text) and seed.source.language != "cpp" else 4
    if seed.source.language == "cpp":
        unit = 2
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: _retab(line, " " * unit, "\t"))]))


@kind("spaces for tabs", "must")
def _spaces(seed: Seed, fmt: str) -> Made:
    if "\n\t" not in seed.text:
        return None
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: _retab(line, "\t", "    "))]))


@kind("two spaces for four", "must")
def _two(seed: Seed, fmt: str) -> Made:
    if "\n    " not in seed.text or re.search(r"\n  \S", seed.text):
        return None
    return landed(seed, write(fmt, [on_all(seed.block, lambda line: _retab(line, "    ", "  "))]))


def _retab(line: str, unit: str, to: str) -> str:
    level = 0
    while line.startswith(unit, level * len(unit)):
        level += 1
    return to * level + line[level * len(unit) :]


@kind("old dedented, new at depth", "must", "sr", "edit")
def _old_dedented(seed: Seed, fmt: str) -> Made:
    lines = [line for line in seed.block.old if line]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    new_margin = min(len(line) - len(line.lstrip()) for line in seed.block.new if line)
    if not margin or new_margin != margin:
        return None
    return landed(
        seed, write(fmt, [replace(seed.block, old=tuple(line[margin:] for line in seed.block.old))])
    )


@kind("first line lost indentation", "must", "sr", "edit")
def _first_line(seed: Seed, fmt: str) -> Made:
    block = seed.block
    return landed(
        seed,
        write(
            fmt,
            [
                replace(
                    block,
                    old=(block.old[0].lstrip(), *block.old[1:]),
                    new=(block.new[0].lstrip(), *block.new[1:]),
                )
            ],
        ),
    )


@kind("middle left out on both sides", "must", "sr", "edit")
def _elided_both(seed: Seed, fmt: str) -> Made:
    block = seed.block
    if len(block.old) < 3 or block.old[1] not in block.new[1:2] or not block.old[1].strip():
        return None
    comment = "# ..." if seed.source.language == "python" else "// ..."
    if (
        any(seed.text.split("\n").count(line) != 1 for line in block.old if line not in block.old[1:2])
        or len(block.old) != 3
    ):
        return None
    old = (block.old[0], comment, *block.old[2:])
    new = (block.new[0], comment, *block.new[2:])
    return landed(seed, write(fmt, [replace(block, old=old, new=new)]))


@kind("inner blank line missing", "must", "sr", "edit")
def _inner_missing(seed: Seed, fmt: str) -> Made:
    block = seed.block
    if "" not in block.old:
        return None
    strip = lambda lines: tuple(line for line in lines if line)  # noqa: E731
    return landed(seed, write(fmt, [replace(block, old=strip(block.old), new=strip(block.new))]))


@kind("inner blank line too many", "must", "sr", "edit")
def _inner_extra(seed: Seed, fmt: str) -> Made:
    block = seed.block
    if block.old[0] != block.new[0] or block.old[1] != block.new[1] or not block.old[1]:
        return None
    widen = lambda lines: (lines[0], "", *lines[1:])  # noqa: E731
    return landed(seed, write(fmt, [replace(block, old=widen(block.old), new=widen(block.new))]))


# --- the file's own shape -----------------------------------------------------------------------------------------


@kind("file has CRLF", "must")
def _crlf_file(seed: Seed, fmt: str) -> Made:
    crlf = seed.text.replace("\n", "\r\n")
    return seed.files(crlf), write(fmt, [seed.block]), {seed.path: seed.after.replace("\n", "\r\n")}


@kind("file has no last newline", "must")
def _no_newline(seed: Seed, fmt: str) -> Made:
    return seed.files(seed.text[:-1]), write(fmt, [seed.block]), {seed.path: seed.after[:-1]}


@kind("file has a BOM", "must")
def _bom(seed: Seed, fmt: str) -> Made:
    return seed.files("\ufeff" + seed.text), write(fmt, [seed.block]), {seed.path: "\ufeff" + seed.after}


@kind("two blocks", "must")
def _two_blocks(seed: Seed, fmt: str) -> Made:
    other = next(Seed(seed.source, *edit) for edit in seed.source.edits if edit[0] != seed.old)
    after = seed.after.replace(other.old, other.new)
    return seed.files(), write(fmt, [seed.block, other.block]), {seed.path: after}


def doubled(seed: Seed) -> tuple[str, str, int]:
    """The file with its text twice, the same with the second half edited, and the shift in lines."""
    shift = seed.text.count("\n")
    return seed.text + seed.text, seed.text + seed.after, shift


def _free(check_language: str) -> bool:
    return check_language not in ("javascript",)  # a module may not export one name twice


@kind("two places, right line", "must", "sr", "edit", "udiff")
def _right_line(seed: Seed, fmt: str) -> Made:
    text, after, shift = doubled(seed)
    block = replace(seed.block, line=seed.block.line + shift)
    return seed.files(text), write(fmt, [block], Style(near_line=True)), {seed.path: after}


@kind("two places, heading", "must", "apply_patch", "udiff")
def _right_heading(seed: Seed, fmt: str) -> Made:
    heads = {"python": "class Second(Basket):\n    def again(self, prices, name, count):\n"}
    if seed.source.language != "python" or "        " not in seed.old[:8]:
        return None
    tail = heads["python"] + seed.old
    text, after = seed.text + "\n\n" + tail, seed.text + "\n\n" + heads["python"] + seed.new
    block = replace(seed.block, anchor="    def again(self, prices, name, count):".strip())
    return seed.files(text), write(fmt, [block], Style(counts="bare")), {seed.path: after}


# --- may: right or refused ----------------------------------------------------------------------------------------


@kind("kept line paraphrased", "may")
def _paraphrased(seed: Seed, fmt: str) -> Made:
    block = seed.block
    comments = [line for line in block.old if line.lstrip().startswith(("#", "//", "/*"))]
    if not comments:
        return None

    def change(line: str) -> str:
        words = line.replace("the ", "a ").replace("are", "is").replace("count", "counted")
        return words.replace("value", "entry") if line in comments else line

    return landed(seed, write(fmt, [on_old(block, change)]))


@kind("kept line left out", "may")
def _left_out(seed: Seed, fmt: str) -> Made:
    block = seed.block
    if len(block.old) < 4 or block.old[1] != block.new[1]:
        return None
    return landed(
        seed,
        write(fmt, [replace(block, old=(block.old[0], *block.old[2:]), new=(block.new[0], *block.new[2:]))]),
    )


@kind("two places, near line", "may", "sr", "edit")
def _near_line(seed: Seed, fmt: str) -> Made:
    text, after, shift = doubled(seed)
    block = replace(seed.block, line=seed.block.line + shift - 2)
    return seed.files(text), write(fmt, [block], Style(near_line=True)), {seed.path: after}


# --- reject -------------------------------------------------------------------------------------------------------


def refused(files: dict[str, str], reply: str) -> Made:
    return files, reply, None


@kind("two places", "reject")
def _two_places(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(doubled(seed)[0]), write(fmt, [seed.block], Style(counts="bare")))


@kind("two places, wrong line", "reject", "sr", "edit", "udiff")
def _wrong_line(seed: Seed, fmt: str) -> Made:
    text, _, shift = doubled(seed)
    block = replace(seed.block, line=seed.block.line + shift // 2)
    return refused(seed.files(text), write(fmt, [block], Style(near_line=True)))


@kind("two places, dedented", "reject")
def _two_dedented(seed: Seed, fmt: str) -> Made:
    block = on_all(seed.block, lambda line: line[1:])
    return refused(seed.files(doubled(seed)[0]), write(fmt, [block], Style(counts="bare")))


def stale_text(seed: Seed) -> str | None:
    """The file after someone changed a line that the edit removes."""
    gone = [line for line in seed.block.old if line not in seed.block.new and re.search(r"\w{3}", line)]
    if not gone or seed.text.count(gone[0]) != 1:
        return None
    word = re.findall(r"\w{3,}", gone[0])[-1]
    newer = gone[0][::-1].replace(word[::-1], (word + "_v2")[::-1], 1)[::-1]
    return seed.text.replace(gone[0], newer)


@kind("stale", "reject")
def _stale(seed: Seed, fmt: str) -> Made:
    text = stale_text(seed)
    return None if text is None else refused(seed.files(text), write(fmt, [seed.block]))


@kind("already applied", "reject")
def _applied(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(seed.after), write(fmt, [seed.block]))


@kind("cut off in the block", "reject")
def _cut(seed: Seed, fmt: str) -> Made:
    reply = write(fmt, [seed.block])
    return refused(seed.files(), reply[: int(len(reply) * 0.7)])


@kind("cut off before the end mark", "reject")
def _cut_late(seed: Seed, fmt: str) -> Made:
    lines = write(fmt, [seed.block]).rstrip("\n").split("\n")
    return refused(seed.files(), "\n".join(lines[:-2]) + "\n")


@kind("cut off in the second block", "reject")
def _cut_second(seed: Seed, fmt: str) -> Made:
    other = next(Seed(seed.source, *edit) for edit in seed.source.edits if edit[0] != seed.old)
    reply = write(fmt, [seed.block, other.block])
    return refused(seed.files(), reply[: int(len(reply) * 0.85)])


@kind("new text elided", "reject")
def _elided_new(seed: Seed, fmt: str) -> Made:
    comment = "# ... existing code ..." if seed.source.language == "python" else "// ... existing code ..."
    block = replace(seed.block, new=(seed.block.new[0], comment))
    return refused(seed.files(), write(fmt, [block]))


@kind("one of two blocks is wrong", "reject")
def _half(seed: Seed, fmt: str) -> Made:
    other = next(Seed(seed.source, *edit) for edit in seed.source.edits if edit[0] != seed.old)
    bad = on_old(other.block, lambda line: line + " zz" if line else line)
    return refused(seed.files(), write(fmt, [seed.block, bad]))


@kind("same name in two folders", "reject")
def _same_name(seed: Seed, fmt: str) -> Made:
    name = seed.path.rsplit("/", 1)[1]
    files = {**seed.files(), "other/" + name: seed.text}
    return refused(files, write(fmt, [replace(seed.block, path=name)]))


@kind("unknown path", "reject")
def _unknown(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(), write(fmt, [replace(seed.block, path="nowhere/" + seed.path)]))


@kind("path outside", "reject")
def _outside(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(), write(fmt, [replace(seed.block, path="../" + seed.path)]))


@kind("overlapping blocks", "reject")
def _overlap(seed: Seed, fmt: str) -> Made:
    gone = [line for line in seed.block.old if line not in seed.block.new]
    other = replace(seed.block, new=tuple(line + " " if line in gone else line for line in seed.block.old))
    return refused(seed.files(), write(fmt, [seed.block, other])) if gone else None


@kind("no longer parses", "reject")
def _broken(seed: Seed, fmt: str) -> Made:
    block = seed.block
    return refused(seed.files(), write(fmt, [replace(block, new=(*block.new, "    )) = ((("))]))


@kind("old text of another file", "reject")
def _foreign(seed: Seed, fmt: str) -> Made:
    other = SOURCES[(SOURCES.index(seed.source) + 3) % len(SOURCES)]
    old, new = other.edits[0]
    return refused(
        seed.files(), write(fmt, [Block(seed.path, tuple(old.splitlines()), tuple(new.splitlines()))])
    )


@kind("lines swapped", "reject", "sr", "edit", "apply_patch")
def _swapped(seed: Seed, fmt: str) -> Made:
    block = seed.block
    if not block.old[1]:  # a blank line that moved means nothing
        return None
    return refused(
        seed.files(), write(fmt, [replace(block, old=(block.old[1], block.old[0], *block.old[2:]))])
    )


# --- whole files, symbols, anchors --------------------------------------------------------------------------------


@kind("whole file", "must", "whole")
def _whole(seed: Seed, fmt: str) -> Made:
    return landed(seed, write_whole(seed.path, seed.after, PROSE))


@kind("whole file, CRLF and BOM kept", "must", "whole")
def _whole_crlf(seed: Seed, fmt: str) -> Made:
    text = "\ufeff" + seed.text.replace("\n", "\r\n")
    after = "\ufeff" + seed.after.replace("\n", "\r\n")
    return seed.files(text), write_whole(seed.path, seed.after), {seed.path: after}


@kind("new file", "must", "whole")
def _new_file(seed: Seed, fmt: str) -> Made:
    return {"notes.md": "# Notes\n"}, write_whole(seed.path, seed.text), {seed.path: seed.text}


@kind("whole file cut off", "reject", "whole")
def _whole_cut(seed: Seed, fmt: str) -> Made:
    reply = write_whole(seed.path, seed.after)
    return refused(seed.files(), reply[: len(reply) // 2])


@kind("whole file cut off, fence closed", "reject", "whole")
def _whole_short(seed: Seed, fmt: str) -> Made:
    lines = tuple(seed.after.splitlines())
    return refused(seed.files(), write_whole(seed.path, text_of(lines[: len(lines) // 2])))


@kind("whole file elided", "reject", "whole")
def _whole_elided(seed: Seed, fmt: str) -> Made:
    comment = (
        "# ... rest of the code ..." if seed.source.language == "python" else "// ... rest of the code ..."
    )
    lines = seed.after.splitlines()
    return refused(seed.files(), write_whole(seed.path, text_of((*lines[: len(lines) // 2], comment))))


def symbol_lines(seed: Seed) -> tuple[int, int] | None:
    from flashagent.syntax.parse import definitions

    found = [
        symbol
        for symbol in definitions(seed.text, seed.path)
        if symbol.qualified.replace("::", ".") == seed.source.symbol
    ]
    at = seed.block.line
    if len(found) != 1 or not found[0].start_line <= at <= found[0].end_line:
        return None
    return found[0].start_line, found[0].end_line


@kind("symbol", "must", "symbol")
def _symbol(seed: Seed, fmt: str) -> Made:
    span = symbol_lines(seed)
    if span is None:
        return None
    old = text_of(tuple(seed.text.splitlines()[span[0] - 1 : span[1]]))
    return landed(seed, write_symbol(seed.path, seed.source.symbol, old.replace(seed.old, seed.new)))


@kind("symbol dedented", "must", "symbol")
def _symbol_dedented(seed: Seed, fmt: str) -> Made:
    span = symbol_lines(seed)
    if span is None:
        return None
    lines = (
        text_of(tuple(seed.text.splitlines()[span[0] - 1 : span[1]])).replace(seed.old, seed.new).splitlines()
    )
    margin = len(lines[0]) - len(lines[0].lstrip())
    body = text_of(tuple(line[margin:] for line in lines))
    return landed(seed, write_symbol(seed.path, seed.source.symbol, body))


@kind("symbol unknown", "reject", "symbol")
def _symbol_unknown(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(), write_symbol(seed.path, "Nobody.nothing", seed.old))


@kind("symbol body is another", "reject", "symbol")
def _symbol_other(seed: Seed, fmt: str) -> Made:
    span = symbol_lines(seed)
    if span is None:
        return None
    lines = seed.text.splitlines()[span[0] - 1 : span[1]]
    name = seed.source.symbol.rsplit(".", 1)[-1]
    body = text_of(tuple(line.replace(name, "renamed") for line in lines))
    return refused(seed.files(), write_symbol(seed.path, seed.source.symbol, body))


@kind("symbol body elided", "reject", "symbol")
def _symbol_elided(seed: Seed, fmt: str) -> Made:
    span = symbol_lines(seed)
    if span is None:
        return None
    lines = seed.text.splitlines()[span[0] - 1 : span[1]]
    comment = (
        "    # ... existing code ..." if seed.source.language == "python" else "    // ... existing code ..."
    )
    return refused(
        seed.files(), write_symbol(seed.path, seed.source.symbol, text_of((lines[0], comment, *lines[-2:])))
    )


@kind("anchors", "must", "anchors")
def _anchors(seed: Seed, fmt: str) -> Made:
    block = seed.block
    return landed(seed, write_anchors(block, block.new, len(block.old)))


@kind("anchors dedented", "must", "anchors")
def _anchors_dedented(seed: Seed, fmt: str) -> Made:
    lines = [line for line in (*seed.block.old, *seed.block.new) if line]
    margin = min(len(line) - len(line.lstrip()) for line in lines)
    block = on_all(seed.block, lambda line: line[margin:])
    return landed(seed, write_anchors(block, block.new, len(block.old)))


@kind("anchors with wrong count", "reject", "anchors")
def _anchors_count(seed: Seed, fmt: str) -> Made:
    return refused(seed.files(), write_anchors(seed.block, seed.block.new, len(seed.block.old) + 1))


@kind("anchors in two places", "reject", "anchors")
def _anchors_twice(seed: Seed, fmt: str) -> Made:
    return refused(
        seed.files(doubled(seed)[0]), write_anchors(seed.block, seed.block.new, len(seed.block.old))
    )


def cases() -> Iterator[Case]:
    """Every kind in every format it has, for every edit of every source to which it applies."""
    for name, (rank, formats, make) in KINDS.items():
        for fmt in formats:
            for source in SOURCES:
                for edit in source.edits:
                    seed = Seed(source, *edit)
                    made = make(seed, fmt)
                    if made is None:
                        continue
                    files, reply, expected = made
                    shown = {seed.path: seed.text} if name == "stale" else None
                    yield Case(name, rank, fmt, source.language, files, reply, expected, shown)
