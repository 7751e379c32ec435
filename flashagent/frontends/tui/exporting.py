"""The transcript as Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flashagent.frontends.tui.blocks import Block
from flashagent.frontends.words import clean


def markdown(blocks: Iterable[Block], title: str) -> str:
    """A document of its own; foreign text stands in fences that it cannot close."""
    return "\n\n".join([f"# {title}", *filter(None, map(_part, blocks))]) + "\n"


def _part(block: Block) -> str:
    text = clean(block.text).strip("\n")
    if block.kind == "text":
        return text
    if block.kind == "user":
        return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    if block.kind == "thought":
        return f"*thought for {len(text.split())} words*"
    head = f"**{_escaped(block.title)}**" if block.title else ""
    return "\n\n".join(
        part for part in (head, _fenced(text, "diff" if block.kind == "diff" else "text")) if part
    )


def _fenced(text: str, language: str) -> str:
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _escaped(title: str) -> str:
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", title)
