"""What past commits say."""

from __future__ import annotations

from flashagent.repomap.history import History, PastCommit, parse_log


def test_changed_with_leaves_the_seed_out_and_scales() -> None:
    history = History([PastCommit(("a", "b")), PastCommit(("a", "b")), PastCommit(("a", "c", "d"))])
    found = history.changed_with({"a": 1.0})
    assert (found["b"], "a" in found) == (1.0, False)
    assert 0 < found["c"] == found["d"] < 1


def test_sweeping_commits_say_nothing() -> None:
    history = History([("", ["a", *(f"f{n}" for n in range(40))]), ("", [])])
    assert (len(history), history.changed_with({"a": 1.0}), history.recency("a")) == (0, {}, 0.0)


def test_recent_changes_count_more() -> None:
    commits = [PastCommit(("new",)), *(PastCommit((f"f{n}",)) for n in range(400)), PastCommit(("old",))]
    history = History(commits)
    assert 0 < history.recency("old") < history.recency("new") < 1
    assert history.recency("never") == 0.0


def test_similar_messages() -> None:
    history = History([PastCommit(("a",), "Fix the cursor"), PastCommit(("b",), "Sort faster")])
    assert history.similar(history.alike({"cursor": 1.0})) == {"a": 1.0}
    assert history.similar(history.alike({"nothing": 1.0})) == {}


def test_functions_that_similar_commits_touched() -> None:
    history = History([
        PastCommit(("a",), "Move the cursor", touched=(("a", "move"),)),
        PastCommit(("a", "b"), "Blink the cursor of the editor", touched=(("a", "move"), ("b", "blink"))),
        PastCommit(("b",), "Sort faster", touched=(("b", "sort"),)),
    ])  # fmt: skip
    told = history.told(history.alike({"cursor": 1.0}))
    assert told["a", "move"] == 1.0
    assert 0 < told["b", "blink"] < 1
    assert told.keys() == {("a", "move"), ("b", "blink")}


def test_functions_that_changed_of_late() -> None:
    commits = [PastCommit(("a",), touched=(("a", "new"),)), *(PastCommit(("b",)) for _ in range(100))]
    history = History([*commits, PastCommit(("a",), touched=(("a", "old"),))])
    assert history.late()["a", "new"] == 1.0
    assert 0 < history.late()["a", "old"] < 0.02


def test_the_log_is_read() -> None:
    output = "\x01Second\n\nBody\n\x02\0\na.py\0dir/b c.py\0\0\x01First\n\x02\0\nold.py\0"
    assert parse_log(output) == [
        PastCommit(("a.py", "dir/b c.py"), "Second\n\nBody"),
        PastCommit(("old.py",), "First"),
    ]
    assert parse_log("") == []
