"""The models of the settings as clients. Nothing of openai is imported until the first of them is warmed or asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from flashagent.agent.limits import PriceOf
from flashagent.edits.values import Format
from flashagent.jobs.house import Models
from flashagent.ports import Clock
from flashagent.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from flashagent.compose.pacing import Paces
    from flashagent.compose.profiles import Profiles
    from flashagent.compose.tape import Tape
    from flashagent.models.base import ChatModel
    from flashagent.models.endpoint import Endpoint
    from flashagent.values import Usage


def build_models(
    settings: Settings,
    clock: Clock,
    mask: Callable[[str], str],
    profiles: Profiles | None = None,
    tape: Tape | None = None,
    requests: int | None = None,
    paces: Paces | None = None,
) -> Models | None:
    """`requests` is how many each model may be asked at once, where `paces` do not say it. None when no model is configured or the user asked to work offline. Every text that goes to a model is masked, and on
    the tape where there is one. What settings leave open is taken from the doctor's profile, then from the model's name."""
    if settings.flash is None or settings.offline:
        return None
    from flashagent.compose.pacing import Paces
    from flashagent.models.abilities import abilities_of
    from flashagent.models.masked import MaskedModel
    from flashagent.models.router import Router

    known_paces = paces or Paces(clock, requests)

    def client(role: ModelSettings) -> ChatModel:
        model = _client(role, clock, profiles, known_paces)
        return MaskedModel(tape.model(model, mask) if tape is not None else model, mask)

    architect = client(settings.architect) if settings.architect else None
    flash, known = settings.flash, abilities_of(settings.flash.model)
    seen = profiles.of(endpoint_of(flash)) if profiles is not None else None
    tools = known.tools if seen is None or seen.tools is None else seen.tools
    return Models(
        Router(client(flash), architect),
        tools=tools if flash.tools is None else flash.tools,
        reply_cap=flash.max_tokens,
        temperature=flash.temperature,
        window=flash.context or (seen.window if seen else 0) or known.window,
        edit_formats=cast(Mapping[str, Format], settings.edit_formats),
    )


def price_of(settings: Settings) -> PriceOf:
    """The bundled prices with the user's own before them; read when the first price is asked for."""
    if settings.flash is None:
        return lambda model, usage: None
    from flashagent.models.pricing import PriceTable

    table = PriceTable.bundled().extended(settings.prices)
    roles = [role for role in (settings.flash, settings.architect) if role is not None and role.fallbacks]
    chains = {name: (role.model, *role.fallbacks) for role in roles for name in (role.model, *role.fallbacks)}
    if not chains:
        return table.cost

    def dearest(model: str, usage: Usage) -> float | None:
        """Any of a chain may answer in the first one's place, so that each costs what the dearest of them does."""
        costs = [table.cost(name, usage) for name in chains.get(model, (model,))]
        known = [cost for cost in costs if cost is not None]
        return max(known) if len(known) == len(costs) else None

    return dearest


def endpoint_of(role: ModelSettings, model: str = "") -> Endpoint:
    """Where the role's model, or another one in its place, is asked."""
    from flashagent.models.endpoint import Endpoint

    return Endpoint(
        role.base_url,
        model or role.model,
        role.api_key,
        returns_reasoning=role.returns_reasoning,
        api=role.api,
        ca_file=role.ca_file,
    )


def _client(role: ModelSettings, clock: Clock, profiles: Profiles | None, paces: Paces) -> ChatModel:
    from flashagent.models.endpoint import Timeouts
    from flashagent.models.openai_compatible import OpenAICompatibleModel
    from flashagent.models.router import FallbackModel

    timeouts = Timeouts(first_token_s=role.timeout_s)
    endpoints = [endpoint_of(role, name) for name in (role.model, *role.fallbacks)]
    seen = [profiles.of(endpoint) if profiles is not None else None for endpoint in endpoints]
    models = [
        OpenAICompatibleModel(
            endpoint,
            clock,
            timeouts=timeouts,
            omit=profile.omits if profile else (),
            pace=paces.of(endpoint),
        )
        for endpoint, profile in zip(endpoints, seen, strict=True)
    ]
    return models[0] if len(models) == 1 else FallbackModel(models)
