"""Estimate tokens where no endpoint has counted them. Pure; every figure from here is an estimate."""

from __future__ import annotations

import re
from functools import lru_cache
from math import ceil

from flashagent.messages import AssistantMessage, Message, ToolSpec
from flashagent.models.base import ModelRequest

# Byte-pair vocabularies of today first part a text about like this: a word takes the one sign before it with it, a run of
# signs takes the line ends after it, numbers go by three digits, an indent is one piece. Most pieces are one token.
_PIECES = re.compile(
    r"(?P<word>(?:[^\w\s]|[ _])?(?:[A-Z]?[a-z\u00df-\u00ff]+|[A-Z]+(?![a-z])))|(?P<digits>[0-9]{1,3})"
    r"|(?P<break>[^\S\n]*\n+)|(?P<blank>[^\S\n]+)|(?P<other> ?[\u00c0-\u1fff]+)|(?P<rule>(?P<sign>[!-/:-@\[-`{-~])(?P=sign){3,})"
    r"|(?P<signs> ?[!-/:-@\[-`{-~]+\n*)|(?P<single>[^\x00-\x7f])"
)
_COMMON_LETTERS = 7  # words up to this length are mostly one token; beyond it about one for each four letters
_LETTERS_PER_TOKEN = 4
_SHORT_WORD, _SHORT_WORD_TOKENS = 3, 0.9  # a short word is sometimes one token with what stands before it
_SIGN_BEFORE = 0.25  # `.name` is one token for common names only
_SIGNS_PER_TOKEN = 3
_OTHER_LETTERS_PER_TOKEN = 4  # of alphabets beyond ASCII
_SINGLE = 0.8  # signs of words (Chinese, Japanese), of which vocabularies hold many pairs
_SIGNS_OF_A_RULE = 16
_ROUNDING = 1e-6
_MESSAGE_OVERHEAD = 4
_TOOL_OVERHEAD = 8


def estimate(text: str) -> int:
    """Tokens of the text: within about a sixth of a count by o200k_base for code, JSON and English, rather more than less;
    text without words (hashes, base64) may have half as many again."""
    found = _PIECES.finditer(text)
    return ceil(sum([_piece_tokens(one.lastgroup, one.group()) for one in found]) - _ROUNDING)


def estimate_within(text: str, most: float) -> int | None:
    """The same, None when that is more than `most`: found without looking at all of a long text."""
    tokens = 0.0
    for one in _PIECES.finditer(text):
        tokens += _piece_tokens(one.lastgroup, one.group())
        if tokens > most + 1:
            return None
    known = ceil(tokens - _ROUNDING)
    return known if known <= most else None


def estimate_request(request: ModelRequest) -> int:
    """Prompt tokens of the whole request, messages and tools."""
    return sum(map(message_tokens, request.messages)) + sum(map(tool_tokens, request.tools))


@lru_cache(maxsize=2_048)  # a history is counted before each request, and only its end is new
def message_tokens(message: Message) -> int:
    tokens = estimate(message.text) + _MESSAGE_OVERHEAD
    if isinstance(message, AssistantMessage):
        tokens += sum(
            estimate(call.name) + estimate(call.arguments) + _MESSAGE_OVERHEAD for call in message.tool_calls
        )
    return tokens


@lru_cache(maxsize=64)
def tool_tokens(tool: ToolSpec) -> int:
    return estimate(tool.name) + estimate(tool.description) + estimate(tool.parameters) + _TOOL_OVERHEAD


@lru_cache(maxsize=8_192)  # code and prose are made of few words
def _piece_tokens(kind: str | None, piece: str) -> float:
    length = len(piece)
    match kind:
        case "word":
            return _word_tokens(piece)
        case "signs":
            return ceil(length / _SIGNS_PER_TOKEN)
        case "rule":
            return ceil(length / _SIGNS_OF_A_RULE)
        case "other":
            return max(1.0, length / _OTHER_LETTERS_PER_TOKEN)
        case "single":
            return _SINGLE
        case _:
            return 1.0


def _word_tokens(word: str) -> float:
    first = word[0]
    letters = len(word) - (not first.isalpha())
    tokens = 1.0 + max(0, letters - _COMMON_LETTERS) / _LETTERS_PER_TOKEN
    if first.isalpha():
        return _SHORT_WORD_TOKENS if letters <= _SHORT_WORD else tokens
    return tokens if first == " " else tokens + _SIGN_BEFORE
