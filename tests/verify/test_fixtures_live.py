"""The projects in `fixtures/` under the runners of this machine: what is read of a run, and that each failure's own command runs
that test and no other."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.e2e_languages import tool_variables
from helpers.verify_projects import this_environment
from helpers.verify_runner import PlainRunner

from flashagent.values import CheckReport
from flashagent.verify.commands import Check, check_from_text
from flashagent.verify.run import Verifier

FIXTURES = Path(__file__).parent / "fixtures"


def project(name: str, tmp_path: Path) -> Verifier:
    root = Path(shutil.copytree(FIXTURES / name, tmp_path / name))
    path = tuple(os.environ["PATH"].split(os.pathsep))
    environment = replace(this_environment(), path=path, variables=tool_variables(os.environ))
    return Verifier(PlainRunner(root), environment, root, lambda event: None)


async def check_alone(verifier: Verifier, report: CheckReport, *names: str) -> None:
    """Each of these failures' commands fails with that test, and nothing else ran."""
    for failure in report.failures:
        if failure.test_id in names:
            again = await verifier.run(Check("again", failure.rerun))
            assert [(one.test_id, one.kind, one.message) for one in again.failures] == [
                (failure.test_id, failure.kind, failure.message)
            ]
            assert [one.test_id for one in again.results if one.outcome != "skipped"] == [failure.test_id]


@pytest.mark.slow
@pytest.mark.needs("cmake", "ctest", "c++")
async def test_cmake(tmp_path: Path) -> None:
    verifier = project("cpp", tmp_path)
    report = await verifier.run(
        check_from_text("cmake -S . -B build && cmake --build build && ctest --test-dir build")
    )
    kinds = {one.test_id: one.kind for one in report.failures if one.test_id.startswith("plain_")}
    assert kinds == {
        "plain_discount": "assertion", "plain_crash": "crash", "plain_throw": "crash", "plain_hang": "timeout",
    }  # fmt: skip
    assert {one.test_id: one.outcome for one in report.results}["plain_fine"] == "passed"
    await check_alone(verifier, report, "plain_discount", "plain_crash", "Cart.TakesTheDiscountOff")


@pytest.mark.slow
@pytest.mark.needs("cargo")
async def test_cargo(tmp_path: Path) -> None:
    verifier = project("rust", tmp_path)
    report = await verifier.run(check_from_text("cargo test --no-fail-fast"))
    assert {one.test_id: one.kind for one in report.failures} == {
        "tests::first_of_none": "error", "tests::discount": "assertion", "": "crash", "discount": "assertion", "first_of_none": "error",
        "src/lib.rs - total": "assertion",
    }  # fmt: skip
    # Each of these names is found in one test program alone, and the other programs are not asked.
    await check_alone(verifier, report, "tests::discount", "discount", "src/lib.rs - total")


@pytest.mark.slow
@pytest.mark.needs("go")
async def test_go(tmp_path: Path) -> None:
    verifier = project("go", tmp_path)
    report = await verifier.run(check_from_text("go test ./..."))
    assert [(one.test_id.rpartition(".")[2], one.kind) for one in report.failures] == [
        ("TestTotal/ten_percent", "assertion"), ("TestFirstOfNone", "crash"),
    ]  # fmt: skip
    again = await verifier.run(Check("again", report.failures[1].rerun))
    assert [one.test_id for one in again.results] == ["example.com/shop/cart.TestFirstOfNone"]


@pytest.mark.needs("gcc", "make")
async def test_a_crash_behind_make(tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / "cpp", tmp_path / "cpp")
    (tmp_path / "cpp/crash.c").write_text("int main(void) {\n    return *(volatile int *)0;\n}\n")
    (tmp_path / "cpp/Makefile").write_text("test:\n\tgcc -O0 -o crash crash.c\n\t./crash\n")
    root = tmp_path / "cpp"
    report = await Verifier(PlainRunner(root), this_environment(), root, lambda event: None).run(
        check_from_text("make test")
    )
    (failure,) = report.failures
    assert (failure.kind, failure.message, failure.rerun) == ("crash", "Segmentation fault", ("make", "test"))
