"""Candidate patches of JavaScript for suspicious lines, best first. Pure and deterministic: text and scores in, edits out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from flashagent.repair.javascript.expressions import EXPRESSIONS
from flashagent.repair.javascript.source import JsSource
from flashagent.repair.javascript.statements import STATEMENTS
from flashagent.repair.javascript.template import JsFix, JsSite, JsTemplate
from flashagent.repair.javascript.values import VALUES
from flashagent.repair.mutate import Mutation
from flashagent.repair.source import apply_edits

CATALOGUE: tuple[JsTemplate, ...] = (*EXPRESSIONS, *VALUES, *STATEMENTS)
MAX_DONORS = 12
_IGNORED = re.compile(r"^\s*(?:import\b|export\s*\{|module\.exports|['\"]use strict|//)")


def mutations(source: JsSource, suspicion: Mapping[int, float], test_text: str = "") -> Iterator[Mutation]:
    """All candidates for the lines, the same edit once with its best score. `test_text` is a donor of texts and numbers."""
    best: dict[tuple[object, ...], Mutation] = {}
    donors = _donors(source, test_text)
    for piece in source.pieces:
        score = suspicion.get(piece.line, 0.0)
        if (
            not score
            or not piece.named
            or _IGNORED.match(source.text[source.text.rfind("\n", 0, piece.start) + 1 :])
        ):
            continue
        site = JsSite(source, piece, *donors)
        for chosen in CATALOGUE:
            if piece.kind in chosen.kinds:
                for fix in chosen.run(site):
                    one = _mutation(source, chosen, fix, score)
                    if one is not None and (one.edits not in best or best[one.edits].score < one.score):
                        best[one.edits] = one
    yield from best.values()


def _mutation(source: JsSource, chosen: JsTemplate, fix: JsFix, score: float) -> Mutation | None:
    if all(source.text[edit.start : edit.end] == edit.text for edit in fix.edits):
        return None
    prior = chosen.prior * fix.weight
    line = source.line_of(fix.edits[0].start)
    return Mutation(
        source.path, fix.edits, chosen.name, line, score * prior, fix.shape, True, prior=prior, statement=line
    )


def _donors(
    source: JsSource, test_text: str
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    numbers = [source.of(p) for p in source.pieces if p.kind == "number"]
    numbers += re.findall(r"(?<![\w.'])\d+(?![\w.'])", test_text)[: MAX_DONORS // 2]
    strings = [source.of(p) for p in source.pieces if p.kind == "string" and p.role != "source"]
    strings += re.findall(r"(?<![\w/.])'[^'\n\\]{0,12}'", test_text)[:MAX_DONORS]
    members = [source.of(p) for p in source.pieces if p.kind == "property_identifier"]
    members += re.findall(r"[{,]\s*([a-z_$][\w$]*):", test_text)
    conditions = []
    for piece in source.pieces:
        asked = piece.part("condition") if piece.kind in ("if_statement", "while_statement") else None
        if asked is not None and asked.end - asked.start < 60:
            conditions.append(source.of(asked)[1:-1])
    return _few(numbers), _few(strings), _few(members), _few(conditions)


def _few(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))[:MAX_DONORS]


def ordered(found: Sequence[Mutation], limit: int) -> list[Mutation]:
    """Best first; ties by file, place and text, so that the order never varies."""
    key = lambda m: (-m.score, m.path, m.edits[0].start, m.edits[0].text)  # noqa: E731
    return sorted(found, key=key)[:limit]


def patched(source: JsSource, mutation: Mutation) -> str:
    return apply_edits(source.text, mutation.edits)
