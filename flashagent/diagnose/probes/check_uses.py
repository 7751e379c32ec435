"""Run by the project's interpreter in the sandbox: do these attributes and arguments exist? It imports the libraries and
calls nothing of them. What cannot be told for certain is no problem. Python 3.8+."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import json
import re
import sys
import types
import typing
import warnings
from typing import Any

from flashagent.diagnose.probes.arguments import UNKNOWN, Problem, check, near, source

ABSENT = object()
PLAIN = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.MethodDescriptorType)


class Made:
    """An instance of a class or, unless `exact`, of one of its subclasses."""

    def __init__(self, cls: Any, exact: bool = False) -> None:
        self.cls, self.exact = cls, exact


class Method:
    """A function found on an instance, and the class that was asked for it."""

    def __init__(self, function: Any, cls: Any, skip: int) -> None:
        self.function, self.cls, self.skip = function, cls, skip


def follow(steps: Any) -> None:
    """Raises Problem at the first step that cannot be taken."""
    shown = steps[0]["text"]
    current: Any = load(shown)
    for step in steps[1:]:
        if current is UNKNOWN:
            return
        if step["kind"] == "attr":
            current = attribute(current, step["text"], shown)
            shown += "." + step["text"]
        elif step["kind"] == "call":
            current = called(current, step, shown)
            shown += "()"
        elif step["kind"] == "enter":
            current = entered(current)
        else:
            return


def load(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except BaseException:  # whatever a library does when it is imported, even ending the process
        return UNKNOWN


# ---- attributes


def attribute(holder: Any, name: str, shown: str) -> Any:
    if isinstance(holder, Made):
        return instance_attribute(holder, name, shown)
    if isinstance(holder, Method):
        return UNKNOWN
    try:
        return getattr(holder, name)
    except AttributeError:
        pass
    except BaseException:
        return UNKNOWN
    if inspect.ismodule(holder):
        return submodule(holder, name, shown)
    if inspect.isclass(holder):
        known = any(name in vars(one).get("__annotations__", {}) for one in holder.__mro__)
        if known or inspect.isfunction(getattr(type(holder), "__getattribute__", None)) or is_open(holder):
            return UNKNOWN
        raise Problem(shown + " has no attribute " + name, near(name, dir(holder)))
    return UNKNOWN


def submodule(holder: Any, name: str, shown: str) -> Any:
    try:
        if hasattr(holder, "__path__") and importlib.util.find_spec(holder.__name__ + "." + name):
            return load(holder.__name__ + "." + name)
    except BaseException:
        return UNKNOWN
    names = dir(holder)
    for base in getattr(holder, "__path__", ()):
        names += [one.name for one in __import__("pkgutil").iter_modules([base])]
    raise Problem(shown + " has no name " + name, near(name, names))


def instance_attribute(holder: Made, name: str, shown: str) -> Any:
    cls = holder.cls
    found = inspect.getattr_static(cls, name, ABSENT)
    if found is ABSENT:
        below = [] if holder.exact else subclasses(cls)
        classes = [*cls.__mro__, *below]
        if any(is_open(one) or name in self_names(one) for one in classes):
            return UNKNOWN
        if any(name in vars(one) for one in below):
            return UNKNOWN
        raise Problem(shown + " has no attribute " + name, near(name, [*dir(cls), *self_names(cls)]))
    if isinstance(found, staticmethod):
        return Method(found.__func__, cls, 0)
    if isinstance(found, classmethod) or inspect.isfunction(found):
        return Method(getattr(found, "__func__", found), cls, 1)
    if isinstance(found, property) and found.fget is not None:
        return returned(found.fget)
    return UNKNOWN


def subclasses(cls: Any) -> list[Any]:
    try:
        direct = cls.__subclasses__()
    except TypeError:
        return []
    return [one for sub in direct for one in (sub, *subclasses(sub))]


def is_open(cls: Any) -> bool:
    """Whether instances may have attributes that the class's text does not name."""
    if cls is object or cls.__module__ == "builtins":
        return False
    own = vars(cls)
    if cls.__module__ == "_thread" or cls.__name__ in ("SimpleNamespace", "Namespace"):
        return True
    if "__getattr__" in own or ("__getattribute__" in own and inspect.isfunction(own["__getattribute__"])):
        return True
    if "__slots__" not in own and not any(inspect.isfunction(one) for one in own.values()):
        return bool(getattr(cls, "__dictoffset__", 0)) and source(cls) == ""
    text = re.sub(r"def __setstate__(.|\n)*?(?=\n    (?:def|@|async)|\Z)", "", source(cls))
    return bool(
        re.search(
            r"setattr\(self|(self\.__dict__|vars\(self\))(\[|\.update|\.setdefault| =)|object\.__setattr__",
            text,
        )
    )


SELF_NAMES: Any = {}


def self_names(cls: Any) -> set[str]:
    """Names that the methods of one class put on `self`, and those that are only annotated."""
    if cls not in SELF_NAMES:
        found = set(re.findall(r"\bself\.(\w+)", source(cls)))
        found.update(vars(cls).get("__annotations__", {}), vars(cls).get("__slots__", ()))
        SELF_NAMES[cls] = found
    return SELF_NAMES[cls]  # type: ignore[no-any-return]


# ---- calls


def called(thing: Any, step: Any, shown: str) -> Any:
    if isinstance(thing, Method):
        check(thing.function, step, shown, thing.skip, thing.cls)
        return returned(thing.function)
    if inspect.isclass(thing):
        if type(thing).__call__ is not type.__call__ or issubclass(thing, type):
            return UNKNOWN
        check(thing, step, shown, 0, thing)
        return Made(thing, exact=not inspect.isfunction(thing.__new__))
    if isinstance(thing, PLAIN):
        check(thing, step, shown, 0, getattr(thing, "__self__", None))
        known = given(shown)
        return returned(thing) if known is UNKNOWN else known
    return UNKNOWN


# ---- what comes out of a call

# What functions of the standard library give, where nothing in them says so.
GIVEN = {
    "logging.getLogger": "logging.Logger", "re.compile": "re.Pattern", "sqlite3.connect": "sqlite3.Connection",
    "subprocess.run": "subprocess.CompletedProcess", "threading.Lock": "_thread.lock",
    "datetime.datetime.now": "datetime.datetime", "datetime.datetime.utcnow": "datetime.datetime",
    "datetime.datetime.fromtimestamp": "datetime.datetime", "datetime.datetime.strptime": "datetime.datetime",
    "datetime.datetime.fromisoformat": "datetime.datetime", "datetime.date.today": "datetime.date",
    "datetime.datetime.combine": "datetime.datetime", "datetime.date.fromisoformat": "datetime.date",
    "pathlib.Path.cwd": "pathlib.Path", "pathlib.Path.home": "pathlib.Path", "hashlib.sha256": "_hashlib.HASH",
    "hashlib.md5": "_hashlib.HASH", "hashlib.sha1": "_hashlib.HASH",
    "decimal.Decimal.from_float": "decimal.Decimal", "uuid.uuid4": "uuid.UUID",
    "concurrent.futures.Executor.submit": "concurrent.futures.Future", "shlex.split": "builtins.list",
    "os.getcwd": "builtins.str", "os.listdir": "builtins.list", "os.path.join": "builtins.str",
    "os.path.basename": "builtins.str", "os.path.dirname": "builtins.str", "os.path.abspath": "builtins.str",
    "json.dumps": "builtins.str", "textwrap.dedent": "builtins.str", "time.time": "builtins.float",
    "random.randint": "builtins.int", "random.random": "builtins.float", "getpass.getuser": "builtins.str",
}  # fmt: skip


def given(shown: str) -> Any:
    """The class of what a function of the standard library gives, UNKNOWN where the table does not say."""
    module, _, name = GIVEN.get(shown, "").rpartition(".")
    found = getattr(load(module), name, UNKNOWN) if module else UNKNOWN
    return Made(found, exact=True) if inspect.isclass(found) else UNKNOWN


def returned(function: Any) -> Any:
    """An instance of the class that a plain function says it returns."""
    function = getattr(function, "__func__", function)
    if (
        not inspect.isfunction(function)
        or inspect.iscoroutinefunction(function)
        or inspect.isgeneratorfunction(function)
    ):
        return UNKNOWN
    if hasattr(function, "__wrapped__"):
        return UNKNOWN
    try:
        cls = typing.get_type_hints(function).get("return", UNKNOWN)
    except BaseException:
        return UNKNOWN
    if not inspect.isclass(cls) or cls in (type(None), object) or inspect.isabstract(cls):
        return UNKNOWN
    if (
        cls.__module__ in ("typing", "collections.abc")
        or getattr(cls, "_is_protocol", False)
        or hasattr(cls, "__origin__")
    ):
        return UNKNOWN
    return Made(cls)


def entered(thing: Any) -> Any:
    """What a with statement binds: the manager itself, where it says so."""
    if not isinstance(thing, Made):
        return UNKNOWN
    for name in ("__enter__", "__aenter__"):
        function = inspect.getattr_static(thing.cls, name, None)
        if function is not None:
            returns = re.findall(r"\breturn\b *(.*)", source(function))
            return thing if returns and all(one.strip() == "self" for one in returns) else UNKNOWN
    return UNKNOWN


for own in [one for one in sys.modules if one.partition(".")[0] == "flashagent"]:
    del sys.modules[own]  # a project may have a module of that name
warnings.simplefilter("ignore")
question = json.load(sys.stdin)
answer = {}
for number, steps in enumerate(question["uses"]):
    try:
        follow(steps)
    except Problem as problem:
        answer[number] = {"what": str(problem), "nearest": problem.nearest, "signature": problem.signature}
    except Exception as error:  # a library's own trick on introspection is no finding
        answer.setdefault("odd", []).append(repr(error)[:200])  # type: ignore
print("\nflashagent-answer:" + json.dumps({"problems": answer}))
