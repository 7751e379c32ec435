"""Say what went wrong with a request, whether asking again can help, and what a person can do. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from html import unescape
from typing import Any, Literal

from flashagent.dataclass import dataclass
from flashagent.errors import ContextTooLong, ModelError, ModelRefused, ModelUnreachable, ToolsRefused

FaultKind = Literal["transient", "refused", "too_long", "parameter", "tools"]
OPTIONAL_PARAMETERS = (
    "stream_options", "max_tokens", "max_output_tokens", "temperature", "reasoning_effort", "reasoning",
    "response_format", "text", "store", "include",
)  # fmt: skip
"""Of both APIs; words that mean something else too come last."""
_TRANSIENT_STATUS = frozenset({408, 409, 425, 429})
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|prompt is too long|input is too long|too many (?:input )?tokens"
    r"|exceed(?:s|ed)? (?:the )?(?:available |maximum |model's )*(?:context|input|token)|reduce the length of"
    r"|max_model_len|longer than the (?:model|context)|n_ctx|prompt_too_long|context limit|token limit|too long for (?:the|this) model",
    re.IGNORECASE,
)
_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d{3,8})"
_WINDOW = re.compile(
    rf"(?:maximum context length (?:is|of)|context (?:size|window|length|limit)(?: is| of)?|max_model_len|n_ctx)\D{{0,12}}{_NUMBER}"
    rf"|(?:limit|maximum|max)(?: of| is|:)? {_NUMBER}|{_NUMBER}[- ]tokens? (?:context|limit|maximum)",
    re.IGNORECASE,
)
_NO_TOOLS = re.compile(
    r"(?:not support|no endpoints? found|requires?|must enable|without|disabled)[^.]{0,60}\b(?:tools?|function)\b"
    r"|\b(?:tools?|tool_choice|tool choice|function.call\w*)\b[^.]{0,60}(?:not supported|unsupported|not support|requires?|not (?:allowed|available|enabled))"
    r"|(?:unsupported|unrecognized|unknown)[^.]{0,40}\btools\b",
    re.IGNORECASE,
)
_NO_TOOLS_STATUS = frozenset({400, 404, 422, 500, 501})
_NO_MONEY = re.compile(
    r"insufficient[_ ](?:quota|balance|credits?|funds)|billing|payment required", re.IGNORECASE
)
_UNSUPPORTED = re.compile(
    r"unsupported|not supported|does not support|unrecognized|unknown|unexpected|not permitted|extra (?:inputs|fields)"
    r"|invalid (?:parameter|value)|only the default",
    re.IGNORECASE,
)
_TITLE = re.compile(r"<(title|h1)\b[^>]*>(.*?)</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]*>")
_MAX_REASON = 300


@dataclass(frozen=True, slots=True)
class Fault:
    """One failed try. `reason` is a clause without a full stop, `asked_s` a wait that the endpoint asked for;
    `parameter` names the optional parameter that the endpoint does not take (kind 'parameter'). Kind 'tools': it takes none.
    `status` is the HTTP status of the answer, 0 where none came or it was not the trouble."""

    kind: FaultKind
    reason: str
    hint: str = ""
    asked_s: float | None = None
    parameter: str = ""
    status: int = 0


def from_status(
    status: int,
    body: str,
    *,
    asked_s: float | None = None,
    sent: frozenset[str] = frozenset(),
    model: str = "",
) -> Fault:
    """The fault behind an HTTP error. `sent` holds the optional parameters of the request."""
    return replace(_from_status(status, body, asked_s, sent, model), status=status)


def _from_status(status: int, body: str, asked_s: float | None, sent: frozenset[str], model: str) -> Fault:
    said = describe_body(body)
    reason = f"HTTP {status}" + (f": {said}" if said else "")
    if "tools" in sent and status in _NO_TOOLS_STATUS and _NO_TOOLS.search(said):
        return Fault("tools", reason, "Use a model that takes tools, or let it answer in plain text.")
    if status in _TRANSIENT_STATUS or status >= 500:
        if status == 429 and _NO_MONEY.search(body):
            return Fault("refused", reason, "The account has no credit left, or none for this model.")
        return Fault("transient", reason, _transient_hint(status), asked_s)
    if status in (400, 413, 422):
        return _bad_request(status, body, reason, sent)
    return Fault("refused", reason, _refused_hint(status, model))


def from_stream(error: object, *, sent: frozenset[str] = frozenset()) -> Fault:
    """The fault behind an error object that came inside a stream, or as a reply with status 200."""
    fields = error if isinstance(error, Mapping) else {"message": error}
    code = fields.get("code")
    body = json.dumps({"error": dict(fields)}, default=str)
    if isinstance(code, int) and 400 <= code < 600:
        return from_status(code, body, sent=sent)
    text = f"{code} {fields.get('type')} {fields.get('message')}"
    if _TOO_LONG.search(text) or ("tools" in sent and _NO_TOOLS.search(text)):
        return from_status(400, body, sent=sent)
    if re.search(r"invalid_request|authentication|permission|not_found", text):
        return Fault("refused", f"the endpoint reported an error: {describe_body(body)}")
    return Fault("transient", f"the endpoint reported an error in mid-stream: {describe_body(body)}")


def wrong_content(content_type: str, body: str) -> Fault:
    """Status 200 with something that is no reply of a model."""
    return Fault(
        "transient",
        f"the endpoint answered with {content_type or 'no content type'}, not with a model's reply: {describe_body(body)}",
        "Is the base address right? It usually ends in /v1. A proxy or a login page may have answered instead.",
    )


def error_for(fault: Fault, *, tries: int, where: str, waited_s: float) -> ModelError:
    """The error that ends the request."""
    error = _error_for(fault, tries, where, waited_s)
    error.status = fault.status
    return error


def _error_for(fault: Fault, tries: int, where: str, waited_s: float) -> ModelError:
    if fault.kind == "too_long":
        said = f"The request is too long for the model: {fault.reason}."
        return ContextTooLong(said, hint=fault.hint, window=told_window(fault.reason))
    if fault.kind == "tools":
        return ToolsRefused(f"{where} refused the request: {fault.reason}.", hint=fault.hint)
    if fault.kind in ("refused", "parameter"):
        return ModelRefused(f"{where} refused the request: {fault.reason}.", hint=fault.hint)
    asked = f" It asks to wait {fault.asked_s:.0f} s." if fault.asked_s else ""
    times = "once" if tries == 1 else f"{tries} times in {waited_s:.0f} s"
    return ModelUnreachable(
        f"No usable reply from {where}, tried {times}; last: {fault.reason}.{asked}",
        hint=fault.hint or "Is the server running and the address right? --offline works without it.",
    )


def told_window(text: str) -> int | None:
    """The context window in tokens that an error names, None when it names none."""
    found = re.search(rf"> ?{_NUMBER}", text) or _WINDOW.search(text)
    number = next(filter(None, found.groups()), "") if found else ""
    return int(number.replace(",", "")) or None if number else None


def describe_body(body: str) -> str:
    """What the body of an error says, in one short line: its JSON message, the title of its page, or its start."""
    text = body.strip()
    if (message := _json_message(text)) is not None:
        return _short(message)
    if text[:200].lstrip("\ufeff").lower().startswith(("<!doctype", "<html", "<head", "<?xml")):
        title = _TITLE.search(text)
        heading = _short(unescape(_TAG.sub("", title[2]))) if title else ""
        return f"an HTML page titled '{heading}'" if heading else "an HTML page"
    return _short(text)


def _json_message(text: str) -> str | None:
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    for key in ("error", "message", "detail", "error_description"):
        if isinstance(data, Mapping) and data.get(key):
            data = data[key]
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _short(text: str) -> str:
    line = " ".join(text.split()).rstrip(".")
    return line if len(line) <= _MAX_REASON else line[: _MAX_REASON - 1] + "…"


def _bad_request(status: int, body: str, reason: str, sent: frozenset[str]) -> Fault:
    if _TOO_LONG.search(body) or status == 413:
        return Fault("too_long", reason, "Show the model less, or use one with a longer context window.")
    if _UNSUPPORTED.search(body):
        for parameter in OPTIONAL_PARAMETERS:
            if parameter in sent and re.search(rf"\b{parameter}\b", body):
                return Fault(
                    "parameter", reason, f"The endpoint does not take `{parameter}`.", parameter=parameter
                )
    return Fault(
        "refused", reason, "The endpoint does not accept a parameter, a tool or the history of this request."
    )


def _transient_hint(status: int) -> str:
    if status == 429:
        return "The endpoint limits how often it may be asked. Wait, or use another key or model."
    return "The endpoint has a fault of its own. Try again later, or work without it: --offline."


def _refused_hint(status: int, model: str) -> str:
    if status in (401, 407):
        return "The key is missing or wrong for this endpoint: each key goes to its own endpoint only."
    if status == 402:
        return "The account has no credit left."
    if status == 403:
        return f"The key may not use the model {model!r} here, or the region or address is blocked."
    if status == 404:
        return f"Does the base address end as it should (often /v1), and is {model!r} the model's name there?"
    if 300 <= status < 400:
        return (
            "The endpoint redirects elsewhere. Requests go to the configured address only: set the final one."
        )
    return "See the endpoint's own documentation for this status."
