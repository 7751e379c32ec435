from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.diagnose.apidocs import ApiDoc, describe
from flashagent.errors import RunnerMissing
from flashagent.verify.environment import ProjectEnvironment


async def doc(root: Path, name: str) -> ApiDoc:
    return await describe(name, this_environment(), PlainRunner(root), root)


async def test_a_function_of_the_library(tmp_path: Path) -> None:
    found = await doc(tmp_path, "textwrap.dedent")
    assert (found.kind, found.signature) == ("function", "dedent(text)")
    assert found.doc.startswith("Remove any common leading whitespace")
    assert found.version.startswith("Python 3.")
    assert found.file.endswith("textwrap.py") and found.line > 1


async def test_a_method_of_an_installed_package(tmp_path: Path) -> None:
    found = await doc(tmp_path, "pydantic.BaseModel.model_dump")
    assert found.exists and "exclude_none" in found.signature
    assert found.version.startswith("pydantic 2.")


async def test_a_class_lists_what_it_has(tmp_path: Path) -> None:
    found = await doc(tmp_path, "pathlib.PurePath")
    assert found.kind == "class" and "with_suffix" in found.members
    assert "with_suffix" in found.text()


async def test_what_does_not_exist_names_what_does(tmp_path: Path) -> None:
    found = await doc(tmp_path, "textwrap.dedant")
    assert not found.exists
    assert found.nearest[0] == "textwrap.dedent"
    assert "textwrap.dedent" in found.text()
    assert not (await doc(tmp_path, "no_such_module.x")).exists
    assert not (await doc(tmp_path, "a; import os")).exists


async def test_modules_in_the_folder_do_not_stand_in(tmp_path: Path) -> None:
    write(tmp_path, {"json.py": "raise SystemExit(3)\n", "inspect.py": "raise SystemExit(3)\n"})
    assert (await doc(tmp_path, "json.dumps")).exists


async def test_without_an_interpreter(tmp_path: Path) -> None:
    with pytest.raises(RunnerMissing):
        await describe("json", ProjectEnvironment("path", None), PlainRunner(tmp_path), tmp_path)


async def test_a_module_that_does_not_exist_names_those_that_do(tmp_path: Path) -> None:
    found = await doc(tmp_path, "textwarp.dedent")
    assert (found.exists, found.nearest) == (False, ("textwrap.dedent",))
    assert (await doc(tmp_path, "pydantik")).nearest[0] == "pydantic"
