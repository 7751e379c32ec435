"""Names that do not exist, one slip away from one that does: variables, attributes, keyword arguments, keys, self."""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterator

from flashagent.repair.project import Project
from flashagent.repair.quick.proposal import Proposal, near, proposal
from flashagent.repair.source import Edit, FunctionNode, Source, parameter_names
from flashagent.values import Failure, Frame

_KEYWORDS = re.compile(r"(?:(\w+)\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'")
_POSITIONAL = re.compile(
    r"(?:(\w+)\.)?(\w+)\(\) takes (\d+) positional arguments? but (\d+) (?:was|were) given"
)


def places(project: Project, failure: Failure) -> Iterator[tuple[Frame, Source]]:
    """Frames in files that may be changed, innermost first."""
    for frame in reversed(failure.frames):
        if (
            frame.in_project
            and not project.is_test(frame.path)
            and (source := project.source(frame.path)) is not None
        ):
            yield frame, source


def undefined(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """NameError: an attribute without `self.`, or a name one slip away."""
    match = re.search(r"NameError: (?:global )?name '(\w+)' is not defined", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        name = match[1]
        uses = [
            n
            for n in ast.walk(source.tree)
            if isinstance(n, ast.Name) and n.id == name and n.lineno == frame.line
        ]
        uses = uses or [n for n in ast.walk(source.tree) if isinstance(n, ast.Name) and n.id == name]
        if not uses:
            continue
        scope = source.scope(uses[0])
        if scope.self_name and name in scope.attributes:
            edits = [
                source.replace(use, f"{scope.self_name}.{name}") for use in uses if source.scope(use) is scope
            ]
            yield proposal(frame.path, source.text, edits, f"{name} becomes {scope.self_name}.{name}",
                           f"{name} is an attribute of the class and no variable")  # fmt: skip
            return
        other = near(name, [*scope.variables, *scope.globals, *vars(builtins)])
        if other is not None:
            edits = [source.replace(use, other) for use in uses]
            yield proposal(frame.path, source.text, edits, f"{name} becomes {other}",
                           f"{name} is not defined; {other} is the one name in scope near it")  # fmt: skip
        return


def attribute(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError: the one attribute of that class or module one slip away."""
    match = re.search(
        r"AttributeError: (?:partially initialized )?(?:module )?(?:type object )?'([\w.]+)'(?: object)? has no attribute '(\w+)'",
        text,
    )
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        owner, name = match[1], match[2]
        uses = [n for n in ast.walk(source.tree) if isinstance(n, ast.Attribute) and n.attr == name]
        here = [n for n in uses if n.lineno <= frame.line <= (n.end_lineno or n.lineno)] or uses
        other = near(name, members(project, owner))
        if not here or other is None:
            continue
        edits = []
        for use in here:
            end = source.span(use)[1]
            edits.append(Edit(end - len(name), end, other))
        yield proposal(frame.path, source.text, edits, f".{name} becomes .{other}",
                       f"{owner} has no {name}; {other} is the one name near it")  # fmt: skip
        return


def members(project: Project, owner: str) -> set[str]:
    """Attributes of a builtin type, of a loaded standard module, or of the project's only class or module of that name."""
    if isinstance(kind := vars(builtins).get(owner), type):
        return set(dir(kind))
    if owner in sys.stdlib_module_names and owner in sys.modules:
        return set(dir(sys.modules[owner]))
    found: list[set[str]] = []
    for path in project.python_files():
        is_module = module_of(path) == owner or module_of(path).endswith("." + owner)
        holds = not project.is_test(path) and (is_module or owner in (project.text(path) or ""))
        source = project.source(path) if holds else None
        if source is None:
            continue
        if is_module:
            found.append(set(source.module_names))
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ClassDef) and node.name == owner:
                found.append(class_members(project, source, node))
    return found[0] if len(found) == 1 else set()


def class_members(project: Project, source: Source, owner: ast.ClassDef) -> set[str]:
    """Names of a class and of its bases in the same file."""
    names: set[str] = set()
    for node in ast.walk(owner):
        if isinstance(node, FunctionNode) and source.parents.get(node) is owner:
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "self":
            if isinstance(node.ctx, ast.Store):
                names.add(node.attr)
        elif isinstance(node, ast.AnnAssign | ast.Assign) and source.parents.get(node) is owner:
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            names |= {t.id for t in targets if isinstance(t, ast.Name)}
    bases = {b.id for b in owner.bases if isinstance(b, ast.Name)}
    for node in source.tree.body:
        if isinstance(node, ast.ClassDef) and node.name in bases and node is not owner:
            names |= class_members(project, source, node)
    return names


def module_of(path: str) -> str:
    """The dotted name of a file, without a leading `src`."""
    parts = path.removesuffix(".py").split("/")
    parts = parts[1:] if parts[0] in ("src", "lib") and len(parts) > 1 else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


def functions(project: Project, owner: str | None, name: str) -> list[tuple[str, Source, FunctionNode]]:
    """Definitions of a function or method; for a class name, its `__init__`."""
    found = []
    for path in project.python_files():
        holds = not project.is_test(path) and name in (project.text(path) or "")
        source = project.source(path) if holds else None
        if source is None:
            continue
        for node in ast.walk(source.tree):
            if isinstance(node, FunctionNode) and node.name == name:
                parent = source.parents.get(node)
                if owner is None or (isinstance(parent, ast.ClassDef) and parent.name == owner):
                    found.append((path, source, node))
    return found


def keyword(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """TypeError for a keyword argument: at the call when that is in the project, else at the definition."""
    match = _KEYWORDS.search(text)
    if match is None:
        return
    owner, name, wrong = match[1], match[2], match[3]
    defined = functions(project, owner, name)
    if len(defined) != 1:
        return
    path, source, node = defined[0]
    parameters = parameter_names(node)
    other = near(wrong, parameters)
    if other is None:
        return
    for frame, caller in places(project, failure):
        calls = [
            n
            for n in ast.walk(caller.tree)
            if isinstance(n, ast.Call) and n.lineno <= frame.line <= (n.end_lineno or 0)
        ]
        words = [k for n in calls for k in n.keywords if k.arg == wrong]
        if words:
            starts = [caller.span(k)[0] for k in words]
            edits = [Edit(start, start + len(wrong), other) for start in dict.fromkeys(starts)]
            yield proposal(frame.path, caller.text, edits, f"{wrong}= becomes {other}=",
                           f"{name}() has no parameter {wrong}; {other} is the one near it")  # fmt: skip
            return
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name) and n.id == other]
    arguments = [a for a in ast.walk(node.args) if isinstance(a, ast.arg) and a.arg == other]
    edits = [source.replace(n, wrong) for n in names]
    for argument in arguments:
        start = source.span(argument)[0]
        edits.append(Edit(start, start + len(other), wrong))
    yield proposal(path, source.text, edits, f"parameter {other} of {name}() becomes {wrong}",
                   f"callers pass {wrong}=; {other} is the one parameter near it")  # fmt: skip


def missing_self(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """TypeError for one argument too many of a method that does not take its object."""
    match = _POSITIONAL.search(text)
    if match is None or int(match[4]) != int(match[3]) + 1:
        return
    for path, source, node in functions(project, match[1], match[2]):
        in_class = isinstance(source.parents.get(node), ast.ClassDef)
        names = parameter_names(node)
        if in_class and not node.decorator_list and names[:1] not in (["self"], ["cls"]):
            opening = source.text.index("(", source.text.index(node.name, source.span(node)[0])) + 1
            edit = Edit(opening, opening, "self, " if names else "self")
            yield proposal(path, source.text, [edit], f"{node.name}() takes self",
                           f"{node.name} is a method without its object as the first parameter")  # fmt: skip


def key(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """KeyError: the one text key of the same file one slip away."""
    match = re.search(r"KeyError: '([^']+)'", text)
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        wrong = match[1]
        constants = [n for n in ast.walk(source.tree) if isinstance(n, ast.Constant) and n.value == wrong]
        here = [n for n in constants if n.lineno == frame.line]
        keys = {k.value for n in ast.walk(source.tree) if isinstance(n, ast.Dict) for k in n.keys
                if isinstance(k, ast.Constant) and isinstance(k.value, str)}  # fmt: skip
        keys |= {n.slice.value for n in ast.walk(source.tree) if isinstance(n, ast.Subscript)
                 and isinstance(n.slice, ast.Constant) and isinstance(n.slice.value, str)}  # fmt: skip
        other = near(wrong, keys - {wrong})
        if len(here) != 1 or other is None:
            return
        start, end = source.span(here[0])
        quote = source.text[start]
        if quote in "\"'":
            yield proposal(frame.path, source.text, [Edit(start, end, f"{quote}{other}{quote}")], f"{wrong!r} becomes {other!r}",
                           f"there is no key {wrong!r}; {other!r} is the one key of the file near it")  # fmt: skip
        return
