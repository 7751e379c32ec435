"""The page of a session. Pure; every text in it is foreign and goes through `page.text`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from flashagent.frontends import words
from flashagent.frontends.page import capped, page, text
from flashagent.frontends.report.charts import Bars, chart
from flashagent.frontends.report.colours import diff_html
from flashagent.frontends.report.story import story_of
from flashagent.frontends.report.style import SCRIPT, STYLE
from flashagent.frontends.report.values import Entry, Piece, Story
from flashagent.frontends.session_values import Recorded, summary_of

MOST_ENTRIES = 4_000
LONGEST_BODY = 20_000  # characters of one body
LONGEST_PAGE = 6_000_000  # characters of all bodies together
_LONGEST_TITLE = 400
_GOOD = ("fixed", "already_green", "changed_unverified", "done")
_BAD = ("not_fixed", "usage", "unreachable", "refused", "internal", "failed")


def html(told: Recorded) -> str:
    """The whole page, ready to be written as UTF-8."""
    story, one = story_of(told.events), summary_of(told)
    title = one.title or f"session {told.id}"
    body = "\n".join([
        f"<header><h1>{text(title)}</h1>{_facts(story, told.id, one.started, one.turns)}</header>",
        f'<section class="charts">{"".join(_charts(story))}</section>',
        '<h2>What happened</h2><p><button id="open">unfold all</button><button id="close">fold all</button></p>',
        f"<ol>{''.join(_entries(story.entries))}</ol>",
    ])  # fmt: skip
    return page(f"{title} · flashagent", body, STYLE, SCRIPT)


def _facts(story: Story, session: str, started: str, turns: int) -> str:
    steps = story.steps
    tokens = sum(step.fresh + step.cached + step.written for step in steps)
    about = "about " if any(step.estimated for step in steps) else ""
    models = ", ".join(dict.fromkeys(step.model for step in steps if step.model))
    facts = {
        "session": session,
        "started": _when(started),
        "took": words.seconds(story.seconds),
        "turns": str(turns),
        "requests": str(len(steps)),
        "tokens": f"{about}{tokens:,}" if steps else "none",
        "cost": (words.money(story.cost) or "price unknown") if steps else "nothing",
        "model": models,
    }
    outcome = story.outcome or "broken off"
    mark = "good" if outcome in _GOOD else "bad" if outcome in _BAD else "warning"
    told = "".join(f"<li>{name} <b>{text(value)}</b></li>" for name, value in facts.items() if value)
    return f'<ul class="facts"><li class="verdict {mark}"><b>{text(outcome.replace("_", " "))}</b></li>{told}</ul>'


def _charts(story: Story) -> Iterator[str]:
    steps = story.steps
    labels = [f"step {step.number}" for step in steps]
    tokens = [(float(s.cached), float(s.fresh), float(s.written)) for s in steps]
    told = f"{sum(map(sum, tokens)):,.0f} in all"
    yield chart(Bars("Tokens", told, ("from the cache", "read", "written"), labels, tokens, _whole))
    costs = [(s.cost or 0.0,) for s in steps]
    yield chart(
        Bars("Money", f"{_money(sum(map(sum, costs)))} in all", ("US dollars",), labels, costs, _money)
    )
    times = [(step.seconds,) for step in steps]
    told = f"{words.seconds(sum(map(sum, times)))} in all"
    yield chart(Bars("Time of replies", told, ("seconds",), labels, times, words.seconds))
    runs = [f"run {n}" for n in range(1, len(story.checks) + 1)]
    counts = [(float(one.passed), 0.0, float(one.failed)) for one in story.checks]
    yield chart(Bars("Tests", words.count(len(runs), "run"), ("passed", "", "failed"), runs, counts, _whole))


def _whole(value: float) -> str:
    return f"{value:,.0f}"


def _money(value: float) -> str:
    return words.money(value) or "$0"


def _entries(entries: Sequence[Entry]) -> Iterator[str]:
    """At most MOST_ENTRIES, the beginning and the end, and no more text than LONGEST_PAGE."""
    head = MOST_ENTRIES // 4
    missing = len(entries) - MOST_ENTRIES
    left = LONGEST_PAGE
    for number, entry in enumerate(entries):
        if missing > 0 and head <= number < head + missing:
            if number == head:
                yield _entry(Entry("Note", f"{missing:,} entries left out", entry.at, "warning"))
            continue
        size = sum(min(len(piece.body), LONGEST_BODY) for piece in entry.pieces)
        if size > left:
            entry = replace(entry, pieces=(Piece("left out: the page would be too long"),))
        left -= min(size, left)
        yield _entry(entry)


def _entry(entry: Entry) -> str:
    sort = "prompt" if entry.sort == "Prompt" else ""
    classes = " ".join(filter(None, (entry.mark, sort)))
    minutes, seconds = divmod(int(entry.at), 60)
    title = text(words.one_line(entry.title, _LONGEST_TITLE))
    head = (
        f'<div class="title"><span class="sort">{entry.sort}</span><span>{title}</span>'
        f"<time>{minutes}:{seconds:02d}</time></div>"
    )
    return f'<li class="{classes}">{head}{_rows(entry.rows)}{"".join(map(_piece, entry.pieces))}</li>'


def _rows(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    lines = "".join(
        f"<tr>{''.join(f'<td>{text(words.one_line(cell))}</td>' for cell in row)}</tr>" for row in rows[:200]
    )
    return f'<div class="wide"><table>{lines}</table></div>'


def _piece(piece: Piece) -> str:
    body = capped(piece.body, LONGEST_BODY)
    if piece.kind == "diff":
        shown = f'<pre class="diff">{diff_html(body)}</pre>'
    else:
        shown = f"<p>{text(body)}</p>" if piece.kind == "text" else f"<pre>{text(body)}</pre>"
    return f"<details><summary>{piece.name}</summary>{shown}</details>" if piece.folded else shown


def _when(started: str) -> str:
    try:
        return f"{datetime.fromisoformat(started).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return ""
