from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import write

from flashagent.diagnose.dependencies import ProjectText, added_dependencies, look_alike
from flashagent.diagnose.manifests import declared, ecosystem_of
from flashagent.values import FileChange

PYPROJECT = """[project]
name = "shop"
dependencies = ["requests>=2", "Flask[async] ~= 3.0"]
[project.optional-dependencies]
fast = ["ruamel.yaml"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
[tool.poetry.dependencies]
numpy = "*"
"""


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("pyproject.toml", PYPROJECT, ["requests", "flask", "ruamel-yaml", "pytest", "numpy"]),
        ("requirements-dev.txt", "# x\nrequests==2.1 ; python_version>'3'\n-r other.txt\nattrs\n", ["requests", "attrs"]),
        ("environment.yml", "dependencies:\n  - python=3.11\n  - scikit-learn\n  - pip:\n    - requests>2\n",
         ["python", "scikit-learn", "requests"]),
        ("web/package.json", '{"dependencies": {"zod": "1"}, "devDependencies": {"@types/node": "2"}}', ["zod", "@types/node"]),
        ("go.mod", "module x\nrequire (\n\tgithub.com/a/b v1.2.3\n)\nrequire golang.org/x/net v0.1.0\n",
         ["github.com/a/b", "golang.org/x/net"]),
        ("Cargo.toml", '[dependencies]\nserde = "1"\n[target.x.dev-dependencies]\nrand = { version = "1" }\n', ["serde", "rand"]),
        ("pom.xml", "<dependency><groupId>com.google.gson</groupId></dependency>", ["com.google.gson"]),
        ("package.json", "{", []),
        ("README.md", "requests", []),
    ],
)  # fmt: skip
def test_what_manifests_declare(path: str, text: str, names: list[str]) -> None:
    assert [one.name for one in declared(path, text)] == names


def test_which_files_are_manifests() -> None:
    assert ecosystem_of("a/requirements.txt") == "python"
    assert ecosystem_of("notes/my_requirements.md") is None


@pytest.mark.parametrize(
    ("name", "twin"),
    [
        ("reqeusts", "requests"), ("request", "requests"), ("python-dateutils", "python-dateutil"), ("lodahs", "lodash"),
        ("@tpyes/node", ""), ("flask", ""), ("numpy2", ""), ("six", ""), ("github.com/gin-gonic/gim", "github.com/gin-gonic/gin"),
        ("github.com/gin-gonic/muxx", "github.com/gin-gonic/mux"), ("scikitlearn", "scikit-learn"), ("pandas", ""),
    ],
)  # fmt: skip
def test_names_that_look_alike(name: str, twin: str) -> None:
    used = {"requests", "python-dateutil", "lodash", "@types/node", "numpy", "sox", "scikit-learn", "github.com/gin-gonic/mux",
            "github.com/gin-gonic/gin", "flask-login"}  # fmt: skip
    assert look_alike(name, used) == twin


def said(root: Path, files: dict[str, str], change: FileChange) -> list[str]:
    write(root, files)
    project = ProjectText(root, list(files), [change])
    return [f"{one.line} {one.severity} {one.message}" for one in added_dependencies([change], project)]


def test_added_dependencies_are_listed_and_never_installed(tmp_path: Path) -> None:
    before = "requests\nflask\n"
    files = {"requirements.txt": before, "uv.lock": '[[package]]\nname = "click"\n'}
    change = FileChange("requirements.txt", before, "requests\nflask\nreqests\nclick\nleft_pad\n")
    assert said(tmp_path, files, change) == [
        "3 error reqests looks like requests, which the project uses",
        "4 information click is a new dependency; it stands in the lock file",
        "5 warning left-pad is a new dependency that no lock file knows; it is not installed here",
    ]


def test_what_stays_or_goes_is_not_told(tmp_path: Path) -> None:
    before = '{"dependencies": {"zod": "1", "chalk": "2"}}'
    change = FileChange("package.json", before, '{"dependencies": {"zod": "2"}}')
    assert said(tmp_path, {"package.json": before}, change) == []


def test_links_that_leave_the_project_read_as_absent(tmp_path: Path) -> None:
    (tmp_path / "out.txt").write_text("secret")
    root = tmp_path / "project"
    root.mkdir()
    (root / "requirements.txt").symlink_to(tmp_path / "out.txt")
    assert ProjectText(root, ["requirements.txt"], []).read("requirements.txt") is None
