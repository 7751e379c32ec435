"""`flashagent apply`: land the edits of a model's reply from a file or stdin, or a patch that a job kept. All of it lands, or
nothing is written."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from flashagent.cli.apply_kept import FIRST, apply_kept
from flashagent.cli.options import positive_int
from flashagent.cli.parsing import Parser
from flashagent.dataclass import dataclass
from flashagent.edits.reply import ReplyResult, plan_reply
from flashagent.edits.values import FORMATS, Planned, Refusal
from flashagent.errors import ExitCode, UsageError, WorkspaceError
from flashagent.folders import Folders
from flashagent.untrusted import sanitize
from flashagent.values import FileChange
from flashagent.workspace.checkpoints import Checkpoints
from flashagent.workspace.journal import Workspace
from flashagent.workspace.plain import open_work_tree
from flashagent.workspace.recovery import recover_all

_MAX_REPLY_CHARACTERS = 16_000_000


def build_parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="flashagent apply",
        description="Land the edits of a model's reply, or a patch that `fix` found and did not apply: all of it, or nothing.",
        epilog="Exit status: 0 applied, 1 refused (nothing written), 2 wrong usage.",
    )
    add = parser.add_argument
    add("file", nargs="?", default="-", metavar="FILE", help="the reply; - reads it from stdin (default)")
    add("--format", choices=("auto", *FORMATS), default="auto", metavar="F",
        help=f"auto, {', '.join(FORMATS)} (auto)")  # fmt: skip
    add("--last", nargs="?", type=positive_int, const=FIRST, metavar="N",
        help="apply what the last job found and did not apply; N where it found several")  # fmt: skip
    add("--check", action="store_true", help="write nothing, only say whether it would land")
    add("--json", action="store_true", help="one JSON object on stdout")
    return parser


def run(argv: list[str], environ: Mapping[str, str]) -> int:
    parser = build_parser()
    args = parser.parse_args(argv)
    if args.last is not None:
        if args.file != "-" or args.format != "auto":
            parser.error("--last takes a patch that is kept: leave out FILE and --format")
        with _place(Path.cwd(), environ) as place:
            return apply_kept(
                args.last,
                place.patches,
                place.workspace,
                place.checkpoints,
                check=args.check,
                as_json=args.json,
            )
    reply = _reply(args.file)
    with _place(Path.cwd(), environ) as place:
        result, changes = _planned(reply, args.format, place.paths, _reader(place.workspace))
        if result.ok and not args.check:
            try:
                place.write(changes)
            except WorkspaceError as error:
                result = ReplyResult(False, refusals=(Refusal(None, 0, "unreadable", str(error)),))
    if args.json:
        print(result.to_json())
    else:
        _tell(result, changes, check=args.check)
    return ExitCode.OK if result.ok else ExitCode.NOT_FIXED


def _reply(name: str) -> str:
    """The reply's text, with whatever line ends it has. Raises UsageError when it cannot be read."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        raise UsageError(
            f"{name} cannot be read: {error.strerror}.", hint="Name a file, or - for stdin."
        ) from error
    if len(data) > _MAX_REPLY_CHARACTERS:
        raise UsageError(
            f"The reply is larger than {_MAX_REPLY_CHARACTERS} bytes.", hint="Send less at once."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{name} is not UTF-8 text (byte {error.start}).", hint="Convert it first."
        ) from error


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reply lands. A checkpoint is taken first, so that `flashagent undo` takes it back. `patches` is the folder of
    those that jobs kept."""

    workspace: Workspace
    paths: Sequence[str]
    checkpoints: Checkpoints
    patches: Path

    def write(self, changes: Sequence[FileChange]) -> None:
        self.checkpoints.take("before the reply")
        self.workspace.apply(changes)


@contextmanager
def _place(here: Path, environ: Mapping[str, str]) -> Iterator[Place]:
    """The repository around the folder, or the folder itself outside git."""
    folders = Folders.of(environ)
    with open_work_tree(here, folders.state, environ) as repository:
        root = repository.root
        state = folders.of_repository(root)
        checkpoints = Checkpoints(repository, state)
        workspace = Workspace(root, state, closed=repository.submodules(), before_write=checkpoints.watch)
        for told in recover_all(repository, workspace, checkpoints, state).told:
            print(sanitize(f"flashagent: {told}"), file=sys.stderr)
        yield Place(workspace, repository.files(), checkpoints, state / "patches")


def _reader(workspace: Workspace) -> Callable[[str], str | None]:
    """Texts of the work tree; None where nothing or a folder is. Links and odd files are read, and so refused, by name."""

    def read(path: str) -> str | None:
        place = workspace.root / path
        try:
            if not place.is_symlink() and (not place.exists() or place.is_dir()):
                return None
        except OSError as error:
            raise WorkspaceError(f"{path} cannot be looked at: {error.strerror}.") from error
        return workspace.read(path)

    return read


def _planned(
    reply: str, form: str, paths: Sequence[str], read: Callable[[str], str | None]
) -> tuple[ReplyResult, Sequence[FileChange]]:
    outcome = plan_reply(read, paths, reply, form)
    if not isinstance(outcome, Planned):
        return ReplyResult(False, refusals=outcome.refusals), ()
    return ReplyResult(True, {change.path: change.after for change in outcome.changes}), outcome.changes


def _tell(result: ReplyResult, changes: Sequence[FileChange], *, check: bool) -> None:
    """The outcome for a person: changed paths on stdout, refusals with the lines as they are on stderr."""
    for change in changes if result.ok else ():
        word = "delete" if change.after is None else "create" if change.before is None else "change"
        print(sanitize(f"would {word} {change.path}" if check else f"{word}d {change.path}"))
    for refusal in result.refusals:
        where = f"{refusal.path}: " if refusal.path else ""
        number = f"edit {refusal.edit}: " if refusal.edit else ""
        print(sanitize(f"flashagent: {where}{number}{refusal.message} [{refusal.reason}]"), file=sys.stderr)
        if refusal.nearest is not None:
            lines = enumerate(refusal.nearest.text.split("\n"), refusal.nearest.start)
            print("\n".join(sanitize(f"{number:>6}| {line}") for number, line in lines), file=sys.stderr)
    if result.refusals:
        print("flashagent: nothing was written", file=sys.stderr)
