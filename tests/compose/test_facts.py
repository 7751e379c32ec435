from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flashagent.agent.facts import new_fact
from flashagent.compose.facts import FactFile
from flashagent.errors import SettingsError, UsageError

LEARN = (
    "import sys\nfrom pathlib import Path\nfrom flashagent.compose.facts import FactFile\n"
    "facts = FactFile(Path(sys.argv[1]))\n"
    "for number in range(10):\n    facts.add(f'{sys.argv[2]} {number}', '')\n"
)


def test_what_is_learned_is_there_for_the_next(tmp_path: Path) -> None:
    fact = new_fact("fix", "it broke", about=["place a.py", "hunter"], patch="-hunter2\n", time="now")
    FactFile(tmp_path, lambda text: text.replace("hunter2", "***").replace("hunter", "***")).learn(fact)
    (kept,) = FactFile(tmp_path).known()
    assert (kept.id, kept.about, kept.patch) == (fact.id, ("place a.py",), "-***\n")
    assert (tmp_path / "memory.json").stat().st_mode & 0o777 == 0o600


def test_several_processes_lose_nothing(tmp_path: Path) -> None:
    running = [subprocess.Popen([sys.executable, "-c", LEARN, str(tmp_path), name]) for name in "abc"]
    assert [process.wait() for process in running] == [0, 0, 0]
    texts = {fact.text for fact in FactFile(tmp_path).known()}
    assert texts == {f"{name} {number}" for name in "abc" for number in range(10)}


def test_a_damaged_file_is_told_and_can_be_forgotten(tmp_path: Path) -> None:
    facts = FactFile(tmp_path)
    for content in ("{", '{"facts": [{"id": 1}]}', '{"facts": 3}'):
        facts.path.write_text(content)
        with pytest.raises(SettingsError, match="damaged"):
            facts.known()
        with pytest.raises(SettingsError):
            facts.add("note", "")
        assert facts.path.read_text() == content
    facts.forget_all()
    assert facts.known() == ()


def test_facts_are_found_by_the_start_of_their_id(tmp_path: Path) -> None:
    facts = FactFile(tmp_path)
    one, two = facts.add("one", ""), facts.add("two", "")
    assert facts.edit(one.id[:6], " other ").text == "other"
    assert facts.forget(two.id) == two
    assert [fact.text for fact in facts.known()] == ["other"]
    for name in ("", "zz", two.id):
        with pytest.raises(UsageError):
            facts.find(name)
    with pytest.raises(UsageError, match="nothing to remember"):
        facts.edit(one.id, "  ")
