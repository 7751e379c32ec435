"""One pace for each endpoint, in one process and between several."""

from __future__ import annotations

from helpers.clock import VirtualClock

from flashagent.compose.pacing import Paces, Told, dumped, loaded, name_of
from flashagent.models.endpoint import Endpoint
from flashagent.models.pace import Note

SPENT = {
    "X-RateLimit-Limit-Requests": "10",
    "x-ratelimit-remaining-requests": "0",
    "x-ratelimit-reset-requests": "8s",
    "date": "today",
}


def endpoint(model: str = "m", key: str = "k") -> Endpoint:
    return Endpoint("http://127.0.0.1:1/v1", model, key)


def test_who_asks_the_same_model_with_the_same_key_has_one_pace() -> None:
    paces = Paces(VirtualClock())

    assert paces.of(endpoint()) is paces.of(endpoint())
    others = [endpoint(model="n"), endpoint(key="l")]
    assert all(paces.of(one) is not paces.of(endpoint()) for one in others)
    assert len({name_of(one) for one in (endpoint(), *others)}) == 3
    assert not any(secret in name_of(endpoint(key="sk-secret")) for secret in ("127", "sk-", "secret"))


def test_what_one_process_met_with_holds_up_the_others() -> None:
    told: list[Told] = []
    clock = VirtualClock()
    here = Paces(clock, tell=lambda name, note: told.append((name, note)))
    there = Paces(clock)
    here.of(endpoint()).answered(SPENT)
    here.of(endpoint()).refused(1.5, {})
    here.of(endpoint("another")).answered(SPENT)
    for name, note in loaded(dumped(told)):
        there.hear(name, note)

    # A tenth of what comes back within 8 s.
    assert 0.7 <= there.of(endpoint()).learned.wait_s(clock.monotonic(), 1) <= 0.9
    assert there.of(endpoint("n")).learned.wait_s(clock.monotonic(), 1) == 0.0


async def test_each_request_and_each_answer_is_told_once() -> None:
    told: list[Told] = []
    paces = Paces(VirtualClock(), tell=lambda name, note: told.append((name, note)))
    pace = paces.of(endpoint())
    async with pace.turn(250):
        pace.answered({"X-RateLimit-Remaining-Tokens": "7", "server": "x"})
    pace.refused(None, {})
    paces.hear(name_of(endpoint()), Note("sent", 5))  # what was heard is not told again

    assert loaded(dumped(told)) == told == [
        (name_of(endpoint()), Note("sent", 250)),
        (name_of(endpoint()), Note("answered", None, {"x-ratelimit-remaining-tokens": "7"})),
        (name_of(endpoint()), Note("refused", None, {})),
    ]  # fmt: skip
