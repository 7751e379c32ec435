"""What the language servers of a project offer as quick fixes for the errors that they see in the files a red check names."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from flashagent.diagnose.lsp.actions import Complaint, Fix
from flashagent.diagnose.lsp.servers import LanguageServers
from flashagent.repair.quick.foreign import Finding, Seen, line_edits, together
from flashagent.repair.quick.proposal import Proposal
from flashagent.values import FileChange

# Fixes that only silence a server, or that make up what they cannot know.
_GUESSES = re.compile(r"\b(?:ignore|disable|suppress|nolint|create|declare|generate|implement|stub|extract|inline|rename to _|clone)\b", re.IGNORECASE)  # fmt: skip
_PATH = re.compile(r"[^\s:()'\"<>|]+\.\w{1,4}(?=[:(\s]\d|$)", re.MULTILINE)
_NO_FIXES = frozenset({"pyright", "typescript-language-server", "gopls"})
# A server knows nothing of values that are wrong, and a search or a model waits until it has answered.
_TOLD = frozenset({"compile", "import", "syntax"})
_NAMES = frozenset({"NameError", "UnboundLocalError", "AttributeError", "ImportError", "ModuleNotFoundError"})
MOST_FILES, WAIT_S = 5, 20.0


async def proposals(seen: Seen, servers: LanguageServers) -> list[Proposal]:
    """One change of all errors that leave no choice. Servers that are not installed are not asked."""
    groups: list[Sequence[Finding]] = []
    until = time.monotonic() + WAIT_S
    for path in _named(seen) if _may_know(seen) else ():
        if not _helps(servers, path):
            continue
        told = await servers.quick_fixes(seen.project.text, path, wait_s=max(0.0, until - time.monotonic()))
        groups += [list(_findings(seen, one)) for one in told]
    return together(seen, groups)


def _may_know(seen: Seen) -> bool:
    """Is the check red for what can be seen without running anything? A check that names no failure may be."""
    failures = seen.report.failures
    kinds = {one.kind for one in failures} | {one.exception.rpartition(".")[2] for one in failures}
    return not any(one.test_id for one in failures) or bool(kinds & (_TOLD | _NAMES))


def _helps(servers: LanguageServers, path: str) -> bool:
    """Whether there is a server whose fixes the project's own tools do not give: pyright has none for errors, TypeScript
    and gopls are asked themselves."""
    suffix = PurePosixPath(path).suffix
    return any(
        suffix in one.found.kind.languages
        and (one.found.kind.name not in _NO_FIXES or one.found.program.name.startswith("based"))
        for one in servers.servers
    )


def _named(seen: Seen) -> list[str]:
    """The project's own files that the failures or the output name."""
    frames = [
        frame.path
        for failure in seen.report.failures
        for frame in reversed(failure.frames)
        if frame.in_project
    ]
    printed = (seen.place(match[0]) or "" for match in _PATH.finditer(seen.report.output))
    return [path for path in dict.fromkeys((*frames, *printed)) if path and seen.may_change(path)][
        :MOST_FILES
    ]


def _findings(seen: Seen, complaint: Complaint) -> Iterator[Finding]:
    """The fix that the server prefers, or the only one that there is."""
    fixes = [one for one in complaint.fixes if not _GUESSES.search(one.title)]
    chosen = [one for one in fixes if one.preferred] or fixes
    if len(chosen) == 1 and len(chosen[0].texts) == 1:
        yield from _finding(seen, complaint, chosen[0])


def _finding(seen: Seen, complaint: Complaint, fix: Fix) -> Iterator[Finding]:
    path, before, after = fix.texts[0]
    if seen.text(path) == before:
        error = complaint.error
        how = fix.title[:1].lower() + fix.title[1:]
        yield Finding(
            path, line_edits(FileChange(path, before, after)), how, f"{error.source}: {error.message}"
        )
