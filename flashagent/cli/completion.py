"""`flashagent completion`: a completion script for bash, zsh or fish, made from the commands' own parsers."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping

from flashagent.cli.parsing import Parser
from flashagent.dataclass import dataclass
from flashagent.errors import ExitCode

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Words:
    """What can follow one command: `options` and `actions` (sub-commands or fixed words), each with its help."""

    summary: str
    options: tuple[tuple[str, str], ...] = ()
    actions: tuple[tuple[str, str], ...] = ()


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(prog="flashagent completion", description="Print a completion script for your shell.")
    parser.add_argument("shell", choices=SHELLS, help='bash: eval "$(flashagent completion bash)"')
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    from flashagent.cli.commands import COMMANDS

    args = build_parser().parse_args(argv)
    table = {name: words_of(entry.module, entry.summary) for name, entry in COMMANDS.items()}
    print(script(args.shell, table, words_of("flashagent.cli.app", "")), end="")
    return ExitCode.OK


def words_of(module: str, summary: str) -> Words:
    """Read a command's `OPTIONS`, or else its parser. A command that has neither takes files."""
    command = importlib.import_module(module)
    if hasattr(command, "OPTIONS"):
        return Words(summary, tuple((option, "") for option in command.OPTIONS))
    build = getattr(command, "build_parser", None)
    return Words(summary) if build is None else _from_parser(build(), summary)


def _from_parser(parser: argparse.ArgumentParser, summary: str) -> Words:
    options: dict[str, str] = {}
    actions: dict[str, str] = {}
    for action in parser._actions:
        help_text = action.help if action.help and action.help != argparse.SUPPRESS else ""
        options |= dict.fromkeys(action.option_strings, help_text)
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, sub in action.choices.items():
                actions[name] = helps.get(name, "")
                options |= dict(_from_parser(sub, "").options)
        elif action.choices and not action.option_strings:
            actions |= dict.fromkeys(map(str, action.choices), help_text)
    return Words(summary, tuple(options.items()), tuple(actions.items()))


def script(shell: str, table: Mapping[str, Words], app: Words) -> str:
    """The whole script. `shell` is one of SHELLS; `app` is what follows `flashagent` without a command."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](table, app)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _cases(table: Mapping[str, Words]) -> str:
    lines = []
    for name, words in table.items():
        options = " ".join(option for option, _ in words.options)
        actions = " ".join(action for action, _ in words.actions)
        lines.append(f"    {name}) options={_quoted(options)}; actions={_quoted(actions)} ;;")
    return "\n".join(lines)


def _bash(table: Mapping[str, Words], app: Words) -> str:
    start = " ".join(("--version", *(option for option, _ in app.options)))
    return f"""# flashagent completion for bash
_flashagent() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" options={_quoted(start)} actions=''
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "{" ".join(table)} $options" -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{_cases(table)}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
  elif [ -n "$actions" ] && [ "$COMP_CWORD" -eq 2 ]; then
    COMPREPLY=($(compgen -W "$actions" -- "$current"))
  else
    COMPREPLY=($(compgen -f -- "$current"))
  fi
}}
complete -o filenames -F _flashagent flashagent
"""


def _described(pairs: tuple[tuple[str, str], ...]) -> str:
    return " ".join(_quoted(f"{word}:{help_text}") for word, help_text in pairs)


def _zsh(table: Mapping[str, Words], app: Words) -> str:
    commands = _described(tuple((name, words.summary) for name, words in table.items()))
    cases = "\n".join(
        f"    {name}) options=({_described(words.options)}); actions=({_described(words.actions)}) ;;"
        for name, words in table.items()
    )
    return f"""#compdef flashagent
# flashagent completion for zsh
_flashagent() {{
  local -a commands options actions
  commands=({commands})
  if (( CURRENT == 2 )); then
    _describe command commands
    options=({_described(app.options)})
    [[ "$words[CURRENT]" == -* ]] && _describe option options
    return
  fi
  case "$words[2]" in
{cases}
  esac
  if [[ "$words[CURRENT]" == -* ]]; then
    _describe option options
  elif (( CURRENT == 3 && $#actions )); then
    _describe action actions
  else
    _files
  fi
}}
compdef _flashagent flashagent
"""


def _fish(table: Mapping[str, Words], app: Words) -> str:
    lines = ["# flashagent completion for fish", *_fish_options("__fish_use_subcommand", app)]
    for name, words in table.items():
        lines.append(
            f"complete -c flashagent -n __fish_use_subcommand -f -a {name} -d {_quoted(words.summary)}"
        )
        seen = f"__fish_seen_subcommand_from {name}"
        lines += _fish_options(seen, words)
        for action, help_text in words.actions:
            lines.append(f"complete -c flashagent -n {_quoted(seen)} -a {action} -d {_quoted(help_text)}")
    return "\n".join(lines) + "\n"


def _fish_options(condition: str, words: Words) -> list[str]:
    return [
        f"complete -c flashagent -n {_quoted(condition)} {kind} -d {_quoted(help_text)}"
        for option, help_text in words.options
        for kind in [f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"]
    ]
