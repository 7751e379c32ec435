"""Repairs in other languages than Python: real tool chains in the real sandbox, from detection to the verdict."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from helpers.e2e_languages import LANGUAGES, Language, runs_typescript, tool_variables
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import Shop, edit
from helpers.model_server import Call, Reply, serving
from helpers.workspace_state import fingerprint, git

from flashagent.agent.limits import Limits
from flashagent.compose.house import open_house
from flashagent.compose.place import Wishes
from flashagent.events import CheckStarted, FocusChosen, JobFinished
from flashagent.jobs.fix import run_fix
from flashagent.jobs.house import Models
from flashagent.jobs.job import FixJob
from flashagent.jobs.observing import observe
from flashagent.models.router import Router
from flashagent.models.scripted import Answer, ScriptedModel, ScriptedReply

PARAMETERS = [
    pytest.param(language, id=language.name, marks=pytest.mark.needs(*language.needs, "bwrap"))
    for language in LANGUAGES
]
SAYS_DONE = ScriptedReply("All tests pass now, done.")


@pytest.fixture(scope="module")
def language(request: pytest.FixtureRequest) -> Language:
    found: Language = request.param
    if found.name == "typescript" and not runs_typescript():
        pytest.skip("needs a node that runs TypeScript (22.18 or newer)")
    return found


@pytest.fixture(scope="module")
def project(language: Language, tmp_path_factory: pytest.TempPathFactory) -> Shop:
    """One repository of each language for all tests here: what its compiler built once is built."""
    shop = Shop.make(tmp_path_factory.mktemp(language.name), dict(language.files))
    shop.environ |= tool_variables(shop.environ)
    return shop


@pytest.fixture
def shop(project: Shop) -> Iterator[Shop]:
    project.events.clear()
    yield project
    git(project.root, "reset", "-q", "--hard", "main")
    git(project.root, "clean", "-q", "-fdx")


every_language = pytest.mark.parametrize("language", PARAMETERS, indirect=True, scope="module")


async def fix(shop: Shop, answers: Sequence[Answer], *, backend: str = "") -> JobFinished:
    wishes = Wishes({"sandbox.backend": backend} if backend else {})
    house = open_house(shop.place(wishes), wishes, shop.events.append, "s1")
    shop.model = ScriptedModel(answers)
    house = dataclasses.replace(house, models=Models(Router(shop.model)))
    try:
        return await run_fix(FixJob(limits=Limits(attempts=2)), house, shop.events.append)
    finally:
        await house.close()


def passes(language: Language, shop: Shop) -> bool:
    """Whether the check passes outside of the sandbox."""
    copy = shop.root.parent / "outside"
    shutil.copytree(shop.root, copy)
    variables = {"PATH": os.environ["PATH"], "HOME": str(shop.root.parent / "home")}
    cache = {"GOCACHE": str(next((Path(shop.environ["FLASHAGENT_HOME"]) / "cache/builds").glob("*/go")))}
    done = subprocess.run(
        language.check,
        cwd=copy,
        env=variables | cache | tool_variables(variables),
        capture_output=True,
        check=False,
    )
    shutil.rmtree(copy)
    return done.returncode == 0


@every_language
async def test_the_failure_is_found_and_read(language: Language, shop: Shop) -> None:
    before = fingerprint(shop.root)
    wishes = Wishes({})
    house = open_house(shop.place(wishes), wishes, shop.events.append, "s1")
    seen = await observe(FixJob(), house, shop.events.append)
    await house.close()
    assert (seen.check.argv, seen.check.why) == (language.check, language.why)
    (failure,) = seen.before.failures
    assert (failure.test_id, failure.kind) == (language.failing, "assertion")
    assert language.place in [(frame.path, frame.line) for frame in failure.frames]
    assert not seen.before.counted
    assert fingerprint(shop.root) == before


@every_language
@pytest.mark.parametrize("backend", ["bwrap", pytest.param("userns", marks=pytest.mark.needs("userns"))])
async def test_a_model_repairs_it(language: Language, shop: Shop, backend: str) -> None:
    finished = await fix(shop, [edit(language.bug, language.fix, language.source)], backend=backend)
    assert (finished.outcome, finished.exit_code) == ("fixed", 0), finished.report
    assert finished.report.reasons == ("exit 0, tests not counted",)
    assert finished.report.fixed == ((language.failing,) if language.failing else ())
    assert language.function in shop.prompts[0] and language.bug in shop.prompts[0]
    assert git(shop.root, "status", "--porcelain", "--ignored") == f" M {language.source}\n"
    assert passes(language, shop)
    kinds = [type(event) for event in shop.events]
    assert kinds.index(CheckStarted) < kinds.index(FocusChosen)


@every_language
def test_the_command_of_a_failure_shows_it_alone(language: Language, shop: Shop) -> None:
    """`flashagent check --json`, and again with the command that it tells."""
    before = fingerprint(shop.root)
    first = _checked(shop)
    assert first["why"] == language.why
    (failure,) = first["failures"]
    assert (failure["test_id"], failure["kind"]) == (language.failing, "assertion")
    assert list(language.place) in [[frame["path"], frame["line"]] for frame in failure["frames"]]
    alone = _checked(shop, "--check", failure["rerun"])
    (again,) = alone["failures"]
    assert (again["message"], again["frames"]) == (failure["message"], failure["frames"])
    if language.failing:
        assert (first["passed"] > 0, alone["failed"], alone["passed"]) == (True, 1, 0)
    assert fingerprint(shop.root) == before


def _checked(shop: Shop, *arguments: str) -> dict[str, Any]:
    ran = flashagent(shop.root, shop.environ, "check", "--json", *arguments)
    assert ran.code == 1, ran.err
    (check,) = json.loads(ran.out)["checks"]
    assert isinstance(check, dict)
    return check


@every_language
async def test_a_model_that_only_says_so_is_told_otherwise(language: Language, shop: Shop) -> None:
    before = fingerprint(shop.root)
    finished = await fix(shop, [SAYS_DONE] * 4)
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    assert finished.report.still_failing == ((language.failing,) if language.failing else ())
    assert fingerprint(shop.root) == before


@every_language
@pytest.mark.parametrize("how", ["delete", "skip"])
async def test_taking_the_test_away_is_no_repair(language: Language, shop: Shop, how: str) -> None:
    before = fingerprint(shop.root)
    old, new = language.gone if how == "delete" else language.skip
    finished = await fix(shop, [edit(old, new, language.test_file), *[SAYS_DONE] * 6])
    assert (finished.outcome, finished.exit_code) == ("not_fixed", 1)
    if language.failing:
        assert language.failing in finished.report.disappeared
    else:
        assert f"Green only because tests were changed: {language.test_file}" in finished.report.message
    assert fingerprint(shop.root) == before


@every_language
def test_a_model_over_http_repairs_it(language: Language, shop: Shop) -> None:
    edits = [{"path": language.source, "old": language.bug, "new": language.fix}]
    with serving([Reply(calls=[Call("edit", {"edits": edits})])]) as server:
        ran = flashagent(shop.root, with_model(shop.environ, server.base_url), "fix", "--json")
    assert (ran.code, ran.finished["outcome"]) == (0, "fixed"), ran.err
    assert git(shop.root, "status", "--porcelain", "--ignored") == f" M {language.source}\n"


SEARCHED = ("javascript", "typescript")
unsearched = pytest.mark.parametrize(
    "language", [p for p in PARAMETERS if p.id not in SEARCHED], indirect=True, scope="module"
)
searched = pytest.mark.parametrize(
    "language", [p for p in PARAMETERS if p.id == "javascript"], indirect=True, scope="module"
)


@unsearched
def test_offline_it_says_what_it_cannot_do_and_where_to_look(language: Language, shop: Shop) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--json")
    assert ran.code == 1, ran.err
    report = ran.finished["report"]
    assert "speaks only Python" in report["message"]
    places = "\n".join(report["suspicious"])
    assert f"{language.place[0]}:{language.place[1]}" in places
    assert f"{language.source}:" in places
    assert fingerprint(shop.root) == before


@searched
def test_offline_it_finds_a_patch_and_keeps_one_with_few_witnesses_for_a_person(
    language: Language, shop: Shop
) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "fix", "--offline", "--json", "--all-candidates")
    assert ran.code == 1, ran.err
    report = ran.finished["report"]
    assert report["options"] and all(one["green"] for one in report["options"])
    assert Path(report["kept"]).is_file()
    assert f"at {language.source}:6 (" in ran.out
    assert fingerprint(shop.root) == before


@searched
def test_suspicious_lines_of_javascript(language: Language, shop: Shop) -> None:
    before = fingerprint(shop.root)
    ran = flashagent(shop.root, shop.environ, "localize")
    assert f"{language.source}:6" in ran.out, ran.err
    assert fingerprint(shop.root) == before
