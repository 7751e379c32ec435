"""Quick fixes of a language server for the errors of one file, each tried out in the server's own view of the files.

Nothing is written, and no command of a server is run: only what a server gives as changes of text counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from flashagent.dataclass import dataclass
from flashagent.diagnose.lsp.finding import caused, diagnostics_of
from flashagent.diagnose.lsp.places import Outside, edited, path_of, uri_of
from flashagent.diagnose.lsp.server import LanguageServer
from flashagent.values import Diagnostic

MOST_ERRORS, MOST_FIXES = 20, 8
Read = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class Fix:
    """What the server offers, in its words; each file with its text before and after."""

    title: str
    preferred: bool
    texts: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Complaint:
    """An error and the fixes with which it is gone and no other one has come."""

    error: Diagnostic
    fixes: tuple[Fix, ...]


async def complaints(
    server: LanguageServer, root: Path, read: Read, path: str, deadline: float
) -> list[Complaint]:
    """The errors of one file, with their fixes; none when the server does not tell in time. The server must not be shown
    other texts meanwhile; it is left with those that `read` gives."""
    text = read(path)
    if text is None:
        return []
    for opened in server.open_files:
        _show(server, opened, read(opened))
    server.put(path, text)
    items = await server.diagnostics(path, deadline)
    found = []
    for item in list(items or ())[:MOST_ERRORS]:
        for error in diagnostics_of(path, text, [item], server.found.kind.name):
            offers = await _offered(server, root, read, path, item, deadline)
            before = diagnostics_of(path, text, items or (), server.found.kind.name)
            kept = [one for one in offers if await _answers(server, read, path, error, before, one, deadline)]
            found.append(Complaint(error, tuple(kept)))
    return found


async def _offered(
    server: LanguageServer, root: Path, read: Read, path: str, item: Any, deadline: float
) -> list[Fix]:
    params = {
        "textDocument": {"uri": uri_of(root, path)},
        "range": item.get("range"),
        "context": {"diagnostics": [item], "only": ["quickfix"], "triggerKind": 1},
    }
    answer = await server.request("textDocument/codeAction", params, deadline)
    found: dict[tuple[tuple[str, str, str], ...], Fix] = {}
    for action in list(answer)[:MOST_FIXES] if isinstance(answer, list) else ():
        if not isinstance(action, Mapping) or not str(action.get("kind", "quickfix")).startswith("quickfix"):
            continue
        if action.get("disabled") is not None:
            continue
        if action.get("edit") is None and action.get("data") is not None:
            action = await server.request("codeAction/resolve", action, deadline)
        one = _fix(action, root, read)
        if one is not None:
            found.setdefault(one.texts, one)
    return list(found.values())


def _fix(action: Any, root: Path, read: Read) -> Fix | None:
    """None for what is more than a change of texts."""
    if not isinstance(action, Mapping) or action.get("command") is not None:
        return None
    try:
        texts = []
        for path, edits in text_edits(action.get("edit"), root).items():
            before = read(path)
            if before is None:
                return None
            texts.append((path, before, edited(before, edits)))
    except Outside:
        return None
    if not texts or any(before == after for _, before, after in texts):
        return None
    return Fix(str(action.get("title", "")), action.get("isPreferred") is True, tuple(texts))


async def _answers(
    server: LanguageServer, read: Read, path: str, error: Diagnostic, before: Sequence[Diagnostic], fix: Fix, deadline: float
) -> bool:  # fmt: skip
    """Is the error gone with the fix, and has the file no new one?"""
    texts = {where: after for where, _, after in fix.texts}
    now = texts.get(path, read(path) or "")
    try:
        for where, text in texts.items():
            server.put(where, text)
        items = await server.diagnostics(path, deadline)
    finally:
        for where in texts:
            _show(server, where, read(where))
    if items is None:
        return False
    after = diagnostics_of(path, now, items, server.found.kind.name)
    count = sum(_same(one, error) for one in before)
    return not caused(before, after) and sum(_same(one, error) for one in after) < count


def _same(one: Diagnostic, other: Diagnostic) -> bool:
    return (one.code, one.message) == (other.code, other.message)


def _show(server: LanguageServer, path: str, text: str | None) -> None:
    if text is None:
        server.take_away(path)
    else:
        server.put(path, text)


def text_edits(answer: Any, root: Path) -> dict[str, list[Any]]:
    """A WorkspaceEdit as text edits by path. Raises Outside for anything else in it."""
    if not isinstance(answer, Mapping):
        return {}
    edits: dict[str, list[Any]] = {}
    for uri, some in _pairs(answer):
        if not isinstance(some, list):
            raise Outside("it holds no list of edits")
        edits.setdefault(path_of(root, uri), []).extend(some)
    return edits


def _pairs(answer: Mapping[str, Any]) -> list[tuple[Any, Any]]:
    """URI and edits of each file. Raises Outside where a server would create, rename or delete files."""
    documents = answer.get("documentChanges")
    if isinstance(documents, list):
        pairs = []
        for one in documents:
            document = one.get("textDocument") if isinstance(one, Mapping) else None
            if not isinstance(document, Mapping):
                raise Outside("it would move or make files")
            pairs.append((document.get("uri"), one.get("edits")))
        return pairs
    changes = answer.get("changes")
    return list(changes.items()) if isinstance(changes, Mapping) else []
