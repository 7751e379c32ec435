"""Run by the project's interpreter in the sandbox, as a part of `check_uses`: does a callable take these arguments? Python 3.8+."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import textwrap
from typing import Any

UNKNOWN = object()
DEEPEST = 5
# Where ** goes to a class that the caller may replace: by the keyword that replaces it.
HANDED_ON = {
    "json.dumps": ("cls", "JSONEncoder"), "json.dump": ("cls", "JSONEncoder"),
    "json.loads": ("cls", "JSONDecoder"), "json.load": ("cls", "JSONDecoder"),
}  # fmt: skip
LONGEST = 240
FEW = 15


class Problem(Exception):
    """Something does not exist: what, and the real names like it."""

    def __init__(self, text: str, nearest: list[str], signature: str = "") -> None:
        super().__init__(text)
        self.nearest, self.signature = nearest, signature


def check(thing: Any, step: Any, shown: str, skip: int, cls: Any) -> None:
    """Raises Problem for an argument that the callable does not take, or lacks."""
    try:
        signature = inspect.signature(thing)
    except BaseException:
        return
    parameters = list(signature.parameters.values())[skip:]
    kinds = [one.kind for one in parameters]
    names = [one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)]
    text = shown.rpartition(".")[2] + written(parameters)
    if inspect.Parameter.VAR_KEYWORD in kinds:
        more = handed_on(thing, step) or passed_on(thing, cls, 0)
        if more is None:
            return
        names += sorted(more)
    for name in step["keywords"]:
        if name not in names and not tolerated(thing, name):
            raise Problem(shown + "() has no argument " + name, near(name, names), text)
    if inspect.isclass(thing) and not inspect.isfunction(thing.__init__):
        return
    if (
        step["open"]
        or not (inspect.isclass(thing) or inspect.isfunction(thing))
        or hasattr(thing, "__wrapped__")
    ):
        return
    count(parameters, step, shown, text)


def written(parameters: Any) -> str:
    """The signature in short: names and defaults, no annotations."""
    bare = inspect.Signature([one.replace(annotation=one.empty) for one in parameters])
    text = re.sub(r" object at 0x\w+", "", str(bare))
    return text if len(text) <= LONGEST else text[:LONGEST] + "...)"


def count(parameters: Any, step: Any, shown: str, text: str) -> None:
    places = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if step["positional"] > len(places) and not any(one.kind is one.VAR_POSITIONAL for one in parameters):
        taken = str(len(places)) + ", not " + str(step["positional"])
        raise Problem(shown + "() takes at most " + taken + " positional arguments", [], text)
    given = {one.name for one in places[: step["positional"]]} | set(step["keywords"])
    needed = [
        one.name
        for one in parameters
        if one.default is one.empty and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
    ]
    lacking = [name for name in needed if name not in given]
    if lacking:
        raise Problem(shown + "() lacks the argument " + ", ".join(lacking), [], text)


def tolerated(thing: Any, name: str) -> bool:
    """Whether a decorator around the function knows the name (an old one that it still takes, for example)."""
    function = thing.__init__ if inspect.isclass(thing) else thing
    while function is not None:
        for cell in getattr(function, "__closure__", None) or ():
            try:
                if name in repr(cell.cell_contents):
                    return True
            except BaseException:
                return True
        code = getattr(function, "__code__", None)
        if hasattr(function, "__wrapped__") and code is not None and name in repr(code.co_consts):
            return True
        function = getattr(function, "__wrapped__", None)
    return False


def handed_on(thing: Any, step: Any) -> set[str] | None:
    replaced, name = HANDED_ON.get(
        getattr(thing, "__module__", "") + "." + getattr(thing, "__name__", ""), ("", "")
    )
    if not name or replaced in step["keywords"]:
        return None
    return accepted((thing.__globals__.get(name, UNKNOWN), None, 0), 1)


def passed_on(thing: Any, cls: Any, depth: int) -> set[str] | None:
    """The names that a callable takes beyond its own by handing ** on; None when that cannot be told."""
    function = thing.__init__ if inspect.isclass(thing) else getattr(thing, "__func__", thing)
    if not inspect.isfunction(function) or depth > DEEPEST:
        return None
    function = inspect.unwrap(function)
    try:
        tree: Any = ast.parse(textwrap.dedent(source(function))).body[0]
        rest = tree.args.kwarg.arg
    except BaseException:
        return None
    names: set[str] = set()
    seen = taken = 0
    for node in ast.walk(tree):
        seen += isinstance(node, ast.Name) and node.id == rest
        taken += is_harmless(node, rest)
        literal = literal_of(node, rest)
        if literal is not None:
            names.add(literal)
            taken += 1
        for keyword in getattr(node, "keywords", ()) if isinstance(node, ast.Call) else ():
            if keyword.arg is None and isinstance(keyword.value, ast.Name) and keyword.value.id == rest:
                more = accepted(resolve(node.func, function, tree, cls), depth + 1)  # type: ignore[attr-defined]
                if more is None:
                    return None
                names |= more
                taken += 1
    return names if seen and seen == taken else None


def is_harmless(node: Any, rest: str) -> bool:
    """Whether what is left over is only looked at, to complain of it."""
    if isinstance(node, (ast.If, ast.While)):
        return is_name(node.test, rest)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return is_name(node.func.value, rest) and node.func.attr in ("keys", "items") and not node.args
    only = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) == 1
    return (
        only
        and node.func.id in ("sorted", "list", "len", "iter", "bool", "set", "tuple")
        and is_name(node.args[0], rest)
    )


def literal_of(node: Any, rest: str) -> str | None:
    """'x' for `rest.pop("x")`, `rest["x"]` and the like."""
    key = None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        if is_name(node.func.value, rest) and node.func.attr in ("pop", "get", "setdefault"):
            key = node.args[0]
    elif isinstance(node, ast.Subscript) and is_name(node.value, rest):
        key = node.slice
    elif isinstance(node, ast.Compare) and len(node.comparators) == 1 and is_name(node.comparators[0], rest):
        key = node.left
    return key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else None


def is_name(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def accepted(target: Any, depth: int) -> set[str] | None:
    thing, cls, skip = target
    if thing is UNKNOWN:
        return None
    try:
        parameters = list(inspect.signature(thing).parameters.values())[skip:]
    except BaseException:
        return None
    names = {one.name for one in parameters if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY)}
    if any(one.kind is one.VAR_KEYWORD for one in parameters):
        more = passed_on(thing, cls, depth)
        return None if more is None else names | more
    return names


def resolve(node: Any, function: Any, tree: Any, cls: Any) -> Any:
    """What an expression inside a function calls: (callable, class around it, arguments that are bound already)."""
    nothing = (UNKNOWN, None, 0)
    if isinstance(node, ast.Name):
        same = [one for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id == node.id]
        if any(isinstance(one.ctx, ast.Store) for one in same):
            return nothing
        return function.__globals__.get(node.id, UNKNOWN), None, 0
    if not isinstance(node, ast.Attribute):
        return nothing
    if isinstance(node.value, ast.Call) and is_name(node.value.func, "super") and not node.value.args:
        return inherited(function, node.attr, cls)
    if is_name(node.value, "self") and inspect.isclass(cls):
        return getattr(cls, node.attr, UNKNOWN), cls, 1
    if isinstance(node.value, ast.Name):
        made = local_class(node.value.id, function, tree)
        if made is not UNKNOWN:
            return getattr(made, node.attr, UNKNOWN), made, 1
        holder = function.__globals__.get(node.value.id, UNKNOWN)
        if inspect.ismodule(holder):
            return getattr(holder, node.attr, UNKNOWN), None, 0
    return nothing


def inherited(function: Any, name: str, cls: Any) -> Any:
    """The next method of that name after the class that defines `function`."""
    order = list(getattr(cls, "__mro__", ()))
    for index, one in enumerate(order):
        own = vars(one).get(function.__name__)
        if own is not None and inspect.unwrap(getattr(own, "__func__", own)) is function:
            for above in order[index + 1 :]:
                if name in vars(above):
                    return vars(above)[name], cls, 1
    return UNKNOWN, None, 0


def local_class(name: str, function: Any, tree: Any) -> Any:
    """The class whose instance a local name is, told from its one assignment or `with`."""
    values = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(is_name(one, name) for one in node.targets):
            values.append(node.value)
        if isinstance(node, (ast.With, ast.AsyncWith)):
            values += [one.context_expr for one in node.items if is_name(one.optional_vars, name)]
    if len(values) != 1 or not isinstance(values[0], ast.Call):
        return UNKNOWN
    func = values[0].func
    found = UNKNOWN
    if isinstance(func, ast.Name):
        found = function.__globals__.get(func.id, UNKNOWN)
    elif isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name):
        found = getattr(function.__globals__.get(func.value.id), func.attr, UNKNOWN)
    return found if inspect.isclass(found) else UNKNOWN


def source(thing: Any) -> str:
    try:
        return inspect.getsource(thing)
    except BaseException:
        return ""


def near(name: str, names: Any) -> list[str]:
    """The real names like it, most alike first; all of them where there are few and none is like it."""
    public = sorted({one for one in names if not one.startswith("_") or name.startswith("_")})
    by_case = {one.lower(): one for one in public}
    close = difflib.get_close_matches(name.lower(), list(by_case), n=3, cutoff=0.55)
    parts = [one for one in public if len(name) > 3 and name.lower() in one.lower()]
    found = list(dict.fromkeys([*(by_case[one] for one in close), *parts]))[:4]
    return found or (public if len(public) <= FEW else [])
