"""Reports of batches, and the same job from Python."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from helpers import batch_project
from helpers.batch_project import CHECK, module
from helpers.e2e_program import flashagent
from helpers.workspace_state import git

import flashagent as public
from flashagent.errors import UsageError
from flashagent.jobs.batch.events import BatchFinished, BatchStarted, ItemFinished, ItemMerged

pytestmark = pytest.mark.needs("bwrap")

ODD = "pkg/m<b>&'3.py"
JOB = """\
name: 'unused <imports>'
select: {lint: F401}
rule: {regex: 'import sys\\n', replace: 'gone(\\n'}
check: ''
"""


class Page(HTMLParser):
    """The tags of a page, and the addresses that it would load."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for key, value in attrs if key in ("src", "href")]


def test_a_batch_is_told_as_junit_sarif_and_a_page_that_needs_nothing_else(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2, more={ODD: module(3), "odd.yaml": "{}\n"})
    rule = ("--lint", "F401", "--rule", "ruff=F401", "--check", CHECK)
    reports = [str(tmp_path / name) for name in ("out.xml", "out.sarif", "out.html")]
    ran = flashagent(root, environ, "batch", "run", *rule, *(f"--report={file}" for file in reports))
    assert ran.code == 0, ran.err
    suite = ElementTree.parse(reports[0]).getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "0", "0")
    assert any(ODD in str(case.get("name")) for case in suite)
    found = json.loads(Path(reports[1]).read_text())["runs"][0]
    assert {one["ruleId"] for one in found["results"]} == {"F401"}
    assert {one["baselineState"] for one in found["results"]} == {"absent"}
    assert [one["locations"][0]["physicalLocation"]["region"] for one in found["results"]] == [
        {"startLine": 1}
    ] * 3
    text = Path(reports[2]).read_text()
    page = Page()
    page.feed(text)
    assert not {"script", "link", "img", "iframe", "b"} & set(page.tags)
    assert all(address.startswith("#") for address in page.loads)
    assert "&lt;b&gt;&amp;&#x27;3.py" in text and "svg" in page.tags


def test_what_failed_is_a_failure_in_each_report_and_grouped_by_its_cause(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=3)
    (tmp_path / "job.yaml").write_text(JOB.replace("check: ''", f"check: {{item: '', final: '{CHECK}'}}"))
    assert flashagent(root, environ, "batch", "run", str(tmp_path / "job.yaml")).code == 1
    reports = [str(tmp_path / name) for name in ("out.xml", "out.sarif", "out.html")]
    assert flashagent(root, environ, "batch", "report", *reports).code == 0
    suite = ElementTree.parse(reports[0]).getroot()[0]
    assert (suite.get("failures"), len(suite.findall("testcase/failure"))) == ("3", 3)
    run = json.loads(Path(reports[1]).read_text())["runs"][0]
    assert {one["level"] for one in run["results"]} == {"error"}
    assert run["invocations"] == [{"executionSuccessful": False}]
    text = Path(reports[2]).read_text()
    assert "<imports>" not in text and "unused &lt;imports&gt;" in text
    causes = text.partition("Failures by cause")[2].partition("</table>")[0]
    assert re.findall(r"<td class=n>(\d+)", causes) == ["3"]  # one cause for all three


def test_a_report_of_no_known_format_is_refused_before_anything_runs(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    ran = flashagent(
        root, environ, "batch", "run", "--glob", "*.py", "--rule", "regex=a", "--report", "out.pdf"
    )
    assert ran.code == 2 and "names no format of a report" in ran.err
    assert flashagent(root, environ, "batch", "status").out == "There is no batch in this repository yet.\n"


async def test_from_python_a_batch_gives_its_events_one_after_another(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=3)
    job = f"select: 'pkg/m*.py'\nrule: {{ruff: F401}}\ncheck: {{item: '', final: '{CHECK}'}}\n"
    events = [event async for event in public.batch(job, root, environ=environ, apply=True)]
    assert isinstance(events[0], BatchStarted)
    assert [type(event) for event in events].count(ItemFinished) == 3
    merged = [event for event in events if isinstance(event, ItemMerged)]
    last = events[-1]
    assert isinstance(last, BatchFinished)
    assert (last.outcome, last.merged, len(merged)) == ("done", 3, 3)
    assert "import sys" not in git(root, "show", f"{last.branch}:pkg/m2.py")
    assert (root / "pkg/m2.py").read_text() == git(root, "show", f"{last.branch}:pkg/m2.py")


async def test_from_python_a_job_that_cannot_begin_raises(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=2)
    with pytest.raises(UsageError, match="find nothing"):
        async for _ in public.batch("select: 'no/*.py'\nrule: {ruff: F401}\n", root, environ=environ):
            raise AssertionError("nothing may begin")


async def test_leaving_the_loop_early_stops_in_order_and_it_can_be_gone_on_with(tmp_path: Path) -> None:
    root, environ = batch_project.make(tmp_path, modules=4)
    job = f"select: 'pkg/m*.py'\nrule: {{ruff: F401}}\njobs: 1\ncheck: {{item: '', final: '{CHECK}'}}\n"
    told = public.batch(job, root, environ=environ)
    async for event in told:
        if isinstance(event, ItemFinished):
            break
    await told.aclose()  # type: ignore[attr-defined]
    states = flashagent(root, environ, "batch", "status").out
    assert "waiting" in states
    assert flashagent(root, environ, "batch", "resume").out.startswith("Done: 4 merged.")
