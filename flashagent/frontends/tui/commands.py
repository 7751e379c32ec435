"""The slash commands: what they are called, who carries them out, and what the help says. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Literal

from flashagent.dataclass import dataclass
from flashagent.frontends.tui.controller import OwnCommand

_WIDEST = 26


@dataclass(frozen=True, slots=True)
class Command:
    """`by` says who carries it out: the `app` itself, at any moment, or the `controller`, which does one thing at a time."""

    summary: str
    usage: str = ""
    by: Literal["app", "controller"] = "controller"


COMMANDS: Mapping[str, Command] = {
    "/fix": Command("repair the repository until its check passes", "[GOAL]"),
    "/ask": Command("an answer about the code; nothing is changed", "QUESTION"),
    "/plan": Command("a plan for a goal, to look at first", "GOAL"),
    "/explain": Command("what a stack trace or a log means here", "TEXT"),
    "/check": Command("run the checks and show what fails"),
    "/findings": Command("what the changed files brought, or repair one", "[NUMBER]"),
    "/diff": Command("what this session changed; last: the last change alone", "[last]"),
    "/apply": Command("apply what the last job found and left to you", "[NUMBER]"),
    "/undo": Command("take back the last change, or all since a turn", "[TURN]"),
    "/redo": Command("bring back what /undo took away"),
    "/commit": Command("commit what flashagent changed, after a look", "[MESSAGE]"),
    "/describe": Command("words for a commit, or for a pull request", "[pr] [REVS]"),
    "/map": Command("files and symbols that matter for a text", "[QUERY]"),
    "/add": Command("keep a file in the model's view, or list them", "[PATH]"),
    "/drop": Command("let go of a file that was added", "PATH"),
    "/resume": Command("go on with an earlier session, or list them", "[ID]"),
    "/fork": Command("go on from an earlier turn, as a new session", "[TURN]"),
    "/compare": Command("two sessions: what each changed and cost", "ID [ID]"),
    "/compact": Command("shorten the conversation to what matters"),
    "/memory": Command("what is remembered here; with TEXT, one more", "[TEXT]"),
    "/model": Command("show the model, or ask another one from now on", "[NAME]"),
    "/mode": Command("what needs a question: read-only, ask or auto", "[MODE]", "app"),
    "/effort": Command("how hard to think: low, medium, high or auto", "[LEVEL]"),
    "/budget": Command("tokens, money, time: used, allowed, or set one", "[LIMIT NUMBER]"),
    "/sandbox": Command("what protects you from commands that run"),
    "/doctor": Command("check git, sandbox, settings and model"),
    "/setup": Command("name an endpoint, its key and a model", by="app"),
    "/export": Command("write the transcript to a new Markdown file", "FILE", "app"),
    "/clear": Command("empty the screen; the conversation goes on", by="app"),
    "/theme": Command("show the themes, or use another one", "[NAME]", "app"),
    "/keys": Command("show the keys, or give one to another key", "[ID KEY]", "app"),
    "/help": Command("show this, or say more about one command", "[COMMAND]", "app"),
    "/quit": Command("leave", by="app"),
}
_MORE: Mapping[str, str] = {
    "/fix": "Works in a copy of your tree, with or without a model, and writes your files once, at the end, when the check "
    "passes. Not fixed: your files are as they were.",
    "/ask": "A turn of this conversation in which every edit and every command is refused.",
    "/plan": "The plan stands in the panel (F2); Enter there carries it out. Nothing is changed before.",
    "/apply": "A patch that is not sure enough is not applied unasked: it is kept, and you choose. `flashagent apply --last` does "
    "the same outside of the app.",
    "/undo": "Only files that flashagent wrote are touched. If one of them was changed since, nothing is done. With the number of "
    "a turn all files go back to what they were before it; /undo then goes back to now.",
    "/commit": "Commits the files that flashagent has written since the last commit, with your identity and your hooks. What "
    "else you have staged stays staged. Without MESSAGE it is named after the files.",
    "/findings": "Errors, callers of changed signatures, security patterns, likely mistakes and grown complexity, found without "
    "a model. A NUMBER asks the model to repair that one. The last tab of the panel (F2) shows them after every save.",
    "/add": "The file goes to the model whole with your next prompt, and again when it has changed.",
    "/resume": "The transcript comes back up to the last step that was recorded, and the model remembers it. Your files stay as "
    "they are.",
    "/fork": "The session up to that turn goes on under a name of its own; the one you fork stays as it is. Your files stay as "
    "they are: /undo TURN brings them back.",
    "/model": "The name goes to the endpoint of your settings. It lasts until you leave; `flashagent config set "
    "model_settings.model NAME` keeps it.",
    "/budget": "LIMIT is tokens, requests, money (US dollars) or minutes, for each turn from now on; money is for all of them.",
    "/clear": "The model still knows what was said. /export first keeps the transcript.",
    "/check": "Runs in the sandbox on a copy of your tree. F2 shows the results beside the transcript.",
    "/keys": "KEY is written as ctrl+k, f5, alt+up; several with commas. It is kept in your settings.",
    "/theme": "It is kept in your settings.",
}


def split(text: str) -> tuple[str, str]:
    """The command and its argument."""
    name, _, argument = text.partition(" ")
    return name.lower(), argument.strip()


class Book:
    """All commands: ours, and those that the user made."""

    def __init__(self, own: Mapping[str, OwnCommand] | None = None) -> None:
        mine = {
            name: Command(one.summary, one.usage) for name, one in (own or {}).items() if name not in COMMANDS
        }
        self.all: Mapping[str, Command] = {**COMMANDS, **mine}

    def unknown(self, name: str) -> str:
        """One sentence about a command that does not exist."""
        near = get_close_matches(name, self.all, n=1)
        return f"There is no {name}." + (
            f" Did you mean {near[0]}?" if near else " /help lists the commands."
        )

    def help_text(self) -> str:
        """All commands, a line each."""
        lines = table({f"{name} {one.usage}".strip(): one.summary for name, one in self.all.items()})
        return f"{lines}\n\n!CMD runs a command, @ completes names. All else is said to the model."

    def more_about(self, name: str) -> str:
        """What there is to say about one command; its name may come without the slash."""
        name = "/" + name.lstrip("/").lower()
        if name not in self.all:
            return self.unknown(name)
        one = self.all[name]
        said = f"{name} {one.usage}".strip() + f": {one.summary}."
        return f"{said}\n{_MORE[name]}" if name in _MORE else said


def table(rows: Mapping[str, str]) -> str:
    """Two columns."""
    width = min(max(map(len, rows)), _WIDEST)
    return "\n".join(f"{name:<{width}}  {said}" for name, said in rows.items())
