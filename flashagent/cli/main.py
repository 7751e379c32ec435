"""From arguments to one command, and from its errors to an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping

from flashagent.cli.commands import COMMANDS
from flashagent.errors import ExitCode, FlashagentError, NotWritten
from flashagent.frontends.tui.splash import Splash

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

USAGE = "usage: flashagent [COMMAND] [OPTIONS]   (no command: the terminal app)"


def run(argv: list[str], environ: Mapping[str, str], splash: Splash | None = None) -> int:
    """The exit code of the command. Errors that are expected become a message and a hint on stderr; a bug of ours
    becomes a report file and exit code 70. `splash` is left before anything is said."""
    _pass_over_warnings()
    try:
        code = _code(argv, environ, splash or Splash())
        sys.stdout.flush()
        return code
    except FlashagentError as error:
        from flashagent.untrusted import sanitize

        print(
            sanitize(f"flashagent: {error.message}"),
            *([sanitize(error.hint)] if error.hint else []),
            sep="\n  ",
            file=sys.stderr,
        )
        return error.exit_code
    except KeyboardInterrupt:
        print("flashagent: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except NotWritten as lost:
        return not_written(lost.cause) or lost.exit_code
    except BrokenPipeError as error:
        return not_written(error)
    except Exception as error:
        # Of a write without a file's name the output alone is left: each other one says which file it was.
        if isinstance(error, OSError) and error.filename is None and error.errno in _FULL:
            return not_written(error)
        return _report_bug(environ)


def _pass_over_warnings() -> None:
    """Parsing a file of the project may warn of its code; on the terminal that would look like something of ours."""
    if not sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore", SyntaxWarning)


def help_text() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {entry.summary}" for name, entry in COMMANDS.items()]
    return "\n".join(
        [
            USAGE,
            "",
            *lines,
            "",
            "`flashagent help COMMAND` tells the options of a command; --version the version.",
        ]
    )


def _code(argv: list[str], environ: Mapping[str, str], splash: Splash) -> int:
    try:
        return _dispatch(argv, environ, splash)
    except SystemExit as end:  # how the parser of options ends; its text may still wait to be written
        return end.code if isinstance(end.code, int) else ExitCode.OK


def _dispatch(argv: list[str], environ: Mapping[str, str], splash: Splash) -> int:
    if argv[:1] == ["help"] and argv[1:]:
        argv = [argv[1], "--help"]
    if argv and argv[0] in ("-h", "--help", "help"):
        print(help_text())
        return ExitCode.OK
    if not argv or argv[0].startswith("-"):
        from flashagent.cli.app import open_app

        try:
            return open_app(argv, environ, splash)
        finally:
            splash.leave()
    entry = COMMANDS.get(argv[0])
    if entry is None:
        return _unknown(argv[0])
    from importlib import import_module

    code: int = import_module(entry.module).run(argv[1:], environ)
    return code


def _unknown(name: str) -> int:
    from difflib import get_close_matches

    near = get_close_matches(name, COMMANDS, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else " `flashagent --help` lists the commands."
    print(f"flashagent: there is no command {name!r}.{hint}", file=sys.stderr)
    return ExitCode.USAGE


def not_written(error: OSError) -> int:
    """The exit code when the output takes no more: said, unless its reader has just gone."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - what is left in the old one cannot be written at exit either
    if isinstance(error, BrokenPipeError):
        sys.stderr = sys.stdout  # it may have had the same reader
        return ExitCode.OK
    print(f"flashagent: The output cannot be written: {error.strerror}.", file=sys.stderr)
    return ExitCode.USAGE


def _report_bug(environ: Mapping[str, str]) -> int:
    import traceback
    from pathlib import Path

    from flashagent.folders import Folders
    from flashagent.untrusted import sanitize

    text = traceback.format_exc()
    path: Path | str = Folders.of(environ).state / "crash.txt"
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        Path(path).write_text(text, encoding="utf-8")
    except OSError:
        print(text, file=sys.stderr)
        path = "the lines above"
    last = sanitize(text.strip().splitlines()[-1])
    print(f"flashagent: a bug of ours: {last}\n  The report is in {path}.", file=sys.stderr)
    return ExitCode.INTERNAL
