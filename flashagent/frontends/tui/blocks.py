"""The blocks of a transcript, and how a view of them changes. Pure.

A view holds only what can still change. Blocks that a step finished are handed over in `finished` and never change again,
so that the work per event does not grow with the transcript.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from flashagent.dataclass import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import ApprovalRequested, ChoiceRequested

BlockKind = Literal[
    "user", "text", "thought", "tool", "check", "focus", "diff", "note", "question", "result", "output"
]
Mark = Literal["", "running", "good", "bad", "warning"]
PROMPT_LINES = 6
OUTPUT_LINES = 10
_OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of the transcript. `title` is one line, safe for a terminal; `text` is as it came. `key` ties later events
    to their block; `done` blocks never change again. `more` is what stands in place of the text when the block is opened."""

    kind: BlockKind
    title: str = ""
    text: str = ""
    mark: Mark = ""
    key: str = ""
    done: bool = False
    more: str = ""

    @property
    def folds(self) -> bool:
        """Whether there is more of it than is shown at first."""
        return bool(self.more) or self.kind == "thought"

    @property
    def whole(self) -> str:
        """All of its text, as it came."""
        return self.more or self.text or self.title


@dataclass(frozen=True, slots=True)
class View:
    """`finished` holds the blocks that the last event closed, in order; `open` those that may still change, which stand
    below all finished ones. `doing` says in a few words what goes on, '' when nothing does. `told` is true while work runs
    whose request the user's own words already show; the prompts that the harness makes of them are not shown then. `options` counts the patches that the open question offers, 0 where it
    asks for an approval. `tokens` and `cost` are of the present work, the earlier ones of all
    before it; `share` is that of the most used limit."""

    finished: tuple[Block, ...] = ()
    open: tuple[Block, ...] = ()
    doing: str = ""
    tokens: int = 0
    cost: float | None = None
    estimated: bool = False
    share: float = 0.0
    question: ApprovalRequested | ChoiceRequested | None = None
    options: int = 0
    told: bool = False
    earlier_tokens: int = 0
    earlier_cost: float | None = 0.0

    @property
    def all_tokens(self) -> int:
        return self.earlier_tokens + self.tokens

    @property
    def all_cost(self) -> float | None:
        """None when the price of a part is unknown."""
        if not self.tokens:
            return self.earlier_cost
        return None if self.cost is None or self.earlier_cost is None else self.earlier_cost + self.cost


def with_block(view: View, block: Block) -> View:
    """The view with a finished block that no event told of: an answer to a command, an error of the app."""
    return hand_over(replace(view, open=(*view.open, replace(block, done=True))))


def with_request(view: View, text: str) -> View:
    """The view as the user has just asked for work in these words."""
    view = replace(view, earlier_tokens=view.all_tokens, earlier_cost=view.all_cost, tokens=0, cost=None)
    return replace(with_block(view, Block("user", text=folded(text))), told=True, doing="starting")


def settled(view: View) -> View:
    """The view after all work has ended, however it did: nothing is open any more."""
    return hand_over(replace(ended(view), told=False))


def ended(view: View) -> View:
    """With everything done that is open."""
    return close(replace(view, doing="", question=None, options=0), lambda _: True)


def output_started(view: View, command: str) -> View:
    """With the open block of a command that the user runs."""
    return add(replace(view, doing=command), Block("output", command, mark="running", key=_OUTPUT))


def output_grown(view: View, text: str) -> View:
    """With more of its output; the last lines are shown while it runs."""
    return changed(view, _OUTPUT, lambda block: replace(block, text=tail(block.text + text, OUTPUT_LINES)))


def output_ended(view: View, block: Block) -> View:
    """With what is to stay of it."""
    return hand_over(changed(view, _OUTPUT, lambda _: replace(block, done=True)))


def tail(text: str, lines: int) -> str:
    """The last lines of an output, the running line included."""
    return "\n".join(text[-4000:].split("\n")[-(lines + 1) :])


def add(view: View, *blocks: Block) -> View:
    """With these blocks below all others."""
    return replace(view, open=(*view.open, *blocks))


def changed(view: View, key: str, change: Callable[[Block], Block]) -> View:
    """With the open blocks of this key changed."""
    return replace(
        view,
        open=tuple(change(block) if block.key == key and not block.done else block for block in view.open),
    )


def close(view: View, which: Callable[[Block], bool]) -> View:
    """With these blocks done; what was still running has no mark then."""
    if not any(which(block) and not block.done for block in view.open):
        return view
    done = tuple(
        replace(block, done=True, mark="" if block.mark == "running" else block.mark)
        if which(block)
        else block
        for block in view.open
    )
    return replace(view, open=done)


def hand_over(view: View) -> View:
    """The finished blocks at the head of the open ones leave them; a block never overtakes one that is still open."""
    count = next((i for i, block in enumerate(view.open) if not block.done), len(view.open))
    return replace(view, finished=view.open[:count], open=view.open[count:])


def folded(prompt: str) -> str:
    """The prompt, or the first lines of a long one."""
    lines = prompt.strip().split("\n")
    return capped("\n".join(lines), 3) if len(lines) > PROMPT_LINES else "\n".join(lines)


def capped(text: str, lines: int) -> str:
    """At most so many lines of the text, and how many were left out."""
    kept = text.rstrip("\n").split("\n")
    if len(kept) <= lines:
        return text
    return "\n".join([*kept[:lines], f"… and {len(kept) - lines:,} more lines"])


def middle_out(text: str, lines: int) -> str:
    """At most so many lines of an output, a third from its beginning and the rest from its end, where the outcome stands."""
    kept = text.rstrip("\n").split("\n")
    if len(kept) <= lines:
        return text
    first = lines // 3
    return "\n".join([*kept[:first], f"… {len(kept) - lines:,} lines left out", *kept[first - lines :]])
