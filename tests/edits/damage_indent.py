"""Kinds of damage: indentation, copied line numbers, and which of two places is meant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from edits.damage_job import Job, Quoted, kind, need


def indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def margin(q: Quoted) -> str:
    return min((indent(text) for _, text in q.ops if text.strip()), key=len)


@kind("dedented", "must")
def _dedented(job: Job) -> None:
    need(all(sum(1 for line in q.old if line.strip()) > 1 for q in job.quoted))
    need(all(indent(text).startswith(margin(q)) for q in job.quoted for _, text in q.ops if text.strip()))
    need(any(margin(q) for q in job.quoted))
    need(all(_least(q.old) == margin(q) for q in job.quoted))
    job.quoted = [_without(q, len(margin(q))) for q in job.quoted]
    need(not any(_stands(q.old, job.edit.lines) for q in job.quoted))


def _stands(old: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether the quote as it is now stands in the file word for word: then that place is what it says, and may be meant."""
    return any(list(lines[at : at + len(old)]) == list(old) for at in range(len(lines) - len(old) + 1))


def _without(q: Quoted, cut: int) -> Quoted:
    return q.mapped(lambda line: line[cut:])


def _least(lines: Sequence[str]) -> str:
    return min((indent(text) for text in lines if text.strip()), key=len)


@kind("indented further", "must")
def _indented(job: Job) -> None:
    tabs = any(line.startswith("\t") for line in job.edit.lines)
    step = "\t" if tabs else job.choose.choice(("    ", "  "))
    need(not tabs or not any(line.startswith(" ") for line in job.edit.lines))
    job.quoted = [q.mapped(lambda line: step + line if line.strip() else line) for q in job.quoted]
    need(not any(_stands(q.old, job.edit.lines) for q in job.quoted))


def unit(lines: Sequence[str]) -> str:
    """The one step of a file's indentation. Raises NotHere for a file that mixes several."""
    indents = {indent(line) for line in lines if indent(line)}
    need(indents)
    if all(set(one) == {"\t"} for one in indents):
        return "\t"
    need(not any("\t" in one for one in indents))
    width = min(map(len, indents))
    need(width in (2, 4) and all(len(one) % width == 0 for one in indents))
    return " " * width


@kind("another unit of indentation", "must")
def _unit(job: Job) -> None:
    own = unit(job.edit.lines)
    other = job.choose.choice([one for one in ("\t", "  ", "    ") if one != own])
    levels = [{indent(text) for text in q.old if text.strip()} for q in job.quoted]
    need(all(len(found) > 1 for found in levels))
    job.quoted = [
        q.mapped(
            lambda line: (
                other * (len(indent(line)) // len(own)) + line.lstrip(" \t") if line.strip() else line
            )
        )
        for q in job.quoted
    ]


@kind("first line lost its indentation", "must", "sr", "edit")
def _first(job: Job) -> None:
    need(all(q.ops[0][0] == "=" and indent(q.old[0]) and len(q.old) > 1 for q in job.quoted))
    job.quoted = [replace(q, ops=(("=", q.old[0].lstrip()), *q.ops[1:])) for q in job.quoted]


@kind("line numbers copied", "must", "sr", "edit")
def _numbered(job: Job) -> None:
    need(all(q.old and q.new for q in job.quoted))
    mark = job.choose.choice(("| ", ": ", "\t", " | "))
    both = job.choose.random() < 0.5
    made = []
    for q in job.quoted:
        old = [f"{q.line + n:>5}{mark}{line}" for n, line in enumerate(q.old)]
        new = [f"{q.line + n:>5}{mark}{line}" for n, line in enumerate(q.new)] if both else q.new
        made.append(replace(q, ops=(*(("-", line) for line in old), *(("+", line) for line in new))))
    job.quoted = made


@kind("two places, right line", "must", "sr", "edit", "udiff")
def _right_line(job: Job) -> None:
    q = _twice(job)
    job.style["near"] = True
    job.style["heading"] = ""
    job.quoted = [replace(q, line=q.line + len(job.edit.lines))]
    job.expected = {job.edit.path: job.edit.text + job.edit.after}


def _twice(job: Job) -> Quoted:
    """Let the file hold everything twice. Only where that still parses."""
    need(len(job.edit.hunks) == 1 and job.edit.path.endswith((".py", ".md")))
    need("from __future__" not in job.edit.text)
    job.files[job.edit.path] = job.edit.text + job.edit.text
    return job.quoted[0]
