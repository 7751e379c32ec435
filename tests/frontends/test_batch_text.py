from __future__ import annotations

import io
import re
from dataclasses import replace

from helpers.clock import FrozenClock

from flashagent.frontends.batch_text import BatchText
from flashagent.jobs.batch.events import BatchFinished, BatchNotice, BatchStarted, ItemFinished, ItemStarted
from flashagent.values import Usage


def screen(written: str) -> list[str]:
    """What a terminal shows after this: only the moves that the table makes are known here."""
    lines = [""]
    for part in re.split(r"(\n|\x1b\[\d*[FJ])", written):
        if part == "\n":
            lines.append("")
        elif move := re.fullmatch(r"\x1b\[(\d*)F", part):
            lines[len(lines) - 1 - int(move[1]) :] = [""]
        elif part != "\x1b[J":
            lines[-1] += part
    return lines


def started(count: int = 3) -> BatchStarted:
    return BatchStarted("b1", "annotate", count, 0, 2)


def ended(item: str, seconds: float = 2.0, state: str = "done") -> ItemFinished:
    return ItemFinished(item, state, "model", "said", Usage(900, 0, 100), 0.01, seconds, ())  # type: ignore[arg-type]


def test_on_a_terminal_a_table_stands_below_what_was_said() -> None:
    talk, clock = io.StringIO(), FrozenClock(10.0)
    text = BatchText(io.StringIO(), talk, clock, live=True, size=lambda: (90, 24))
    text(started())
    text(ItemStarted("0001", "a.py", 1))
    text(ItemStarted("0002", "b\x1b[31m.py", 2))
    clock.seconds += 30.0
    text(ended("0001"))
    assert screen(talk.getvalue()) == [
        "Batch b1 (annotate): 3 items, 2 at once",
        "  0001 done by model  a.py  (2.0 s)",
        "████████░░░░░░░░░░░░░░░░ 1 of 3, 1 running; 1 done",
        "30 s  1,000 tokens  $0.0100  2.0 items a minute  about 1 min 00 s left",
        "  0002     30 s try 2  b.py",
        "",
    ]


def test_a_try_that_is_repeated_is_no_end_of_its_item() -> None:
    talk, clock = io.StringIO(), FrozenClock(10.0)
    text = BatchText(io.StringIO(), talk, clock, live=True, size=lambda: (90, 24))
    text(started())
    text(ItemStarted("0001", "a.py", 1))
    clock.seconds += 30.0
    text(replace(ended("0001", state="failed"), retried=True))
    assert screen(talk.getvalue())[1:] == [
        "  0001 failed, is tried again  a.py  (2.0 s): said",
        "░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 3, 0 running",
        "30 s  1,000 tokens  $0.0100",
        "",
    ]
    text(ended("0001", state="failed"))
    assert "1 of 3, 0 running; 1 failed" in talk.getvalue()


def test_time_passes_on_the_table_also_while_nothing_happens() -> None:
    talk, clock = io.StringIO(), FrozenClock(10.0)
    text = BatchText(io.StringIO(), talk, clock, live=True, size=lambda: (90, 24))
    text(started())
    text(ItemStarted("0001", "a.py", 1))
    clock.seconds += 12.0
    text.draw()
    assert screen(talk.getvalue())[1:] == [
        "░░░░░░░░░░░░░░░░░░░░░░░░ 0 of 3, 1 running",
        "12 s  0 tokens",
        "  0001     12 s  a.py",
        "",
    ]


def test_the_table_is_never_wider_or_higher_than_the_terminal() -> None:
    talk, clock = io.StringIO(), FrozenClock(0.0)
    text = BatchText(io.StringIO(), talk, clock, live=True, size=lambda: (30, 6))
    text(started(40))
    for number in range(1, 31):
        clock.seconds += 1.0
        text(ItemStarted(f"{number:04}", "a long name of a file " * 5, 1))
    shown = screen(talk.getvalue())
    assert len(shown) <= 7 + 1
    assert all(len(line) < 30 for line in shown[1:])
    assert shown[-2].startswith("  and 27 more are running")


def test_the_table_is_gone_at_the_end_and_the_result_stays() -> None:
    out, talk, clock = io.StringIO(), io.StringIO(), FrozenClock(0.0)
    text = BatchText(out, talk, clock, live=True, size=lambda: (90, 24))
    text(started(1))
    text(ItemStarted("0001", "a.py", 1))
    text(BatchNotice("warning", "Careful.", "Do so."))
    text(BatchFinished("b1", "done", "br", "c0ffee", 1, 0, 0, 0, Usage(5), 0.0, 1.0, "true"))
    text.close()
    assert screen(talk.getvalue()) == [
        "Batch b1 (annotate): 1 item, 2 at once",
        "warning: Careful. Do so.",
        "",
    ]
    assert out.getvalue().startswith("Done: 1 merged.\n  branch br at c0ffee;")


def test_without_a_terminal_nothing_is_drawn_over() -> None:
    talk = io.StringIO()
    text = BatchText(io.StringIO(), talk, FrozenClock(0.0), live=False)
    text(started())
    text(ItemStarted("0001", "a.py", 1))
    text(ended("0001", state="failed"))
    assert "\x1b" not in talk.getvalue()
    assert talk.getvalue().splitlines()[1] == "  0001 failed  a.py  (2.0 s): said"
