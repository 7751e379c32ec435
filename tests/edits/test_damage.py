"""Real edits of real files, damaged at random: what has one meaning lands, and what has none is refused with lines.

A fixed seed for the few, so that what is well stays well; a new one on every run for the many, which is printed.
EDIT_SEED=n repeats one. HYPOTHESIS_PROFILE=nightly makes 20,000 cases.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from edits.damage import Damaged, cases, outcome

from flashagent.edits.reply import ReplyResult, apply_reply


def seed_or(other: int) -> int:
    return int(os.environ.get("EDIT_SEED") or other)


def told(seed: int, case: Damaged, result: ReplyResult) -> str:
    reasons = [(refusal.reason, refusal.message) for refusal in result.refusals]
    return f"EDIT_SEED={seed}: {case.kind}, {case.form}: {reasons}\n{case.reply}"


def run(seed: int, count: int) -> None:
    counts: Counter[tuple[str, str]] = Counter()
    print(f"EDIT_SEED={seed}")
    for case in cases(seed, count):
        result = apply_reply(case.files, case.reply, "auto", case.shown)
        came = outcome(case, result.ok, result.files)
        counts[case.rank, came] += 1
        assert case.rank == "may" or came != "wrong", told(seed, case, result)
        for refusal in result.refusals:
            assert refusal.path is not None and refusal.nearest is not None, told(seed, case, result)
            lines = case.files[refusal.path].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
            region = refusal.nearest
            assert region.text == "\n".join(lines[region.start - 1 : region.end]), told(seed, case, result)
    must, may = (sum(n for (rank, _), n in counts.items() if rank == wanted) for wanted in ("must", "may"))
    assert counts["must", "right"] >= 0.97 * must, counts
    assert counts["may", "right"] >= 0.5 * may and counts["may", "wrong"] <= 0.03 * may, counts


def test_damaged_edits_land_exactly_or_not_at_all():
    run(seed_or(2026), 300)


@pytest.mark.slow
def test_many_damaged_edits_land_exactly_or_not_at_all():
    run(
        seed_or(random.SystemRandom().randrange(1_000_000)),
        20_000 if os.environ.get("HYPOTHESIS_PROFILE") == "nightly" else 3_000,
    )
