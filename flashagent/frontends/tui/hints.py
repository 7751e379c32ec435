"""What the prompt is for at the moment, in a few words: work, a question, an answer, a secret. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from flashagent.dataclass import dataclass
from flashagent.frontends.offers import choice_keys, question
from flashagent.frontends.tui.blocks import View
from flashagent.frontends.tui.desk import Asking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import Decision

DECISIONS: Mapping[str, Decision] = {"y": "once", "s": "session", "p": "project", "n": "deny"}


@dataclass(frozen=True, slots=True)
class Hint:
    """What the empty prompt says, and the single keys that are answers now. `answers` says that what is sent is an answer and
    no prompt to come back to, `secret` that it is not shown."""

    text: str
    choices: str = ""
    answers: bool = False
    secret: bool = False


def hint(view: View, asking: Asking | None, *, working: bool, opening: bool) -> Hint:
    if view.options:
        return Hint(question(view.options, ""), choice_keys(view.options))
    if view.question is not None:
        return Hint("y · s · p · n, or why not", "".join(DECISIONS))
    if asking is not None:
        return Hint(asking.hint, asking.choices, not asking.choices, asking.secret)
    if opening:
        return Hint("Type ahead: flashagent is being opened")
    if working:
        return Hint("Escape interrupts; Enter steers, Tab waits for the end")
    return Hint("Ask for something, or /fix, /help")
