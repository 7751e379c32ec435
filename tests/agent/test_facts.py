from __future__ import annotations

from flashagent.agent.facts import (
    MOST_FACTS,
    Fact,
    bounded,
    features_of,
    new_fact,
    repaired,
    taken_back,
    words_of,
)
from flashagent.agent.recall import HEAD, relevant, told
from flashagent.models.tokens import estimate
from flashagent.values import Failure, Frame

PATCH = "diff --git a/parse.py b/parse.py\n--- a/parse.py\n+++ b/parse.py\n@@ -1 +1 @@\n-x\n+y\n"


def failure(test: str = "t::test_one", message: str = "no key 'a' at 12", path: str = "parse.py") -> Failure:
    frame = Frame(path, 88, "read_header", "return table[key]", True)
    return Failure(test, "error", message, "KeyError", (frame,))


def test_a_failure_of_the_same_place_is_recognized_whatever_its_values() -> None:
    fix = repaired([failure()], PATCH, ["parse.py"], "2026-01-01T00:00:00Z")
    other = repaired([failure("t::other", "it is late", "clock.py")], PATCH, ["clock.py"], "")
    again = features_of([failure("t::test_two", "no key 'b' at 99")])
    assert relevant([fix, other], again) == (fix,)
    assert relevant([other], again) == ()


def test_an_exception_and_common_words_alone_are_not_alike() -> None:
    fix = new_fact("fix", "x", about=["exception AssertionError", "not", "equal", "place a.py"])
    assert relevant([fix], ["exception AssertionError", "not", "place b.py"]) == ()


def test_notes_come_first_and_always() -> None:
    note, fix = new_fact("note", "Use tabs."), repaired([failure()], PATCH, ["parse.py"], "")
    check = new_fact("check", "make test")
    assert relevant([note, check, fix], features_of([failure()])) == (note, fix)
    assert relevant([note, check, fix], words_of("something else")) == (note,)


def test_what_is_told_holds_the_patch_and_keeps_to_its_tokens() -> None:
    note, fix = new_fact("note", "Use tabs."), repaired([failure()], PATCH, ["parse.py"], "")
    assert told([note, fix]).splitlines() == [
        HEAD,
        "- Use tabs.",
        "- an earlier failure: t::test_one: KeyError: no key 'a' at 12; repaired in parse.py",
        "+++ b/parse.py",
        "@@ -1 +1 @@",
        "-x",
        "+y",
    ]
    long = [new_fact("note", "word " * 900), *(repaired([failure()], PATCH * 30, ["p.py"], "") for _ in "ab")]
    assert estimate(told(long, 300)) <= 330
    assert told([]) == ""


def test_an_undone_repair_becomes_what_is_not_wanted() -> None:
    fix = repaired([failure()], PATCH, ["parse.py"], "")
    fact, gone = taken_back([fix], PATCH, ["parse.py"], "")
    assert (fact.kind, fact.about, fact.patch, gone) == ("rejected", fix.about, PATCH, fix)
    fact, gone = taken_back([fix], "another patch", ["parse.py"], "")
    assert (fact.about, gone) == (("place parse.py",), None)


def test_the_oldest_learned_ones_go_first_and_notes_never() -> None:
    notes = [Fact(f"n{number}", "note", "n") for number in range(5)]
    fixes = [Fact(f"f{number}", "fix", "f") for number in range(MOST_FACTS)]
    kept = bounded([*notes, *fixes])
    assert kept == (*notes, *fixes[5:])


def test_learning_the_same_twice_gives_the_same_id() -> None:
    assert new_fact("note", "a").id == new_fact("note", "a", time="later").id != new_fact("check", "a").id
