"""gopls: its quick fix for an error of the compiler, where it has one only that makes nothing up.

Asked by its command, not over the protocol: it offers no fixes to clients that ask for diagnostics, as ours does.
"""

from __future__ import annotations

import posixpath
import re

from flashagent.errors import RunnerMissing
from flashagent.repair.quick.checkers import patched
from flashagent.repair.quick.foreign import Finding, Seen, line_edits
from flashagent.values import FileChange

OFFLINE = {"GOTOOLCHAIN": "local", "GOPROXY": "off", "GOTELEMETRY": "off", "GOFLAGS": "-mod=readonly"}
_OFFER = re.compile(r'^(?:edit|command)\t"(?P<title>.+)" \[quickfix\]$', re.MULTILINE)
# Fixes that follow from the types; the others declare what is missing, or throw away what may have been meant.
_MEANT = re.compile(r"^(?:Fill in return values|Add import: \S+|Replace .+ with .+|Change .+ to .+|Remove .*type arguments.*)$")  # fmt: skip


async def fixes(seen: Seen, path: str, text: str, place: int, message: str) -> list[Finding]:
    """What gopls would change for the error at a place; nothing where it is not installed."""
    start = text.rfind("\n", 0, place) + 1
    column = len(text[start:place].encode("utf-8", "surrogatepass")) + 1
    where = f"{posixpath.relpath(path, seen.folder)}:{text.count(chr(10), 0, place) + 1}:{column}"
    asking = ("gopls", "codeaction", "-kind=quickfix")
    try:
        offers = [m["title"] for m in _OFFER.finditer(await seen.ask((*asking, where), OFFLINE))]
        meant = [title for title in offers if _MEANT.match(title)]
        if len(meant) != 1:
            return []
        title = f"-title=^{re.escape(meant[0])}$"
        diff = await seen.ask((*asking, title, "-exec", "-diff", where), OFFLINE)
    except RunnerMissing:
        return []
    after = patched(text, diff[diff.find("\n@@") + 1 :]) if diff.count("\n+++ ") == 1 else None
    if after is None or after == text:
        return []
    how = meant[0][:1].lower() + meant[0][1:]
    return [Finding(path, line_edits(FileChange(path, text, after)), how, f"gopls, for: {message}")]
