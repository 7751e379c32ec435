"""Find out what an endpoint can do by asking it: three small requests and a look at its list of models.

The findings say what was seen, never what a documentation promises. Nothing here prints; the key is in no finding.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, Literal, Protocol

from flashagent.dataclass import dataclass
from flashagent.errors import ContextTooLong, ModelError, ToolsRefused
from flashagent.events import Event, TextDelta
from flashagent.messages import AssistantMessage, ToolSpec, UserMessage
from flashagent.models.abilities import abilities_of
from flashagent.models.base import ChatModel, ModelRequest
from flashagent.models.profile import Profile

Verdict = Literal["ok", "note", "wrong"]
COUNTING = "Count from 1 to 12 in digits, separated by single spaces. Nothing else."
CALLING = (
    "Call the tool `report` twice in this one reply, with the words `ready` and `steady`. Say nothing else."
)
OBJECT = 'Answer with one JSON object that has the key "ready" with the value true. Nothing else.'
REPORT = ToolSpec(
    "report",
    "Tell the harness one word.",
    '{"properties":{"word":{"type":"string"}},"required":["word"],"type":"object"}',
)
REPLY_CAP = 1_000  # some models think before they count
WINDOW_FIELDS = (
    "context_length",
    "max_model_len",
    "context_window",
    "max_context_length",
    "n_ctx",
    "n_ctx_train",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. 'note' works with a drawback, 'wrong' does not work; `hint` is what to do."""

    subject: str
    verdict: Verdict
    text: str
    hint: str = ""


class Probed(ChatModel, Protocol):
    """A model whose endpoint may list what it has."""

    async def listing(self) -> object:
        """Raises ModelError when there is no list."""
        ...

    @property
    def omitted(self) -> frozenset[str]:
        """Optional parameters that the endpoint has refused."""
        ...


async def probe(
    model: Probed, address: str, now: str, before: Profile | None = None
) -> tuple[list[Finding], Profile | None]:
    """The endpoint, the key, the model's name, streaming, usage, tools, JSON mode and window, in this order, and all that
    as a profile. What cannot be found out because something before it is wrong is left out, and there is no profile then.

    `address` is the endpoint as people may see it, `now` the time (ISO 8601), `before` the profile of an earlier look.
    """
    deltas: list[Event] = []
    listed = await _listed(model)
    try:
        reply = await model.reply(_request(COUNTING), deltas.append)
    except ModelError as error:
        return _wrong(error, address, model.name, listed), None
    pieces = sum(1 for event in deltas if isinstance(event, TextDelta))
    tools, calls = await _tools(model)
    json_mode, gives_objects = await _json_mode(model)
    window = _told_window(model.name, listed)
    profile = Profile(
        now,
        " ".join(filter(None, (reply.model, reply.fingerprint))),
        tools=None if calls is None else calls > 0,
        parallel_tools=calls > 1 if calls else None,
        json_object=gives_objects,
        streaming=pieces > 1,
        usage=not reply.usage.estimated,
        reasoning=bool(reply.reasoning),
        window=window[0],
        omits=tuple(sorted(model.omitted)),
    )
    findings = [
        Finding("endpoint", "ok", f"{address} answers"),
        Finding("key", "ok", "accepted"),
        _name(model.name, reply),
        *_moved(profile, before),
        _streaming(pieces),
        _usage(reply),
        tools,
        json_mode,
        *_window(model.name, window),
    ]
    return findings, profile


def _request(text: str, *tools: ToolSpec) -> ModelRequest:
    return ModelRequest((UserMessage(text),), tools, max_output_tokens=REPLY_CAP)


async def _listed(model: Probed) -> Mapping[str, Mapping[str, Any]]:
    """The models that the endpoint lists, by name; none where it has no list that can be read."""
    try:
        data = await model.listing()
    except ModelError:
        return {}
    rows = data.get("data") if isinstance(data, Mapping) else data
    rows = rows if isinstance(rows, list) else []
    return {str(row["id"]): row for row in rows if isinstance(row, Mapping) and row.get("id")}


def _wrong(
    error: ModelError, address: str, name: str, listed: Mapping[str, Mapping[str, Any]]
) -> list[Finding]:
    """What is wrong, under the name of what it is about, and before it what was seen to be right."""
    answers = Finding("endpoint", "ok", f"{address} answers")
    if error.status in (401, 403, 407):
        return [answers, Finding("key", "wrong", error.message, error.hint)]
    if (error.status == 404 and listed) or (listed and name not in listed and error.status in (400, 422)):
        near = get_close_matches(name, listed, n=3, cutoff=0.4) or list(listed)[:3]
        hint = f"It lists {len(listed)} models, {', '.join(near)} among them."
        return [answers, Finding("model", "wrong", error.message, hint)]
    if error.status == 404:
        return [answers, Finding("model", "wrong", error.message, error.hint)]
    if isinstance(error, ContextTooLong) or error.status:
        return [answers, Finding("reply", "wrong", error.message, error.hint)]
    return [Finding("endpoint", "wrong", error.message, error.hint)]


def _name(name: str, reply: AssistantMessage) -> Finding:
    told = f", and it answers as {reply.model}" if reply.model and reply.model != name else ""
    thinks = "; it shows its reasoning" if reply.reasoning else ""
    return Finding("model", "ok", f"{name} is known{told}{thinks}")


def _streaming(pieces: int) -> Finding:
    if pieces > 1:
        return Finding("streaming", "ok", f"the reply came in {pieces} pieces")
    return Finding(
        "streaming",
        "note",
        "the reply came in one piece",
        "It works, but nothing shows before a reply is whole, and a slow one looks like silence:"
        " raise model_settings.timeout if it is given up.",
    )


def _usage(reply: AssistantMessage) -> Finding:
    usage = reply.usage
    if usage.estimated:
        hint = "Tokens are estimated, so limits on tokens and cost hold only roughly."
        return Finding("usage", "note", "the endpoint reports none", hint)
    thought = f", {usage.reasoning_tokens} of them for reasoning" if usage.reasoning_tokens else ""
    return Finding(
        "usage", "ok", f"reported: {usage.prompt_tokens} tokens in, {usage.completion_tokens} out{thought}"
    )


def _moved(profile: Profile, before: Profile | None) -> list[Finding]:
    """Another model, or another build of it, under the same name."""
    if before is None or not before.build or before.build == profile.build:
        return []
    said = f"answered by {profile.build} now; it was {before.build} on {before.date[:10]}"
    return [Finding("model", "note", said, "Its replies may differ from those of earlier runs.")]


async def _json_mode(model: Probed) -> tuple[Finding, bool | None]:
    """Whether the model keeps to one JSON object when the endpoint is asked for that; None where it cannot be told."""
    hint = "Nothing that flashagent does needs it."
    try:
        reply = await model.reply(replace(_request(OBJECT), json_object=True), lambda event: None)
    except ModelError as error:
        return Finding("json mode", "note", error.message, hint), None
    if {"response_format", "text"} & model.omitted:
        return Finding("json mode", "note", "the endpoint does not take it", hint), False
    try:
        gives = isinstance(json.loads(reply.text), dict)
    except (ValueError, RecursionError):
        gives = False
    if gives:
        return Finding("json mode", "ok", "the reply was one JSON object"), True
    return Finding("json mode", "note", "the reply was no JSON object", hint), False


async def _tools(model: Probed) -> tuple[Finding, int | None]:
    """The finding, and how many calls came in one reply; None where it cannot be told."""
    instead = "Edits and reads go through plain text instead; set model_settings.tools to false to begin so."
    try:
        reply = await model.reply(_request(CALLING, REPORT), lambda event: None)
    except ToolsRefused as error:
        return Finding("tools", "note", error.message, instead), 0
    except ModelError as error:
        return Finding("tools", "wrong", error.message, error.hint), None
    if calls := [call for call in reply.tool_calls if call.name == REPORT.name]:
        how = "several" if len(calls) > 1 else "one"
        return Finding("tools", "ok", f"the model calls tools, {how} at a time"), len(calls)
    return Finding("tools", "note", "the model was asked to call a tool and did not", instead), None


def _told_window(name: str, listed: Mapping[str, Mapping[str, Any]]) -> tuple[int, str]:
    """The context window as the endpoint tells it, and the field that does; 0 and '' where it does not."""
    row = listed.get(name, {})
    meta = row.get("meta")
    told = {**(meta if isinstance(meta, Mapping) else {}), **row}
    for field in WINDOW_FIELDS:
        if isinstance(told.get(field), int) and told[field] > 0:
            return told[field], field
    return 0, ""


def _window(name: str, told: tuple[int, str]) -> list[Finding]:
    """The window as the endpoint tells it, else as the model's name does."""
    if told[0]:
        return [Finding("window", "ok", f"{told[0]:,} tokens, says the endpoint ({told[1]})")]
    if window := abilities_of(name).window:
        return [Finding("window", "ok", f"{window:,} tokens, by the model's name")]
    hint = "Set model_settings.context where you know it; else the first request that is too long tells it."
    return [Finding("window", "note", "not told", hint)]
