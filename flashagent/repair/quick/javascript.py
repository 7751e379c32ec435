"""JavaScript and TypeScript: what node and tsc say of names, members, imports and modules, where one answer is near."""

from __future__ import annotations

import asyncio
import posixpath
import re
from collections.abc import Iterator, Sequence

from flashagent.repair.quick import jsnames, jssyntax, typescript
from flashagent.repair.quick.foreign import Finding, Seen, line_span, offset, together
from flashagent.repair.quick.proposal import Proposal, near
from flashagent.repair.source import Edit
from flashagent.values import Failure, Frame

SUFFIXES = (".js", ".cjs", ".mjs", ".jsx", ".ts", ".cts", ".mts", ".tsx")
_UNDEFINED = re.compile(r"^(?P<name>[\w$]+) is not defined")
_NO_FUNCTION = re.compile(r"(?:^|\.|\)\.)(?P<name>[\w$]+) is not a (?:function|constructor)")
_NO_EXPORT = re.compile(
    r"The requested module '(?P<module>[^']+)' does not provide an export named '(?P<name>[\w$]+)'"
)
_NO_MODULE = re.compile(r"Cannot find module '(?P<module>[^']+)'(?: imported from (?P<from>\S+))?")
_REQUIRED_BY = re.compile(r"Require stack:\n- (?P<path>\S+)")
_IMPORTER = re.compile(r"^(?:file://)?(?P<path>/[^\n:]+):(?P<line>\d+)\n", re.MULTILINE)
_TSC = re.compile(
    r"^(?P<path>[^\s(:]+\.[cm]?[tj]sx?)(?:\((?P<line>\d+),(?P<column>\d+)\):|:(?P<line2>\d+):(?P<column2>\d+) -) error TS\d+: (?P<message>.+)$",
    re.MULTILINE,
)
_DID_YOU_MEAN = re.compile(
    r"'(?P<name>[\w$]+)'.*(?:Did you mean(?: to write)?(?: the instance member)? '(?P<other>[\w$.]+)'\?)"
)


async def proposals(seen: Seen) -> list[Proposal]:
    """What TypeScript would change in the files that the failures name; else what their words say; else what TypeScript would
    change anywhere, a proposal for each file, of which the check chooses."""
    compiled = list(_TSC.finditer(seen.report.output))
    typed = await typescript.answers(seen, _named(seen, compiled)) if typescript.is_typed(seen) else []
    if compiled:
        return together(seen, [*(found for _, found in typed), *([] if typed else (list(_typed(seen, m)) for m in compiled))])  # fmt: skip
    by_file: dict[str, list[Sequence[Finding]]] = {}
    for path, found in typed:
        by_file.setdefault(path, []).append(found)
    exact = [one for groups in by_file.values() for one in together(seen, groups)]
    if exact and by_file.keys() & set(_named(seen, ())):
        return exact
    groups = [list(_answers(seen, failure)) for failure in seen.report.failures[:20]]
    # As TAP, what a file prints stands behind '# '.
    printed = re.sub(r"^# ?", "", seen.report.output, flags=re.MULTILINE).replace("\\#", "#")
    groups.append(list(_unloaded(seen, printed)))
    broken = await asyncio.to_thread(lambda: list(jssyntax.unparsed(seen, printed)))
    return together(seen, [*groups, *broken]) or exact


def _named(seen: Seen, compiled: Sequence[re.Match[str]]) -> list[str]:
    """The project's own files that the compiler or the failures name."""
    told = (seen.place(match["path"]) or "" for match in compiled)
    frames = (
        frame.path
        for failure in seen.report.failures
        for frame in reversed(failure.frames)
        if frame.in_project
    )
    return [path for path in dict.fromkeys((*told, *frames)) if path and seen.may_change(path)]


def _typed(seen: Seen, match: re.Match[str]) -> Iterator[Finding]:
    """tsc's own 'did you mean'."""
    path = seen.place(match["path"])
    text = seen.text(path) if path is not None else None
    told = _DID_YOU_MEAN.search(match["message"])
    if path is None or text is None or told is None:
        return
    line = int(match["line"] or match["line2"])
    start, end = line_span(text, offset(text, line, 1) or 0)
    # The compiler counts columns in UTF-16, so the name is looked for from there on.
    at = text.find(told["name"], start + int(match["column"] or match["column2"]) - 1, end)
    if at >= 0 and not text[at + len(told["name"]) :][:1].isalnum():
        yield _renamed(path, text, [at], told["name"], told["other"], "tsc asks whether it was meant")


def _answers(seen: Seen, failure: Failure) -> Iterator[Finding]:
    for frame, text in _frames(seen, failure):
        if failure.exception == "ReferenceError" and (match := _UNDEFINED.search(failure.message)):
            yield from _undefined(seen, frame, text, match["name"])
            return
        if failure.exception == "TypeError" and "Assignment to constant variable" in failure.message:
            yield from _constant(frame, text)
            return
        if failure.exception == "TypeError" and (match := _NO_FUNCTION.search(failure.message)):
            found = list(_no_function(seen, frame, text, match["name"]))
            yield from found
            return


def _frames(seen: Seen, failure: Failure) -> Iterator[tuple[Frame, str]]:
    """The innermost frame of the project, when it lies in a file that may be changed."""
    own = [frame for frame in failure.frames if frame.in_project and frame.path.endswith(SUFFIXES)]
    if own and (text := seen.text(own[-1].path)) is not None:
        yield own[-1], text


def _renamed(path: str, text: str, places: Sequence[int], name: str, other: str, why: str) -> Finding:
    edits = tuple(Edit(at, at + len(name), other) for at in places)
    return Finding(path, edits, f"{name} becomes {other}", f"there is no {name}; {why}")


def _undefined(seen: Seen, frame: Frame, text: str, name: str) -> Iterator[Finding]:
    """A near name in scope; else a module of node, or the export of the one file of the project that has it."""
    other = near(name, jsnames.in_scope(text, frame.path, frame.line) - {name})
    uses = jsnames.uses(text, frame.path, name)
    start, end = line_span(text, offset(text, frame.line, 1) or 0)
    here = [at for at in uses if start <= at < end]
    imports = list(_missing_imports(seen, frame.path, text, name, uses))
    if imports:
        yield from imports
    elif other is not None and here:
        yield _renamed(frame.path, text, uses, name, other, f"{other} is the one name in scope near it")


def _missing_imports(seen: Seen, path: str, text: str, name: str, uses: Sequence[int]) -> Iterator[Finding]:
    is_module = jsnames.is_module(text, path)
    if name in jsnames.NODE_MODULES and any(text[at + len(name) :].startswith(".") for at in uses):
        line = (
            f"import {name} from 'node:{name}';" if is_module else f"const {name} = require('node:{name}');"
        )
        yield _imported(path, text, line, f"{name} is a module of node and is not imported")
        return
    for other in seen.files(*SUFFIXES):
        if other == path or not seen.may_change(other):
            continue
        if name in jsnames.exports(seen.project.text(other) or "", other).names:
            place = jsnames.relative(path, other, text)
            line = (
                f"import {{ {name} }} from '{place}';"
                if is_module
                else f"const {{ {name} }} = require('{place}');"
            )
            yield _imported(path, text, line, f"only {other} exports {name}")


def _imported(path: str, text: str, line: str, why: str) -> Finding:
    place = jsnames.import_place(text)
    return Finding(path, (Edit(place, place, line + "\n"),), f"{line.rstrip(';')} added", why)


def _constant(frame: Frame, text: str) -> Iterator[Finding]:
    """`const` of the one variable that the line assigns and that the file declares once."""
    start, end = line_span(text, offset(text, frame.line, 1) or 0)
    assigned = set(re.findall(r"(?<![\w$.])([\w$]+)\s*(?:[-+*/%&|^]|\*\*|<<|>>>?|\?\?|&&|\|\|)?=(?![=>])", text[start:end]))  # fmt: skip
    assigned |= {a or b for a, b in re.findall(r"(?:\+\+|--)([\w$]+)|([\w$]+)(?:\+\+|--)", text[start:end])}
    found = []
    for name in assigned:
        declared = list(re.finditer(rf"\b(?:const|let|var)\s+{re.escape(name)}\b(?=\s*(?:=|;|,|:|\s(?:of|in)\s))", text))  # fmt: skip
        if len(declared) == 1 and declared[0][0].startswith("const") and not re.search(rf"\bfunction[^)]*\b{re.escape(name)}\b", text):  # fmt: skip
            found.append((declared[0].start(), name))
    if len(found) == 1:
        at, name = found[0]
        edit = Edit(at, at + len("const"), "let")
        yield Finding(frame.path, (edit,), f"const {name} becomes let {name}", f"{name} is assigned after its declaration")  # fmt: skip


def _no_function(seen: Seen, frame: Frame, text: str, name: str) -> Iterator[Finding]:
    """A method or function called by a name that nothing has, one slip away from one that the project, or the language, has."""
    start, end = line_span(text, offset(text, frame.line, 1) or 0)
    calls = [at for at in jsnames.uses(text, frame.path, name) if start <= at < end]
    if not calls:
        return
    if source := jsnames.bound_from(text, name):
        yield from _export_of(seen, frame.path, text, source, name)
        return
    owners: set[str] = set(jsnames.MEMBERS)
    for path in seen.files(*SUFFIXES):
        if seen.may_change(path):
            owners |= jsnames.callables(seen.project.text(path) or "", path)
    if name in owners:
        return  # it exists, on something else
    other = near(name, owners)
    if other is not None:
        yield _renamed(frame.path, text, calls, name, other, f"{other} is the one method near it")


def _export_of(seen: Seen, path: str, text: str, module: str, name: str) -> Iterator[Finding]:
    """A name that a module of the project does not export, and one near it that it does."""
    target = jsnames.resolved(seen, path, module)
    if target is None:
        return
    known = jsnames.exports(seen.project.text(target) or "", target)
    if name in known.names:
        return
    other = near(name, known.names)
    if other is not None:
        places = jsnames.uses(text, path, name)
        yield _renamed(path, text, places, name, other, f"{other} is the one export of {module} near it")
    elif (
        known.default
        and not known.names
        and (match := re.search(rf"import\s*(\{{\s*{re.escape(name)}\s*\}})\s*from", text))
    ):
        edit = Edit(match.start(1), match.end(1), name)
        yield Finding(path, (edit,), f"{name} is imported as the default", f"{module} exports nothing else")


def _unloaded(seen: Seen, output: str) -> Iterator[Finding]:
    """Modules that do not load: an export or a file under a near name, or a file whose extension was left out."""
    for match in _NO_EXPORT.finditer(output):
        before = list(_IMPORTER.finditer(output, 0, match.start()))
        path = seen.project.relative(before[-1]["path"]) if before else None
        if path is not None and (text := seen.text(path)) is not None:
            yield from _export_of(seen, path, text, match["module"], match["name"])
    for match in _NO_MODULE.finditer(output):
        stack = _REQUIRED_BY.search(output, match.end())
        by = match["from"] or (stack["path"] if stack else "")
        path = seen.project.relative(by.removeprefix("file://")) if by else None
        if path is None or (text := seen.text(path)) is None:
            continue
        yield from _module(seen, path, text, match["module"])


def _module(seen: Seen, path: str, text: str, module: str) -> Iterator[Finding]:
    folder = posixpath.dirname(path)
    if module.startswith("/"):
        inside = seen.project.relative(module)
        if inside is None:
            return
        module = posixpath.relpath(inside, folder or ".")
        module = module if module.startswith(".") else f"./{module}"
    if not module.startswith("."):
        other = near(module.removeprefix("node:"), jsnames.NODE_MODULES)
        written = other and module.replace(module.removeprefix("node:"), other)
    else:
        written = _near_file(seen, folder, module)
    places = [m.start(1) for m in re.finditer(rf"""['"]({re.escape(module)})['"]""", text)]
    if written and len(places) == 1:
        edit = Edit(places[0], places[0] + len(module), written)
        yield Finding(path, (edit,), f"'{module}' becomes '{written}'", f"there is no {module}; {written} is the one file near it")  # fmt: skip


def _near_file(seen: Seen, folder: str, module: str) -> str | None:
    """The module specifier of the one file that was meant, written as the wrong one was."""
    wanted = posixpath.normpath(posixpath.join(folder, module))
    inside = posixpath.dirname(wanted)
    name = posixpath.basename(wanted)
    suffix = posixpath.splitext(name)[1]
    here = [posixpath.basename(f) for f in seen.files(*SUFFIXES, ".json") if posixpath.dirname(f) == inside]
    if not suffix:
        full = [f for f in here if posixpath.splitext(f)[0] == name]
        if full:
            return f"{posixpath.dirname(module)}/{full[0]}" if len(full) == 1 else None
    pool = {
        f if suffix else posixpath.splitext(f)[0] for f in here if seen.may_change(posixpath.join(inside, f))
    }
    other = near(name, pool)
    return f"{posixpath.dirname(module)}/{other}" if other else None
