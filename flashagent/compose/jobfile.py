"""A batch's job file: YAML with every mistake named by its line and the nearest key, and the JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any, cast

from flashagent.agent.limits import Limits
from flashagent.compose.readymade import filled
from flashagent.errors import SettingsError
from flashagent.jobs.batch.spec import GROUPS, ORDERS, BatchSpec, OrderKind, Rule, Selector
from flashagent.settings.coerce import Coerce, Located, WrongValue, flag, number, text, whole
from flashagent.settings.documents import parse_yaml

SELECTORS = (
    "glob", "symbol", "pattern", "query", "grep", "lint", "failing", "command", "callers", "untested",
)  # fmt: skip
RULES = ("ruff", "pattern", "regex", "python", "rename")
_ABOVE_ZERO = number(0, above=True)


def read_job(content: str, name: str, values: Mapping[str, str] | None = None) -> BatchSpec:
    """The batch that the file asks for; `name` is the file's, for messages, and `values` fill its blanks.

    Raises SettingsError with the line of what is wrong, UsageError for a slot that the instruction cannot have.
    """
    tree = filled(parse_yaml(content, name), values or {}, name)
    return _Reader(name).spec(tree)


class _Reader:
    def __init__(self, name: str) -> None:
        self._name = name

    def spec(self, tree: Located) -> BatchSpec:
        known: dict[str, Callable[[Located], object]] = {
            "name": self.plain(text), "instruction": self.plain(_long_text), "select": self.selectors,
            "exclude": self.texts, "group": self.plain(_group), "check": self.checks, "rule": self.rule,
            "model": self.plain(text), "limits": self.limits, "jobs": self.plain(whole(1)),
            "retries": self.plain(whole(0)), "order": self.plain(_order), "commit": self.commit,
            "tests_may_change": self.plain(flag), "rivals": self.plain(flag),
        }  # fmt: skip
        found = self.fields(tree, known)
        if not found.get("select"):
            raise self.wrong(tree, "`select` is missing: it says which places the batch is about")
        if not found.get("instruction") and not found.get("rule"):
            raise self.wrong(tree, "`instruction` or `rule` is missing: it says what to do")
        limits = cast("dict[str, Any]", found.pop("limits", {}))
        checks = cast("dict[str, Any]", found.pop("check", {}))
        commit = cast("dict[str, Any]", found.pop("commit", {}))
        return BatchSpec(
            **{"name": self._name.rpartition("/")[2].partition(".")[0], **found, **limits, **checks, **commit}
        )

    def fields(self, tree: Located, known: Mapping[str, Callable[[Located], object]]) -> dict[str, object]:
        """The mapping's values, read. Raises SettingsError for a key that is not known, naming the nearest."""
        if not isinstance(tree.value, dict):
            raise self.wrong(tree, f"must be a mapping of {', '.join(known)}")
        found: dict[str, object] = {}
        for key, given in tree.value.items():
            if key not in known:
                near = get_close_matches(key, known, n=1)
                raise self.wrong(
                    given,
                    f"there is no key {key!r}",
                    f"Did you mean `{near[0]}`?" if near else f"Keys: {', '.join(known)}.",
                )
            found[key] = known[key](given)
        return found

    def plain(self, coerce: Coerce) -> Callable[[Located], object]:
        def read(given: Located) -> object:
            try:
                return coerce(given)
            except WrongValue as error:
                raise self.wrong(Located(None, error.line or given.line), f"the value {error}") from error

        return read

    def texts(self, given: Located) -> tuple[str, ...]:
        parts = given.value if isinstance(given.value, list) else [given]
        return tuple(str(self.plain(text)(part)) for part in parts)

    def selectors(self, given: Located) -> tuple[Selector, ...]:
        parts = given.value if isinstance(given.value, list) else [given]
        return tuple(self.selector(part) for part in parts)

    def selector(self, given: Located) -> Selector:
        if isinstance(given.value, str):
            return Selector("glob", given.value)
        kinds: dict[str, Callable[[Located], object]] = {kind: self.plain(_wide_text) for kind in SELECTORS}
        found = self.fields(given, {**kinds, "language": self.plain(text)})
        language = str(found.pop("language", ""))
        if len(found) != 1:
            raise self.wrong(given, f"a selector is exactly one of {', '.join(SELECTORS)}")
        kind, value = found.popitem()
        if kind == "query" and not language:
            raise self.wrong(given, "a query needs its `language`, such as python")
        return Selector(kind, str(value), language)  # type: ignore[arg-type]

    def rule(self, given: Located) -> Rule:
        kinds: dict[str, Callable[[Located], object]] = {kind: self.plain(_wide_text) for kind in RULES}
        more = {
            "rewrite": self.plain(_any_text),
            "replace": self.plain(_any_text),
            "to": self.plain(text),
            "language": self.plain(text),
        }
        found = self.fields(given, {**kinds, **more})
        language = str(found.pop("language", ""))
        replace = ""
        for key in ("rewrite", "replace", "to"):
            replace = str(found.pop(key, replace))
        if len(found) != 1:
            raise self.wrong(given, f"a rule is exactly one of {', '.join(RULES)}")
        kind, value = found.popitem()
        if kind == "python" and not str(value).rpartition(":")[2].isidentifier():
            raise self.wrong(given, "a python rule is written `file.py:function`")
        if kind == "rename" and not (str(value).isidentifier() and replace.isidentifier()):
            raise self.wrong(given, "a rename is written `{rename: old_name, to: new_name}`")
        return Rule(kind, str(value), replace, language)  # type: ignore[arg-type]

    def checks(self, given: Located) -> dict[str, object]:
        if not isinstance(given.value, dict):
            both = self.plain(_any_text)(given)
            return {"item_check": both, "final_check": both}
        read = self.plain(_any_text)
        found = self.fields(given, {"item": read, "final": read})
        return {f"{key}_check": value for key, value in found.items()}

    def limits(self, given: Located) -> dict[str, object]:
        kinds = {
            "attempts": self.plain(whole(1)), "requests": self.plain(whole(1)), "tokens": self.plain(whole(1)),
            "cost": self.plain(_ABOVE_ZERO), "minutes": self.plain(_ABOVE_ZERO),
        }  # fmt: skip
        total = {key: kinds[key] for key in ("tokens", "cost", "minutes")}
        found = self.fields(
            given, {"item": lambda one: self.fields(one, kinds), "total": lambda one: self.fields(one, total)}
        )
        item = cast("dict[str, Any]", found.get("item", {}))
        every = cast("dict[str, Any]", found.get("total", {}))
        defaults = BatchSpec("", ()).item_limits
        return {
            "item_limits": Limits(
                item.get("attempts", defaults.attempts),
                item.get("requests", defaults.requests),
                item.get("tokens", defaults.tokens),
                item.get("cost", defaults.cost),
                item["minutes"] * 60 if "minutes" in item else defaults.seconds,
            ),
            "total_tokens": every.get("tokens"),
            "total_cost": every.get("cost"),
            "total_seconds": every["minutes"] * 60 if "minutes" in every else None,
        }

    def commit(self, given: Located) -> dict[str, object]:
        if given.value in ("item", "squash"):
            return {"squash": given.value == "squash"}
        known = {"squash": self.plain(flag), "message": self.plain(_long_text), "branch": self.plain(text)}
        return self.fields(given, known)

    def wrong(self, given: Located, what: str, hint: str = "") -> SettingsError:
        return SettingsError(f"{self._name}, line {given.line or 1}: {what}.", hint=hint)


def _long_text(given: Located) -> str:
    if not isinstance(given.value, str) or not given.value.strip() or "\0" in given.value:
        raise WrongValue("must be a text that is not empty", given.line)
    return given.value.strip()


def _wide_text(given: Located) -> str:
    if given.value is True:  # `failing: true`
        return "true"
    return _long_text(given)


def _any_text(given: Located) -> str:
    if given.value is None or given.value is False:
        return ""
    if not isinstance(given.value, str) or "\0" in given.value:
        raise WrongValue("must be a text", given.line)
    return given.value


def _group(given: Located) -> str:
    value = str(given.value)
    if value in GROUPS or (value.isdigit() and int(value) > 0):
        return value
    raise WrongValue(f"must be one of {', '.join(GROUPS)}, or a number of places for each item", given.line)


def _order(given: Located) -> OrderKind:
    if given.value in ORDERS:
        return given.value
    raise WrongValue(f"must be one of {', '.join(ORDERS)}", given.line)


def schema() -> dict[str, object]:
    """The JSON Schema of a job file (draft 2020-12), for editors."""
    word: dict[str, object] = {"type": "string"}
    count = {"type": "integer", "minimum": 1}
    amount = {"type": "number", "exclusiveMinimum": 0}

    def mapping(**fields: object) -> dict[str, object]:
        return {"type": "object", "additionalProperties": False, "properties": fields}

    selector = mapping(**{kind: {"type": ["string", "boolean"]} for kind in SELECTORS}, language=word)
    limits = {"attempts": count, "requests": count, "tokens": count, "cost": amount, "minutes": amount}
    total = {key: limits[key] for key in ("tokens", "cost", "minutes")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flashagent batch job",
        **mapping(
            name=word,
            instruction=word,
            select={"anyOf": [word, selector, {"type": "array", "items": {"anyOf": [word, selector]}}]},
            exclude={"anyOf": [word, {"type": "array", "items": word}]},
            group={"anyOf": [{"enum": list(GROUPS)}, count]},
            check={"anyOf": [word, mapping(item={"type": ["string", "boolean", "null"]}, final=word)]},
            rule=mapping(**dict.fromkeys(RULES, word), rewrite=word, replace=word, to=word, language=word),
            model=word,
            limits=mapping(item=mapping(**limits), total=mapping(**total)),
            jobs=count,
            retries={"type": "integer", "minimum": 0},
            order={"enum": list(ORDERS)},
            commit={
                "anyOf": [
                    {"enum": ["item", "squash"]},
                    mapping(squash={"type": "boolean"}, message=word, branch=word),
                ]
            },
            tests_may_change={"type": "boolean"},
            rivals={"type": "boolean"},
        ),
        "required": ["select"],
        "anyOf": [{"required": ["instruction"]}, {"required": ["rule"]}],
    }
