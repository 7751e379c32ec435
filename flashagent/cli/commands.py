"""The table of commands: a name, a line for the help, and the module that is imported when it is called."""

from __future__ import annotations


class CommandEntry:
    """`module` has `run(argv, environ) -> int` and `build_parser() -> argparse.ArgumentParser`."""

    # By hand: `--help` would wait longer for the standard library's dataclasses than for all else.
    __slots__ = ("module", "summary")

    def __init__(self, summary: str, module: str) -> None:
        self.summary = summary
        self.module = module


COMMANDS: dict[str, CommandEntry] = {
    "fix": CommandEntry("repair the repository until its check passes", "flashagent.cli.fix"),
    "do": CommandEntry("make a change; the check must stay green", "flashagent.cli.do"),
    "ask": CommandEntry("answer a question about the repository; changes nothing", "flashagent.cli.ask"),
    "batch": CommandEntry("one job over many places, many agents at once", "flashagent.cli.batch"),
    "localize": CommandEntry(
        "show the lines that a failing check makes suspicious", "flashagent.cli.localize"
    ),
    "check": CommandEntry("run the checks and the linter; change nothing", "flashagent.cli.check"),
    "watch": CommandEntry("tell at every save what the changed files brought", "flashagent.cli.watch"),
    "docs": CommandEntry("show what an installed name is: signature, text, version", "flashagent.cli.docs"),
    "explain": CommandEntry(
        "find what a stack trace or log means in this repository", "flashagent.cli.explain"
    ),
    "undo": CommandEntry("take back the last change that flashagent made", "flashagent.cli.undo"),
    "redo": CommandEntry("bring back what undo took away", "flashagent.cli.redo"),
    "diff": CommandEntry("show what flashagent changed", "flashagent.cli.diff"),
    "describe": CommandEntry("words for a commit or a pull request", "flashagent.cli.describe"),
    "apply": CommandEntry(
        "land the edits of a model's reply, or a patch that was kept", "flashagent.cli.apply"
    ),
    "map": CommandEntry("show the files and symbols that matter for a text", "flashagent.cli.map"),
    "sandbox": CommandEntry(
        "run a command in the sandbox, or show what protects you", "flashagent.cli.sandbox"
    ),
    "doctor": CommandEntry("check git, the sandbox, the settings and the model", "flashagent.cli.doctor"),
    "config": CommandEntry("show and set settings", "flashagent.cli.config"),
    "trust": CommandEntry("trust a project's settings file", "flashagent.cli.trust"),
    "sessions": CommandEntry(
        "list, show, search, fork and export sessions; their audit", "flashagent.cli.sessions"
    ),
    "report": CommandEntry("a session as one page for a browser", "flashagent.cli.report"),
    "memory": CommandEntry("show and edit what is remembered of this repository", "flashagent.cli.memory"),
    "replay": CommandEntry("show a recorded run again, or compare two", "flashagent.cli.replay"),
    "approvals": CommandEntry("show and take back what you allowed for good", "flashagent.cli.approvals"),
    "cache": CommandEntry("show and clear the cache", "flashagent.cli.cache"),
    "completion": CommandEntry("print a completion script for your shell", "flashagent.cli.completion"),
    "demo": CommandEntry("watch a bug being repaired in a small repository", "flashagent.cli.demo"),
}
