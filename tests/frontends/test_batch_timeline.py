from __future__ import annotations

from flashagent.frontends.batch_reports.account import Account
from flashagent.frontends.batch_reports.timeline import lines_changed, spans, spread, timeline
from flashagent.jobs.batch.spec import Item, Target
from flashagent.jobs.batch.store import Attempt, Row, Spent
from flashagent.values import FileChange, Usage

COLOURS = {"done": "green", "failed": "red"}


def tried(number: int, at: int, seconds: float, state: str = "done") -> Attempt:
    return Attempt(number, state, "model", "", Usage(1), 0.0, seconds, f"2026-01-01T00:00:{at:02}.000Z")  # type: ignore[arg-type]


def account(**attempts: list[Attempt]) -> Account:
    patch = (FileChange("f", "a\nb\n", "a\nc\nd\n"),)
    rows = [Row(Item(name, f"<{name}>", (Target("f"),)), "merged", patch=patch) for name in attempts]
    return Account({}, rows, attempts, Spent(Usage(), 0.0, 0.0), str)


ACCOUNT = account(
    one=[tried(1, 0, 4.0, "failed"), tried(2, 4, 2.0)], two=[tried(1, 1, 2.0)], three=[tried(1, 3, 1.0)]
)


def test_tries_that_ran_side_by_side_are_in_lanes_of_their_own() -> None:
    assert [(one.item, one.number, one.start, one.end, one.lane) for one in spans(ACCOUNT)] == [
        ("one", 1, 0.0, 4.0, 0), ("two", 1, 1.0, 3.0, 1), ("three", 1, 3.0, 4.0, 1), ("one", 2, 4.0, 6.0, 0),
    ]  # fmt: skip


def test_the_picture_links_each_try_to_its_item_and_says_how_it_ended() -> None:
    shown = timeline(ACCOUNT, COLOURS, lambda text: text.replace("<", "&lt;"))
    assert shown.count("<rect") == 4 and shown.count('fill="red"') == 1
    assert '<a href="#itwo"><rect x="166.7" y="13" width="332.7" height="10" fill="green">' in shown
    assert "one &lt;one>, try 2: done, 2.0 s" in shown
    assert "6.0 s from the first start to the last end, up to 2 items at once." in shown
    assert timeline(account(), COLOURS, str) == ""


def test_what_is_on_the_branch_and_how_long_items_took_is_summed_up() -> None:
    assert lines_changed(ACCOUNT) == (1, 6, 3)
    assert spread([]) == ""
    assert spread([1.0, 2.0, 3.0, 40.0]) == "median 3.0 s, 95 % below 3.0 s"
