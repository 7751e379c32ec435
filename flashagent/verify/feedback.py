"""The smallest true description of what is wrong: about ten lines per failure, equal ones told once. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from flashagent.dataclass import dataclass
from flashagent.values import CheckReport, Failure, Frame
from flashagent.verify import verdict
from flashagent.verify.tamper import is_test_file

ReadSource = Callable[[str], str | None]
_MAX_LINE = 200
_MESSAGE_LINES = 4
_VALUE_LINES = 3
_FRAMES = 4
_OUTPUT_LINES = 3
_VARYING = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Group:
    """Failures that are one and the same: same exception, same message but for its values, same innermost place."""

    failures: tuple[Failure, ...]

    @property
    def first(self) -> Failure:
        return self.failures[0]


def describe(failure: Failure, read_source: ReadSource) -> str:
    """The lines of a failure that matter: what failed, the message with its values, the project's frames with their
    source lines, the innermost last, and what was printed where nothing else tells. `read_source` gives a file's
    present text, None when there is none."""
    lines = [f"{failure.test_id or 'the check'}: {failure.kind}"]
    title = f"{failure.exception}: " if failure.exception else ""
    lines += _message(title + failure.message)
    if failure.expected or failure.actual:
        lines += [*_value("expected: ", failure.expected), *_value("actual:   ", failure.actual)]
    frames = important_frames(failure)
    lines += [_frame(frame, read_source) for frame in frames]
    if failure.details and (not frames or failure.kind in ("exit", "crash", "timeout")):
        lines += [_cut(line) for line in failure.details.splitlines()[-_OUTPUT_LINES:]]
    return "\n".join(lines)


def important_frames(failure: Failure) -> tuple[Frame, ...]:
    """The project's frames, outermost first: the test's own and the innermost ones; where none is the project's,
    the innermost of all."""
    own = [frame for frame in failure.frames if frame.in_project]
    if not own:
        return failure.frames[-1:]
    tests = [frame for frame in own if is_test_file(frame.path)]
    code = [frame for frame in own if not is_test_file(frame.path)]
    chosen = [*tests[-1:], *code[-(_FRAMES - 1) :]]
    places = {(frame.path, frame.line): frame for frame in reversed(own) if frame in chosen}
    return tuple(reversed(places.values()))


def culprit(failure: Failure) -> Frame | None:
    """The innermost frame of the project's own code; a test's only when there is no other."""
    own = [frame for frame in failure.frames if frame.in_project]
    code = [frame for frame in own if not is_test_file(frame.path)]
    return code[-1] if code else own[-1] if own else None


def group(failures: Sequence[Failure]) -> tuple[Group, ...]:
    """Equal failures together, in the order of their first, the largest groups not moved."""
    groups: dict[tuple[str, str, str], list[Failure]] = {}
    for failure in failures:
        frame = culprit(failure)
        place = f"{frame.path}:{frame.line}" if frame is not None else ""
        shape = _VARYING.sub("#", failure.message.partition("\n")[0])
        groups.setdefault((failure.exception or failure.kind, shape, place), []).append(failure)
    return tuple(Group(tuple(members)) for members in groups.values())


def describe_group(one: Group, read_source: ReadSource, *, lines: int = 10) -> str:
    """One failure of the group in at most `lines` lines, and how many others are like it. Its first and last lines stay."""
    told = describe(one.first, read_source).splitlines()
    last = [_cut(_same_way(one))] if len(one.failures) > 1 else []
    room = lines - len(last)
    if len(told) > room:
        told = [*told[: room - 3], "  ...", *told[-2:]]
    return "\n".join(told + last)


def describe_all(failures: Sequence[Failure], read_source: ReadSource, *, lines: int = 12) -> str:
    """The first group in full, each further one as a line; at most `lines` of these lines."""
    groups = group(failures)
    if not groups:
        return ""
    parts = [describe(groups[0].first, read_source)]
    if len(groups[0].failures) > 1:
        parts.append(_same_way(groups[0]))
    parts += [_one_line(one) for one in groups[1 : lines + 1]]
    if len(groups) > lines + 1:
        parts.append(f"... and {len(groups) - lines - 1} more kinds of failure")
    return "\n".join(parts)


def progress(before: CheckReport, after: CheckReport) -> str:
    """What changed between two runs of a check: newly failing first, then still failing, then now passing."""
    compared = verdict.compare(before, after)
    lists = (
        ("newly failing", compared.newly_failing),
        ("not reported any more", compared.disappeared),
        ("skipped now", compared.turned_skipped),
        ("still failing", compared.still_failing),
        ("now passing", compared.fixed),
    )
    lines = [f"{label} ({len(ids)}): {verdict.names(ids)}" for label, ids in lists if ids]
    return "\n".join(lines) or "nothing changed"


def _same_way(one: Group) -> str:
    frame = culprit(one.first)
    place = f" at {frame.path}:{frame.line}" if frame is not None else ""
    return f"{len(one.failures)} tests fail the same way{place}: {verdict.names([f.test_id for f in one.failures])}"


def _one_line(one: Group) -> str:
    first = one.first
    if len(one.failures) > 1:
        return _cut(f"{_same_way(one)}: {first.exception} {first.message.partition(chr(10))[0]}")
    frame = culprit(first)
    place = f" ({frame.path}:{frame.line})" if frame is not None else ""
    title = f"{first.exception}: " if first.exception else ""
    return _cut(f"{first.test_id or 'the check'}{place}: {title}{first.message.partition(chr(10))[0]}")


def _message(text: str) -> list[str]:
    lines = [_cut(line.rstrip()) for line in text.splitlines() if line.strip()]
    if len(lines) > _MESSAGE_LINES:
        return [*lines[: _MESSAGE_LINES - 1], lines[-1]]
    return lines


def _value(label: str, value: str) -> list[str]:
    """The value in few lines, those after the first below its beginning."""
    first, *rest = value.splitlines() or [""]
    if len(rest) >= _VALUE_LINES:
        rest = [*rest[: _VALUE_LINES - 2], f"... {len(rest) - _VALUE_LINES + 2} more lines"]
    return [_cut(label + first), *(_cut(" " * len(label) + line) for line in rest)]


def _frame(frame: Frame, read_source: ReadSource) -> str:
    source = frame.source or _line_of(read_source(frame.path) if frame.in_project else None, frame.line)
    where = f"{frame.path}:{frame.line}" + (f" in {frame.function}" if frame.function else "")
    return _cut(f"  {where}: {source}" if source else f"  {where}")


def _line_of(text: str | None, line: int) -> str:
    lines = (text or "").split("\n")  # a form feed ends no line
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_LINE else line[: _MAX_LINE - 1] + "…"
