"""One HTML page that needs nothing else and asks nobody. Pure; nothing that it holds can be executed or loaded.

Every foreign text goes through `text`, in content and in quoted attributes alike.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from html import escape

from flashagent.frontends import words

LEFT_OUT = "… {:,} characters left out …"


def text(value: str) -> str:
    """Foreign text as HTML: no markup, no terminal code, no sign that hides or reorders others."""
    return escape(words.clean(value), quote=True)


def capped(value: str, most: int) -> str:
    """The text, or its two ends with a line between them that says how much is missing."""
    if len(value) <= most:
        return value
    half = most // 2
    return f"{value[:half]}\n{LEFT_OUT.format(len(value) - 2 * half)}\n{value[-half:]}"


def page(title: str, body: str, style: str, script: str = "") -> str:
    """The whole page. `title` is foreign text, `body` is HTML made with `text`, style and script are the caller's own.

    The policy in the page allows this very style and this very script by their hashes, and nothing else: no other
    script, no style attribute, no picture, no request to anybody.
    """
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script) if script else chr(39) + 'none' + chr(39)};"
        " base-uri 'none'; form-action 'none'"
    )
    return "\n".join([
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer"><meta name="generator" content="flashagent">',
        f"<title>{text(title)}</title><style>{style}</style></head><body>",
        body,
        f"<script>{script}</script></body></html>\n" if script else "</body></html>\n",
    ])  # fmt: skip


def _hash(content: str) -> str:
    digest = b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
