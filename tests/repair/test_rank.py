"""Ranking and the words for trust, on values."""

from __future__ import annotations

from dataclasses import replace

from flashagent.repair.mutate import Mutation
from flashagent.repair.plain import burden
from flashagent.repair.rank import Judged, rank
from flashagent.repair.source import Edit, Source
from flashagent.repair.template import Shape

TAB = "\t"


def judged(
    name: str,
    score: float,
    *answers: str,
    shape: Shape = "",
    passing: int = 3,
    failing: int = 1,
    from_test: bool = False,
) -> Judged:
    mutation = Mutation("m.py", (Edit(ord(name), ord(name) + 1, name),), name, 1, score, shape, False)
    return Judged(
        mutation,
        tuple(answers),
        tuple(f"{a.partition(TAB)[0]}{TAB}0" for a in answers),
        passing,
        failing,
        name,
        from_test,
    )


def names(*patches: Judged) -> list[str]:
    return [one.patch.added for one in rank(patches)]


def test_the_likelier_edit_comes_first() -> None:
    assert names(judged("a", 0.2, "f(1)\t1"), judged("b", 0.5, "f(1)\t2")) == ["b", "a"]


def test_one_of_each_behaviour_comes_before_a_second_of_the_same() -> None:
    first, second, other = (
        judged("a", 0.5, "f(1)\t1"),
        judged("b", 0.4, "f(1)\t1"),
        judged("c", 0.1, "f(1)\t2"),
    )
    assert names(first, second, other) == ["a", "c", "b"]


def test_many_edits_with_one_behaviour_outweigh_one_alone() -> None:
    crowd = [judged(name, 0.4, "f(1)\t1") for name in "abcd"]
    assert names(judged("z", 0.5, "f(1)\t2"), *crowd)[0] == "a"


def test_suspect_shapes_come_last() -> None:
    shapes: list[Shape] = ["deletion", "constant-condition", "early-return", "swallow", "literal"]
    for shape in shapes:
        assert names(judged("a", 0.5, "f(1)\t1", shape=shape), judged("b", 0.2, "f(1)\t2")) == ["b", "a"]


def test_a_patch_that_hangs_on_near_calls_comes_last() -> None:
    assert names(judged("a", 0.5, "f(1)\t1", "f(9)\thangs"), judged("b", 0.4, "f(1)\t1", "f(9)\t9")) == [
        "b",
        "a",
    ]


def test_words() -> None:
    def word(*patches: Judged) -> str:
        return rank(patches)[0].confidence

    one = [f"f({n})\t1" for n in range(4)]
    other = [f"f({n})\t2" for n in range(4)]
    raising = [*one, *(f"f({n})\traises ValueError" for n in range(9, 18))]
    assert word(judged("a", 0.5, *one)) == "likely"
    assert word(judged("a", 0.5, *one), judged("b", 0.5, *one)) == "likely"
    assert word(judged("a", 0.5, *one), judged("b", 0.4, *other)) == "possible"
    assert word(judged("a", 0.5, *one), judged("b", 0.01, *other)) == "likely"
    assert word(judged("a", 0.5, *one, passing=1, failing=1)) == "possible"
    assert word(judged("a", 0.5, *one, passing=0, failing=1)) == "possible"
    assert word(judged("a", 0.5, *one, passing=0, failing=2)) == "likely"
    assert word(judged("a", 0.5, *one, passing=0, failing=1), judged("b", 0.1, *other)) == "weak"
    assert word(judged("a", 0.5, *one, passing=0, failing=2), judged("b", 0.01, *other)) == "possible"
    assert word(judged("a", 0.5, *one[:1]), judged("b", 0.5, *one[:1])) == "possible"
    assert word(judged("a", 0.5, *raising), judged("b", 0.5, *raising)) == "possible"
    assert word(judged("a", 0.5)) == "likely"
    assert word(judged("a", 0.5), judged("b", 0.01)) == "possible"
    assert word(judged("a", 0.5, *one, shape="deletion")) == "weak"
    assert word(judged("a", 0.5, *one, from_test=True)) == "weak"


def test_alone_says_little_where_the_time_was_over_before_others_were_looked_for() -> None:
    answers = [f"f({n})\t1" for n in range(4)]
    alone = rank([judged("a", 0.5, *answers)], hurried=True)[0]
    assert (alone.confidence, alone.reasons[-1]) == (
        "possible",
        "the time was over before others were looked for",
    )
    company = rank([judged("a", 0.5, *answers), judged("b", 0.5, *answers)], hurried=True)[0]
    assert company.confidence == "likely"


def test_a_few_that_agree_on_many_calls_are_likely_though_the_calls_hardly_show_the_fault() -> None:
    def word(members: int, calls: int, *, hurried: bool = False) -> str:
        answers = ["f(0)\t1", *["f(0)\t0"] * (calls - 1)]
        return rank([judged(chr(97 + n), 0.5, *answers) for n in range(members)], hurried=hurried)[
            0
        ].confidence

    assert word(5, 20) == "likely"
    assert word(6, 20) == "possible"
    assert word(5, 19) == "possible"
    assert word(5, 20, hurried=True) == "possible"


def test_patches_that_could_not_be_compared_are_not_called_different() -> None:
    reasons = rank([judged("a", 0.5), judged("b", 0.4), judged("c", 0.3)])[0].reasons
    assert reasons[0] == "3 patches make the tests pass, and what they do could not be compared"


def test_a_rare_kind_of_repair_is_likely_only_where_nothing_else_passes() -> None:
    one, other = [f"f({n})\t1" for n in range(4)], [f"f({n})\t2" for n in range(4)]

    def word(*patches: Judged) -> tuple[str, bool]:
        best = rank(patches)[0]
        return best.confidence, "this kind of change is seldom the right one" in best.reasons

    def rare(patch: Judged) -> Judged:
        return replace(patch, mutation=replace(patch.mutation, prior=0.05))

    assert word(rare(judged("a", 0.5, *one))) == ("likely", False)
    assert word(rare(judged("a", 0.5, *one)), rare(judged("b", 0.4, *one))) == ("likely", False)
    assert word(rare(judged("a", 0.5, *one)), judged("b", 0.01, *other)) == ("possible", True)
    assert word(rare(judged("a", 0.5, *one, passing=1, failing=1))) == ("possible", True)
    assert word(rare(judged("a", 0.5, *one, shape="insertion"))) == ("possible", True)


def test_never_certain_and_always_with_reasons() -> None:
    ranked = rank([judged("a", 0.5, "f(1)\t1"), judged("b", 0.4, "f(1)\t2"), judged("c", 0.3, shape="guard")])
    assert all(one.confidence != "certain" and one.reasons for one in ranked)
    assert "on f(1) this one gives 1; the next best patch gives 2" in ranked[0].reasons


def test_calls_that_only_one_of_them_was_asked_are_not_compared() -> None:
    """A patch that changes what tests hand on is asked other calls: it is no worse for that."""
    base = ("f(1)\t1", "f(2)\t2", "f(3)\t3", "g(0)\t0")
    calm = replace(judged("a", 0.4, "f(1)\t1", "f(9)\t9", "f(2)\t2", "f(3)\t3"), base_answers=base)
    wild = replace(judged("b", 0.4, "f(1)\t7", "f(2)\t8", "f(3)\t9", "g(0)\t6"), base_answers=base)
    assert names(wild, calm) == ["a", "b"]


def test_a_sound_patch_stands_for_those_that_only_take_away() -> None:
    short, long = judged("a", 0.9, "f(1)\t1", shape="deletion"), judged("b", 0.4, "f(1)\t1")
    assert names(short, replace(long, added="b" * 30)) == ["b" * 30, "a"]


def test_what_reads_like_a_repair_comes_first_and_says_why() -> None:
    one, other = judged("a", 0.5, "f(1)\t1"), judged("b", 0.4, "f(1)\t2")
    ranked = rank([one, replace(other, like=2.0, speaks=("the test speaks of it",))])
    assert ranked[0].patch.added == "b" and "the test speaks of it" in ranked[0].reasons
    doubted = rank([replace(one, against=("nothing says so",))])[0]
    assert "nothing says so" in doubted.reasons and doubted.confidence == "possible"


def test_what_enumeration_found_is_likely_only_where_several_come_to_the_same() -> None:
    answers = [f"f({n})\t1" for n in range(4)]

    def word(members: int) -> str:
        some = [judged(chr(97 + n), 0.05, *answers, shape="enumerated") for n in range(members)]
        return rank(some)[0].confidence

    assert [word(1), word(2), word(3)] == ["possible", "possible", "likely"]


def test_of_patches_that_do_the_same_the_plainer_one_stands_for_all() -> None:
    odd, plain = judged("a", 0.5, "f(1)\t1"), judged("b", 0.4, "f(1)\t1")
    assert names(replace(odd, burden=13.0), replace(plain, burden=4.0)) == ["b", "a"]


def test_what_a_reader_has_to_take_in() -> None:
    source = Source("m.py", "def f(heap, low):\n    return pop(heap) + low\n")

    def told(old: str, new: str) -> float:
        start = source.text.index(old)
        edits = (Edit(start, start + len(old), new),)
        return burden(source, Mutation("m.py", edits, "t", 2, 1.0, "", False))

    assert told("pop(heap)", "pop(low)") < told("pop(heap)", "abs(pop(heap))")
    assert told("pop(heap)", "pop(heap) + low") < told("pop(heap)", "pop(heap) + 7")
