"""Which facts matter for the failure at hand, and how a model is told of them. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flashagent.agent.facts import Fact
from flashagent.tools.outputs import cut_middle

RECALL_TOKENS = 300  # of all facts together, in one request of a session
NOTE_SHARE = 0.5
MOST_LEARNED = 2
HEAD = "Remembered from earlier work on this repository; it may no longer hold."
# A shared place or test says much, a shared word little: AssertionErrors all use the same ones.
_WEIGHTS = {"test": 4.0, "function": 4.0, "place": 2.0, "exception": 2.0}
ENOUGH_SHARED, ENOUGH_ALIKE = 4.0, 0.4


def relevant(facts: Sequence[Fact], features: Collection[str]) -> tuple[Fact, ...]:
    """The user's notes, newest first, then what was learned from work most like this, the most alike first."""
    notes = [fact for fact in reversed(facts) if fact.kind == "note"]
    scored = [
        (alike(fact.about, features), fact) for fact in reversed(facts) if fact.kind in ("fix", "rejected")
    ]
    close = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0])
    return (*notes, *(fact for _, fact in close[:MOST_LEARNED]))


def alike(about: Collection[str], features: Collection[str]) -> float:
    """0 to 1: the weight of what both have, of the weight of the one that has less; 0 when too little is shared."""
    shared = _weight(set(about) & set(features))
    less = min(_weight(about), _weight(features))
    if shared < ENOUGH_SHARED or shared < ENOUGH_ALIKE * less:
        return 0.0
    return shared / less


def told(facts: Sequence[Fact], tokens: int = RECALL_TOKENS) -> str:
    """The facts within about `tokens` tokens, '' for none."""
    notes = "\n".join(f"- {' '.join(fact.text.split())}" for fact in facts if fact.kind == "note")
    learned = [fact for fact in facts if fact.kind != "note"]
    if not notes and not learned:
        return ""
    share = int(tokens * NOTE_SHARE) if learned else tokens
    parts = [cut_middle(notes, share)] if notes else []
    left = tokens - (share if notes else 0)
    parts += [cut_middle(_learned(fact), left // len(learned)) for fact in learned]
    return "\n".join([HEAD, *parts])


def _learned(fact: Fact) -> str:
    head = f"- {'an earlier failure' if fact.kind == 'fix' else 'not wanted'}: {fact.text}"
    body = [
        line for line in fact.patch.splitlines() if not line.startswith(("diff --git ", "--- ", "index "))
    ]
    return "\n".join([head, *body])


def _weight(features: Collection[str]) -> float:
    return sum(
        _WEIGHTS.get(feature.partition(" ")[0], 1.0) if " " in feature else 1.0 for feature in features
    )
