"""Write real edits as models write them, with the faults that models make, and say what must come of each.

`must`: one sensible meaning, which has to land exactly. `may`: exact or refused. `reject`: refused whole. Every kind is a
function from a `Job` to what it expects; it shares no code with the parsers, nor with the hand-made corpus.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping

from edits import damage_forms, damage_indent, damage_loose, damage_spelling, damage_wrong
from edits.damage_job import KINDS, Damaged, Job, NotHere, quote, written
from edits.real_edits import real_edit

# The order in which the kinds are drawn, so that a seed keeps its cases.
PARTS = (damage_spelling, damage_indent, damage_forms, damage_loose, damage_wrong)


def outcome(case: Damaged, ok: bool, files: Mapping[str, str | None]) -> str:
    """right, cosmetic (other trailing blanks or blank lines only), refused or wrong."""
    if not ok:
        return "refused"
    if case.expected is None or files.keys() != case.expected.keys():
        return "wrong"
    if files == case.expected:
        return "right"
    same = all(_bare(files[path]) == _bare(case.expected[path]) for path in files)
    return "cosmetic" if same else "wrong"


def _bare(text: str | None) -> list[str]:
    return [line.rstrip() for line in (text or "").splitlines() if line.strip()]


def damaged(choose: random.Random, name: str, form: str) -> Damaged | None:
    """One case of a kind in a format; None when the kind says nothing about any of a few edits."""
    rank, _, make = KINDS[name]
    for _ in range(8):
        edit = real_edit(choose)
        if any(re.search(r"(?m)^\s*[<>=]{5,}", line) for line in edit.lines):
            continue
        job = Job(choose, form, edit, edit.files(), {edit.path: edit.after},
                  [quote(edit, hunk) for hunk in edit.hunks], edit.path)  # fmt: skip
        try:
            make(job)
            reply = job.reply if job.reply is not None else written(job)
        except NotHere:
            continue
        return Damaged(name, rank, form, job.files, reply, job.expected, job.shown)
    return None


def cases(seed: int, count: int) -> Iterator[Damaged]:
    """`count` cases in turn of all kinds and their formats; the same for the same seed on the same machine."""
    choose = random.Random(seed)
    turns = [
        (name, form)
        for part in PARTS
        for name, (_, forms, make) in KINDS.items()
        if make.__module__ == part.__name__
        for form in forms
    ]
    made = 0
    while made < count:
        case = damaged(choose, *turns[choose.randrange(len(turns))])
        if case is not None:
            made += 1
            yield case
