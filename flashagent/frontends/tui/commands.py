"""The slash commands: what they are called and what the help says. Pure."""

from __future__ import annotations

from difflib import get_close_matches

COMMANDS: dict[str, str] = {
    "/fix": "[GOAL]  repair the repository until its check passes",
    "/diff": "show what flashagent has changed",
    "/undo": "take back the last change",
    "/help": "show this",
    "/quit": "leave",
}
KEYS: dict[str, str] = {
    "Enter": "send; while something runs, the text steers it",
    "Escape": "interrupt what runs; else clear the prompt",
    "Alt+Enter": "a new line in the prompt",
    "Up Down": "earlier prompts",
    "PgUp PgDn": "scroll, as the mouse wheel does; Ctrl+Home and Ctrl+End go to the ends",
    "Ctrl+C": "interrupt, clear, or leave",
}


def split(text: str) -> tuple[str, str]:
    """The command and its argument."""
    name, _, argument = text.partition(" ")
    return name.lower(), argument.strip()


def unknown(name: str) -> str:
    """One sentence about a command that does not exist."""
    near = get_close_matches(name, COMMANDS, n=1)
    return f"There is no {name}." + (f" Did you mean {near[0]}?" if near else " /help lists the commands.")


def help_text() -> str:
    width = max(map(len, [*COMMANDS, *KEYS]))
    lines = [f"{name:<{width}}  {said}" for name, said in [*COMMANDS.items(), *KEYS.items()]]
    return "\n".join([*lines, "", "Anything else is said to the model."])
