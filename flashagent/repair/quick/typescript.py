"""TypeScript: the code fixes of the project's own compiler, where they answer an error, bring no other one and guess nothing."""

from __future__ import annotations

import json
import posixpath
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from typing import Any

from flashagent.repair.quick.foreign import Finding, Seen, at_utf16
from flashagent.repair.source import Edit

SUFFIXES = (".ts", ".cts", ".mts", ".tsx", ".js", ".cjs", ".mjs", ".jsx")
# Fixes that write down what the program must have meant. Left out are those that only silence the compiler: other types,
# declarations for what is not there, code taken away.
MEANT = frozenset({
    "spelling", "import", "fixImportNonExportedMember", "addMissingAwait", "fixAwaitInSyncFunction", "forgottenThisPropertyAccess",
    "addMissingNewOperator", "constructorForDerivedNeedSuperCall", "classSuperMustPrecedeThisAccess", "extendsInterfaceBecomesImplements",
    "fixOverrideModifier", "fixReturnTypeInAsyncFunction", "convertToTypeOnlyImport", "splitTypeOnlyImport", "addMissingTypeof",
    "fixPropertyAssignment", "fixNaNEquality", "removeAccidentalCallParentheses", "returnValueCorrect", "unusedImport",
    "fixAddVoidToPromise",
})  # fmt: skip
# So many errors say that the project is not kept free of them: then they are no hint.
MOST_ERRORS, MOST_FILES, LARGE, SECONDS = 20, 40, 300, 20


async def answers(seen: Seen, named: Iterable[str]) -> list[tuple[str, list[Finding]]]:
    """The file and the answers of each error of the named files or, when none of them has any, of the whole project."""
    paths = list(dict.fromkeys(path for path in named if path.endswith(SUFFIXES) and seen.may_change(path)))
    for files in (
        ([posixpath.relpath(path, seen.folder) for path in paths[:MOST_FILES]], []) if paths else ([],)
    ):
        told = await _told(seen, files)
        if told and len(told) < MOST_ERRORS:
            found = [(seen.place(str(one.get("file"))) or "", _findings(seen, one)) for one in told]
            if any(several for _, several in found):
                return found
    return []


def is_typed(seen: Seen) -> bool:
    """Whether there is a configuration of TypeScript in the check's folder or in one around it."""
    parts = [] if seen.folder == "." else seen.folder.split("/")
    folders = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
    return any((seen.project.root / one / name).is_file() for one in folders for name in ("tsconfig.json", "jsconfig.json"))  # fmt: skip


async def _told(seen: Seen, files: Sequence[str]) -> list[Mapping[str, Any]]:
    script = resources.files("flashagent.repair.quick").joinpath("tsfixes.cjs").read_text("utf-8")
    mark = secrets.token_hex(8)
    asked = json.dumps(
        {"files": files, "most": MOST_ERRORS, "large": LARGE, "seconds": SECONDS, "mark": mark}
    )
    printed = await seen.ask(("node", "-e", script, asked), {})
    line = next((one for one in printed.splitlines() if one.startswith(mark)), "")
    try:
        told = json.loads(line.removeprefix(mark) or "[]")
    except ValueError:
        return []
    return [one for one in told if isinstance(one, dict)]


def _findings(seen: Seen, error: Mapping[str, Any]) -> list[Finding]:
    """Nothing where the compiler, which is a package of the project, told something of another shape."""
    try:
        return list(_meant(seen, error))
    except (AttributeError, TypeError, ValueError):
        return []


def _meant(seen: Seen, error: Mapping[str, Any]) -> Iterator[Finding]:
    for fix in error.get("fixes", ()):
        changes = fix.get("changes", ())
        if fix.get("name") not in MEANT or len(changes) != 1:
            continue
        path = seen.place(str(changes[0].get("file")))
        text = seen.text(path) if path is not None else None
        edits = [_edit(text, *edit) for edit in changes[0].get("edits", ())] if text is not None else []
        if path is not None and edits and None not in edits:
            how = re.sub(r"\s+", " ", str(fix.get("how")))
            yield Finding(
                path, tuple(e for e in edits if e), _words(how), f"TypeScript: {error.get('message')}"
            )


def _edit(text: str, start: int, was: str, new: str) -> Edit | None:
    """The place of an edit whose start is counted in UTF-16; None where the text there is another one."""
    at = at_utf16(text, start)
    return Edit(at, at + len(was), new) if text[at : at + len(was)] == was else None


def _words(how: str) -> str:
    return how[:1].lower() + how[1:]
