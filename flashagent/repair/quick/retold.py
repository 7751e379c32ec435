"""Complaints of Python's type checkers (mypy, pyright) told again as the exception that running the line would raise, so that the
quick fixes for exceptions answer them too."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from flashagent.repair.project import Project
from flashagent.repair.quick import imports, names
from flashagent.repair.quick.foreign import Finding, Seen, line_edits, line_span, offset
from flashagent.repair.quick.proposal import Proposal
from flashagent.values import Failure, Frame

Told = tuple[str, str]  # an exception and its message
_PLACE = re.compile(
    r"^\s*(?P<path>[^\s:]+\.pyi?):(?P<line>\d+)(?::\d+)?:? (?:- )?error: (?P<message>.+?)(?: {1,2}[\[(][\w-]+[\])])?$", re.MULTILINE
)  # fmt: skip
# A checker that names the answer itself is read where its own words are.
_ANSWERED = re.compile(r"; maybe \"|^Unexpected keyword argument .*did you mean")
_FORGOTTEN = re.compile(r"^([^\s:]+\.pyi?):(\d+)(?::\d+)?: note: Did you forget to import it", re.MULTILINE)
_NAME = re.compile(r"""^(?:Name )?"(\w+)" is not defined\b""")
_ATTRIBUTE = re.compile(r"""^(?:Cannot access attribute "(?P<a>\w+)" for class "(?P<type>type\[)?(?P<c>[\w.]+)\*?\]?"|"(?P<c2>[A-Za-z_][\w.]*)" has no attribute "(?P<a2>\w+)")""")  # fmt: skip
_OF_MODULE = re.compile(
    r"""^(?:"(?P<a>\w+)" is not a known attribute of module "(?P<m>[\w.]+)"|Module has no attribute "(?P<a2>\w+)")"""
)
_IMPORTED = re.compile(
    r"""^(?:"(?P<a>\w+)" is unknown import symbol|Module "(?P<m>[\w.]+)" has no attribute "(?P<a2>\w+)")"""
)
_KEYWORD = re.compile(
    r"""^(?:No parameter named "(?P<a>\w+)"|Unexpected keyword argument "(?P<a2>\w+)" for "(?P<f>\w+)")"""
)
_NO_MODULE = re.compile(
    r"""^(?:Import "(?P<m>[\w.]+)" could not be resolved$|Cannot find implementation or library stub for module named "(?P<m2>[\w.]+)")"""
)
_PROPOSERS: tuple[Callable[[Project, Failure, str], Iterator[Proposal]], ...] = (
    imports.missing, names.undefined, imports.cannot_import, imports.no_module, names.attribute, names.keyword,
)  # fmt: skip


def findings(seen: Seen) -> Iterator[list[Finding]]:
    """The answers to each complaint of the report that is an exception to be."""
    known: set[tuple[str, int, str]] = set()
    answered = set(_FORGOTTEN.findall(seen.report.output))
    for match in _PLACE.finditer(seen.report.output):
        if (match["path"], match["line"]) in answered:
            continue
        path, line, message = seen.place(match["path"]), int(match["line"]), match["message"]
        text = seen.text(path) if path is not None else None
        if path is None or text is None or (path, line, message) in known or _ANSWERED.search(message):
            continue
        known.add((path, line, message))
        at = offset(text, line, 1)
        told = _exception(message, text[slice(*line_span(text, at))]) if at is not None else None
        if told is not None:
            yield list(_answers(seen.project, Frame(path, line), told, message))


def _exception(message: str, line: str) -> Told | None:
    """What the interpreter would raise; where the checker leaves out whose name is wrong, the line says it."""
    if match := _NAME.match(message):
        return "NameError", f"name '{match[1]}' is not defined"
    if match := _ATTRIBUTE.match(message):
        kind = "type object " if match["type"] else ""
        owner = (match["c"] or match["c2"]).rpartition(".")[2]
        return (
            "AttributeError",
            f"{kind}'{owner}'{'' if kind else ' object'} has no attribute '{match['a'] or match['a2']}'",
        )
    if match := _OF_MODULE.match(message):
        name = match["a"] or match["a2"]
        owners = [match["m"]] if match["m"] else list(dict.fromkeys(re.findall(rf"([\w.]+)\.{name}\b", line)))
        return (
            ("AttributeError", f"module '{owners[0]}' has no attribute '{name}'")
            if len(owners) == 1
            else None
        )
    if match := _IMPORTED.match(message):
        module = match["m"] or next(iter(re.findall(r"^\s*from\s+([\w.]+)\s+import\b", line)), "")
        return (
            ("ImportError", f"cannot import name '{match['a'] or match['a2']}' from '{module}'")
            if module
            else None
        )
    if match := _KEYWORD.match(message):
        name = match["a"] or match["a2"]
        owners = [match["f"]] if match["f"] else re.findall(rf"(\w+)\([^()]*\b{name}\s*=", line)
        return (
            ("TypeError", f"{owners[0]}() got an unexpected keyword argument '{name}'")
            if len(owners) == 1
            else None
        )
    if match := _NO_MODULE.match(message):
        return "ModuleNotFoundError", f"No module named '{match['m'] or match['m2']}'"
    return None


def _answers(project: Project, frame: Frame, told: Told, message: str) -> Iterator[Finding]:
    """Those of the first kind of answer that has any."""
    exception, words = told
    failure = Failure("", "error", words, exception, (frame,))
    for proposer in _PROPOSERS:
        found = list(proposer(project, failure, f"{exception}: {words}\n"))
        for one in found:
            if not one.further:
                yield Finding(
                    one.change.path,
                    line_edits(one.change),
                    one.how,
                    f"the type checker: {message}; {one.reason}",
                )
        if found:
            return
