"""Whether a changed signature breaks those who call it as before. Pure."""

from __future__ import annotations

import ast


def breaks_callers(before: str, after: str) -> bool:
    """False where every call of the old signature fits the new one as far as names and numbers of arguments go. What is no
    Python function is taken to break."""
    old, new = _arguments(before), _arguments(after)
    if old is None or new is None:
        return True
    names_before = [one.arg for one in (*old.posonlyargs, *old.args)]
    names = [one.arg for one in (*new.posonlyargs, *new.args)]
    required = names[: len(names) - len(new.defaults)]
    required_before = names_before[: len(names_before) - len(old.defaults)]
    keywords = {one.arg for one in new.kwonlyargs}
    wanted = {
        one.arg for one, default in zip(new.kwonlyargs, new.kw_defaults, strict=True) if default is None
    }
    wanted_before = {
        one.arg for one, default in zip(old.kwonlyargs, old.kw_defaults, strict=True) if default is None
    }
    moved = names[: len(names_before)] != names_before
    fewer = len(names) < len(names_before) and new.vararg is None
    gone = {one.arg for one in old.kwonlyargs} - keywords - set(names)
    return (
        moved
        or fewer
        or len(required) > len(required_before)
        or bool(wanted - wanted_before)
        or (bool(gone) and new.kwarg is None)
        or (old.vararg is not None and new.vararg is None)
        or (old.kwarg is not None and new.kwarg is None)
    )


def _arguments(signature: str) -> ast.arguments | None:
    text = signature.strip().rstrip(":")
    try:
        (found,) = ast.parse(f"{text}: ...").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return found.args if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef) else None
