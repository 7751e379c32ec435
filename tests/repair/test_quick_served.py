"""Fixes of language servers as quick fixes: what is chosen of a scripted server's, and gopls end to end."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from helpers.diagnose_toy import toy
from helpers.e2e_languages import tool_variables
from helpers.repair_projects import repaired
from helpers.repair_sandbox import CopiedTrees
from helpers.verify_projects import write
from helpers.verify_runner import PlainRunner
from helpers.wanted import wanted_tools

from flashagent.compose.runner import open_runner
from flashagent.compose.servers import language_servers
from flashagent.diagnose.lsp.discover import discover
from flashagent.repair.project import Project
from flashagent.repair.quick import served
from flashagent.repair.quick.foreign import Seen
from flashagent.repair.quickfix import QuickFix, first_that_works
from flashagent.repair.validate import Validator
from flashagent.values import CheckReport, Failure, FileChange, Frame
from flashagent.verify.commands import check_from_text
from flashagent.verify.environment import ProjectEnvironment, find_environment
from flashagent.verify.run import Verifier


async def chosen(tmp_path: Path, text: str) -> list[tuple[FileChange, str, str]]:
    """What a red check whose failure lies in the file leads to."""

    async def ask(words: Sequence[str], variables: Mapping[str, str]) -> str:
        raise AssertionError("no program is asked")

    failure = Failure("", "compile", "no", frames=(Frame("a.toy", 1),))
    async with toy(tmp_path, {"a.toy": text, "tests.toy": "x_bad\n"}) as project:
        seen = Seen(Project.open(project.root, check_from_text("toy")), CheckReport((), 1, 1.0, failures=(failure,)), ask)  # fmt: skip
        return [(one.change, one.how, one.reason) for one in await served.proposals(seen, project.servers)]


async def test_what_leaves_no_choice_goes_together(tmp_path: Path) -> None:
    text = "x_bad\nlazy_bad\nworse_bad\n"
    change = FileChange("a.toy", text, "x_good\nlazy_good\nworse_bad\n")
    reason = "toy: bad word in x_bad; toy: bad word in lazy_bad"
    assert await chosen(tmp_path, text) == [(change, "spell x_good; spell lazy_good", reason)]


async def test_the_only_one_need_not_be_preferred_and_to_ignore_is_no_answer(tmp_path: Path) -> None:
    change = FileChange("a.toy", "two_bad\n", "two_good\n")
    assert await chosen(tmp_path, "two_bad\n") == [(change, "spell two_good", "toy: bad word in two_bad")]


async def test_nothing_is_taken_of_what_brings_other_errors(tmp_path: Path) -> None:
    assert await chosen(tmp_path, "worse_bad\n") == []


GO_TEST = 'package m\n\nimport "testing"\n\nfunc TestF(t *testing.T) {\n\tif n, err := F("2"); n != 2 || err != nil {\n\t\tt.Fatal(n, err)\n\t}\n}\n'
GO = 'package m\n\nimport "strconv"\n\nfunc F(text string) (int, error) {\n\tn, err := strconv.Atoi(text)\n\tif err != nil {\n\t\treturn err\n\t}\n\treturn n, nil\n}\n'


@pytest.mark.wants("gopls")
@pytest.mark.needs("go")
async def test_gopls_fills_in_a_return(tmp_path: Path) -> None:
    files = {"go.mod": "module example.com/m\n\ngo 1.21\n", "m.go": GO, "m_test.go": GO_TEST}
    path = tuple(filter(None, (wanted_tools(), *os.environ["PATH"].split(os.pathsep))))
    tools = ProjectEnvironment("path", None, path, tool_variables(os.environ), why="the tests' own")
    result = await repaired(tmp_path, files, "go test ./...", PlainRunner(tmp_path), check_timeout_s=120.0, environment=tools)  # fmt: skip
    assert [(p.confidence, p.how, p.changes[0].after) for p in result.patches] == [
        ("certain", "fill in return values", GO.replace("return err", "return 0, err"))
    ]


C = "#include <string.h>\n\nint f(const char *text) {\n  int number = (int)strlen(text);\n  return nubmer * 2;\n}\n"
C_TEST = 'int f(const char *text);\nint main(void) { return f("ab") != 4; }\n'


@pytest.mark.wants("clangd")
@pytest.mark.needs("gcc", "bwrap")
async def test_clangd_where_the_compiler_is_not_asked(tmp_path: Path) -> None:
    """The check builds with a program that names no place and prints no fix-it."""
    check = "import subprocess, sys; sys.exit(subprocess.call('gcc -w m.c test_m.c -o /tmp/t 2>/dev/null && /tmp/t', shell=True) and print('m.c:5: does not build') is None)"
    write(tmp_path, {"m.c": C, "test_m.c": C_TEST, "compile_flags.txt": "-std=c11\n", "check.py": check})
    found = await repaired_by(tmp_path, "python3 check.py", "clangd")
    assert found is not None
    assert [(c.path, c.after) for c in found.changes] == [("m.c", C.replace("nubmer", "number"))]


async def repaired_by(root: Path, argv: str, kind: str) -> QuickFix | None:
    """The quick fix of a project whose real language server is asked, in the sandbox."""
    path = os.pathsep.join(filter(None, (wanted_tools(), os.environ["PATH"])))
    environ = {"PATH": path, "HOME": os.environ["HOME"]}
    environment = find_environment(root, root, environ, None)
    found = discover(root, environment.path, trusted=False)
    only = replace(found, usable=tuple(one for one in found.usable if one.kind.name == kind))
    servers = language_servers(only, root, environment, open_runner(root, environ, profile="strict"), environ)
    assert servers is not None
    check = check_from_text(argv)
    verifier = Verifier(PlainRunner(root), environment, root, lambda event: None, timeout_s=120.0)
    before = await verifier.run(check)
    try:
        validator = Validator(verifier, CopiedTrees(root), check, before)
        return await first_that_works(Project.open(root, check), before, validator, servers)
    finally:
        await servers.close()
