from __future__ import annotations

import pytest

from flashagent.models.abilities import UNKNOWN, Abilities, abilities_of


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("mai-code-1-flash", Abilities(256_000)),
        ("microsoft/MAI-Code-1-Flash", Abilities(256_000)),
        ("openai/gpt-4", Abilities(8_192)),
        ("gpt-4.1-mini", Abilities(1_047_576)),
        ("gemma3:12b", Abilities(tools=False)),
        ("something-new", UNKNOWN),
    ],
)
def test_what_a_name_tells(model: str, expected: Abilities) -> None:
    assert abilities_of(model) == expected
