"""Our `dataclass` defines what the standard library's does, only later."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Any

import pytest

from flashagent.dataclass import dataclass

STANDARD: Callable[..., Any] = dataclasses.dataclass


def frozen(decorate: Callable[..., Any]) -> Any:
    @decorate(frozen=True, slots=True)
    class Point:
        """A place."""

        x: int
        self: str = "s"
        found: list[int] = field(default_factory=list, compare=False)
        told: int = field(default=0, repr=False)

        def __post_init__(self) -> None:
            if self.x < 0:
                raise ValueError("x")

        @property
        def double(self) -> int:
            return 2 * self.x

    return Point


def changing(decorate: Callable[..., Any]) -> Any:
    @decorate(slots=True)
    class Count:
        made: int = 0

    return Count


def own_methods(decorate: Callable[..., Any]) -> Any:
    @decorate(frozen=True, slots=True)
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __repr__(self) -> str:
            return "own"

    return Own


def unhashable(decorate: Callable[..., Any]) -> Any:
    @decorate(eq=False, slots=True)
    class Same:
        x: int

    return Same


def open_frozen(decorate: Callable[..., Any]) -> Any:
    @decorate(frozen=True)
    class Open:
        x: int
        found: list[int] = field(default_factory=list)
        y: int = 4

        @functools.cached_property
        def double(self) -> int:
            return 2 * self.x

        def __repr__(self) -> str:
            return f"{super().__repr__()[:0]}open {self.x} {self.found} {self.y}"

    return Open


def open_changing(decorate: Callable[..., Any]) -> Any:
    @decorate
    class Openly:
        x: int = 3

        def __post_init__(self) -> None:
            self.more = self.x + 1

    return Openly


def empty(decorate: Callable[..., Any]) -> Any:
    @decorate(frozen=True, slots=True)
    class Empty:
        """Nothing."""

    return Empty


def one_field(decorate: Callable[..., Any]) -> Any:
    @decorate(frozen=True, slots=True)
    class One:
        x: object

    return One


def told(make: Callable[[], object]) -> object:
    """What came of it: a value's text, or the kind of error and its words."""
    try:
        return repr(make())
    except Exception as error:
        return type(error), str(error)


CASES: dict[str, tuple[Callable[..., Any], Callable[[Any], object]]] = {
    "repr": (frozen, lambda cls: cls(1, found=[2])),
    "by name": (frozen, lambda cls: cls(told=4, x=1).told),
    "no argument": (frozen, lambda cls: cls()),
    "one too many": (frozen, lambda cls: cls(1, "", [], 2, 3)),
    "unknown name": (frozen, lambda cls: cls(1, y=2)),
    "own check": (frozen, lambda cls: cls(-1)),
    "own factory": (frozen, lambda cls: cls(1).found is not cls(1).found),
    "equal": (frozen, lambda cls: (cls(1) == cls(1, found=[3]), cls(1) == cls(2), cls(1) == 1, cls(1) != cls(2))),
    "hash": (frozen, lambda cls: (hash(cls(1)) == hash(cls(1, found=[3])), len({cls(1), cls(1), cls(2)}))),
    "hash of a list": (one_field, lambda cls: hash(cls([]))),
    "setting": (frozen, lambda cls: setattr(cls(1), "x", 2)),
    "deleting": (frozen, lambda cls: delattr(cls(1), "x")),
    "replace": (frozen, lambda cls: dataclasses.replace(cls(1, found=[3]), x=5)),
    "replace with a wrong name": (frozen, lambda cls: dataclasses.replace(cls(1), y=5)),
    "asdict": (frozen, lambda cls: dataclasses.asdict(cls(1))),
    "fields": (frozen, lambda cls: [(one.name, one.type, one.default, one.repr) for one in dataclasses.fields(cls)]),
    "is one": (frozen, lambda cls: dataclasses.is_dataclass(cls)),
    "copy": (frozen, lambda cls: (copy.copy(cls(1)), copy.deepcopy(cls(1, found=[4])))),
    "match": (frozen, lambda cls: cls.__match_args__),
    "slots": (frozen, lambda cls: (cls.__slots__, hasattr(cls(1), "__dict__"))),
    "signature": (frozen, lambda cls: list(inspect.signature(cls).parameters)),
    "names": (frozen, lambda cls: (cls.__name__, cls.__qualname__, cls.__module__, cls.__doc__)),
    "property": (frozen, lambda cls: cls(4).double),
    "changing": (changing, lambda cls: (setattr(one := cls(), "made", 3), one, one == cls(3))),
    "changing has no hash": (changing, lambda cls: hash(cls())),
    "own methods": (own_methods, lambda cls: (cls(1) == 7, cls(1), hash(cls(1)) == hash(cls(1)))),
    "by identity": (unhashable, lambda cls: (cls(1) == cls(1), len({cls(1), cls(1)}))),
    "no slots": (open_frozen, lambda cls: (cls(1).double, cls(1), cls.y, hasattr(cls, "found"), vars(cls(1)))),
    "no slots, frozen": (open_frozen, lambda cls: setattr(cls(1), "y", 2)),
    "no slots, copied": (open_frozen, lambda cls: (copy.copy(cls(1)), dataclasses.replace(cls(1, [2]), x=3))),
    "no slots, equal": (open_frozen, lambda cls: (cls(1) == cls(1), cls(1, y=2) == cls(1), cls.__match_args__)),
    "no slots, changing": (open_changing, lambda cls: (vars(cls()), cls(), cls(1) == cls(1), cls.x, cls.__hash__)),
    "empty": (empty, lambda cls: (cls(), cls() == cls(), hash(cls()) == hash(cls()))),
    "one field": (one_field, lambda cls: (cls((1,)) == cls((1,)), cls((1,)) == cls((2,)), hash(cls(1)))),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_it_behaves_as_the_standard_one(name: str) -> None:
    make, look = CASES[name]
    assert told(lambda: look(make(dataclass))) == told(lambda: look(make(STANDARD)))


def test_a_recursive_value_has_a_text() -> None:
    One = one_field(dataclass)
    held: list[object] = []
    value = One(held)
    held.append(value)
    assert repr(value) == f"{One.__qualname__}(x=[...])"


def test_no_other_attribute_can_be_set_either() -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'other'"):
        frozen(dataclass)(1).other = 2


def test_a_class_that_inherits_is_as_usual() -> None:
    Point = frozen(dataclass)

    @dataclass(frozen=True, slots=True)
    class Named(Point):
        name: str = ""

    one = Named(1, name="n")
    assert (one.x, one.name, one == Named(1, name="n"), len({one})) == (1, "n", True, 1)
    with pytest.raises(FrozenInstanceError):
        one.name = "other"


def test_a_subclass_may_hold_more_but_not_change_a_field() -> None:
    class More(frozen(dataclass)):  # type: ignore[misc]
        def __init__(self, x: int) -> None:
            super().__init__(x)

    one = More(3)
    one.more = 4
    assert (one.x, one.more) == (3, 4)
    with pytest.raises(FrozenInstanceError):
        one.x = 5


WRONG = {
    "a required field last": {"__annotations__": {"x": "int", "y": "int"}, "x": 1},
    "a shared list": {"__annotations__": {"x": "list[int]"}, "x": []},
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_told_at_once(name: str) -> None:
    def define(decorate: Callable[..., Any]) -> object:
        return told(lambda: decorate(frozen=True, slots=True)(type("Wrong", (), dict(WRONG[name]))))

    assert define(dataclass) == define(STANDARD)
    assert isinstance(define(dataclass), tuple)


@dataclass(frozen=True, slots=True)
class Sent:
    x: int
    more: tuple[int, ...] = ()


def test_instances_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(Sent(1, (2,)))) == Sent(1, (2,))


def test_threads_that_ask_at_once_get_the_same() -> None:
    for _ in range(50):
        Point = frozen(dataclass)
        start, seen = threading.Barrier(8), []

        def use(cls: Any = Point, start: threading.Barrier = start, seen: list[object] = seen) -> None:
            start.wait()
            seen.append(dataclasses.asdict(dataclasses.replace(cls(1, found=[2]), x=3)))

        threads = [threading.Thread(target=use) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [{"x": 3, "self": "s", "found": [2], "told": 0}] * 8


def test_defining_compiles_nothing() -> None:
    program = (
        "import sys\n"
        "from flashagent.dataclass import dataclass\n"
        "compiled = []\n"
        "sys.addaudithook(lambda event, args: compiled.append(event) if event in ('compile', 'exec') else None)\n"
        "class A:\n    __annotations__ = {'x': 'int', 'y': 'int'}\n"
        "B = dataclass(frozen=True, slots=True)(A)\n"
        "defined = len(compiled)\n"
        "B(1, 2)\n"
        "print(defined, len(compiled) > defined)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "0 True\n"
