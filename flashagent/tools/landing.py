"""Land the edits of a reply: plan them against what is on disk, check them, write them as one unit, tell everyone.

Nothing of a refused patch is written. What the model was shown and what each file was at the start are remembered,
so that a stale edit can be named as such and the sum of all changes is always at hand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from flashagent.dataclass import dataclass
from flashagent.diffs import unified_diffs
from flashagent.edits.apply import plan
from flashagent.edits.teach import taught_whole
from flashagent.edits.values import Edit, Planned, Refusal, Refused
from flashagent.errors import FlashagentError, NoSuchFile, WorkspaceError
from flashagent.events import EditRejected, Emit
from flashagent.secrecy import MASK
from flashagent.tools.guarded import Guard
from flashagent.tools.tree import Inspect, Tree, announce, no_inspection
from flashagent.values import Diagnostic, FileChange

PermitText = Callable[[Sequence[str]], Awaitable[str]]
LARGEST_TEXT = 1_000_000  # characters of one file; more could not be read back


@dataclass(frozen=True, slots=True)
class Landed:
    """What is on disk now."""

    changes: tuple[FileChange, ...]


class Landing:
    """`paths` lists the files that a short path in a reply may mean; `inspect` lints what was written when `problems` is
    asked for. Changes are announced only where the tree is the user's own, not a candidate."""

    def __init__(
        self,
        tree: Tree,
        paths: Callable[[], Sequence[str]],
        emit: Emit,
        inspect: Inspect = no_inspection,
        *,
        guard: Guard | None = None,
        announce: bool = True,
    ) -> None:
        self._guard = guard or Guard()
        self._announce = announce
        self.permit_text: PermitText | None = None  # '' or why edits written as plain text may not land
        self.refused = 0
        self.shown: dict[str, str] = {}
        self._tree = tree
        self._paths = paths
        self._emit = emit
        self._inspect = inspect
        self._originals: dict[str, str | None] = {}
        self._now: dict[str, str | None] = {}
        self._unlinted: dict[str, str | None] = {}

    def read(self, path: str) -> str | None:
        """The text on disk, None when there is no such file. Raises WorkspaceError for what may not be read: what holds
        secrets by its own name, whatever links lead to it."""
        if self._guard.is_secret(path, self._tree.real(path)):
            raise WorkspaceError(
                f"{path} holds secrets by its name; it is not shown unless the user names it."
            )
        try:
            return self._tree.read(path)
        except NoSuchFile:
            return None

    def readable(self, path: str) -> str | None:
        """As `read`, but what may not be read counts as absent."""
        try:
            return self.read(path)
        except FlashagentError:
            return None

    def show(self, path: str, text: str) -> None:
        """Remember that the model has seen this text of the file."""
        self.shown[path] = text

    async def land(self, edits: Sequence[Edit]) -> Landed | Refused:
        try:
            outcome = plan(self.read, self._paths(), edits, shown=self.shown)
        except WorkspaceError as error:
            outcome = _conflict(error)
        if isinstance(outcome, Planned):
            written = self._write(outcome.changes)
            if isinstance(written, Landed):
                return written
            outcome = written
        return self._refused(outcome)

    def refuse_reply(self, refusal: Refusal, reply: str) -> Refused:
        """Tell everyone that a whole reply was refused (cut off, malformed), with the current lines of the file that it
        named last."""
        try:
            refusal = taught_whole(refusal, reply, self.read, self._paths())
        except WorkspaceError as error:
            return self._refused(_conflict(error))
        return self._refused(Refused((refusal,)))

    def _refused(self, outcome: Refused) -> Refused:
        self.refused += 1
        for refusal in outcome.refusals:
            nearest = refusal.nearest.text if refusal.nearest else ""
            self._emit(EditRejected(refusal.path or "", refusal.message, nearest))
        return outcome

    async def problems(self) -> tuple[Diagnostic, ...]:
        """What a linter says that was caused by all that was written since this was asked last. Slow beside a landing, so
        that it is best asked while the checks run."""
        texts, self._unlinted = self._unlinted, {}
        net = (FileChange(path, before, self._now[path]) for path, before in texts.items())
        changes = tuple(change for change in net if change.before != change.after)
        return tuple(await self._inspect(changes)) if changes else ()

    def _write(self, planned: tuple[FileChange, ...]) -> Landed | Refused:
        try:
            # By their real paths: those are looked at by all who judge a patch.
            changes = tuple(replace(change, path=self._tree.real(change.path)) for change in planned)
        except WorkspaceError as error:
            return _conflict(error)
        if refusals := tuple(filter(None, map(self._objection, changes))):
            return Refused(refusals)
        try:
            # Not in a thread: once begun, no cancellation may part the bytes from their event.
            self._tree.apply(changes)
        except WorkspaceError as error:
            return _conflict(error)
        for given, change in zip(planned, changes, strict=True):
            self._originals.setdefault(change.path, change.before)
            self._unlinted.setdefault(change.path, change.before)
            self._now[change.path] = change.after
            if change.after is not None:
                self.shown[change.path] = self.shown[given.path] = change.after
            if self._announce:
                announce(change, self._emit)
        return Landed(changes)

    def changes(self) -> tuple[FileChange, ...]:
        """The sum of all that landed, against the state at the start; files that are as they were are left out. It is
        what was landed, whatever a command did to the tree since."""
        now = ((path, before, self._now[path]) for path, before in sorted(self._originals.items()))
        return tuple(FileChange(path, before, after) for path, before, after in now if before != after)

    def put_back(self, changes: Sequence[FileChange]) -> None:
        """Undo these of `changes()` on disk. Raises WorkspaceError when a file is not as the change left it."""
        self._tree.apply([FileChange(change.path, change.after, change.before) for change in changes])
        self._now.update({change.path: change.before for change in changes})

    def _objection(self, change: FileChange) -> Refusal | None:
        """Why this change may not land at all, however well it fits."""
        if self._guard.acts_outside(change.path):
            message = (
                f"{change.path} takes effect outside the sandbox or holds secrets, so it is left to the user. "
                "Reach the goal without it; the user allows it by naming the path."
            )
            return Refusal(change.path, 0, "forbidden_path", message)
        if self._guard.would_write_mask(change.before, change.after):
            message = f"{MASK} in {change.path} stands for a value that you are not shown. Leave such lines as they are."
            return Refusal(change.path, 0, "conflict", message)
        if change.after is not None and len(change.after) > LARGEST_TEXT:
            return Refusal(
                change.path, 0, "conflict", f"{change.path} would be larger than {LARGEST_TEXT:,} characters."
            )
        return None

    def diff(self) -> str:
        return unified_diffs(self.changes())


def _conflict(error: WorkspaceError) -> Refused:
    return Refused((Refusal(None, 0, "conflict", str(error)),))


async def land_text(reply: str, landing: Landing, emit: Emit) -> tuple[bool, str]:
    """Land the edits that a model wrote as plain text: whether any are on disk now, and what is wrong with them."""
    from flashagent.edits.formats import parse_reply  # for models without tools: all formats take 8 ms

    parsed = parse_reply(reply)
    if isinstance(parsed, Refusal):
        return False, refusal_text(landing.refuse_reply(parsed, reply))
    if not parsed.edits:
        return False, ""
    if landing.permit_text and (why := await landing.permit_text(sorted({e.path for e in parsed.edits}))):
        return False, f"Nothing was written. {why}"
    outcome = await landing.land(parsed.edits)
    return (False, refusal_text(outcome)) if isinstance(outcome, Refused) else (True, "")


def refusal_text(refused: Refused) -> str:
    """What a model is told of a refusal: which edit, why, and the lines as they are now."""
    lines = ["Nothing was written."]
    for refusal in refused.refusals:
        edit = f"Edit {refusal.edit}" if refusal.edit else "The reply"
        where = edit + (f" ({refusal.path})" if refusal.path else "")
        lines.append(f"{where}: {refusal.message}")
        if refusal.nearest:
            region = refusal.nearest
            lines.append(f"Current lines {region.start}-{region.end}:\n{region.text}")
    return "\n".join(lines)
