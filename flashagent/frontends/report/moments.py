"""Entries of a page for events that need nothing but themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from flashagent.frontends import words
from flashagent.frontends.report.values import Entry, Mark, Piece, Plain, filled, inner, items, number, said


def _offered(options: Iterable[Plain]) -> Iterator[Piece]:
    for place, one in enumerate(options, 1):
        yield Piece(f"{place}. {said(one, 'how')} ({said(one, 'confidence')})")
        yield Piece(said(one, "diff"), "diff", "its diff", True)


def simple(event: Plain) -> Entry | None:
    """What needs nothing but itself. `at` is filled in by the teller."""
    match event.get("type"):
        case "TurnStarted":
            return Entry("Prompt", "", 0.0, pieces=filled(_prompt(said(event, "prompt"))))
        case "FocusChosen":
            rows = tuple(_chosen(one) for one in items(event, "symbols") if isinstance(one, Mapping))
            title = f"{words.count(len(rows), 'place')}, about {int(number(event, 'tokens')):,} tokens"
            return Entry("Shown", title, 0.0, pieces=filled([Piece(said(event, "why"))]), rows=rows)
        case "MapReady":
            files, symbols = int(number(event, "files")), int(number(event, "symbols"))
            return Entry(
                "Map",
                f"{files:,} files, {symbols:,} symbols, {words.seconds(number(event, 'seconds'))}",
                0.0,
            )
        case "AttemptStarted":
            title = (
                f"{int(number(event, 'number'))} · {said(event, 'model')} · effort {said(event, 'effort')}"
            )
            return Entry("Attempt", title, 0.0, pieces=filled([Piece(said(event, "why"))]))
        case "AttemptFinished":
            before, after = int(number(event, "failures_before")), int(number(event, "failures_after"))
            mark: Mark = "good" if after < before else "warning"
            return Entry("Attempt", f"ended: {before} failures before, {after} after", 0.0, mark)
        case "FileChanged":
            diff = said(event, "diff")
            title = f"{said(event, 'path')} · {said(event, 'kind')} {words.diff_size(diff)}"
            return Entry("Changed", title, 0.0, "good", filled([Piece(diff, "diff")]))
        case "EditRejected":
            pieces = [
                Piece(said(event, "reason")),
                Piece(said(event, "nearest"), "code", "the current text", True),
            ]
            return Entry("Refused", f"an edit of {said(event, 'path')}", 0.0, "warning", filled(pieces))
        case "ModelRetrying":
            return Entry("Again", said(event, "reason"), 0.0, "warning")
        case "SearchFinished":
            tried, found = int(number(event, "tried")), int(number(event, "patches"))
            title = f"{words.count(tried, 'candidate')} tried in {words.seconds(number(event, 'seconds'))}, "
            title += f"{words.count(found, 'patch', 'patches')} with which the check passes"
            return Entry("Search", title, 0.0, "good" if found else "warning")
        case "ChoiceRequested":
            options = [one for one in items(event, "options") if isinstance(one, Mapping)]
            title = f"{words.count(len(options), 'patch', 'patches')} to choose from"
            return Entry("Choice", title, 0.0, pieces=filled(_offered(options)))
        case "ChoiceResolved":
            chosen = int(number(event, "chosen"))
            return Entry("Choice", f"patch {chosen} was chosen" if chosen else "none was chosen", 0.0)
        case "ContextCompacted":
            before, after = int(number(event, "tokens_before")), int(number(event, "tokens_after"))
            told = Piece(said(event, "told"), name="the summary", folded=True)
            return Entry("Shortened", f"from {before:,} to {after:,} tokens", 0.0, pieces=filled([told]))
        case "Notice":
            level = said(event, "level")
            pieces = [Piece(said(event, "hint"))]
            return Entry(
                "Note", said(event, "text"), 0.0, "" if level == "info" else "warning", filled(pieces)
            )
        case _:
            return None


def _prompt(prompt: str) -> list[Piece]:
    """The first paragraph, and all of it where there is more: behind it stands what the harness adds for the model."""
    first, _, rest = prompt.strip().partition("\n\n")
    return [Piece(first), Piece(prompt if rest else "", "code", "all that the model was told", folded=True)]


def _chosen(one: Plain) -> tuple[str, ...]:
    symbol = inner(one, "symbol")
    where = f"{said(symbol, 'path')}:{int(number(symbol, 'start_line'))}"
    return where, said(symbol, "qualified"), ", ".join(map(str, items(one, "why")))
