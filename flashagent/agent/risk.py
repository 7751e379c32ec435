"""Say what makes a patch risky, in words. Pure: it reads both sides of the changes and runs nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from flashagent.syntax.parse import definitions
from flashagent.values import FileChange
from flashagent.verify.narrowing import narrowed

MANY_FILES, MANY_LINES = 5, 200
MOST_NAMED = 4


def risks(changes: Sequence[FileChange], is_test: Callable[[str], bool]) -> tuple[str, ...]:
    """The reasons to look at the patch once more before it is kept; none for a small change of one function's body."""
    found: list[str] = []
    if len(changes) > MANY_FILES:
        found.append(f"it changes {len(changes)} files")
    if (lines := sum(map(changed_lines, changes))) > MANY_LINES:
        found.append(f"it changes {lines} lines")
    public = [name for change in changes if not is_test(change.path) for name in _changed_interface(change)]
    if public:
        more = f" and {len(public) - MOST_NAMED} more" if len(public) > MOST_NAMED else ""
        found.append(f"it changes the interface of {', '.join(public[:MOST_NAMED])}{more}")
    if tests := [change.path for change in changes if is_test(change.path) and change.before is not None]:
        found.append(f"it changes the tests in {', '.join(tests[:MOST_NAMED])}")
    return tuple(found)


def changed_lines(change: FileChange) -> int:
    """How many lines stand on one side only, each side's counted; a rough size of the change."""
    before, after = Counter((change.before or "").splitlines()), Counter((change.after or "").splitlines())
    return (before - after).total() + (after - before).total()


def _changed_interface(change: FileChange) -> list[str]:
    """Public definitions that are gone or have another signature; new ones break nobody."""
    if change.before is None:
        return []
    before, after = change.before, change.after or ""
    if change.path.endswith((".py", ".pyi")):
        before, after = narrowed(before, after)
    now = _public(after, change.path)
    return [name for name, signature in _public(before, change.path).items() if now.get(name) != signature]


def _public(text: str, path: str) -> dict[str, str]:
    named = ((symbol.qualified, symbol.signature) for symbol in definitions(text, path))
    return {
        name: signature for name, signature in named if not any(p.startswith("_") for p in name.split("."))
    }
