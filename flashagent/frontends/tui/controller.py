"""What the app can ask for. `compose` builds the real one, a test a scripted one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Protocol

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.blocks import Block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from flashagent.events import Decision, Emit


@dataclass(frozen=True, slots=True)
class Facts:
    """What the status line shows about the surroundings. `model` '' means offline; `sandbox` is the tier in words; `mode` and
    `effort` are shown where they differ from the usual. `used` is the share of the context window that is taken, None
    while it is unknown."""

    folder: str = ""
    branch: str = ""
    model: str = ""
    sandbox: str = ""
    mode: str = ""
    effort: str = ""
    used: float | None = None


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the user has settled about the app. `keys` maps ids of keys to Textual's names of keys; work that took longer
    than `bell_after_s` rings when it ends, 0 never rings. Without `watch` nothing looks at changed files."""

    theme: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    bell_after_s: float = 10.0
    watch: bool = True


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """A command that the user made of a Markdown file. `usage` names what it wants to be given."""

    summary: str
    usage: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command says. With `confirm` nothing was done yet: the block shows what would be, `confirm` asks for it, and
    the same command is carried out when it is called with `confirmed`. `transcript` is an earlier session that was opened:
    it takes the place of what is on the screen. `plan` is a plan for the panel."""

    block: Block
    confirm: str = ""
    transcript: tuple[Block, ...] | None = None
    plan: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that a command can be given, and what it is."""

    value: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Something about a line of a changed file. `request` is what an agent is told to repair it."""

    path: str
    line: int
    kind: str
    message: str
    request: str


class Controller(Protocol):
    """One piece of work runs at a time: the app awaits `submit`, `fix`, `command`, `shell` or `take_back` before it asks for
    the next.

    Expected failures are raised as FlashagentError and shown with their hint.
    """

    @property
    def facts(self) -> Facts:
        """As they are now; asked again after each piece of work. Must not block."""
        ...

    @property
    def preferences(self) -> Preferences: ...

    @property
    def own_commands(self) -> Mapping[str, OwnCommand]:
        """The user's own commands by name, with the slash."""
        ...

    @property
    def needs_setup(self) -> bool:
        """Whether this is a first start: no model is configured, and the user has not said to go without."""
        ...

    def opened(self, emit: Emit) -> Sequence[Block]:
        """Called once, first: what has to be said now, with the transcript of a session that is gone on with."""
        ...

    async def submit(self, prompt: str, emit: Emit) -> None:
        """One turn of the session, its events through `emit`; returns when the turn has finished."""
        ...

    async def fix(self, goal: str, emit: Emit) -> None:
        """One `fix` job, its events through `emit`; returns after JobFinished."""
        ...

    async def command(self, name: str, argument: str, emit: Emit, *, confirmed: bool = False) -> Answer:
        """Carry out one of the commands that `commands.COMMANDS` gives to the controller, or one of the user's own."""
        ...

    async def shell(self, command: str, on_output: Callable[[str], None]) -> Answer:
        """Run a line of the user's in the sandbox, on the user's own files; no model hears of it."""
        ...

    async def names(self) -> Sequence[str]:
        """What `@` can complete to: the files of the repository, then the names that are defined in it."""
        ...

    async def choices(self, command: str) -> Sequence[Choice]:
        """What the command can be given, best first."""
        ...

    async def excerpt(self, path: str, line: int) -> str:
        """About ten numbered lines of a file around one."""
        ...

    async def watch(self, found: Callable[[Sequence[Found]], None]) -> None:
        """Look at what changed since the last commit, again after every save, and say each time all that there is; until it is
        cancelled. Beside everything else, asks no model, and does nothing while nothing changes."""
        ...

    async def take_back(self, path: str, hunk: str, number: int, emit: Emit) -> None:
        """Undo one hunk (its text, and its number in the diff of the file) of what was written. FileChanged then tells what is
        left of the change. Raises WorkspaceError, with nothing changed, when the file no longer holds it."""
        ...

    def tell_later(self, text: str) -> None:
        """Say this to the model together with the next prompt."""
        ...

    def remembered(self) -> Sequence[str]:
        """What was sent in earlier sessions here, oldest first."""
        ...

    def remember(self, text: str) -> None:
        """Keep what was sent for later sessions."""
        ...

    def save(self, file: str, text: str) -> str:
        """Write a new file that the user named; says where it is. Never writes over one that is there."""
        ...

    def prefer(self, name: str, value: str) -> str:
        """Keep a preference ('theme', or the id of a key) for later sessions; says where."""
        ...

    def set_up(self, base_url: str, key: str, model: str) -> str:
        """Use this endpoint from now on and keep it; says where the key is. Raises UsageError, with nothing written, where the
        key would get into a repository."""
        ...

    def choose_mode(self, wanted: str) -> Block:
        """Use this approval mode from now on, also for what runs ('next': the next one; '': only show them), and say so."""
        ...

    def steer(self, text: str) -> bool:
        """Say something to the work that is running; False when nobody there would hear it."""
        ...

    def interrupt(self) -> None:
        """End the running work now; it then returns soon. Harmless when nothing runs."""
        ...

    def answer(self, call_id: str, decision: Decision, reason: str) -> None:
        """Answer an ApprovalRequested."""
        ...

    def choose(self, call_id: str, chosen: int) -> None:
        """Answer a ChoiceRequested: a number from 1, or 0 for none."""
        ...

    async def close(self) -> None:
        """Let go of everything; the app calls it once, last."""
        ...
