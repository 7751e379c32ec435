"""The part of openai that we use, without the rest of it. The only file that imports openai, and only when asked.

Most of the time of `import openai` goes into hundreds of classes for replies that we never build: the bodies of the
packages `openai`, `openai.types` and `openai.lib` import them all, only to gather names. Here these bodies run when one
of their names is asked for, so that whoever imports openai after us gets all of it; the client itself is the SDK's own.
Where the SDK is laid out in another way than expected it is imported as a whole.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import find_spec
from threading import RLock
from types import ModuleType
from typing import TYPE_CHECKING

from flashagent.dataclass import dataclass

if TYPE_CHECKING:
    from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI, AsyncStream

GATHERING = ("openai", "openai.types", "openai.lib", "openai.types.shared")
"""Packages whose bodies do nothing for our client but gather names of their submodules."""
_LOCK = RLock()  # importing happens in threads


@dataclass(frozen=True, slots=True)
class Sdk:
    """The SDK's own classes."""

    AsyncOpenAI: type[AsyncOpenAI]
    AsyncStream: type[AsyncStream[object]]
    APIError: type[APIError]
    APIStatusError: type[APIStatusError]
    APIConnectionError: type[APIConnectionError]


@cache
def sdk() -> Sdk:
    """Import what we need of openai, a fifth of the time of importing all. Safe to call from several threads at once."""
    with _LOCK:
        if "openai" in sys.modules:
            return _whole()
        try:
            return _in_part()
        except (ImportError, AttributeError):  # another layout: its parts are found elsewhere
            _forget()
            return _whole()


def _in_part() -> Sdk:
    finder = _DeferringFinder()
    sys.meta_path.insert(0, finder)
    try:
        from openai._client import AsyncOpenAI
        from openai._exceptions import APIConnectionError, APIError, APIStatusError
        from openai._streaming import AsyncStream
    finally:
        sys.meta_path.remove(finder)
    return Sdk(AsyncOpenAI, AsyncStream[object], APIError, APIStatusError, APIConnectionError)


def _whole() -> Sdk:
    from openai import APIConnectionError, APIError, APIStatusError, AsyncOpenAI, AsyncStream

    return Sdk(AsyncOpenAI, AsyncStream[object], APIError, APIStatusError, APIConnectionError)


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "openai"]:
        del sys.modules[name]


class _Deferred(ModuleType):
    """A package whose body runs when a name is asked for that is none of its submodules."""

    def __getattr__(self, name: str) -> object:
        with _LOCK:
            if not name.startswith("_") or not name.endswith("_"):
                full = f"{self.__name__}.{name}"
                if find_spec(full) is not None:
                    return import_module(full)
            if name not in self.__dict__ and type(self) is _Deferred:
                self.__class__ = ModuleType  # type: ignore[assignment]  # allowed between module types
                spec = self.__spec__
                assert spec is not None and spec.loader is not None
                spec.loader.exec_module(self)
            return getattr(self, name)

    def __dir__(self) -> list[str]:
        self.__getattr__("__all__")
        return sorted(self.__dict__)


class _DeferringFinder(MetaPathFinder):
    """Finds the gathering packages where they always are, and has their bodies wait."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in GATHERING:
            return None
        spec = PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = _DeferringLoader(spec.loader)
        return spec


class _DeferringLoader(Loader):
    def __init__(self, real: Loader) -> None:
        self._real = real

    def create_module(self, spec: ModuleSpec) -> None:
        """A common module."""

    def exec_module(self, module: ModuleType) -> None:
        """Nothing yet, but from here on the module waits for a name, and names its real loader."""
        assert module.__spec__ is not None
        module.__spec__.loader = module.__loader__ = self._real
        module.__class__ = _Deferred
