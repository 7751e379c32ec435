"""What history teaches about templates: the table fits the catalogue, and corrects what was set by hand."""

from __future__ import annotations

from dataclasses import replace

from flashagent.repair import donors
from flashagent.repair.mutate import mutations
from flashagent.repair.priors import LEARNED, corrected
from flashagent.repair.source import Source
from flashagent.repair.templates import BY_HAND, CATALOGUE


def test_every_learned_template_is_in_the_catalogue() -> None:
    assert set(LEARNED) <= {one.name for one in BY_HAND}
    assert [one.name for one in CATALOGUE] == [one.name for one in BY_HAND]


def test_a_factor_scales_the_prior_set_by_hand() -> None:
    by_hand = {one.name: one for one in BY_HAND}
    for one in CATALOGUE:
        factor = LEARNED[one.name].factor if one.name in LEARNED else 1.0
        assert one == replace(by_hand[one.name], prior=round(factor * by_hand[one.name].prior, 5))
        assert one.prior > 0.0


def test_a_new_template_keeps_its_prior_and_a_changed_one_moves_along() -> None:
    one = BY_HAND[0]
    assert corrected(replace(one, name="not in the table")).prior == one.prior
    assert corrected(replace(one, prior=2 * one.prior)).prior == round(
        2 * LEARNED[one.name].factor * one.prior, 5
    )


def test_candidates_carry_the_corrected_prior() -> None:
    source = Source("m.py", "def f(a, b):\n    return a < b\n")
    found = [m for m in mutations(source, {2: 1.0}, donors.Donors()) if m.template == "comparison"]
    prior = next(one.prior for one in CATALOGUE if one.name == "comparison")
    assert max(m.score for m in found) == prior
