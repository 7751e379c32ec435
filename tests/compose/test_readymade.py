from __future__ import annotations

import pytest

from flashagent.compose.jobfile import read_job
from flashagent.compose.readymade import job, jobs
from flashagent.errors import SettingsError, UsageError
from flashagent.jobs.batch.spec import Item, Rule, Selector, Target

NEEDED = {
    "deprecated_api": {"old": "os.popen", "new": "subprocess.run"},
    "fix_diagnostics": {"rule": "F401"},
    "async_callbacks": {"symbol": "load_*"},
    "rename": {"old": "load", "new": "read"},
}


@pytest.mark.parametrize("name", sorted(jobs()))
def test_every_ready_made_job_can_be_read_and_has_an_instruction_without_blanks(name: str) -> None:
    spec = read_job(job(name), f"@{name}", NEEDED.get(name, {}))
    text = spec.instruction_for(Item("0001", "a.py", (Target("a.py", "f", 3, "D103 said"),)))
    assert "${" not in text and "{{" not in text and len(text) > 100
    assert spec.select


def test_there_are_seven_of_them_each_with_a_line_that_says_what_it_does() -> None:
    assert sorted(jobs()) == [
        "async_callbacks", "deprecated_api", "docstrings", "fix_diagnostics", "rename", "type_annotations",
        "unit_tests",
    ]  # fmt: skip
    assert all(len(line) > 20 for line in jobs().values())
    with pytest.raises(UsageError, match="no ready-made job 'nope'"):
        job("nope")


def test_what_fills_a_blank_is_text_and_never_yaml() -> None:
    spec = read_job("select: {grep: '${what}'}\ninstruction: Do.\n", "j.yaml", {"what": "x'}\njobs: 99"})
    assert spec.select == (Selector("grep", "x'}\njobs: 99"),)
    assert spec.jobs == 8


def test_a_blank_that_is_missing_or_unknown_is_named_with_its_line() -> None:
    with pytest.raises(SettingsError, match=r"j\.yaml, line 2: what must be given") as missing:
        read_job("instruction: Do.\nselect: {grep: '${what}'}\n", "j.yaml")
    assert "--set what=VALUE" in missing.value.hint
    with pytest.raises(SettingsError, match=r"has no blank \$\{wath\}"):
        read_job("select: '${what=*.py}'\ninstruction: Do.\n", "j.yaml", {"wath": "x"})


def test_a_rename_and_a_query_are_read_and_what_lacks_a_part_is_told() -> None:
    spec = read_job("select: {query: '(x) @match', language: go}\nrule: {rename: a, to: b}\n", "j.yaml")
    assert spec.select == (Selector("query", "(x) @match", "go"),)
    assert spec.rule == Rule("rename", "a", "b")
    with pytest.raises(SettingsError, match="a query needs its `language`"):
        read_job("select: {query: '(x) @match'}\nrule: {ruff: E}\n", "j.yaml")
    with pytest.raises(SettingsError, match="a rename is written"):
        read_job("select: '*'\nrule: {rename: 'a b', to: c}\n", "j.yaml")
