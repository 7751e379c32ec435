"""The scores are those of the formula, for every weighing of the terms at once."""

from __future__ import annotations

import math
import random
import subprocess
import sys
from array import array

import pytest

from flashagent.repomap.bm25 import B_DOCUMENT, K1, bm25, summed
from flashagent.repomap.view import View

# Two files of two and three documents, and one document (5) that no file of the tree has any more.
LENGTHS = [10, 20, 30, 40, 50, 60]
OWNERS = [0, 0, 1, 1, 1, -1]
COUNTS = {"price": {0: 2, 3: 1, 5: 9}, "total": {1: 1}}


def view() -> View:
    made = View(contents=[1, 2], content_words=array("q", [30, 120]), documents=5, words=150)
    made.owner, made.lengths = array("i", OWNERS), array("H", LENGTHS)
    return made


def postings(term: str) -> list[tuple[int, array[int]]]:
    """In two segments, the second one from document 3 on."""
    found = COUNTS.get(term, {})
    first = array("I", [(d << 4) | n for d, n in found.items() if d < 3])
    second = array("I", [((d - 3) << 4) | n for d, n in found.items() if d >= 3])
    return [(0, first), (3, second)]


def expected(term: str, document: int) -> float:
    users = [d for d in COUNTS[term] if OWNERS[d] >= 0]
    idf = math.log(1 + (5 - len(users) + 0.5) / (len(users) + 0.5))
    count = COUNTS[term].get(document, 0)
    return idf**1.5 * (K1 + 1) * count / (count + K1 * (1 - B_DOCUMENT + B_DOCUMENT * LENGTHS[document] / 30))


def test_each_weighing_has_its_own_scores() -> None:
    both, one = bm25(view(), postings, ({"price": 1.0, "total": 3.0, "absent": 1.0}, {"total": 0.5}))
    wanted = [expected("price", d) + 3 * expected("total", d) for d in range(5)]
    assert [both.at(d) for d in range(6)] == pytest.approx([*wanted, 0.0])
    assert [one.at(d) for d in range(6)] == pytest.approx([0, 0.5 * expected("total", 1), 0, 0, 0, 0])
    assert [d for d, _ in both.best(9)] == sorted((0, 1, 3), key=lambda d: -wanted[d])
    assert set(both.idf) == {"price", "total"}


def test_files_by_their_best_documents() -> None:
    (found,) = bm25(view(), postings, ({"price": 1.0, "total": 1.0},))
    first, second = sorted((expected("price", 0), expected("total", 1)), reverse=True)
    three = {0: first + 0.6 * second, 1: expected("price", 3)}
    assert found.files("three", 5) == pytest.approx({0: 1.0, 1: three[1] / three[0]})
    assert found.files("one", 1) == {0: 1.0}
    assert (*found.of("three", [1]), *found.of("text", [0])) == pytest.approx((three[1] / three[0], 1.0))


def test_where_a_term_stands() -> None:
    (found,) = bm25(view(), postings, ({"price": 1.0},))
    users = found.users["price"]
    assert (users.among([0, 1, 5]), users.files(), users.files_among([1, 7])) == ({0}, {0, 1}, {1})


def test_nothing_to_say() -> None:
    (empty,) = bm25(View(), lambda term: [], ({"price": 1.0},))
    assert (empty.best(5), empty.files("three", 5), empty.top) == ([], {}, 0.0)


def test_numbers_are_summed_once_for_every_time_they_stand_in_a_list() -> None:
    parts = [(array("i", [1, 1, 3]), 0.5), (array("i", [3]), 2.0)]
    assert summed(parts, 5) == summed(parts, 5, few=0).tolist() == [0.0, 1.0, 0.0, 2.5, 0.0]


def random_tree(made: random.Random) -> tuple[View, dict[str, array[int]]]:
    """A view, and where each of some terms stands, also beyond the view."""
    files = made.randint(1, 9)
    words = array("q", [made.randint(1, 900) for _ in range(files)])
    view = View(contents=list(range(files)), content_words=words)
    view.owner = array("i", sorted(made.randint(-1, files - 1) for _ in range(made.randint(1, 120))))
    view.lengths = array("H", [made.randint(1, 300) for _ in view.owner])
    view.documents, view.words = len(view.owner), sum(view.content_words)
    documents = range(len(view.owner) + 2)
    return view, {
        f"t{number}": array("I", [(d << 4) | made.randint(1, 15) for d in documents if made.random() < 0.2])
        for number in range(made.randint(1, 12))
    }


def all_that_is_told(
    view: View, stands: dict[str, array[int]], queries: list[dict[str, float]], few: int
) -> object:
    numbers, kinds = range(len(view.owner)), ("three", "one", "text")
    return [
        (
            (one.best(7), one.top, [one.at(n) for n in numbers], dict(one.idf)),
            [(one.files(kind, 4), one.of(kind, range(len(view.contents)))) for kind in kinds],
            {t: (u.among(numbers), u.files(), u.files_among([0, 2, 99])) for t, u in one.users.items()},
        )
        for one in bm25(view, lambda term: [(0, stands[term])], queries, few)
    ]


def test_few_and_many_documents_are_counted_alike_to_the_last_bit() -> None:
    for seed in range(30):
        made = random.Random(seed)
        view, stands = random_tree(made)
        queries = [{term: made.random() for term in stands if made.random() < 0.7} for _ in range(3)]
        few, many = (all_that_is_told(view, stands, queries, few) for few in (10_000, 0))
        assert few == many


def test_a_small_tree_needs_no_numpy() -> None:
    code = (
        "import sys; from flashagent.repomap.bm25 import bm25, summed; from flashagent.repomap.view import View; "
        "bm25(View(), lambda term: [], ({'price': 1.0},)); summed([], 3); assert 'numpy' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_loading_numpy_leaves_the_environment_alone() -> None:
    code = (
        "import os; from flashagent.repomap.bm25 import load_numpy; before = dict(os.environ); load_numpy(); "
        "load_numpy(); import sys; assert 'numpy' in sys.modules; assert dict(os.environ) == before"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
