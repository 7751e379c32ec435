"""What a job file may say, and how a mistake in it is told."""

from __future__ import annotations

import pytest

from flashagent.agent.limits import Limits
from flashagent.compose.jobfile import read_job, schema
from flashagent.errors import FlashagentError, SettingsError, UsageError
from flashagent.jobs.batch.spec import BatchSpec, Rule, Selector

WHOLE = """\
name: logging
instruction: Replace the prints of {{path}}, {{count}} of them.
select:
  - src/**/*.py
  - {pattern: print($$$A), language: python}
exclude: [src/vendored/*]
group: symbol
check: {item: '', final: make test}
rule: {pattern: 'print($$$A)', rewrite: 'log($$$A)', language: python}
model: small
limits:
  item: {attempts: 1, requests: 5, tokens: 9000, cost: 0.02, minutes: 2}
  total: {tokens: 100000, cost: 1.5, minutes: 30}
jobs: 4
retries: 0
order: size
commit: {squash: true, message: 'Log, do not print', branch: logs}
tests_may_change: true
"""


def test_every_key_is_read() -> None:
    assert read_job(WHOLE, "jobs/logging.yaml") == BatchSpec(
        name="logging",
        instruction="Replace the prints of {{path}}, {{count}} of them.",
        select=(Selector("glob", "src/**/*.py"), Selector("pattern", "print($$$A)", "python")),
        exclude=("src/vendored/*",),
        group="symbol",
        item_check="",
        final_check="make test",
        rule=Rule("pattern", "print($$$A)", "log($$$A)", "python"),
        model="small",
        item_limits=Limits(1, 5, 9000, 0.02, 120.0),
        total_tokens=100_000,
        total_cost=1.5,
        total_seconds=1800.0,
        jobs=4,
        retries=0,
        order="size",
        squash=True,
        message="Log, do not print",
        branch="logs",
        tests_may_change=True,
    )


def test_a_short_file_has_the_defaults_and_the_name_of_the_file() -> None:
    spec = read_job("select: '*.py'\ninstruction: Add types.\n", "jobs/types.yaml")
    assert spec == BatchSpec("types", (Selector("glob", "*.py"),), "Add types.")


@pytest.mark.parametrize(
    ("content", "said", "hint"),
    [
        ("select: x\nrule: {rufff: F}\n", "line 2: there is no key 'rufff'.", "Did you mean `ruff`?"),
        ("select: x\nruel: {ruff: F}\n", "line 2: there is no key 'ruel'.", "Did you mean `rule`?"),
        ("instruction: x\n", "line 1: `select` is missing: it says which places the batch is about.", ""),
        ("select: x\n", "line 1: `instruction` or `rule` is missing: it says what to do.", ""),
        ("select: x\ninstruction: y\n\njobs: none\n", "line 4: the value must be a whole number of at least 1.", ""),
        ("select: {glob: x, grep: y}\ninstruction: y\n",
         "line 1: a selector is exactly one of glob, symbol, pattern, query, grep, lint, failing, command, callers, untested.", ""),
        ("select: x\nrule: {python: no function}\n", "line 2: a python rule is written `file.py:function`.", ""),
        ("select: x\ninstruction: y\ngroup: files\n",
         "line 3: the value must be one of file, symbol, folder, package, all, or a number of places for each item.", ""),
    ],
)  # fmt: skip
def test_a_mistake_is_named_by_its_line_and_the_nearest_key(content: str, said: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_job(content, "job.yaml")
    assert (caught.value.message, caught.value.hint) == (f"job.yaml, {said}", hint)


def test_a_slot_that_no_item_has_is_refused() -> None:
    with pytest.raises(UsageError, match=r"no slot \{\{file\}\}"):
        read_job("select: x\ninstruction: Change {{file}}\n", "job.yaml")


def _example(part: dict[str, object], key: str) -> str:
    """A value, as YAML, that the schema allows for a key."""
    texts = {"instruction": "do it", "branch": "b", "message": "m", "python": "f.py:g", "model": "m"}
    if "enum" in part:
        return str(part["enum"][0])  # type: ignore[index]
    if "anyOf" in part:
        return _example(part["anyOf"][0], key)  # type: ignore[index]
    kind = part.get("type")
    if kind == "object":
        chosen = list(part["properties"].items())  # type: ignore[attr-defined]
        return "{" + ", ".join(f"{name}: {_example(one, name)}" for name, one in chosen) + "}"
    if isinstance(kind, list) or kind == "string":
        return texts.get(key, "text")
    return "true" if kind == "boolean" else "1"


def _reads(key: str, value: str) -> bool:
    rest = {"select": "x", "instruction": "y"}
    lines = [f"{name}: {text}" for name, text in {**rest, key: value}.items()]
    try:
        read_job("\n".join(lines) + "\n", "job.yaml")
    except FlashagentError:
        return False
    return True


def test_the_schema_and_the_reader_agree() -> None:
    properties = schema()["properties"]
    assert isinstance(properties, dict)
    for key, part in properties.items():
        if key != "rule":  # exactly one kind: below
            assert _reads(key, _example(part, key)), key
            assert not _reads(key, "{no_such_key: 1}"), key
    rules = properties["rule"]["properties"]
    kinds = [kind for kind in rules if kind not in ("rewrite", "replace", "to", "language")]
    for kind in kinds:
        assert _reads("rule", f"{{{kind}: {_example(rules[kind], kind)}, replace: x, language: python}}"), (
            kind
        )
    assert not _reads("no_such_key", "1")
