"""What an endpoint was seen to do with one model, so that later runs begin with it. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from flashagent.dataclass import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """Seen by the doctor at `date` (ISO 8601). None stands for what could not be told. `window` is in tokens, 0 when not told;
    `omits` are optional parameters that the endpoint refused; `build` is the model's name and fingerprint as it told them."""

    date: str
    build: str = ""
    tools: bool | None = None
    parallel_tools: bool | None = None
    json_object: bool | None = None
    streaming: bool | None = None
    usage: bool | None = None
    reasoning: bool | None = None
    window: int = 0
    omits: tuple[str, ...] = ()

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def read_profile(data: object) -> Profile | None:
    """The profile that `plain` wrote, None for anything else: a damaged profile only costs another look."""
    if not isinstance(data, Mapping):
        return None
    flags = ("tools", "parallel_tools", "json_object", "streaming", "usage", "reasoning")
    window, omits = data.get("window", 0), data.get("omits", [])
    right = (
        isinstance(data.get("date"), str)
        and isinstance(data.get("build", ""), str)
        and all(data.get(flag) in (None, True, False) for flag in flags)
        and isinstance(window, int)
        and window >= 0
        and isinstance(omits, list)
        and all(isinstance(name, str) for name in omits)
    )
    if not right:
        return None
    seen = {flag: data.get(flag) for flag in flags}
    return Profile(data["date"], data.get("build", ""), window=window, omits=tuple(omits), **seen)
