"""The corpus of damaged replies: what has one meaning lands, what has none is refused with the lines as they are."""

from __future__ import annotations

from collections import Counter

import pytest
from edits.corpus import KINDS, Case, cases

from flashagent.edits.reply import ReplyResult, apply_reply

CASES = tuple(cases())


def outcome(case: Case, result: ReplyResult) -> str:
    if not result.ok:
        return "refused" if case.expected is not None else "right"
    return "right" if dict(result.files) == case.expected else "wrong"


def test_the_corpus_is_wide():
    assert len(CASES) >= 400
    assert len(KINDS) >= 47
    assert len({case.language for case in CASES}) >= 6
    assert {case.format for case in CASES} == {
        "sr",
        "edit",
        "udiff",
        "apply_patch",
        "whole",
        "symbol",
        "anchors",
    }
    assert {case.kind for case in CASES} == set(KINDS)


@pytest.mark.parametrize("form", ["auto", "named"])
def test_nothing_wrong_is_written_and_nearly_all_that_is_clear_lands(form):
    counts: Counter[tuple[str, str]] = Counter()
    wrong: list[tuple[str, str, str]] = []
    for case in CASES:
        result = apply_reply(case.files, case.reply, "auto" if form == "auto" else case.format, case.shown)
        counts[case.rank, outcome(case, result)] += 1
        if outcome(case, result) == "wrong":
            wrong.append((case.kind, case.format, case.language))
    assert wrong == []
    must = sum(count for (rank, _), count in counts.items() if rank == "must")
    assert counts["must", "right"] >= 0.98 * must


WITHOUT_LINES = {"unknown_path", "ambiguous_path", "forbidden_path", "cut_off", "malformed", "no_edits"}


def test_every_refusal_shows_current_lines():
    for case in CASES:
        result = apply_reply(case.files, case.reply, "auto", case.shown)
        for refusal in result.refusals:
            if refusal.reason in WITHOUT_LINES and refusal.nearest is None:
                continue
            assert refusal.path is not None and refusal.nearest is not None, (case.kind, refusal)
            lines = case.files[refusal.path].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
            shown = "\n".join(lines[refusal.nearest.start - 1 : refusal.nearest.end])
            assert refusal.nearest.text == shown, (case.kind, refusal)


REASONS = {
    "two places": "ambiguous",
    "two places, wrong line": "ambiguous",
    "stale": "stale",
    "already applied": "already_applied",
    "cut off in the block": "cut_off",
    "cut off before the end mark": "cut_off",
    "new text elided": "elision",
    "same name in two folders": "ambiguous_path",
    "unknown path": "unknown_path",
    "path outside": "forbidden_path",
    "overlapping blocks": "overlap",
    "no longer parses": "syntax",
    "old text of another file": "not_found",
    "whole file elided": "elision",
    "whole file cut off": "cut_off",
    "whole file cut off, fence closed": "cut_off",
    "symbol unknown": "unknown_symbol",
    "symbol body is another": "guard",
    "anchors with wrong count": "guard",
    "anchors in two places": "ambiguous",
}


@pytest.mark.parametrize("kind", sorted(REASONS))
def test_the_reason_is_the_true_one(kind):
    for case in CASES:
        if case.kind == kind:
            result = apply_reply(case.files, case.reply, "auto", case.shown)
            assert {refusal.reason for refusal in result.refusals} == {REASONS[kind]}, (
                case.format,
                result.refusals,
            )
