"""The engine end to end on small real projects, in bubblewrap."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil
import pytest
from helpers.repair_projects import CART, repaired, visible_environment
from helpers.repair_sandbox import CopiedTrees, TrustingRunner, bubblewrap
from helpers.verify_projects import write
from helpers.verify_runner import PlainRunner

from flashagent.events import Event, SearchProgress
from flashagent.repair.engine import NO_SANDBOX, RepairRequest, localize
from flashagent.verify.commands import check_from_text
from flashagent.verify.run import Verifier

bwrap = pytest.mark.needs("bwrap")


@bwrap
async def test_pytest_with_classes_and_parameters(tmp_path: Path) -> None:
    events: list[Event] = []
    result = await repaired(tmp_path, CART, "python -m pytest -q", bubblewrap(tmp_path), events)
    best = result.patches[0]
    assert "+            result += price * count  # each line\n" in best.diff
    assert (best.confidence, best.how) == ("likely", "`+` becomes `*` at shop/cart.py:13 (arithmetic)")
    assert result.suspicious[0].path == "shop/cart.py"
    assert any(line.line == 13 for line in result.suspicious[:5])
    assert result.tried > 100
    progress = [e for e in events if isinstance(e, SearchProgress)]
    assert progress[-1].tried == result.tried
    assert progress[-1].plausible >= 1


@bwrap
async def test_unittest_in_a_subfolder(tmp_path: Path) -> None:
    files = {
        "part/__init__.py": "",
        "part/stack.py": """
            class Stack:
                def __init__(self):
                    self.items = []

                def push(self, item):
                    self.items.append(item)
                    return self

                def pop(self):
                    return self.items.pop(0)

                def __len__(self):
                    return len(self.items)
            """,
        "part/tests/__init__.py": "",
        "part/tests/test_stack.py": """
            import unittest
            from part.stack import Stack

            class StackTest(unittest.TestCase):
                def setUp(self):
                    self.stack = Stack()

                def test_empty(self):
                    self.assertEqual(len(self.stack), 0)

                def test_pop(self):
                    self.assertEqual(self.stack.push(1).push(2).pop(), 2)

                def test_order(self):
                    self.stack.push(1).push(2).push(3)
                    self.assertEqual([self.stack.pop() for _ in range(3)], [3, 2, 1])

                def test_one(self):
                    self.assertEqual(self.stack.push(7).pop(), 7)
            """,
    }
    result = await repaired(tmp_path, files, "python -m unittest discover -t . -s part", bubblewrap(tmp_path))
    assert result.patches[0].changes[0].after.endswith(  # type: ignore[union-attr]
        ("return self.items.pop()\n\n    def __len__(self):\n        return len(self.items)\n",
         "return self.items.pop(-1)\n\n    def __len__(self):\n        return len(self.items)\n")
    )  # fmt: skip


@bwrap
async def test_src_layout_and_module_level_data(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": "[tool.pytest.ini_options]\npythonpath = ['src']\n",
        "src/units/__init__.py": "from units.table import minutes\n",
        "src/units/table.py": "FACTORS = {'h': 60, 'd': 60 * 23}\n\n\ndef minutes(n, unit):\n    return n * FACTORS[unit]\n",
        "tests/test_units.py": """
            from units import minutes

            def test_hours():
                assert minutes(2, "h") == 120

            def test_days():
                assert minutes(2, "d") == 2880
            """,
    }
    result = await repaired(tmp_path, files, "pytest -q", bubblewrap(tmp_path))
    assert any("+FACTORS = {'h': 60, 'd': 60 * 24}\n" in patch.diff for patch in result.patches)
    assert all(patch.confidence in ("possible", "weak") for patch in result.patches)


@bwrap
async def test_a_loop_that_never_ends(tmp_path: Path) -> None:
    code = "def digits(n):\n    count = 1\n    while n >= 10:\n        n = n // 10\n        count += 1\n    return count\n"
    tests = "from m import digits\n\ndef test_one():\n    assert digits(7) == 1\n\ndef test_big():\n    assert digits(1234) == 4\n\ndef test_ten():\n    assert digits(10) == 2\n"
    files = {"m.py": code.replace("n // 10", "n // 1"), "test_m.py": tests}
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path), check_timeout_s=3.0)
    assert [p.changes[0].after for p in result.patches][:1] == [code]


TABLE = {
    "m.py": """
        RULES = {}

        def rule(name):
            def keep(function):
                if name in RULES:
                    RULES[name] = function
                return function

            return keep

        @rule("double")
        def double(n):
            return n * 2

        def apply(name, n):
            return RULES[name](n)
        """,
    "test_m.py": """
        from m import apply

        def test_double():
            assert apply("double", 3) == 6
        """,
}


@bwrap
async def test_a_fault_in_code_that_runs_only_while_the_tests_are_loaded(tmp_path: Path) -> None:
    result = await repaired(tmp_path, TABLE, "python -m pytest -q", bubblewrap(tmp_path))
    after = result.patches[0].changes[0].after
    assert after is not None and "if name not in RULES:" in after
    assert ("m.py", 5) in [(s.path, s.line) for s in result.suspicious[:10]]


COMMAND = {
    "tool.py": """
        import sys

        def shout(text):
            return text.lower() + "!"

        if __name__ == "__main__":
            print(shout(sys.argv[1]))
        """,
    "test_tool.py": """
        import subprocess
        import sys
        from tool import shout

        def test_command():
            ran = subprocess.run([sys.executable, "tool.py", "go"], capture_output=True, text=True, check=True)
            assert ran.stdout == "GO!\\n"

        def test_function():
            assert shout("go") == "GO!"

        def test_upper():
            assert shout("A1") == "A1!"
        """,
}


@bwrap
async def test_a_test_that_runs_the_project_in_another_process_is_judged_by_the_whole_check(
    tmp_path: Path,
) -> None:
    result = await repaired(tmp_path, COMMAND, "python -m pytest -q", bubblewrap(tmp_path))
    after = result.patches[0].changes[0].after
    assert after is not None and 'return text.upper() + "!"' in after
    assert result.notes[0].startswith("A failing test runs the project in another process")


@bwrap
async def test_a_likely_patch_takes_one_run_of_the_check_and_the_time_is_accounted_for(
    tmp_path: Path,
) -> None:
    runner = bubblewrap(tmp_path)
    runs: list[Event] = []
    result = await repaired(tmp_path, CART, "python -m pytest -q", runner, runs)
    assert [p.confidence for p in result.patches] == ["likely"]
    names = [name for name, _ in result.phases]
    assert names == [
        "loading",
        "plain run",
        "tracing",
        "candidates",
        "counting",
        "search",
        "ranking",
        "whole check",
    ]
    assert result.cpu_s > 0.0


@bwrap
async def test_tests_are_never_edited_and_near_misses_are_told(tmp_path: Path) -> None:
    files = {
        "m.py": "def known(n):\n    return n\n",
        "test_m.py": "from m import known\nWANTED = {1: 'one', 2: 'two'}\n\ndef test_a():\n    assert known(1) == WANTED[1]\n\ndef test_b():\n    assert known(2) == WANTED[2]\n",
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path), search_time_s=4.0)
    assert all(c.path == "m.py" for p in result.patches for c in p.changes)
    assert all(p.confidence != "likely" for p in result.patches)
    assert [(s.path, s.line) for s in result.suspicious] == [("m.py", 2)]


async def test_without_a_sandbox_nothing_is_searched(tmp_path: Path) -> None:
    runner = PlainRunner(tmp_path)
    result = await repaired(tmp_path, CART, "python -m pytest -q", runner)
    assert (result.patches, result.tried, result.notes) == ((), 0, (NO_SANDBOX,))
    assert len(runner.commands) == 1  # the baseline alone


async def test_an_unknown_runner_is_said(tmp_path: Path) -> None:
    result = await repaired(
        tmp_path, {"m.py": "x = 1\n"}, "python -c 'raise SystemExit(1)'", TrustingRunner(tmp_path)
    )
    assert result.patches == ()
    assert "speaks only Python" in result.notes[0]


@bwrap
async def test_a_check_without_any_test_is_said(tmp_path: Path) -> None:
    files = {"m.py": "def f():\n    return 1\n", "test_m.py": "from m import f\n"}
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path))
    assert (result.patches, result.notes) == ((), ("No test ran: a search has nothing to go by.",))


@bwrap
async def test_cancelling_leaves_no_process(tmp_path: Path) -> None:
    files = {
        "m.py": "def f(n):\n    while n:\n        pass\n    return n + 1\n",
        "test_m.py": "from m import f\n\ndef test_f():\n    assert f(0) == 99999\n",
    }
    events: list[Event] = []
    task = asyncio.create_task(repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path), events))
    while not any(isinstance(e, SearchProgress) and e.tried for e in events):
        await asyncio.sleep(0.02)
        assert not task.done()
    started = [p for p in psutil.Process().children(recursive=True) if p.is_running()]
    assert started
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    _, alive = psutil.wait_procs(started, timeout=10)
    assert alive == []


@bwrap
async def test_localize_alone(tmp_path: Path) -> None:
    write(tmp_path, CART)
    runner, environment = bubblewrap(tmp_path), visible_environment()
    check = check_from_text("python -m pytest -q")
    verifier = Verifier(runner, environment, tmp_path, lambda event: None)
    baseline = await verifier.run(check)
    result = await localize(
        RepairRequest(tmp_path, check, baseline, environment, 20.0, 1), runner, CopiedTrees(tmp_path)
    )
    assert ("total", 13) in [(s.function, s.line) for s in result.suspicious[:4]]
    assert result.tried == 0


@bwrap
async def test_a_loop_that_is_reached_late_is_followed_too(tmp_path: Path) -> None:
    """Under a tracer the import takes longer than a loop is otherwise given."""
    files = {
        "slow.py": "for _ in range(4_000_000):\n    pass\n",
        "m.py": "def halves(n):\n    count = 0\n    while n:\n        count += 1\n    return count\n",
        "test_m.py": "def test_halves():\n    import slow\n    from m import halves\n    assert halves(8) == 4\n",
    }
    write(tmp_path, files)
    runner, environment = bubblewrap(tmp_path), visible_environment()
    check = check_from_text("python -m pytest -q")
    baseline = await Verifier(runner, environment, tmp_path, lambda event: None, timeout_s=6.0).run(check)
    request = RepairRequest(tmp_path, check, baseline, environment, 30.0, 1)
    result = await localize(request, runner, CopiedTrees(tmp_path))
    assert "run by 1 failing and 0 passing tests" in next(s.why for s in result.suspicious if s.line == 3)


@bwrap
async def test_a_doctest_repairs_the_file_it_stands_in(tmp_path: Path) -> None:
    files = {
        "area.py": """
            def area(width, height):
                '''
                >>> area(3, 4)
                12
                >>> area(1, 1)
                1
                >>> area(5, 2)
                10
                '''
                return width + height
            """
    }
    result = await repaired(
        tmp_path, files, "python -m pytest -q --doctest-modules area.py", bubblewrap(tmp_path)
    )
    assert "+    return width * height\n" in result.patches[0].diff


@bwrap
async def test_parameters_that_cannot_be_copied(tmp_path: Path) -> None:
    files = {
        "m.py": "def double(n):\n    return n + 2\n",
        "test_m.py": """
            import math
            import pytest
            from m import double

            @pytest.mark.parametrize("module, n", [(math, 2), (math, 3), (math, 5)])
            def test_double(module, n):
                assert double(module.floor(n)) == module.floor(n) * 2
            """,
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path))
    assert "+    return n * 2\n" in result.patches[0].diff


@bwrap
async def test_two_faults_at_once(tmp_path: Path) -> None:
    files = {
        "m.py": """
            def low(values):
                return max(values)


            def high(values):
                return values[0] + max(values)
            """,
        "test_m.py": """
            from m import high, low

            def test_low():
                assert low([3, 1, 2]) == 1
                assert low([5, 9]) == 5

            def test_low_negative():
                assert low([-3, 4]) == -3

            def test_high():
                assert high([3, 1, 2]) == 3

            def test_high_late():
                assert high([1, 1, 7]) == 7
            """,
    }
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path))
    best = result.patches[0]
    assert "+    return min(values)\n" in best.diff
    assert "+    return max(values)\n" in best.diff
    assert best.confidence in ("possible", "weak")


# Few tests, so that several patches that differ in what they do pass them; one row is changed by the code.
SPREAD = {
    "spread.py": "def spread(numbers):\n    low = high = 0\n    while numbers:\n        number = numbers.pop()\n        low = min(low, number)\n        high = max(high, number)\n    return high - low\n",
    "test_spread.py": (
        "import pytest\nfrom spread import spread\n\nROWS = [([0, 4], 4), ([-1, 3], 4), ([5, 7], 2), ([8, 9, 6], 3)]\n\n"
        "@pytest.mark.parametrize('numbers,wanted', ROWS)\ndef test_spread(numbers, wanted):\n    assert spread(numbers) == wanted\n"
    ),
}


@bwrap
@pytest.mark.parametrize("files", [CART, SPREAD], ids=["cart", "spread"])
async def test_the_same_patches_on_one_core_and_on_several(tmp_path: Path, files: dict[str, str]) -> None:
    """The clock may end a search, so it gets time enough here: what is found must not depend on the cores."""
    found = []
    for name, jobs in (("one", 1), ("several", 4)):
        (tmp_path / name).mkdir()
        runner = bubblewrap(tmp_path / name)
        found.append(
            await repaired(
                tmp_path / name,
                files,
                "python -m pytest -q",
                runner,
                jobs=jobs,
                search_time_s=120.0,
                patience_s=60.0,
            )
        )
    told = [[(p.diff, p.how, p.confidence, p.reasons) for p in result.patches] for result in found]
    assert told[0] == told[1]
    assert told[0] and found[0].tried >= 100
    assert [line.line for line in found[0].suspicious] == [line.line for line in found[1].suspicious]


@bwrap
async def test_tests_that_only_run_themselves_are_named(tmp_path: Path) -> None:
    files = {"m.py": "x = 1\n", "test_m.py": "def test_it():\n    assert 1 == 2\n"}
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path), search_time_s=5.0)
    assert result.patches == ()
    assert result.notes == ("The failing tests run only test files (test_m.py), and tests are not changed.",)


FORGOTTEN = {
    "m.py": """
        def reachable(graph, start):
            seen = set()
            waiting = [start]
            while waiting:
                node = waiting.pop()
                if node in seen:
                    continue
                waiting.extend(graph.get(node, ()))
            return seen
        """,
    "test_m.py": """
        from m import reachable

        def test_line():
            assert reachable({1: [2], 2: [3]}, 1) == {1, 2, 3}

        def test_circle():
            assert reachable({1: [2], 2: [1]}, 1) == {1, 2}

        def test_alone():
            assert reachable({}, 7) == {7}
        """,
}
REFUSED = {
    "m.py": """
        def last(items, count):
            return items[len(items) - count :]

        def first(items, count):
            return items[:count]
        """,
    "test_m.py": """
        import pytest
        from m import last

        def test_two():
            assert last([1, 2, 3], 2) == [2, 3]

        def test_all():
            assert last([1, 2], 2) == [1, 2]

        def test_negative():
            with pytest.raises(ValueError, match="count must not be negative"):
                last([1], -1)
        """,
}


@bwrap
@pytest.mark.parametrize(
    ("files", "added"),
    [
        (FORGOTTEN, "+        seen.add(node)\n"),
        (REFUSED, "+    if count < 0:\n+        raise ValueError('count must not be negative')\n"),
    ],
    ids=["a forgotten mark", "an argument to refuse"],
)
async def test_a_statement_that_is_missing(tmp_path: Path, files: dict[str, str], added: str) -> None:
    result = await repaired(tmp_path, files, "python -m pytest -q", bubblewrap(tmp_path))
    assert added in result.patches[0].diff
    assert result.patches[0].confidence in ("likely", "possible")
