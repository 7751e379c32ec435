"""What a batch is asked for, as plain values. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from flashagent.agent.limits import Limits
from flashagent.dataclass import dataclass
from flashagent.errors import UsageError

SelectorKind = Literal[
    "glob", "symbol", "pattern", "query", "grep", "lint", "failing", "command", "callers", "untested"
]
RuleKind = Literal["ruff", "pattern", "regex", "python", "rename"]
OrderKind = Literal["dependency", "path", "size"]
GROUPS = ("file", "symbol", "folder", "package", "all")
ORDERS: tuple[OrderKind, ...] = ("dependency", "path", "size")
SLOTS = ("path", "paths", "symbol", "line", "message", "folder", "count", "name")
_SLOT = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Selector:
    """One way of finding places: `glob` of files, `symbol` (a wildcard for qualified names), `pattern` (ast-grep's), `query` (tree-sitter's, for files of `language`),
    `grep` (a regular expression for lines), `lint` (ruff codes), `failing` (tests of the check that fail), `command`
    (each line it prints: path, path:line or path:line:message) `callers` of a symbol, or `untested` (functions in the files of a glob that no test
    names, by the map). A pattern's `language` '' takes
    each file's own."""

    kind: SelectorKind
    text: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rewrite that needs no model. `ruff`: the codes in `find`; `pattern`: an ast-grep pattern and its rewrite;
    `regex`: Python's, by lines; `python`: `file.py:function`, called in the sandbox as `function(text, path) -> text`;
    `rename`: the name in `find` becomes `replace`, with all its uses."""

    kind: RuleKind
    find: str
    replace: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """One place that a selector found: a file, or a symbol or line in it, with what was said of it. `check` is the command
    that shows whether this place is done, where it has one of its own (a failing test)."""

    path: str
    symbol: str = ""
    line: int = 0
    message: str = ""
    check: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work. `id` is its place in the batch, four digits or more; `check` is its own command, '' for the
    batch's."""

    id: str
    title: str
    targets: tuple[Target, ...]
    check: str = ""

    @property
    def paths(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(target.path for target in self.targets if target.path))

    def particulars(self) -> str:
        """What was said of these places alone: their symbols and messages."""
        said = dict.fromkeys(text for one in self.targets for text in (one.symbol, one.message) if text)
        return "\n".join(said)

    def slots(self) -> dict[str, str]:
        first = self.targets[0]
        folder = first.path.rpartition("/")[0] or "."
        said = [target.message for target in self.targets if target.message]
        symbols = [target.symbol for target in self.targets if target.symbol]
        return {
            "path": first.path,
            "paths": ", ".join(self.paths),
            "symbol": ", ".join(symbols),
            "line": str(first.line or ""),
            "message": "\n".join(said),
            "folder": folder,
            "count": str(len(self.targets)),
            "name": self.title,
        }


@dataclass(frozen=True, slots=True)
class BatchSpec:
    """The whole job. `group` is one of GROUPS or a number of targets. `item_check` None means the repository's own
    checks, '' none at all; the same for `final_check`. `rivals` says that items which take long are
    tried a second time beside when nothing else is left to do. Limits of 0 tokens mean that no model is asked."""

    name: str
    select: tuple[Selector, ...]
    instruction: str = ""
    exclude: tuple[str, ...] = ()
    group: str = "file"
    item_check: str | None = None
    final_check: str | None = None
    rule: Rule | None = None
    model: str = ""
    item_limits: Limits = field(
        default_factory=lambda: Limits(attempts=2, requests=10, tokens=60_000, seconds=600.0)
    )
    total_tokens: int | None = None
    total_cost: float | None = None
    total_seconds: float | None = None
    jobs: int = 8
    retries: int = 1
    order: OrderKind = "dependency"
    squash: bool = False
    message: str = ""
    branch: str = ""
    tests_may_change: bool = False
    rivals: bool = True

    def __post_init__(self) -> None:
        unknown = sorted(set(_SLOT.findall(self.instruction)) - set(SLOTS))
        if unknown:
            raise UsageError(
                f"The instruction has no slot {{{{{unknown[0]}}}}}.", hint=f"There are: {', '.join(SLOTS)}."
            )

    def instruction_for(self, item: Item) -> str:
        return filled(self.instruction, item.slots())


def filled(text: str, slots: Mapping[str, str]) -> str:
    """Fill `{{name}}` in one pass: what a slot brings in is data and is not filled again."""
    return _SLOT.sub(lambda slot: slots.get(slot[1], slot[0]), text)
