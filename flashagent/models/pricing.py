"""What a reply costs, for models whose price is known with its source and date; never a guess."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.errors import SettingsError
from flashagent.values import Usage

_MILLION = 1_000_000
_VERSION_TAIL = re.compile(r"[-@:](?:20\d{6}|20\d\d-\d\d-\d\d|latest)$")


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens. `cached_input` None: unknown, then cached tokens count at the full price.
    `approximate` marks a price known only roughly."""

    input: float
    output: float
    source: str
    date: str
    cached_input: float | None = None
    approximate: bool = False


class PriceTable:
    """Prices by model name. Names are compared without a provider's prefix, a date at the end, case and dots."""

    def __init__(self, prices: Mapping[str, Price]) -> None:
        self._prices = {_key(name): price for name, price in prices.items()}

    @classmethod
    def bundled(cls) -> PriceTable:
        """The table that ships with flashagent."""
        text = files("flashagent.models").joinpath("prices.toml").read_text(encoding="utf-8")
        return cls({}).extended(tomllib.loads(text))

    def extended(self, entries: Mapping[str, Mapping[str, Any]]) -> PriceTable:
        """A table in which these entries go before the present ones.

        An entry has `input`, `output`, `source` and `date`, and may have `cached_input` and `approximate`.
        Raises SettingsError naming the model and the field that is wrong.
        """
        merged = dict(self._prices)
        for name, fields in entries.items():
            merged[_key(name)] = _price(name, fields)
        return PriceTable(merged)

    def price(self, model: str) -> Price | None:
        """The price of the model, or None when it is unknown."""
        return self._prices.get(_key(model))

    def cost(self, model: str, usage: Usage) -> float | None:
        """US dollars, or None when the price is unknown; as rough as the usage and the price are."""
        price = self.price(model)
        if price is None:
            return None
        cached_price = price.input if price.cached_input is None else price.cached_input
        fresh = usage.prompt_tokens - usage.cached_tokens
        total = (
            fresh * price.input + usage.cached_tokens * cached_price + usage.completion_tokens * price.output
        )
        return total / _MILLION


def _key(name: str) -> str:
    plain = name.strip().lower().rpartition("/")[2]
    return _VERSION_TAIL.sub("", plain).replace(".", "-")


def _price(name: str, fields: Mapping[str, Any]) -> Price:
    if not isinstance(fields, Mapping):
        raise SettingsError(f"The price of {name!r} is not a table.", hint=_SHAPE)
    unknown = fields.keys() - {"input", "output", "cached_input", "source", "date", "approximate"}
    if unknown:
        raise SettingsError(f"The price of {name!r} has an unknown field {min(unknown)!r}.", hint=_SHAPE)
    cached = fields.get("cached_input")
    return Price(
        input=_dollars(name, "input", fields.get("input")),
        output=_dollars(name, "output", fields.get("output")),
        source=_words(name, "source", fields.get("source")),
        date=_words(name, "date", fields.get("date")),
        cached_input=None if cached is None else _dollars(name, "cached_input", cached),
        approximate=bool(fields.get("approximate", False)),
    )


_SHAPE = "A price has input and output in US dollars per million tokens, a source and a date."


def _dollars(name: str, key: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SettingsError(f"The price of {name!r} has no usable {key!r}.", hint=_SHAPE)
    return float(value)


def _words(name: str, key: str, value: object) -> str:
    text = "" if value is None else str(value).strip()
    if not text:
        raise SettingsError(f"The price of {name!r} has no {key!r}.", hint=_SHAPE)
    return text
