"""Small faulty projects, and one call that repairs them with real processes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from helpers.repair_sandbox import CopiedTrees
from helpers.verify_projects import this_environment, write

from flashagent.events import Event
from flashagent.ports import CommandRunner
from flashagent.repair.engine import RepairRequest, RepairResult, repair
from flashagent.repair.workers import Launch
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment
from flashagent.verify.run import Verifier

CART: Mapping[str, str] = {
    "shop/__init__.py": "",
    "shop/cart.py": '''
        class Cart:
            """Lines of name, price and count."""

            def __init__(self):
                self.lines = []

            def add(self, name, price, count=1):
                self.lines.append((name, price, count))

            def total(self, discount=0):
                result = 0
                for name, price, count in self.lines:
                    result += price + count  # each line
                return result * (100 - discount) // 100
        ''',
    "tests/test_cart.py": """
        import pytest
        from shop.cart import Cart

        def filled():
            cart = Cart()
            cart.add("a", 10, 3)
            cart.add("b", 7)
            return cart

        def test_empty():
            assert Cart().total() == 0

        def test_discount():
            assert filled().total(50) == 18

        class TestTotal:
            def test_total(self):
                assert filled().total() == 37

            @pytest.mark.parametrize("name, price", [("x", 5), ("y", 6)])
            def test_one(self, name, price):
                cart = Cart()
                cart.add(name, price)
                assert cart.total() == price
        """,
}


TOOLS = tuple(p for p in {Path(sys.prefix), Path(sys.base_prefix)} if str(p) not in ("/", "/usr"))


def visible_environment() -> ProjectEnvironment:
    """The environment of the tests themselves, for a sandbox that may hide the folder they lie in."""
    return replace(this_environment(), binds=TOOLS)


async def repaired(
    root: Path,
    files: Mapping[str, str],
    check: str,
    runner: CommandRunner,
    events: list[Event] | None = None,
    *,
    search_time_s: float = 60.0,
    jobs: int = 2,
    check_timeout_s: float = 30.0,
    environment: ProjectEnvironment | None = None,
    patience_s: float = 30.0,
) -> RepairResult:
    """Write the project, run its check, repair it. The work tree is asserted to be as it was."""
    write(root, files)
    seen: list[Event] = [] if events is None else events
    environment = environment or visible_environment()
    verifier = Verifier(runner, environment, root, seen.append, timeout_s=check_timeout_s)
    parsed = check_from_text(check)
    baseline = await verifier.run(parsed)
    assert not baseline.green
    trees = CopiedTrees(root)
    before = snapshot(root)
    request = RepairRequest(root, parsed, baseline, environment, search_time_s, jobs, patience_s=patience_s)
    result = await repair(request, runner, verifier, trees, seen.append)
    assert snapshot(root) == before
    assert trees.open == 0
    return result


def snapshot(root: Path) -> dict[str, bytes]:
    """All files but bytecode."""
    files = (
        p
        for p in root.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts and ".pytest_cache" not in p.parts
    )
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in files}


def launch(root: Path, framework: str = "pytest", arguments: tuple[str, ...] = ("-q",)) -> Launch:
    """A worker's launch with the tests' own interpreter."""
    return Launch(
        Path(sys.executable), framework, arguments, root, root, (str(root),), {}, this_environment().path, (), TOOLS
    )  # fmt: skip
