"""Names of the standard library and of numpy that live on elsewhere, where their documentation, or the error itself, names the one
replacement that means the same."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from flashagent.repair.project import Project
from flashagent.repair.quick.names import places
from flashagent.repair.quick.proposal import Proposal, proposal
from flashagent.repair.source import Edit
from flashagent.values import Failure

# Modules that are gone, of which these names live on elsewhere under the same name.
_GONE: Mapping[str, tuple[str, frozenset[str]]] = {
    "imp": ("importlib", frozenset({"reload"})), "pipes": ("shlex", frozenset({"quote"})),
    "commands": ("subprocess", frozenset({"getoutput", "getstatusoutput"})),
    "importlib.abc": ("importlib.resources.abc", frozenset({"Traversable", "TraversableResources", "ResourceReader"})),
}  # fmt: skip


def gone(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """ModuleNotFoundError, or ImportError, for a module of which the file uses only names that have another home now."""
    match = re.search(r"ModuleNotFoundError: No module named '(\w+)'", text)
    taken = re.search(r"ImportError: cannot import name '\w+' from '(importlib\.abc)'", text)
    old = match[1] if match else taken[1] if taken else ""
    for frame, source in places(project, failure) if old in _GONE else ():
        new, living = _GONE[old]
        edits: list[Edit] = []
        for node in ast.walk(source.tree):
            if isinstance(node, ast.ImportFrom) and node.module == old and not node.level:
                if not {alias.name for alias in node.names} <= living:
                    return
                place = source.text.index(old, source.span(node)[0])
                edits.append(Edit(place, place + len(old), new))
            elif isinstance(node, ast.Import) and [(a.name, a.asname) for a in node.names] == [(old, None)]:
                place = source.text.index(old, source.span(node)[0] + len("import"))
                edits.append(Edit(place, place + len(old), new))
            elif (
                isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == old
            ):
                if node.attr not in living:
                    return
                edits.append(source.replace(node.value, new))
        if edits:
            yield proposal(
                frame.path,
                source.text,
                edits,
                f"{old} becomes {new}",
                f"{old} has none of these names; {new} has them",
            )
            return


def children(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError for `element.getchildren()`, in the place of which the documentation names the list of the element."""
    if not re.search(
        r"AttributeError: 'xml\.etree\.ElementTree\.Element' object has no attribute 'getchildren'", text
    ):
        return
    for frame, source in places(project, failure):
        edits = [
            source.replace(n, f"list({source.text_of(n.func.value)})") for n in ast.walk(source.tree)
            if isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute) and n.func.attr == "getchildren" and not n.args
            and n.lineno <= frame.line <= (n.end_lineno or n.lineno)
        ]  # fmt: skip
        if edits:
            yield proposal(frame.path, source.text, edits, ".getchildren() becomes list()", "an element is the list of its children since Python 3.9")  # fmt: skip
            return


def numpy(project: Project, failure: Failure, text: str) -> Iterator[Proposal]:
    """AttributeError for an alias that numpy no longer has, where its own words name the one replacement."""
    builtin = re.search(r"`np\.(\w+)` was a deprecated alias for the builtin `(\w+)`", text)
    renamed = re.search(r"`np\.(\w+)` was removed in the NumPy 2\.0 release\. Use `np\.(\w+)` instead", text)
    match = builtin or renamed
    for frame, source in places(project, failure) if match else ():
        assert match is not None
        uses = [
            n for n in ast.walk(source.tree)
            if isinstance(n, ast.Attribute) and n.attr == match[1] and isinstance(n.value, ast.Name) and n.value.id in ("np", "numpy")
        ]  # fmt: skip
        shadowed = builtin is not None and match[2] in source.module_names
        if uses and not shadowed:
            edits = [
                source.replace(n, match[2] if builtin else f"{source.text_of(n.value)}.{match[2]}")
                for n in uses
            ]
            yield proposal(
                frame.path, source.text, edits, f"np.{match[1]} becomes {edits[0].text}", "numpy's own words"
            )
            return
