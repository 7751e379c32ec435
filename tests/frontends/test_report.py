"""The page of a session: what it tells, and that nothing in a record can do more than be read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from helpers.frontends_browser import BROWSER, in_chromium, seen

from flashagent.errors import UsageError
from flashagent.frontends.report.charts import MOST_BARS, Bars, chart
from flashagent.frontends.report.colours import code_lines, diff_html
from flashagent.frontends.report.html import LONGEST_BODY, MOST_ENTRIES, html
from flashagent.frontends.report.story import story_of
from flashagent.frontends.report.style import DARK, LIGHT, SCRIPT
from flashagent.frontends.report.values import Step
from flashagent.frontends.report.writing import write_page
from flashagent.frontends.session_values import Recorded

in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no chromium here")
DIFF = """diff --git a/shop/cart.py b/shop/cart.py
--- a/shop/cart.py
+++ b/shop/cart.py
@@ -1,3 +1,3 @@
 def total(prices):
-    return sum(prices) / 10  # wrong
+    return sum(prices)
     # "the end"
"""


def at(second: int, type_: str, **fields: Any) -> dict[str, Any]:
    return {"v": 1, "time": f"2026-01-31T10:00:{second:02d}+00:00", "type": type_, **fields}


def usage(prompt: int, cached: int, completion: int) -> dict[str, Any]:
    return {"prompt_tokens": prompt, "cached_tokens": cached, "completion_tokens": completion}


SESSION = [
    at(0, "CheckStarted", command=["pytest", "-q"], why="--check"),
    at(2, "CheckFinished", passed=3, failed=1, failures=[{"test_id": "t::a", "message": "1 != 2", "frames": []}],
       seconds=1.5, exit_code=1, counted=True),
    at(2, "FocusChosen", tokens=120, why="shown in full",
       symbols=[{"symbol": {"path": "shop/cart.py", "start_line": 4, "qualified": "total"}, "why": ["the test calls it"]}]),
    at(3, "TurnStarted", prompt="Repair it.\n\nWhat the harness adds"),
    at(3, "StepStarted", number=1),
    at(7, "AssistantReplied", text="I see.", reasoning="Hm.", model="flash-1", usage=usage(1000, 400, 50)),
    at(7, "BudgetSpent", tokens=1050, cost=0.002, share=0.1),
    at(7, "ToolStarted", call_id="c", tool="edit", summary="shop/cart.py", arguments="{}"),
    at(8, "ToolFinished", call_id="c", tool="edit", outcome="ok", for_person="edited", seconds=0.1, for_model="done"),
    at(8, "FileChanged", path="shop/cart.py", kind="modified", diff=DIFF),
    at(8, "StepStarted", number=2),
    at(9, "AssistantReplied", text="Done.", model="flash-1", usage=usage(1200, 1000, 10)),
    at(9, "BudgetSpent", tokens=2260, cost=0.0025, share=0.2),
    at(9, "CheckFinished", passed=4, failed=0, failures=[], seconds=1.0, exit_code=0, counted=True),
    at(10, "TurnFinished", end="done"),
    at(10, "JobFinished", outcome="fixed", exit_code=0, commit="", patch=DIFF, report={"fixed": ["t::a"], "how": "less"}),
]  # fmt: skip
HOSTILE = [
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "' onmouseover='document.title=1' x='",
    "</title></style></pre></details><iframe src=//example.invalid></iframe>",
    "<!-- --!><svg/onload=document.title='owned'>",
    "javascript:document.title='owned'",
    "]]><![CDATA[ &lt;b&gt; &#60;script&#62;",
    "\x1b]0;owned\x07\x1b[31mred\x1b[0m \x00\x08\x7f\x9b",
    "\u202egnp.exe \u2066a\u2069 \u200b \ufeff \U000e0041 \ud800",
]


def test_the_story_has_the_figures_of_each_step() -> None:
    story = story_of(SESSION)
    assert story.steps == [
        Step(1, "flash-1", 600, 400, 50, 0.002, 4.0),
        Step(2, "flash-1", 200, 1000, 10, pytest.approx(0.0005), 1.0),
    ]
    assert [(one.passed, one.failed, one.good) for one in story.checks] == [(3, 1, False), (4, 0, True)]
    assert (story.outcome, story.seconds, story.cost) == ("fixed", 10.0, pytest.approx(0.0025))
    assert [entry.sort for entry in story.entries] == [
        "Check", "Shown", "Prompt", "Reply", "Tool", "Changed", "Reply", "Check", "End",
    ]  # fmt: skip


def test_the_page_tells_all_of_it_and_is_well_formed() -> None:
    page = seen(html(Recorded("20260131T100000-abcdef", tuple(SESSION))))
    assert not page.wrong and not page.unclosed
    for told in (
        "Repair it.",
        "the test calls it",
        "shop/cart.py:4",
        "3 passed, 1 failed",
        "1 != 2",
        "I see.",
        "fixed",
    ):
        assert told in page.text, told
    assert "2,260 in all" in page.text and "$0.0025" in page.text
    assert [tag for tag, _ in page.tags].count("figure") == 4
    metas = {attributes.get("name"): attributes for tag, attributes in page.tags if tag == "meta"}
    assert "width=device-width" in str(metas["viewport"]["content"])


def test_the_page_asks_nobody_and_holds_one_script() -> None:
    text = html(Recorded("s", tuple(SESSION)))
    page = seen(text)
    assert page.scripts == [SCRIPT]
    assert not {tag for tag, _ in page.tags} & {"link", "img", "iframe", "object", "form", "base", "a"}
    assert not re.search(r"https?:|url\(|@import", text)
    policy = next(v for _, a in page.tags if a.get("http-equiv") for k, v in a.items() if k == "content")
    assert "default-src 'none'" in str(policy) and "unsafe" not in str(policy)


@pytest.mark.parametrize("poison", HOSTILE)
def test_no_field_can_do_more_than_be_read(poison: str) -> None:
    harmless = seen(html(Recorded("s", tuple(_poisoned(event, "harmless") for event in SESSION))))
    text = html(Recorded(poison, tuple(_poisoned(event, poison) for event in SESSION)))
    page = seen(text)
    assert not page.wrong and not page.unclosed
    assert page.scripts == [SCRIPT]
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in harmless.tags} | {"b", "i"}
    assert not [
        name for name, _ in page.attributes() if name.startswith("on") or name in ("src", "href", "style")
    ]
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]", text
    )
    text.encode("utf-8")


def _poisoned(value: Any, poison: str, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _poisoned(item, poison, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_poisoned(item, poison) for item in value]
    if not isinstance(value, str) or key in ("type", "time"):
        return value
    return value + poison if key in ("diff", "patch") else poison


@pytest.mark.parametrize("wrong", [None, [], {}, "text", 7, 1e300, True, [[1]], {"a": [None]}])
def test_fields_of_another_kind_count_as_empty(wrong: Any) -> None:
    events = [
        {name: value if name == "type" else wrong for name, value in event.items()} for event in SESSION
    ]
    page = seen(html(Recorded("s", ({}, {"type": wrong}, *events))))
    assert not page.wrong and not page.unclosed


def test_huge_outputs_and_long_sessions_are_cut() -> None:
    big = at(
        1,
        "ToolFinished",
        call_id="x",
        tool="run",
        outcome="ok",
        for_person="y",
        seconds=1,
        for_model="z" * 2_000_000,
    )
    one = html(Recorded("s", (big,)))
    assert len(one) < 3 * LONGEST_BODY and "characters left out" in one
    many = seen(html(Recorded("s", tuple(big for _ in range(MOST_ENTRIES + 5)))))
    assert [tag for tag, _ in many.tags].count("li") <= MOST_ENTRIES + 20
    assert "5 entries left out" in many.text and "the page would be too long" in many.text


def test_a_diff_has_syntax_colours_and_loses_nothing() -> None:
    shown = diff_html(DIFF)
    assert '<span class="l del"><i>-</i>' in shown and '<b class="k">return</b>' in shown
    assert '<b class="c"># wrong</b>' in shown
    lines = re.findall(r'<span class="l [^"]*">(.*?)</span>', shown)
    assert [seen(line).text for line in lines] == DIFF.splitlines()


@pytest.mark.parametrize(
    "code", [["x = '''", "<b>", ""], ["\r", "\f", "\x0b", "\u2028"], ["'" * 300], [], ["", ""]]
)
def test_each_line_of_code_stays_a_line(code: list[str]) -> None:
    assert len(code_lines(code, "a.py")) == max(len(code), 1)


def test_a_diff_with_foreign_lines_is_shown_as_it_is() -> None:
    odd = "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\nwhat?\n@@ broken\n+c\n"
    lines = re.findall(r'<span class="l [^"]*">(.*?)</span>', diff_html(odd))
    assert [seen(line).text for line in lines] == odd.splitlines()


def test_many_steps_are_drawn_as_sums_of_neighbours() -> None:
    values = [(1.0,)] * (3 * MOST_BARS)
    drawn = seen(chart(Bars("T", "360 in all", ("n",), [str(n) for n in range(len(values))], values, str)))
    assert [tag for tag, _ in drawn.tags].count("rect") == MOST_BARS
    assert not chart(Bars("T", "", ("n",), [], [], str))


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(colours: dict[str, str]) -> None:
    behind = ("ground", "field", "add", "del")
    texts = [name for name in colours if name not in (*behind, "line")]
    poor = {
        (name, ground): contrast(colours[name], colours[ground])
        for name in texts
        for ground in behind
        if contrast(colours[name], colours[ground]) < 4.5
    }
    assert not poor


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2.1."""

    def light(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_page_is_written_over_a_page_and_over_nothing_else(tmp_path: Path) -> None:
    mine, foreign = tmp_path / "report.html", tmp_path / "index.html"
    data = html(Recorded("s", tuple(SESSION))).encode()
    write_page(mine, b"first" + data)
    write_page(mine, data)
    assert mine.read_bytes() == data
    foreign.write_text("<h1>mine</h1>")
    for target in (foreign, tmp_path, tmp_path / "no" / "report.html"):
        with pytest.raises(UsageError):
            write_page(target, data)
    assert foreign.read_text() == "<h1>mine</h1>"


@in_a_browser
def test_a_browser_runs_our_script_and_no_other(tmp_path: Path) -> None:
    poison = "".join(HOSTILE[:8])
    told = html(Recorded("s", tuple(_poisoned(event, poison) for event in SESSION)))
    probe = told.replace("</body>", "<script>document.title='the policy fails'</script></body>")
    (tmp_path / "r.html").write_text(told, encoding="utf-8")
    (tmp_path / "probe.html").write_text(probe, encoding="utf-8")
    for name in ("r.html", "probe.html"):
        dom = in_chromium(tmp_path / name, tmp_path / "profile", "--dump-dom")
        title = re.search("<title>(.*?)</title>", dom, re.DOTALL)
        assert title and title[1].endswith("· flashagent"), name


@in_a_browser
def test_the_page_fits_a_phone_and_its_buttons_unfold(tmp_path: Path) -> None:
    """Measured by the page itself in a frame as wide as a phone, with a script that only the probe's policy allows."""
    told = html(Recorded("s", tuple(SESSION)))
    measure = (
        "document.getElementById('open').click();"
        "document.documentElement.dataset.told=JSON.stringify([document.documentElement.scrollWidth,innerWidth,"
        "[...document.querySelectorAll('details')].every(d=>d.open),"
        "getComputedStyle(document.querySelector('li.prompt')).borderLeftWidth])"
    )
    inner = re.sub("<meta http-equiv[^>]*>", "", told).replace(
        "</body>", f"<script>{measure}</script></body>"
    )
    (tmp_path / "inner.html").write_text(inner, encoding="utf-8")
    outer = (
        "<iframe id=f width=375 height=700 src=inner.html></iframe><pre id=o></pre><script>onload=()=>"
        "{o.textContent=f.contentDocument.documentElement.dataset.told}</script>"
    )
    (tmp_path / "outer.html").write_text(outer)
    dom = in_chromium(
        tmp_path / "outer.html", tmp_path / "profile", "--allow-file-access-from-files", "--dump-dom"
    )
    found = re.search('<pre id="o">(.*?)</pre>', dom)
    assert found, dom
    wide, window, unfolded, border = json.loads(found[1])
    assert (wide <= window, window <= 375, unfolded, border) == (True, True, True, "3px")
