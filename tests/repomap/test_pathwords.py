"""Words of paths: which paths have each, before and after a snapshot, and in the map that another process opens."""

from __future__ import annotations

from pathlib import Path

from flashagent.repomap import RepoMap
from flashagent.repomap.pathwords import PathWords
from flashagent.values import FocusQuery

PATHS = ["shop/orders.py", "shop/prices.py", "tests/test_orders.py"]


def test_a_word_of_the_own_name_stands_twice_and_one_of_a_folder_once() -> None:
    words = PathWords.of(PATHS)
    found = {term: list(words.get(term)) for term in ("order", "shop", "pric", "nothing")}
    assert found == {"order": [0, 0, 2, 2], "shop": [0, 1], "pric": [1, 1], "nothing": []}


def test_a_packed_table_says_the_same() -> None:
    words = PathWords.of(PATHS)
    again = PathWords.unpack(*words.pack())
    assert again.pack() == words.pack()
    assert list(again.get("order")) == [0, 0, 2, 2]
    assert list(PathWords.unpack(*PathWords.of([]).pack()).get("order")) == []


def test_a_map_from_the_cache_ranks_by_path_words_and_knows_its_tests(tmp_path: Path) -> None:
    for path in PATHS:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"NAME = {path!r}\n")
    answers = []
    for _ in range(2):
        with RepoMap.open(tmp_path, PATHS, tmp_path / "cache", processes=1) as tree:
            tree.refresh()
            found = tree.locate(FocusQuery(text="orders shop"))
            answers.append((found.files, found.features))
    assert answers[0] == answers[1]
    files, features = answers[1]
    assert files[0].key == "shop/orders.py"
    assert features["test"] == {"tests/test_orders.py": 1.0}
    assert set(features["path"]) == {"shop/orders.py", "shop/prices.py"}
