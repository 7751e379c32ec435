"""Names and modules of the project that are now elsewhere: what is asked for where it no longer is, and defined exactly once."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from flashagent.repair.project import Project
from flashagent.repair.quick.imports import defining, insertion
from flashagent.repair.quick.names import module_of, places
from flashagent.repair.quick.proposal import Proposal, proposal
from flashagent.repair.source import Edit, Source
from flashagent.values import Failure


def names(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ImportError for a name that one other module of the project defines."""
    match = re.search(
        r"ImportError: cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'", text
    )
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        name, module = match[1], match[2]
        taken = [
            n for n in ast.walk(source.tree)
            if isinstance(n, ast.ImportFrom) and any(a.name == name for a in n.names) and _names_module(n, module)
        ]  # fmt: skip
        owners = [one for one in defining(project, name, frame.path) if one != module]
        if len(taken) != 1 or len(owners) != 1 or not _is_own(project, module):
            continue
        edits = list(_elsewhere(source, taken[0], name, owners[0]))
        yield proposal(frame.path, source.text, edits, f"{name} is imported from {owners[0]}",
                       f"{module} has no {name}; only {owners[0]} defines it")  # fmt: skip
        return


def _is_own(project: Project, module: str) -> bool:
    return any(module_of(path) == module for path in project.python_files())


def _names_module(node: ast.ImportFrom, module: str) -> bool:
    written = node.module or ""
    return written == module if not node.level else not written or module.endswith(written)


def _elsewhere(source: Source, node: ast.ImportFrom, name: str, owner: str) -> Iterator[Edit]:
    """The import of one name from another module, the other names left where they are."""
    alias = next(one for one in node.names if one.name == name)
    words = name if alias.asname is None else f"{name} as {alias.asname}"
    start, end = source.span(node)
    if len(node.names) == 1:
        yield Edit(start, end, f"from {owner} import {words}")
        return
    kept = [
        one.name if one.asname is None else f"{one.name} as {one.asname}"
        for one in node.names
        if one is not alias
    ]
    head = source.text[start : source.text.index("import", start)]
    line_start = source.text.rfind("\n", 0, start) + 1
    space = source.text[line_start:start]
    yield Edit(
        start, end, f"{head}import {', '.join(kept)}{source.newline}{space}from {owner} import {words}"
    )


def modules(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ModuleNotFoundError for a module of which the project has one by the same last name, in another package."""
    match = re.search(r"ModuleNotFoundError: No module named '(\w+\.[\w.]+)'", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        known = [module_of(path) for path in project.python_files() if not project.is_test(path)]
        if match[1].partition(".")[0] not in {one.partition(".")[0] for one in known}:
            continue
        for wrong, start, end in _imported(source, match[1]):
            last = wrong.rpartition(".")[2]
            others = [one for one in known if one.rpartition(".")[2] == last and one != wrong]
            if len(others) == 1:
                yield proposal(frame.path, source.text, [Edit(start, end, others[0])], f"module {wrong} becomes {others[0]}",
                               f"there is no {wrong}; {others[0]} is the project's only module {last}")  # fmt: skip
                return


def _imported(source: Source, missing: str) -> Iterator[tuple[str, int, int]]:
    """Modules that are imported from below a missing one, or are it, so that their uses need no other word; and where."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            module = node.module or "" if not node.level else ""
        elif isinstance(node, ast.Import) and len(node.names) == 1 and node.names[0].asname:
            module = node.names[0].name
        else:
            continue
        if module == missing or module.startswith(missing + "."):
            at = source.text.index(module, source.span(node)[0])
            yield module, at, at + len(module)


def attributes(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError for a name of one of the project's modules that another one defines."""
    match = re.search(
        r"AttributeError: (?:partially initialized )?module '([\w.]+)' has no attribute '(\w+)'", text
    )
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        module, name = match[1], match[2]
        uses = [
            n for n in ast.walk(source.tree)
            if isinstance(n, ast.Attribute) and n.attr == name and isinstance(n.ctx, ast.Load)
            and ast.unparse(n.value).rpartition(".")[2] == module.rpartition(".")[2]
        ]  # fmt: skip
        owners = defining(project, name, frame.path)
        bound = name in source.module_names or any(_binds(source, n, name) for n in ast.walk(source.tree))
        if not uses or len(owners) != 1 or owners[0] == module or bound or not _is_own(project, module):
            continue
        edits = [
            *(source.replace(use, name) for use in uses),
            insertion(source, f"from {owners[0]} import {name}"),
        ]
        yield proposal(frame.path, source.text, edits, f"{name} is imported from {owners[0]}",
                       f"{module} has no {name}; only {owners[0]} defines it")  # fmt: skip
        return


def _binds(source: Source, node: ast.AST, name: str) -> bool:
    """Does the name mean something of the file's own here, or in a function of it? Methods bear theirs without harm."""
    if isinstance(node, ast.Name):
        return node.id == name
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return node.name == name and not isinstance(source.parents.get(node), ast.ClassDef)
    return isinstance(node, ast.arg) and node.arg == name
