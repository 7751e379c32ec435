"""The models of the settings as clients. Nothing of openai is imported until the first of them is warmed or asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flashagent.agent.limits import PriceOf
from flashagent.jobs.house import Models
from flashagent.ports import Clock
from flashagent.settings import ModelSettings, Settings

if TYPE_CHECKING:
    from flashagent.models.base import ChatModel


def build_models(settings: Settings, clock: Clock) -> Models | None:
    """None when no model is configured or the user asked to work offline."""
    if settings.flash is None or settings.offline:
        return None
    from flashagent.models.router import Router

    architect = _client(settings.architect, clock) if settings.architect else None
    return Models(
        Router(_client(settings.flash, clock), architect),
        reply_cap=settings.flash.max_tokens,
        temperature=settings.flash.temperature,
    )


def price_of(settings: Settings) -> PriceOf:
    """The bundled prices with the user's own before them; read when the first price is asked for."""
    if settings.flash is None:
        return lambda model, usage: None
    from flashagent.models.pricing import PriceTable

    return PriceTable.bundled().extended(settings.prices).cost


def _client(role: ModelSettings, clock: Clock) -> ChatModel:
    from flashagent.models.endpoint import Endpoint, Timeouts
    from flashagent.models.openai_compatible import OpenAICompatibleModel

    endpoint = Endpoint(role.base_url, role.model, role.api_key)
    return OpenAICompatibleModel(endpoint, clock, timeouts=Timeouts(first_token_s=role.timeout_s))
