"""Order plausible patches and say how far to trust them.

Pure. Tests accept many wrong patches (Qi et al. 2015; Ye et al. 2018), so patches are grouped by what they do on the calls
that the tests make and on calls near those, and the size of a group, its shape and its witnesses decide the words.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from flashagent.dataclass import dataclass
from flashagent.repair.mutate import Mutation
from flashagent.repair.template import Shape
from flashagent.values import Confidence

_SHAPES: Mapping[Shape, tuple[float, str]] = {
    "": (1.0, ""),
    "deletion": (0.3, "it only takes code away"),
    "constant-condition": (0.08, "it fixes a condition to a constant"),
    "early-return": (0.3, "it returns early instead of computing"),
    "guard": (0.5, "it only puts a condition around the failing code"),
    "literal": (0.35, "it puts a literal where a computation was"),
    "swallow": (0.15, "it catches more exceptions than the failing one"),
    "two-places": (
        1.0,
        "it changes two places, and two small changes together fit tests more easily than one",
    ),
    "refusal": (0.8, "it refuses an argument, and few tests say exactly which"),
    "insertion": (0.6, "it adds a statement put together from names around it"),
    "enumerated": (1.0, "it was found by trying many small changes, of which some fit by chance"),
}
_WEAK_SHAPES = frozenset(_SHAPES) - {"", "insertion", "refusal", "two-places", "enumerated"}
DOMINANT = 0.9
RARITY = 2.0  # kinds of repair with a low prior make far more candidates, so that one of them fits by chance more often
WITNESSES = 3
TELLING = 3
FEW, MANY_CALLS = 5, 20  # so few patches, alike on so many calls; where more fit, the tests hold on to little
CONCURRING = 3
PLAIN = 0.1  # how much the plainer of two patches that do the same is preferred, for each character
SHIFT = 0.6  # how much a patch loses that answers every compared call otherwise than the program does now
COMMON = 0.07  # kinds of repair below this prior fit by chance more often than they are right


@dataclass(frozen=True, slots=True)
class Judged:
    """A plausible patch with what is known of it. `answers` are its results on the observed and near calls, empty when
    unknown; `base_answers` those of the program as it is; `added` is the text it brings in. `pointless` = it makes an
    expression that combines a thing with itself, or with a number that changes nothing. `like` is how much it looks like what
    a reader of the tests would write (1 where nothing is known), `speaks` what speaks for it, `against` against. `burden` is
    what a reader has to take in beyond what stood there, in characters."""

    mutation: Mutation
    answers: tuple[str, ...]
    base_answers: tuple[str, ...]
    passing_witnesses: int
    failing_witnesses: int
    added: str
    from_test: bool = False
    pointless: bool = False
    burden: float = 0.0
    like: float = 1.0
    speaks: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Ranked:
    """`group` numbers behaviours from 0, best first; `differs` shows an input on which the next behaviour differs."""

    patch: Judged
    score: float
    group: int
    confidence: Confidence
    reasons: tuple[str, ...]


def rank(patches: Sequence[Judged], *, hurried: bool = False) -> list[Ranked]:
    """Best first: one patch of each behaviour by weight of its behaviour, then the rest by their own score. `hurried` = the
    search ended before it had looked for others, so that being alone says little."""
    groups: dict[tuple[str, ...], list[tuple[float, Judged]]] = {}
    for order, patch in enumerate(patches):
        key = patch.answers or ("unknown", str(order))
        groups.setdefault(key, []).append((own_score(patch), patch))
    weighed = []
    for key, members in groups.items():
        # They do the same, so the plainer one stands for all.
        sound = max((score for score, m in members if m.mutation.shape not in _WEAK_SHAPES), default=0.0)
        members.sort(
            key=lambda m: (
                m[0] < sound and m[1].mutation.shape in _WEAK_SHAPES,
                -m[0] / (1.0 + PLAIN * m[1].burden) / (1.0 + 0.03 * len(m[1].added)),
                m[1].mutation.path,
                m[1].mutation.edits[0].start,
                m[1].added,
            )
        )
        # Many different edits that do the same thing speak for that behaviour, with less and less weight.
        best = max(score for score, _ in members)
        weight = best * (1.0 + 0.35 * math.log(sum(score for score, _ in members) / best)) if best else 0.0
        weighed.append((weight, key, members))
    weighed.sort(
        key=lambda g: (-g[0], g[2][0][1].mutation.path, g[2][0][1].mutation.edits[0].start, g[2][0][1].added)
    )
    total = sum(weight**RARITY for weight, _, _ in weighed)
    heads: list[Ranked] = []
    tails: list[Ranked] = []
    for number, (weight, _key, members) in enumerate(weighed):
        other = weighed[1 if number == 0 else 0][2][0][1] if len(weighed) > 1 else None
        share = weight**RARITY / total if total else 0.0
        for place, (score, patch) in enumerate(members):
            confidence, reasons = trust(patch, len(weighed), share, len(members), other, hurried=hurried)
            (tails if place else heads).append(Ranked(patch, score, number, confidence, reasons))
    return heads + sorted(tails, key=lambda r: (r.group, -r.score))


def own_score(patch: Judged) -> float:
    """The candidate's priority, lowered for shapes that tests accept too easily and for size."""
    score = patch.mutation.score * _SHAPES[patch.mutation.shape][0] * patch.like
    score *= 1.0 if patch.passing_witnesses else 0.7
    if patch.from_test:
        score *= 0.5
    if patch.pointless:
        score *= 0.1
    score /= 1.0 + 0.01 * len(patch.added)
    return score * _calm(patch)


def _calm(patch: Judged) -> float:
    """Lower for a patch that hangs or fails on near calls where the program as it is answers."""
    pairs = _compared(patch)
    if not pairs:
        return 1.0
    hangs = sum(_kind(now) == "hangs" and _kind(then) != "hangs" for now, then in pairs)
    raises = sum(_kind(now) == "raises" and _kind(then) == "answers" for now, then in pairs)
    changed = sum(now != then for now, then in pairs)
    share = len(pairs)
    # Where the program as it is fails, a repair that still fails on many near calls has mended less.
    failed = [now for now, then in pairs if _kind(then) == "raises"]
    still = sum(_kind(now) == "raises" for now in failed) / len(failed) if failed else 0.0
    calm = 0.5 ** min(3, hangs) * (1.0 - 0.5 * raises / share) * (1.0 - SHIFT * changed / share)
    return calm * (1.0 - 0.4 * still)


def _compared(patch: Judged) -> list[tuple[str, str]]:
    """Its answers beside those of the program as it is, of the calls that both were asked: the tests make other calls where
    a patch changes what they hand on."""
    then = {answer.partition("\t")[0]: answer for answer in patch.base_answers}
    pairs = zip(patch.answers, patch.base_answers, strict=False)
    if all(a.partition("\t")[0] == b.partition("\t")[0] for a, b in pairs):
        return list(zip(patch.answers, patch.base_answers, strict=False))
    return [(now, then[call]) for now in patch.answers if (call := now.partition("\t")[0]) in then]


def _kind(answer: str) -> str:
    result = answer.partition("\t")[2]
    return "hangs" if result.startswith("hangs") else "raises" if result.startswith("raises ") else "answers"


def trust(
    patch: Judged, groups: int, share: float, members: int, other: Judged | None, *, hurried: bool = False
) -> tuple[Confidence, tuple[str, ...]]:
    """The word for a patch that a search found, and the facts behind it. Never 'certain'."""
    witnesses = patch.passing_witnesses + patch.failing_witnesses
    # A value out of one failing test may fit that test alone; one that also makes another failing test pass does not.
    special_case = patch.from_test and patch.failing_witnesses < 2
    # Everything that passes does the same where it can be seen, and that is not what the faulty program does.
    agreed = groups == 1 and _shows(patch)
    doubts, unseen = _doubts(patch, special_case, agreed=agreed, members=members), _unseen(patch)
    reasons = [
        _company(patch, groups, members),
        f"{_tests(patch.passing_witnesses, 'passing')} and {_tests(patch.failing_witnesses, 'failing')} run the changed code",
        *patch.speaks,
        *doubts,
        *unseen,
    ]
    if other is not None and (difference := differs(patch, other)):
        reasons.append(difference)
    lonely = witnesses <= 1 and not agreed
    if patch.mutation.shape in _WEAK_SHAPES or patch.pointless or lonely or special_case:
        return "weak", tuple(reasons)
    alone = groups == 1 and members == 1
    # Of a few that agree everywhere the plainest is nearly always right, also where the calls show little of the fault.
    few = groups == 1 and members <= FEW and len(patch.answers) >= MANY_CALLS
    untried = hurried and (alone or (few and bool(unseen)))
    if untried:
        reasons.append("the time was over before others were looked for")
    # Where many fit, the tests hold on to little, and a handful of calls cannot show that they do the same.
    compared = not unseen and (members <= FEW or len(patch.answers) >= MANY_CALLS)
    settled = not untried and (alone or few or ((groups == 1 or share >= DOMINANT) and compared))
    seen_enough = witnesses >= WITNESSES or (agreed and patch.failing_witnesses >= 2)
    if settled and not doubts and seen_enough:
        return "likely", tuple(reasons)
    return "possible", tuple(reasons)


def _company(patch: Judged, groups: int, members: int) -> str:
    """How many patches were found, and whether they do the same."""
    if groups > 1 and not patch.answers:
        return f"{groups} patches make the tests pass, and what they do could not be compared"
    if groups > 1:
        alike = "" if members == 1 else f" ({members} patches do what this one does)"
        return f"the tests allow {groups} different behaviours{alike}"
    if members == 1:
        return "no other patch that was tried makes the tests pass"
    if not patch.answers:
        return f"{members} patches make the tests pass; what they do could not be compared"
    return f"{members} patches make the tests pass, and all do the same on {len(patch.answers)} calls"


def _doubts(patch: Judged, special_case: bool, *, agreed: bool, members: int) -> list[str]:
    """What speaks against a patch that passes the tests, most telling first. `agreed` = all patches that pass do the same."""
    witnesses = patch.passing_witnesses + patch.failing_witnesses
    shape = patch.mutation.shape
    if shape == "enumerated" and agreed and members >= CONCURRING:
        shape = ""  # that several changes come to the same says more than how they were found
    doubts = [_SHAPES[shape][1]] if shape else []
    if patch.pointless:
        doubts.append("it combines a value with itself, or with a number that changes nothing")
    doubts += patch.against
    if special_case:
        doubts.append("it contains a value that only the failing test has")
    rare = patch.mutation.prior < COMMON and shape not in ("two-places", "enumerated")
    if rare and not (agreed and witnesses >= WITNESSES and shape == ""):
        doubts.append("this kind of change is seldom the right one")
    if not patch.passing_witnesses and patch.failing_witnesses < (2 if agreed else WITNESSES):
        doubts.append("no test that passed before runs the changed line")
    return doubts


def _unseen(patch: Judged) -> list[str]:
    """Why patches that look alike may still do different things."""
    if not patch.answers:
        return ["its behaviour could not be compared on other calls"]
    if not _shows(patch):
        return ["on the tests' own calls and on calls near them it hardly differs from the faulty program"]
    return []


def _tests(count: int, kind: str) -> str:
    return f"{count} {kind} test{'' if count == 1 else 's'}"


def _shows(patch: Judged) -> bool:
    """Do the compared calls tell behaviours apart? Several must show what the patch changes, and most must get past the
    project's own checks of its input: calls that raise say little about what lies behind."""
    changed = sum(now != then for now, then in _compared(patch))
    raising = sum(_kind(answer) == "raises" for answer in patch.answers)
    return changed >= TELLING and 2 * raising <= len(patch.answers)


def _said(result: str) -> str:
    """An answer as a verb with its object."""
    return result[:80] if result.startswith(("raises ", "hangs")) else f"gives {result[:80]}"


def differs(one: Judged, other: Judged) -> str:
    """A call on which two patches differ, in words; '' when none is known."""
    for mine, theirs in zip(one.answers, other.answers, strict=False):
        call, _, result = mine.partition("\t")
        other_call, _, other_result = theirs.partition("\t")
        if call == other_call and result != other_result:
            return f"on {call[:100]} this one {_said(result)}; the next best patch {_said(other_result)}"
    return ""
