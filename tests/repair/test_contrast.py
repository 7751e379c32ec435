from __future__ import annotations

from flashagent.repair.contrast import contrasts
from flashagent.values import Contrast


def test_the_call_that_tells_all_apart_is_enough() -> None:
    one, two, three = ["f(1)\t1", "f(2)\t2"], ["f(1)\t1", "f(2)\t3"], ["f(1)\t1", "f(2)\traises E"]
    assert contrasts([one, two, three], ["f(2)\thangs"]) == (
        Contrast("f(2)", "hangs", ("2", "3", "raises E")),
    )


def test_more_calls_are_shown_while_each_tells_a_further_pair_apart() -> None:
    one, two, three = ["f(1)\t1", "f(22)\t2"], ["f(1)\t1", "f(22)\t3"], ["f(1)\t0", "f(22)\t3"]
    found = contrasts([one, two, three])
    assert found == (Contrast("f(1)", "", ("1", "1", "0")), Contrast("f(22)", "", ("2", "3", "3")))
    assert contrasts([one, two, three], most=1) == found[:1]


def test_of_equal_calls_the_shortest_is_shown() -> None:
    one, two = ["f('a long text')\t1", "f('a')\t1"], ["f('a long text')\t2", "f('a')\t2"]
    assert contrasts([one, two]) == (Contrast("f('a')", "", ("1", "2")),)


def test_nothing_tells_apart_what_does_the_same_or_was_not_compared() -> None:
    assert contrasts([["f(1)\t1"], ["f(1)\t1"]]) == ()
    assert contrasts([["f(1)\t1"], []]) == ()
    assert contrasts([["f(1)\t1"]]) == contrasts([]) == ()
