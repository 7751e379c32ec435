"""One conversation with a model: its history, its tools, and what bounds it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import field, replace

from flashagent.agent.calls import Approver
from flashagent.agent.compaction import Compactor
from flashagent.agent.effort import Effort
from flashagent.agent.limits import Budget
from flashagent.dataclass import dataclass
from flashagent.messages import Message, SystemMessage, ToolMessage
from flashagent.models.base import ChatModel
from flashagent.ports import Clock
from flashagent.prompts import Prompt
from flashagent.tools.outputs import Outputs
from flashagent.tools.registry import Toolbox


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the job says after a step: `stop` ends the turn, `tell` goes to the model with the tool results."""

    stop: bool = False
    tell: str = ""


OnText = Callable[[str], Awaitable[Ruling]]
WINDOW_PER_REPLY = 4  # a reply takes at most a quarter of the context window
WINDOW_PER_RESULT = 5  # and one tool result a fifth of it
MOST_RESULT_TOKENS = 12_000


@dataclass
class Thread:
    """Its history only grows, so that every request extends the one before it; only a compaction writes it anew.

    `compactor` None: nothing is known of a window, and a request that is too long ends the turn. `text_protocol` is what a
    model is told when it turns out to take no tools; '' where there is no such way. `sum_up` asks the model for its own
    summary before a compaction. `stretch` lengthens the reply cap after a reply was cut.
    `on_text` hears each whole reply without calls, and what it tells goes on as the user's next message.
    """

    model: ChatModel
    tools: Toolbox
    budget: Budget
    approver: Approver
    clock: Clock
    effort: Effort
    history: list[Message]
    temperature: float | None = None
    reply_cap: int = 16_000
    steering: list[str] = field(default_factory=list)
    compactor: Compactor | None = None
    outputs: Outputs = field(default_factory=Outputs)
    text_protocol: str = ""
    text_only: bool = False
    text_tools: Toolbox | None = None
    sum_up: Prompt | None = None
    stretch: int = 1
    on_text: OnText | None = None

    @property
    def wanted_reply(self) -> int:
        """The reply cap to ask for, before the budget is looked at."""
        wanted = min(self.effort.max_output_tokens * self.stretch, self.reply_cap)
        window = self.compactor.window if self.compactor else 0
        return min(wanted, window // WINDOW_PER_REPLY) if window else wanted

    def equip(self, tools: Toolbox) -> None:
        """Give the model its tools; one that is known to take none reaches them by lines of text."""
        if self.text_only:
            self.text_tools = tools
        else:
            self.tools = tools

    def take_tools_away(self) -> None:
        """Go on in plain text: the tools leave the requests, and the system text says how to write edits instead."""
        self.text_only, self.text_tools = True, self.tools
        self.tools = Toolbox.of((), {})
        system = self.history[0]
        assert isinstance(system, SystemMessage)
        self.history[0] = replace(system, text=f"{system.text}\n{self.text_protocol}")

    def shortened(self, message: ToolMessage) -> ToolMessage:
        """The result as the window bears it: head and tail, the whole of it readable by range."""
        window = self.compactor.window if self.compactor else 0
        tokens = min(MOST_RESULT_TOKENS, window // WINDOW_PER_RESULT) if window else MOST_RESULT_TOKENS
        return replace(message, text=self.outputs.fit(message.text, tokens))

    def tell(self, text: str) -> None:
        """Add what the harness has to say to the last tool result: no request of its own, and the history stays valid."""
        last = self.history[-1]
        assert isinstance(last, ToolMessage)
        self.history[-1] = replace(last, text=f"{last.text}\n\n{text}")
