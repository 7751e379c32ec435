"""A commit message or the text of a pull request for a change: by rules, or by a model that is shown the change. Nothing is
ever committed here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from flashagent import untrusted
from flashagent.agent.limits import Budget
from flashagent.agent.requests import heard_by_nobody, paid
from flashagent.dataclass import dataclass
from flashagent.diffs import unified_diff, unified_diffs
from flashagent.jobs.house import Models, is_conventional, without_trailers
from flashagent.messages import UserMessage
from flashagent.models.base import ModelRequest
from flashagent.prompts import Prompt
from flashagent.repomap.changed import SymbolChange, symbol_changes
from flashagent.tools.outputs import cut_middle
from flashagent.values import FileChange
from flashagent.verify.tamper import is_test_file

SUBJECT = 72
DIFF_TOKENS, REPLY_TOKENS = 10_000, 1_500
_MOST_FILES, _MOST_SYMBOLS, _STYLE_MESSAGES = 30, 6, 5
_DOCS, _BUILD = (".md", ".rst", ".txt", ".adoc"), (".toml", ".lock", ".cfg", ".ini", ".yml", ".yaml", ".json", ".mod", ".sum", ".gradle", ".cmake")  # fmt: skip
_VERBS = {"added": "add", "removed": "remove", "changed": "change", "signature": "change the signature of"}


@dataclass(frozen=True, slots=True)
class Change:
    """What is described. `unread` are files without text that changed; `secret` says of a path that its content is not to be
    shown; `recent` are the last commit messages, whose style is followed."""

    files: tuple[FileChange, ...]
    unread: tuple[str, ...]
    recent: tuple[str, ...]
    secret: Callable[[str], bool]


def by_rules(change: Change, *, pull_request: bool = False) -> str:
    """Only what the change itself shows: files, definitions, tests; ends with a newline."""
    told = {one.path: _symbols(one, change) for one in change.files}
    subject = _styled(_subject(change, told), change, told)
    lines = _lines(change, told)
    if not pull_request:
        body = "\n".join(lines) if len(lines) > 1 else ""
        return f"{subject}\n\n{body}".strip() + "\n"
    tests = [line for line in lines if is_test_file(line[2:].partition(":")[0])]
    rest = [line for line in lines if line not in tests]
    seen = [
        f"- `{one.symbol.path}`: `{_signature(one.before)}` is now `{_signature(one.after)}`"
        for found in told.values()
        for one in found
        if one.kind == "signature" and not is_test_file(one.symbol.path)
    ]
    gone = [
        f"- `{one.symbol.path}`: `{one.symbol.qualified}` is gone"
        for found in told.values()
        for one in found
        if one.kind == "removed" and not is_test_file(one.symbol.path)
    ]
    parts = [("Changes", rest), ("What callers see", [*seen, *gone]), ("Tests", tests or ["No test was changed."])]  # fmt: skip
    sections = "\n\n".join(f"## {title}\n\n" + "\n".join(found) for title, found in parts if found)
    return f"{subject}\n\n{sections}\n"


async def by_model(
    change: Change,
    models: Models,
    prompt: Prompt,
    budget: Budget,
    mask: Callable[[str], str],
    *,
    pull_request: bool,
) -> str:
    """What the model makes of the diff and of the account by rules; '' when it says nothing of use.

    Raises what a request raises: ModelUnreachable, ModelRefused, LimitReached.
    """
    rules = by_rules(change, pull_request=pull_request)
    nonce = untrusted.new_nonce()
    shown = [one for one in change.files if not change.secret(one.path)]
    diff = cut_middle(untrusted.plain(mask(unified_diffs(shown))) or "(no text)", DIFF_TOKENS)
    style = "\n---\n".join(change.recent[:_STYLE_MESSAGES]) or "(there is no commit yet)"
    text = prompt.fill(
        wanted="the title and text of a pull request, in Markdown" if pull_request else "a commit message",
        style=untrusted.mark(untrusted.plain(mask(style))[:4_000], "recent commit messages", nonce),
        account=untrusted.mark(untrusted.plain(mask(rules)), "account of the change", nonce),
        diff=untrusted.mark(diff, "diff", nonce),
    )
    reply = await paid(
        models.router.flash, budget, ModelRequest((UserMessage(text),), temperature=models.temperature),
        min(REPLY_TOKENS, models.reply_cap), heard_by_nobody,
    )  # fmt: skip
    return tidied(mask(reply.text))


def tidied(said: str) -> str:
    """A model's text as a message: no fence around it, a short first line, no line that signs for a person."""
    lines = without_trailers(untrusted.plain(said)).strip().splitlines()
    if lines and lines[0].startswith("```"):
        lines = lines[1:-1] if lines[-1].startswith("```") else lines[1:]
    if not lines:
        return ""
    subject = lines[0].strip().strip("`*").removeprefix("# ")
    rest = "\n".join(line.rstrip() for line in lines[1:]).strip()
    return f"{_short(subject)}\n\n{rest}".strip() + "\n"


def _symbols(one: FileChange, change: Change) -> tuple[SymbolChange, ...]:
    return () if change.secret(one.path) else symbol_changes(one)


def _subject(change: Change, told: dict[str, tuple[SymbolChange, ...]]) -> str:
    files = [one for one in change.files if not is_test_file(one.path)] or list(change.files)
    moved = _moved(change.files)
    if moved and len(change.files) == 2:
        return f"Rename {moved[0][0]} to {moved[0][1]}"
    found = [one for file in files for one in told[file.path]]
    names = [PurePosixPath(one.path).name for one in files] or list(change.unread)
    where = names[0] if len(names) == 1 else _common(files) or f"{len(names)} files"
    kinds = {(one.before is None, one.after is None) for one in files}
    if not found or len(files) > 3 or not kinds & {(False, False)}:
        verb = {(True, False): "Add", (False, True): "Remove"}.get(next(iter(kinds)), "Change") if len(kinds) == 1 else "Change"  # fmt: skip
        return f"{verb} {', '.join(names) if len(names) <= 3 else where}"
    if all(is_test_file(one.path) for one in files):
        return f"Test {_names(found)}"
    kind = next(
        (kind for kind in ("added", "signature", "changed") if any(one.kind == kind for one in found)),
        "removed",
    )
    chosen = [one for one in found if one.kind == kind]
    return f"{_VERBS[kind][0].upper()}{_VERBS[kind][1:]} {_names(chosen)} in {where}"


def _styled(subject: str, change: Change, told: dict[str, tuple[SymbolChange, ...]]) -> str:
    """With a `type:` before it where most recent messages have one."""
    if sum(map(is_conventional, change.recent)) * 2 <= len(change.recent):
        return _short(subject)
    return _short(f"{_type_of(change, told)}: {subject[0].lower()}{subject[1:]}")


def _type_of(change: Change, told: dict[str, tuple[SymbolChange, ...]]) -> str:
    paths = [*(one.path for one in change.files), *change.unread]
    if all(map(is_test_file, paths)):
        return "test"
    if all(path.lower().endswith(_DOCS) for path in paths):
        return "docs"
    if all(path.lower().endswith(_BUILD) or "." not in PurePosixPath(path).name for path in paths):
        return "build"
    code = [one for path, found in told.items() if not is_test_file(path) for one in found]
    if len(_moved(change.files)) * 2 == len(change.files):
        return "refactor"
    if any(one.kind == "added" for one in code):
        return "feat"
    return "fix" if any(map(is_test_file, paths)) else "refactor"


def _lines(change: Change, told: dict[str, tuple[SymbolChange, ...]]) -> list[str]:
    """One line a file: what happened to it, to which definitions, and how much."""
    moved = dict(_moved(change.files))
    lines = [f"- {old}: renamed to {new}" for old, new in moved.items()]
    for one in change.files:
        if one.path in moved or one.path in moved.values():
            continue
        whole = "new file" if one.before is None else "deleted" if one.after is None else ""
        what = whole or _told(told[one.path]) or "changed"
        added, removed = _size(one)
        lines.append(f"- {one.path}: {what} (+{added} -{removed})")
    lines += [f"- {path}: changed, no text" for path in change.unread]
    more = len(lines) - _MOST_FILES
    return lines if more <= 0 else [*lines[:_MOST_FILES], f"- and {more} files more"]


def _told(found: Sequence[SymbolChange]) -> str:
    groups: dict[str, list[SymbolChange]] = {}
    for one in found:
        groups.setdefault(_VERBS[one.kind], []).append(one)
    return "; ".join(f"{verb} {_names(some)}" for verb, some in groups.items())


def _names(found: Sequence[SymbolChange]) -> str:
    names = list(dict.fromkeys(one.symbol.qualified for one in found))
    more = len(names) - _MOST_SYMBOLS
    return ", ".join(names[:_MOST_SYMBOLS]) + (f" and {more} more" if more > 0 else "")


def _signature(symbol: object) -> str:
    return " ".join(str(getattr(symbol, "signature", "")).split())[:200].replace("`", "'")


def _moved(files: Sequence[FileChange]) -> list[tuple[str, str]]:
    """Files that only changed their path."""
    gone = {one.before: one.path for one in files if one.after is None and one.before}
    return [(gone[one.after], one.path) for one in files if one.before is None and one.after in gone]


def _common(files: Sequence[FileChange]) -> str:
    """The folder that holds all of them, '' for the root."""
    folders = {PurePosixPath(one.path).parent for one in files}
    return next(iter(folders)).as_posix().removeprefix(".") if len(folders) == 1 else ""


def _size(one: FileChange) -> tuple[int, int]:
    lines = unified_diff(one, context=0).split("\n")
    added = sum(line.startswith("+") and not line.startswith("+++ ") for line in lines)
    return added, sum(line.startswith("-") and not line.startswith("--- ") for line in lines)


def _short(subject: str) -> str:
    return subject if len(subject) <= SUBJECT else subject[: SUBJECT - 1].rstrip() + "…"
