"""Imports: one that is missing, a module or a name of a module that is one slip away."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from flashagent.repair.project import Project
from flashagent.repair.quick.names import module_of, places
from flashagent.repair.quick.proposal import Proposal, near, proposal
from flashagent.repair.source import Edit, Source
from flashagent.values import Failure

_UNSAFE_GUESSES = frozenset({"this", "antigravity", "idlelib", "turtledemo"})


def missing(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """NameError for a standard module or for what exactly one module of the project defines."""
    match = re.search(r"NameError: (?:global )?name '(\w+)' is not defined", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        name = match[1]
        if not any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(source.tree)):
            continue
        attribute = any(
            isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id == name
            for n in ast.walk(source.tree)
        )
        if name in sys.stdlib_module_names and attribute and name not in _UNSAFE_GUESSES:
            line, why = f"import {name}", f"{name} is a module of the standard library and is not imported"
        else:
            modules = defining(project, name, frame.path)
            if len(modules) != 1:
                return
            line, why = f"from {modules[0]} import {name}", f"only {modules[0]} defines {name}"
        yield proposal(frame.path, source.text, [insertion(source, line)], f"{line} added", why)
        return


def defining(project: Project, name: str, but: str) -> list[str]:
    """Modules of the project with a module-level function, class or constant of that name."""
    found = []
    for path in project.python_files():
        # Most files do not even have the word, and need no parsing.
        if path == but or project.is_test(path) or name not in (project.text(path) or ""):
            continue
        source = project.source(path)
        if source is None or name not in source.module_names:
            continue
        for node in source.tree.body:
            defines = (
                isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name == name
            )
            assigns = isinstance(node, ast.Assign) and any(
                isinstance(t, ast.Name) and t.id == name for t in node.targets
            )
            if defines or assigns:
                found.append(module_of(path))
                break
    return found


def insertion(source: Source, line: str) -> Edit:
    """Where a new import goes: after the last import of the file's head, else after its docstring."""
    place, after_docstring = 0, False
    for node in source.tree.body:
        is_docstring = node in source.docstring_nodes
        if isinstance(node, ast.Import | ast.ImportFrom) or is_docstring:
            whole = source.whole_lines(node)
            place = whole[1] if whole is not None else place
            after_docstring = is_docstring
        else:
            break
    lead = source.newline if after_docstring else ""
    trail = source.newline if place == 0 and source.text.strip() else ""
    return Edit(place, place, f"{lead}{line}{source.newline}{trail}")


def cannot_import(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ImportError for a name that the module has under a near name."""
    match = re.search(
        r"ImportError: cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'", text
    )
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        name, module = match[1], match[2]
        owners = [p for p in project.python_files() if module_of(p) == module]
        target = project.source(owners[0]) if len(owners) == 1 else None
        other = near(name, target.module_names) if target is not None else None
        aliases = [
            a
            for n in ast.walk(source.tree)
            if isinstance(n, ast.ImportFrom)
            for a in n.names
            if a.name == name
        ]
        if other is None or not aliases:
            continue
        start = source.span(aliases[0])[0]
        edits = [Edit(start, start + len(name), other)]
        if aliases[0].asname is None:
            edits += [
                source.replace(n, other)
                for n in ast.walk(source.tree)
                if isinstance(n, ast.Name) and n.id == name
            ]
        yield proposal(frame.path, source.text, edits, f"{name} becomes {other}",
                       f"{module} has no {name}; {other} is the one name near it")  # fmt: skip
        return


def no_module(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ModuleNotFoundError for a module with a near name in the standard library or the project."""
    match = re.search(r"ModuleNotFoundError: No module named '([\w.]+)'", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        wrong = match[1]
        known = {module_of(p) for p in project.python_files()} | (
            {name for name in sys.stdlib_module_names if wrong.startswith("_") or not name.startswith("_")}
            - _UNSAFE_GUESSES
        )
        other = near(wrong, known)
        nodes = [n for n in ast.walk(source.tree) if isinstance(n, ast.Import | ast.ImportFrom)]
        edits = [edit for node in nodes if (edit := _renamed(source, node, wrong, other or "")) is not None]
        if other is None or not edits:
            continue
        bound = any(isinstance(n, ast.Import) and any(a.name == wrong and a.asname is None for a in n.names) for n in nodes)  # fmt: skip
        if bound and "." not in wrong:
            uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == wrong]
            edits += [source.replace(n, other) for n in uses]
        yield proposal(frame.path, source.text, edits, f"module {wrong} becomes {other}",
                       f"there is no module {wrong}; {other} is the one near it")  # fmt: skip
        return


def _renamed(source: Source, node: ast.Import | ast.ImportFrom, wrong: str, other: str) -> Edit | None:
    names = [node.module] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
    if wrong not in names:
        return None
    start, end = source.span(node)
    match = re.compile(rf"(?<=\s){re.escape(wrong)}\b").search(source.text, start, end)
    return Edit(match.start(), match.end(), other) if match is not None else None
