"""A model behind any endpoint that speaks OpenAI's chat completions or its Responses API, through the SDK's client.

Nothing of the SDK is imported before a model is warmed or asked, and its own retries are off.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from flashagent.errors import FlashagentError
from flashagent.events import Emit, ModelRetrying, Notice, ReasoningDelta, TextDelta
from flashagent.messages import AssistantMessage
from flashagent.models.assemble import ReplyBuilder
from flashagent.models.base import ModelRequest
from flashagent.models.connection import connect
from flashagent.models.dialect import DIALECTS, Dialect
from flashagent.models.endpoint import Endpoint, Timeouts
from flashagent.models.faults import (
    OPTIONAL_PARAMETERS,
    Fault,
    error_for,
    from_status,
    from_stream,
    wrong_content,
)
from flashagent.models.pace import Pace
from flashagent.models.retries import RetryPolicy, asked_wait_s
from flashagent.models.sdk import sdk
from flashagent.models.silence import Silence
from flashagent.models.tokens import estimate_request
from flashagent.models.waste import Waste, another_try_fits, budget_used, tell_waste
from flashagent.models.wire import Piece
from flashagent.ports import Clock

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI, AsyncStream  # noqa: TID251  # types only

_MAX_BODY_BYTES = 8_000_000


class OpenAICompatibleModel:
    """One model at one endpoint, with the one retry policy. Several replies may be asked for at once."""

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Clock,
        *,
        timeouts: Timeouts | None = None,
        retries: RetryPolicy | None = None,
        randomly: Callable[[], float] = random.random,
        omit: Iterable[str] = (),
        pace: Pace | None = None,
    ) -> None:
        """`omit` are optional parameters that the endpoint is known to refuse; `pace` is that of all who ask it."""
        self.endpoint = endpoint
        self._clock = clock
        self._timeouts = timeouts or Timeouts()
        self._retries = retries or RetryPolicy()
        self._randomly = randomly
        self.pace = pace or Pace(clock)
        self._client: AsyncOpenAI | None = None
        self._build: tuple[str, str] | None = None  # the model's name and fingerprint, as first told
        self._told_change = False
        self._dialect = DIALECTS[endpoint.api]
        self._omit = frozenset(omit)

    @property
    def name(self) -> str:
        return self.endpoint.model

    @property
    def omitted(self) -> frozenset[str]:
        """Optional parameters that this endpoint has refused."""
        return self._omit

    async def warm(self) -> None:
        """Import openai and build the client in a thread, beside whatever else runs."""
        await self._ready()

    async def aclose(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    async def reply(self, request: ModelRequest, emit: Emit) -> AssistantMessage:
        """As `ChatModel.reply` promises. No try starts after the retry policy's deadline, or when the failed ones and it
        could go over the budget."""
        waste = Waste()
        try:
            return await self._reply(request, emit, waste)
        except (asyncio.CancelledError, FlashagentError) as error:
            tell_waste(error, waste.total)
            raise

    async def listing(self) -> object:
        """What the endpoint says about its models, as it came; many have no such page. Asked once.

        Raises ModelUnreachable or ModelRefused.
        """
        import httpx2

        client, openai = await self._ready(), sdk()
        limit_s = self._timeouts.first_token_s
        try:
            async with asyncio.timeout(limit_s):
                return await client.get("/models", cast_to=object)
        except TimeoutError:
            fault = Fault("transient", f"nothing came for {limit_s:g} s")
        except openai.APIStatusError as error:
            fault = from_status(error.status_code, error.response.text, model=self.name)
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            fault = Fault("transient", f"the connection failed: {_cause(error)}")
        except ValueError as error:
            fault = Fault("transient", f"the answer is not what the protocol says: {error}")
        raise error_for(self._told(fault), tries=1, where=self.endpoint.shown, waited_s=0.0)

    async def _reply(self, request: ModelRequest, emit: Emit, waste: Waste) -> AssistantMessage:
        started, tried = self._clock.monotonic(), 0
        while True:
            builder = ReplyBuilder(request, self.name)
            waste.begin(builder)
            tried += 1
            omitted = self._omit  # by this try: a parallel request may learn the same meanwhile
            fault = await self._try(request, builder, emit, self._limits(tried, started))
            if fault is None:
                message = replace(builder.message(), wasted=waste.ended)
                self._notice_change(message, emit)
                return message
            waste.end()
            if fault.kind in ("transient", "parameter") and not another_try_fits(request, waste.ended):
                raise budget_used(self.endpoint.shown, fault.reason, waste.ended)
            if fault.kind == "parameter" and fault.parameter not in omitted:
                self._omit |= {fault.parameter}
                tried -= 1  # a question of dialect, not a failure
                emit(ModelRetrying(tried + 1, 0.0, fault.reason))
            else:
                await self._wait(fault, tried, started, emit)

    def _notice_change(self, reply: AssistantMessage, emit: Emit) -> None:
        """Say when another model, or another build of it, answers under the same name; once, since a router may change it
        with every request."""
        build = (reply.model, reply.fingerprint)
        before, self._build = self._build, self._build or build
        if before is not None and before != build and not self._told_change:
            self._told_change = True
            was, now = (" ".join(filter(None, one)) for one in (before, build))
            hint = "Replies of one run come from different models."
            emit(Notice("info", f"{self.name} is now answered by {now}; it was {was}.", hint))

    async def _wait(self, fault: Fault, tried: int, started: float, emit: Emit) -> None:
        """Wait as the policy says, or raise the error that ends the request."""
        elapsed = self._clock.monotonic() - started
        wait = None
        if fault.kind == "transient":
            wait = self._retries.wait_s(tried, elapsed, fault.asked_s, self._randomly())
        if wait is None:
            raise error_for(fault, tries=tried, where=self.endpoint.shown, waited_s=elapsed)
        emit(ModelRetrying(tried + 1, wait, fault.reason))
        await self._clock.sleep(wait)

    def _limits(self, tried: int, started: float) -> Timeouts:
        """The limits of silence; once something has failed they also keep to the deadline."""
        if tried == 1:
            return self._timeouts
        left = self._retries.left_s(self._clock.monotonic() - started)
        return replace(
            self._timeouts,
            first_token_s=min(self._timeouts.first_token_s, left),
            between_tokens_s=min(self._timeouts.between_tokens_s, left),
        )

    async def _try(
        self, request: ModelRequest, builder: ReplyBuilder, emit: Emit, limits: Timeouts
    ) -> Fault | None:
        """One request into the builder; what went wrong, or None when the reply has ended in order."""
        keeps = self.endpoint.returns_reasoning or self.endpoint.api == "responses"
        body = self._dialect.body(self.name, request, omit=self._omit, reasoning=keeps)
        client = await self._ready()
        async with self.pace.turn(estimate_request(request) + (request.max_output_tokens or 0)):
            fault = await self._listen(client, body, builder, emit, Silence(limits, self._clock))
        if fault is not None and builder.finish is not None and fault.kind == "transient":
            fault = None  # the reply was whole already; only its trailer is missing
        if fault is None and builder.finish is None:
            fault = Fault("transient", "the reply was cut off before its end")
        if fault is None and builder.empty:
            fault = Fault("transient", "the reply was empty", "The model has nothing to say to this request.")
        return None if fault is None else self._told(fault)

    async def _listen(
        self, client: AsyncOpenAI, body: dict[str, Any], builder: ReplyBuilder, emit: Emit, silence: Silence
    ) -> Fault | None:
        import httpx2

        openai = sdk()
        sent = frozenset((*OPTIONAL_PARAMETERS, "tools")) & body.keys()
        try:
            async with silence.watched(), self._stream(client, body) as stream:
                self.pace.answered(stream.response.headers)
                if (other := await _other_content(stream.response)) is not None:
                    return _take_whole(other, stream.response, self._dialect, builder, emit)
                async for data in stream:
                    piece = self._dialect.read(data)
                    if piece.error is not None:
                        return from_stream(piece.error, sent=sent)
                    piece = builder.add(piece)
                    silence.heard(started=builder.started, finished=builder.finish is not None)
                    _show(piece, emit)
                    if builder.end_at_cap():
                        emit(_over_the_cap(self.name))
                        break
        except TimeoutError:
            builder.fell_silent = True
            return Fault("transient", silence.reason, "The endpoint took the request and fell silent.")
        except openai.APIStatusError as error:
            asked = asked_wait_s({k.lower(): v for k, v in error.response.headers.items()}, self._clock.now())
            if error.status_code == 429:
                self.pace.refused(asked, error.response.headers)
            return from_status(
                error.status_code, error.response.text, asked_s=asked, sent=sent, model=self.name
            )
        except (openai.APIConnectionError, httpx2.HTTPError) as error:
            return Fault("transient", f"the connection failed: {_cause(error)}")
        except openai.APIError as error:
            return from_stream(error.body or error.message, sent=sent)
        except ValueError as error:
            return Fault("transient", f"the stream is not what the protocol says: {error}")
        return None

    def _told(self, fault: Fault) -> Fault:
        return replace(
            fault, reason=self.endpoint.masked(fault.reason), hint=self.endpoint.masked(fault.hint)
        )

    @asynccontextmanager
    async def _stream(self, client: AsyncOpenAI, body: dict[str, Any]) -> AsyncIterator[AsyncStream[object]]:
        stream = await client.post(
            self._dialect.path, cast_to=object, body=body, stream=True, stream_cls=sdk().AsyncStream
        )
        try:
            yield stream
        finally:
            await stream.close()

    async def _ready(self) -> AsyncOpenAI:
        if self._client is None:
            client = await asyncio.to_thread(connect, self.endpoint, self._timeouts)
            self._client = self._client or client
        return self._client


def _show(piece: Piece, emit: Emit) -> None:
    if piece.reasoning:
        emit(ReasoningDelta(piece.reasoning))
    if piece.text:
        emit(TextDelta(piece.text))


def _over_the_cap(model: str) -> Notice:
    return Notice(
        "warning",
        f"The endpoint ignored the reply cap for {model}; the reply was ended there.",
        "The endpoint may bill what it wrote beyond that.",
    )


async def _other_content(response: httpx2.Response) -> str | None:
    """The body, when it is by its content type no event stream but one JSON value or a page; else None."""
    content_type = response.headers.get("content-type", "").lower()
    if "event-stream" in content_type or not ("json" in content_type or "html" in content_type):
        return None
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) > _MAX_BODY_BYTES:
            break
    return body.decode("utf-8", "replace")


def _take_whole(
    body: str, response: httpx2.Response, dialect: Dialect, builder: ReplyBuilder, emit: Emit
) -> Fault | None:
    """A reply that came in one piece, from an endpoint that does not stream."""
    content_type = response.headers.get("content-type", "")
    try:
        data = json.loads(body)
    except ValueError:
        return wrong_content(content_type, body)
    if isinstance(data, dict) and data.get("error"):
        return from_stream(data["error"])
    if not isinstance(data, dict) or not data.get(dialect.answer):
        return wrong_content(content_type, body)
    _show(builder.add(dialect.read(data)), emit)
    return None


def _cause(error: BaseException) -> str:
    """What the lowest layer said, since the SDK only says 'Connection error.'"""
    said = []
    cause: BaseException | None = error
    while cause is not None:
        if text := str(cause).strip().rstrip("."):
            said.append(text)
        cause = cause.__cause__ or cause.__context__
    return said[-1] if said else type(error).__name__
