"""Estimate tokens where no endpoint has counted them. Pure; every figure from here is an estimate."""

from __future__ import annotations

import re
from math import ceil

from flashagent.messages import AssistantMessage, Message, ToolSpec
from flashagent.models.base import ModelRequest

# Byte-pair vocabularies of today hold most common words whole, split long identifiers about every five letters, numbers
# every three digits, and keep an indent or a run of the same sign together.
_PIECES = re.compile(r"[A-Za-z]+|[0-9]+|[\u0370-\u1fff]+|\n\s*|[^\S\n]{2,}|([^\w\s])\1*|[^\x00-\x7f]")
_LETTERS_PER_TOKEN = 6
_DIGITS_PER_TOKEN = 3
_OTHER_LETTERS_PER_TOKEN = 2  # of other alphabets; signs of words (Chinese, Japanese) count one each
_MESSAGE_OVERHEAD = 4
_TOOL_OVERHEAD = 8


def estimate(text: str) -> int:
    """Tokens of the text, within about a fifth for English and code."""
    return sum(_piece_tokens(match.group()) for match in _PIECES.finditer(text))


def estimate_request(request: ModelRequest) -> int:
    """Prompt tokens of the whole request, messages and tools."""
    return sum(map(message_tokens, request.messages)) + sum(map(tool_tokens, request.tools))


def message_tokens(message: Message) -> int:
    tokens = estimate(message.text) + _MESSAGE_OVERHEAD
    if isinstance(message, AssistantMessage):
        tokens += sum(
            estimate(call.name) + estimate(call.arguments) + _MESSAGE_OVERHEAD for call in message.tool_calls
        )
    return tokens


def tool_tokens(tool: ToolSpec) -> int:
    return estimate(tool.name) + estimate(tool.description) + estimate(tool.parameters) + _TOOL_OVERHEAD


def _piece_tokens(piece: str) -> int:
    first = piece[0]
    if first.isascii() and first.isalpha():
        return ceil(len(piece) / _LETTERS_PER_TOKEN)
    if first.isdigit() and first.isascii():
        return ceil(len(piece) / _DIGITS_PER_TOKEN)
    if "\u0370" <= first <= "\u1fff":
        return ceil(len(piece) / _OTHER_LETTERS_PER_TOKEN)
    return 1
