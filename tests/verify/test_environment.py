from __future__ import annotations

import base64
import hashlib
import json
import sys
from pathlib import Path

import pytest
from helpers.verify_projects import write

from flashagent.verify import interpreters
from flashagent.verify.environment import find_environment


def make_venv(prefix: Path, base: str = "/usr/bin") -> Path:
    """The files of a virtual environment, its interpreter being a link to the one that runs the tests."""
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    (prefix / "lib" / "python3.11" / "site-packages").mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(f"home = {base}\ninclude-system-site-packages = false\n")
    return prefix


def short_hash(folder: Path) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(str(folder).encode()).digest()).decode()[:8]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


@pytest.fixture
def root(home: Path) -> Path:
    (home / "project").mkdir()
    return home / "project"


def test_the_active_environment_comes_first(root: Path, home: Path) -> None:
    active, local = make_venv(home / "envs" / "a"), make_venv(root / ".venv")
    env = {"HOME": str(home), "PATH": "/usr/bin:/bin", "VIRTUAL_ENV": str(active)}
    found = find_environment(root, root, env, None)
    assert (found.kind, found.python) == ("virtualenv", active / "bin" / "python")
    assert found.path[0] == str(active / "bin")
    assert found.variables["VIRTUAL_ENV"] == str(active)
    assert active in found.binds
    assert found.keep == (".venv",)
    assert str(active) in found.why
    assert local not in found.binds


def test_flashagents_own_environment_is_never_used(root: Path, home: Path) -> None:
    own = make_venv(home / "own")
    env = {"HOME": str(home), "PATH": f"{own / 'bin'}:/usr/bin:/bin", "VIRTUAL_ENV": str(own)}
    found = find_environment(root, root, env, own)
    assert found.kind == "path"
    assert str(own / "bin") not in found.path
    assert "VIRTUAL_ENV" not in found.variables
    assert found.python is not None and own not in found.python.parents


def test_a_system_wide_installation_keeps_the_users_path(root: Path, home: Path) -> None:
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/usr/bin:/bin"}, Path("/usr"))
    assert found.path == ("/usr/bin", "/bin")


def test_the_nearest_environment_of_a_subproject(root: Path, home: Path) -> None:
    make_venv(root / ".venv")
    inner = make_venv(root / "service" / "venv")
    found = find_environment(root, root / "service", {"HOME": str(home), "PATH": "/bin"}, None)
    assert found.python == inner / "bin" / "python"
    assert found.keep == ("service/venv", ".venv")


def test_poetrys_folder_is_computed(root: Path, home: Path) -> None:
    write(root, {"pyproject.toml": '[tool.poetry]\nname = "My App"\n'})
    place = home / ".cache/pypoetry/virtualenvs"
    make_venv(place / f"my_app-{short_hash(root)}-py3.9")
    newest = make_venv(place / f"my_app-{short_hash(root)}-py3.11")
    make_venv(place / "my_app-XXXXXXXX-py3.12")
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert (found.kind, found.python) == ("poetry", newest / "bin" / "python")


def test_hatchs_test_environment_comes_before_its_default(root: Path, home: Path) -> None:
    write(root, {"pyproject.toml": '[project]\nname = "My_App"\n[tool.hatch]\n'})
    place = home / ".local/share/hatch/env/virtual/my-app" / short_hash(root)
    make_venv(place / "my-app")
    tests = make_venv(place / "hatch-test.py3.11")
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert (found.kind, found.python) == ("hatch", tests / "bin" / "python")


def test_pipenvs_environment_names_its_project(root: Path, home: Path) -> None:
    write(root, {"Pipfile": ""})
    other, mine = (make_venv(home / ".local/share/virtualenvs" / name) for name in ("other-1", "project-2"))
    (other / ".project").write_text("/elsewhere")
    (mine / ".project").write_text(f"{root}\n")
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert (found.kind, found.python) == ("pipenv", mine / "bin" / "python")


def test_conda_is_used_when_nothing_nearer_is_there(root: Path, home: Path) -> None:
    prefix = home / "miniforge" / "envs" / "x"
    (prefix / "conda-meta").mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").symlink_to(Path(sys.executable).resolve())
    found = find_environment(
        root, root, {"HOME": str(home), "PATH": "/bin", "CONDA_PREFIX": str(prefix)}, None
    )
    assert (found.kind, found.variables["CONDA_PREFIX"]) == ("conda", str(prefix))
    assert prefix in found.binds


def test_pyenv_shims_are_replaced_by_the_real_folder(root: Path, home: Path) -> None:
    pyenv = home / ".pyenv"
    real = make_venv(pyenv / "versions" / "3.11.4")
    make_venv(pyenv / "versions" / "3.9.1")
    (pyenv / "shims").mkdir()
    write(root, {".python-version": "3.11\n"})
    found = find_environment(root, root, {"HOME": str(home), "PATH": f"{pyenv / 'shims'}:/usr/bin"}, None)
    assert found.python == real / "bin" / "python"
    assert str(pyenv / "shims") not in found.path
    assert real in found.binds


def test_node_modules_and_workspaces_are_kept(root: Path, home: Path) -> None:
    for folder in ("node_modules/.bin", "packages/a/node_modules/x", "node_modules/y/node_modules/z"):
        (root / folder).mkdir(parents=True)
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert found.keep == ("node_modules", "packages/a/node_modules")
    assert found.path[0] == str(root / "node_modules/.bin")


def test_a_link_chain_through_folders_is_bound_whole(root: Path, home: Path) -> None:
    base = home / ".local/share/uv/python"
    real = make_venv(base / "cpython-3.11.9")
    (real / "pyvenv.cfg").unlink()
    (base / "cpython-3.11").symlink_to("cpython-3.11.9")
    venv = make_venv(root / ".venv", str(base / "cpython-3.11" / "bin"))
    (venv / "bin" / "python").unlink()
    (venv / "bin" / "python").symlink_to(base / "cpython-3.11" / "bin" / "python")
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert {base / "cpython-3.11", base / "cpython-3.11.9"} <= set(found.binds)


def test_a_python_in_the_home_folder_does_not_show_the_home(root: Path, home: Path) -> None:
    for prefix in (home, home / ".local"):
        (prefix / "bin").mkdir(parents=True)
        (prefix / "lib" / "python3.11").mkdir(parents=True)
        (prefix / "bin" / "python").symlink_to(Path(sys.executable).resolve())
        found = find_environment(root, root, {"HOME": str(home), "PATH": str(prefix / "bin")}, None)
        assert home not in found.binds and home / ".local" not in found.binds
        assert prefix / "lib" / "python3.11" in found.binds


def test_sources_of_editable_installs_are_bound(root: Path, home: Path) -> None:
    site = make_venv(root / ".venv") / "lib/python3.11/site-packages"
    for name in ("by_pth/src", "by_finder/src/pkg", "by_url", "not_editable"):
        (home / "libs" / name).mkdir(parents=True)
    libs = home / "libs"
    url = {"url": f"file://{libs / 'by_url'}", "dir_info": {"editable": True}}
    plain = {"url": f"file://{libs / 'not_editable'}", "dir_info": {}}
    write(
        site,
        {
            "_a.pth": f"{libs / 'by_pth/src'}\nimport os\n",
            "__editable___b_1_0_finder.py": f"MAPPING: dict[str, str] = {{'pkg': '{libs / 'by_finder/src/pkg'}'}}\n",
            "c-1.dist-info/direct_url.json": json.dumps(url),
            "d-1.dist-info/direct_url.json": json.dumps(plain),
        },
    )
    found = find_environment(root, root, {"HOME": str(home), "PATH": "/bin"}, None)
    assert {libs / "by_pth/src", libs / "by_finder/src", libs / "by_url"} <= set(found.binds)
    assert libs / "not_editable" not in found.binds


def test_credentials_of_cargo_stay_hidden(root: Path, home: Path) -> None:
    for folder in ("bin", "registry"):
        (home / ".cargo" / folder).mkdir(parents=True)
    (home / ".cargo" / "credentials.toml").write_text("x")
    found = find_environment(root, root, {"HOME": str(home), "PATH": f"{home / '.cargo/bin'}:/bin"}, None)
    assert home / ".cargo" not in found.binds
    assert {home / ".cargo/bin", home / ".cargo/registry"} <= set(found.binds)


def test_a_module_is_found_in_the_folders_of_an_interpreter(root: Path) -> None:
    venv = make_venv(root / ".venv")
    write(venv, {"lib/python3.11/site-packages/pytest/__init__.py": ""})
    python = interpreters.python_in(venv)
    assert interpreters.has_module(python, "pytest")
    assert not interpreters.has_module(python, "nose")
