from __future__ import annotations

import pytest

from flashagent.errors import SettingsError
from flashagent.models.pricing import Price, PriceTable
from flashagent.values import Usage

TABLE = PriceTable.bundled()
MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        ("claude-haiku-4.5", 6.0),
        ("anthropic/claude-haiku-4-5-20251001", 6.0),
        ("DeepSeek-V4-Flash", 0.30),
        ("deepseek/deepseek-v4-flash:latest", 0.30),
        ("qwen3.6-plus", 2.50),
        ("mai-code-1-flash", None),
        ("claude-haiku-4-5-mini", None),
    ],
)
def test_a_million_tokens_in_and_out(model: str, dollars: float | None) -> None:
    assert TABLE.cost(model, Usage(MILLION, 0, MILLION)) == (
        None if dollars is None else pytest.approx(dollars)
    )


def test_every_bundled_price_has_its_source_and_date() -> None:
    prices = [TABLE.price(name) for name in ("claude-haiku-4.5", "deepseek-v4-flash", "qwen3.6-plus")]
    assert [(p.date, bool(p.source), p.approximate) for p in prices if p] == [
        ("2026-06", True, False),
        ("2026-06", True, False),
        ("2026-06", True, True),
    ]


def test_cached_tokens_at_their_price_when_it_is_known() -> None:
    usage = Usage(prompt_tokens=MILLION, cached_tokens=MILLION // 2, completion_tokens=0)
    mine = TABLE.extended(
        {"m": {"input": 2, "output": 4, "cached_input": 0.2, "source": "bill", "date": "2026-11-01"}}
    )
    assert mine.cost("m", usage) == pytest.approx(1.1)
    assert TABLE.cost("claude-haiku-4.5", usage) == pytest.approx(1.0)


def test_the_users_own_price_goes_first() -> None:
    mine = TABLE.extended(
        {"DeepSeek-V4.flash": {"input": 1, "output": 1, "source": "bill", "date": "2026-11-01"}}
    )
    assert mine.price("deepseek-v4-flash") == Price(1.0, 1.0, "bill", "2026-11-01")
    assert TABLE.price("deepseek-v4-flash") != mine.price("deepseek-v4-flash")


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"input": 1, "output": 1, "date": "2026"}, "source"),
        ({"input": 1, "output": 1, "source": "bill"}, "date"),
        ({"input": "1", "output": 1, "source": "x", "date": "y"}, "input"),
        ({"input": -1, "output": 1, "source": "x", "date": "y"}, "input"),
        ({"input": 1, "output": True, "source": "x", "date": "y"}, "output"),
        ({"input": 1, "output": 1, "source": "x", "date": "y", "cash": 1}, "cash"),
    ],
)
def test_a_price_without_its_proof_is_refused(fields: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=f"'m'.*'{named}'"):
        TABLE.extended({"m": fields})
