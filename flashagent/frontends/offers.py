"""Patches that a person may take, in lines that every screen shares: what each one changes, and where they differ. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flashagent.frontends.words import clean, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.values import Contrast, PatchOption

MOST_CHANGED = 12  # lines of a patch that are shown in a list
LONGEST_CALL, LONGEST_RESULT = 90, 60


def question(count: int, whole: str = " · d whole diff") -> str:
    """What is asked, in a few words, with the answers that are understood; `whole` tells how to see all of it."""
    if count == 1:
        return f"Apply this patch? y yes{whole} · n no"
    return f"Apply which one? 1 to {count}{whole} · n none"


def choice_keys(count: int) -> str:
    """The single keys that answer; further patches are named by a typed number."""
    return "yn" if count == 1 else "".join(map(str, range(1, min(count, 9) + 1))) + "n"


def introduction(options: Sequence[PatchOption]) -> str:
    if len(options) == 1:
        return "This patch makes the check pass. Nothing but you can say whether it is what was meant:"
    return f"These {len(options)} patches make the check pass, and each does something else. Best first:"


def option_lines(options: Sequence[PatchOption], contrasts: Sequence[Contrast]) -> list[str]:
    """Each patch with its number where there are several, then the calls on which they differ."""
    lines: list[str] = []
    for number, option in enumerate(options, 1):
        mark = f"{number}  " if len(options) > 1 else ""
        lines.append(f"{mark}{one_line(option.how)}  [{one_line(option.confidence)}]")
        lines += [f"     {line}" for line in changed_lines(option.diff)]
    if contrasts:
        lines.append("They differ here; a test of one of these calls would decide:")
        lines += [f"     {line}" for one in contrasts for line in contrast_lines(one)]
    return lines


def contrast_lines(one: Contrast) -> list[str]:
    """The call, what it gives now, and what it gives with each patch; patches that give the same share a line."""
    by_result: dict[str, list[str]] = {}
    for number, result in enumerate(one.answers, 1):
        by_result.setdefault(result, []).append(str(number))
    told = [(f"with {' and '.join(numbers)}", result) for result, numbers in by_result.items()]
    rows = [("now", one.now), *told] if one.now else told
    width = max(len(name) for name, _ in rows)
    head = one_line(one.call, LONGEST_CALL)
    return [head, *(f"  {name:<{width}}  {one_line(result, LONGEST_RESULT)}" for name, result in rows)]


def changed_lines(diff: str) -> list[str]:
    """What a unified diff takes away and adds, without what stays as it is; a line names each further file."""
    lines = list(_changed(clean(diff)))
    left = len(lines) - MOST_CHANGED
    return [*lines[:MOST_CHANGED], *([f"… {left} more lines"] if left > 0 else [])]


def _changed(diff: str) -> Iterator[str]:
    inside, files = False, 0
    for line in diff.splitlines():
        if line.startswith("diff --git "):
            inside, files = False, files + 1
        elif line.startswith("@@"):
            inside = True
        elif not inside and line.startswith("+++ ") and files > 1:
            yield line[4:].removeprefix("b/") + ":"
        elif inside and line.startswith(("+", "-")):
            yield line


def chosen(line: str, count: int) -> int | None:
    """The number of the patch that a typed answer names, 0 for none of them, None for what is no answer."""
    word = line.strip().lower()
    if word in ("n", "no", "none", "0", "q"):
        return 0
    if word in ("y", "yes") and count == 1:
        return 1
    return int(word) if word.isascii() and word.isdigit() and 1 <= int(word) <= count else None
