from __future__ import annotations

from flashagent.agent.compaction import Compactor, Memory, exchanges, in_short, last_lines
from flashagent.agent.context import choose_focus
from flashagent.messages import AssistantMessage, SystemMessage, ToolCall, ToolMessage, UserMessage
from flashagent.models.tokens import estimate
from flashagent.prompts import Prompt
from flashagent.tools.outputs import cut_middle
from flashagent.values import RankedSymbol, Symbol

TEXT = "def one():\n    return 1\n\n\ndef two():\n    return 2\n"
MANY = "\n".join(f"line {number}" for number in range(1, 400))


def ranked(path: str, name: str, start: int, end: int, doc: str = "") -> RankedSymbol:
    return RankedSymbol(Symbol(path, name, name, "function", start, end, f"def {name}()", doc), 1.0)


def test_a_pinned_file_stays_in_full_view_and_is_not_shown_twice() -> None:
    symbols = [ranked("a.py", "one", 1, 2), ranked("b.py", "two", 5, 6)]
    focus = choose_focus(symbols, {"a.py": TEXT, "b.py": TEXT}.get, 400, pinned=["a.py", "gone.py"])
    assert focus.text.startswith("a.py\n```\ndef one():")
    assert focus.text.count("def one") == 1
    assert focus.files == (("a.py", TEXT), ("b.py", TEXT))


def test_a_pinned_file_that_is_too_long_is_shown_by_its_symbols() -> None:
    focus = choose_focus([ranked("a.py", "some", 2, 4)], {"a.py": MANY}.get, 300, pinned=["a.py"])
    assert focus.text == "a.py:2-4\n```\nline 2\nline 3\nline 4\n```"


def test_a_symbol_of_few_endless_lines_is_not_shown_in_full() -> None:
    table = f"def table(): return {list(range(20_000))}\ndef two():\n    return 2\n"
    focus = choose_focus(
        [ranked("a.py", "table", 1, 1), ranked("a.py", "two", 2, 3)], {"a.py": table}.get, 300
    )
    assert focus.text == "a.py:2-3\n```\ndef two():\n    return 2\n```\n\nAlso there:\na.py:1 def table()"


def test_what_is_worked_on_comes_first() -> None:
    symbols = [ranked("a.py", "one", 1, 100), ranked("b.py", "two", 1, 100)]
    texts = {"a.py": MANY, "b.py": MANY}
    assert choose_focus(symbols, texts.get, 460).shown[0].symbol.path == "a.py"
    focus = choose_focus(symbols, texts.get, 460, worked_on=["b.py"])
    assert [one.symbol.path for one in focus.shown] == ["b.py"]
    assert "Also there:\na.py:1 def one()" in focus.text


def test_neighbours_by_signature_and_documentation_and_the_rest_by_name() -> None:
    symbols = [ranked("a.py", f"f{n}", n * 10 + 1, n * 10 + 9, f"Does {n}.\nAt length.") for n in range(30)]
    focus = choose_focus(symbols, {"a.py": MANY}.get, 160)
    outline = focus.text.partition("Also there:\n")[2]
    assert outline.startswith("a.py:")
    assert "  # Does" in outline and "At length" not in outline
    assert "\nAnd: f" in outline
    assert focus.tokens <= 175


def test_exchanges_stand_together_and_shrink_to_lines() -> None:
    calls = (ToolCall("1", "read", '{"path": "a.py"}'), ToolCall("2", "edit", "{}"))
    reply = AssistantMessage("", calls)
    messages = [
        UserMessage("Go on."),
        reply,
        ToolMessage("1", "a.py lines 1-2"),
        ToolMessage("2", "Written: a.py."),
    ]
    groups = exchanges(messages)
    assert groups == [messages[:1], messages[1:]]
    assert [line for group in groups for line in in_short(group)] == [
        "told: Go on.",
        'read {"path": "a.py"} -> a.py lines 1-2',
        "edit {} -> Written: a.py.",
    ]


def test_the_newest_lines_are_kept_and_the_others_counted() -> None:
    lines = [*(f"step {n}" for n in range(100)), "same", "same"]
    told = last_lines(lines, 60)
    assert told.splitlines()[-1] == "- same (x2)"
    assert told.startswith("(") and "earlier steps)" in told
    assert estimate(told) <= 60


def test_a_compaction_leaves_room_whatever_is_remembered() -> None:
    slots = "{{goal}} {{failing}} {{patch}} {{done}} {{focus}}"
    big = "word " * 50_000
    memory = Memory(big, big, big, lambda tokens: cut_middle(big, tokens), big)
    history = [SystemMessage("Be brief."), UserMessage(big)]
    for number in range(50):
        call = ToolCall(str(number), "read", "{}")
        history += [AssistantMessage("", (call,)), ToolMessage(str(number), big)]  # type: ignore[list-item]
    compactor = Compactor(8_192, Prompt("compact", slots, "here"), lambda: memory)
    short = compactor.compacted(history, 700, 2_048, 1.3)
    assert sum(estimate(message.text) for message in short) * 1.3 < 8_192 - 2_048 - 700
    assert short[0] == history[0]
    assert isinstance(short[1], UserMessage)


def test_cutting_keeps_head_and_tail() -> None:
    cut = cut_middle(MANY, 60, "[...]")
    assert cut.startswith("line 1\n") and cut.endswith("line 399") and "\n[...]\n" in cut
    assert estimate(cut) <= 60
    assert cut_middle("short", 60) == "short"
