"""Which checks are found in projects of each kind, told by the files that matter; several projects in one repository."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from helpers.verify_projects import write

from flashagent.verify.detect import Check, detect_checks, further_checks
from flashagent.verify.environment import ProjectEnvironment

NO_PROGRAMS = ProjectEnvironment("path", None)
PYTEST_INI = {"pytest.ini": "[pytest]\n"}


def scripts(**texts: str) -> str:
    return json.dumps({"scripts": texts})


def installed(folder: Path, *programs: str) -> ProjectEnvironment:
    """An environment in which nothing but these programs is there."""
    folder.mkdir()
    for program in programs:
        (folder / program).write_text("#!/bin/sh\n")
        (folder / program).chmod(0o755)
    python = folder / "python" if "python" in programs else None
    return ProjectEnvironment("path", python, (str(folder),))


CMAKE = "cmake -S . -B build && cmake --build build --parallel 4"
# The layout of well-known projects, by the names of their files, with as little in them as tells.
PROJECTS: dict[str, tuple[dict[str, str], str]] = {
    "ripgrep": ({"Cargo.toml": "[package]\n[workspace]\n", "build.rs": "", "crates/core/main.rs": "", "tests/tests.rs": ""}, "cargo test --workspace"),
    "tokio": ({"Cargo.toml": "[workspace]\n", "tokio/Cargo.toml": "[package]\n"}, "cargo test"),
    "commons-lang": ({"pom.xml": "<project/>", "src/test/java/A.java": ""}, "mvn -B test"),
    "gson": ({"pom.xml": "", ".mvn/jvm.config": "", "gson/pom.xml": ""}, "mvn -B test"),
    "mockito": ({"build.gradle.kts": "", "gradlew": "", "settings.gradle.kts": ""}, "./gradlew test --continue"),
    "spring-boot": ({"build.gradle": "", "gradlew": "", "settings.gradle": ""}, "./gradlew test --continue"),
    "cli": ({"go.mod": "", "Makefile": "test:\n\tgo test ./...\n", "script/build.go": ""}, "go test ./..."),
    "hugo": ({"go.mod": "", "main_test.go": "", "check.sh": ""}, "go test ./..."),
    "prometheus": ({"go.mod": "", "go.work": "", "Makefile": "test:\n", "web/ui/package.json": scripts(test="x")}, "go test ./..."),
    "fmt": ({"CMakeLists.txt": "project(fmt)\nenable_testing()\n", "test/CMakeLists.txt": ""}, f"/bin/sh -c {CMAKE} && ctest --test-dir build"),
    "redis": ({"Makefile": "default: all\n.DEFAULT:\n\tcd src && make $@\n", "runtest": "#!/bin/sh\n", "src/Makefile": "test:\n"}, "./runtest"),
    "rubocop": ({"Gemfile": "", "Rakefile": "", ".rspec": "", "spec/spec_helper.rb": ""}, "bundle exec rspec"),
    "eslint": ({"package.json": scripts(test="node Makefile.js test", lint="node ."), "Makefile.js": ""}, "npm test"),
    "express": ({"package.json": scripts(test="mocha test/"), "test/app.js": ""}, "npm test"),
    "prettier": ({"package.json": scripts(test="jest"), "yarn.lock": "", "jest.config.js": ""}, "yarn test"),
    "vue": ({"package.json": scripts(test="vitest"), "pnpm-lock.yaml": "", "vitest.config.ts": ""}, "pnpm test"),
    "typescript-eslint": ({"package.json": json.dumps({"packageManager": "pnpm@10", "scripts": {"test": "nx run-many -t test"}})}, "pnpm test"),
    "requests": ({"pyproject.toml": "[tool.pytest.ini_options]\n", "src/requests/__init__.py": "", "tests/test_a.py": "", "Makefile": "test:\n"}, "pytest -q"),
    "semver": ({".pytest.ini": "[pytest]\n", "src/semver/__init__.py": "", "tests/test_a.py": "", "tox.ini": "[tox]\n"}, "pytest -q"),
    "parse": ({".pytest.ini": "[pytest]\n", "parse.py": "", "tests/test_parse.py": ""}, "python -m pytest -q"),
    "sqlparse": ({"tests/conftest.py": "", "tests/__init__.py": "", "tests/test_a.py": "", "sqlparse/__init__.py": ""}, "pytest -q"),
    "scikit-learn": ({"setup.cfg": "[tool:pytest]\n", "conftest.py": "", "sklearn/tests/test_a.py": "", "Makefile": "test:\n"}, "pytest -q"),
    "django": ({"tests/runtests.py": "", "tests/a/test_b.py": "", "django/__init__.py": "", "tox.ini": "[tox]\n"}, "python tests/runtests.py"),
    "a Django site": ({"manage.py": "os.environ['DJANGO_SETTINGS_MODULE']\n", "shop/tests.py": ""}, "python manage.py test"),
    "tox alone": ({"tox.ini": "[tox]\n", "code/a.py": ""}, "tox"),
    "nox alone": ({"noxfile.py": "@nox.session(python='3.12')\ndef tests(session): ...\n"}, "nox -s tests"),
    "hatch alone": ({"pyproject.toml": "[tool.hatch.envs.test.scripts]\ntest = 'ward'\n"}, "hatch run test:test"),
    "a Rails app": ({"Gemfile": "", "bin/rails": "", "test/models/a_test.rb": ""}, "bin/rails test"),
    "a PHP library": ({"composer.json": "{}", "phpunit.xml.dist": "", "vendor/bin/phpunit": ""}, "vendor/bin/phpunit"),
    "vitest without a script": ({"package.json": json.dumps({"devDependencies": {"vitest": "2"}})}, "npx vitest run"),
    "jest without a script": ({"package.json": "{}", "jest.config.js": ""}, "npx jest"),
    "mocha without a script": ({"package.json": "{}", ".mocharc.json": "{}"}, "npx mocha"),
}  # fmt: skip


@pytest.mark.parametrize("name", PROJECTS)
def test_layouts_of_real_projects(tmp_path: Path, name: str) -> None:
    files, command = PROJECTS[name]
    root = write(tmp_path, files)
    for script in ("runtest", "gradlew"):
        if (root / script).exists():
            (root / script).chmod(0o755)
    (check,) = detect_checks(root, NO_PROGRAMS)
    assert " ".join(check.argv) == command
    assert check.why and check.kind == "tests" and check.cwd == "."


def test_tests_in_python_about_a_program_in_c(tmp_path: Path) -> None:
    """The build stands in for tests that nobody found, and says so."""
    root = write(
        tmp_path / "root",
        {"CMakeLists.txt": "project(curl C)\n", "tests/http/test_basic.py": "", "lib/a.c": ""},
    )
    (check,) = detect_checks(root, installed(tmp_path / "bin", "cmake", "python"))
    assert (check.argv, check.kind) == (("/bin/sh", "-c", CMAKE), "build")
    assert check.why == "CMakeLists.txt; no test was found"


def test_what_cannot_run_is_left_out_and_told(tmp_path: Path) -> None:
    files = {
        **PYTEST_INI,
        "package.json": json.dumps({"scripts": {"test": "jasmine"}, "devDependencies": {"jasmine": "5"}}),
    }
    root = write(tmp_path / "root", files)
    (check,) = detect_checks(root, installed(tmp_path / "bin", "python", "npm"))
    assert check.argv == ("pytest", "-q")
    assert check.why == "pytest.ini configures pytest; left out, since it cannot run here: npm test"
    (root / "node_modules").mkdir()
    both = detect_checks(root, ProjectEnvironment("path", tmp_path / "bin/python", (str(tmp_path / "bin"),)))
    assert [check.name for check in both] == ["pytest", "npm test"]


def test_nextest_where_it_is_configured_and_installed(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"Cargo.toml": "[package]\n", ".config/nextest.toml": ""})
    assert [one.argv for one in detect_checks(root, NO_PROGRAMS)] == [("cargo", "test")]
    there = installed(tmp_path / "bin", "cargo", "cargo-nextest")
    assert [one.argv for one in detect_checks(root, there)] == [("cargo", "nextest", "run")]


def test_further_checks_come_in_order_and_only_where_they_can_run(tmp_path: Path) -> None:
    root = write(tmp_path / "root", {"go.mod": "", "Cargo.toml": "[package]\n", "package.json": scripts(test="x", lint="eslint .", typecheck="tsc", build="vite build")})  # fmt: skip
    assert further_checks(root, NO_PROGRAMS) == ()
    found = further_checks(root, installed(tmp_path / "bin", "go", "npm", "cargo", "cargo-clippy"))
    assert [(check.kind, " ".join(check.argv)) for check in found] == [
        ("types", "npm run typecheck"), ("lint", "npm run lint"), ("lint", "cargo clippy --all-targets"), ("lint", "go vet ./..."),
        ("build", "npm run build"), ("build", "cargo check --all-targets"), ("build", "go build ./..."),
    ]  # fmt: skip


MONOREPO = {
    "README.md": "",
    "services/api/go.mod": "",
    "services/shop/pyproject.toml": "[tool.pytest.ini_options]\n",
    "web/package.json": scripts(test="vitest"),
    "web/src/inner/a.ts": "",
    "web/node_modules/x/package.json": scripts(test="x"),
}


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ((), [("web", "npm"), ("services/api", "go"), ("services/shop", "pytest")]),
        (("web/src/inner/a.ts",), [("web", "npm")]),
        (("services/shop/a.py", "services/api/b/c.go", "services/shop/d.py"), [("services/shop", "pytest"), ("services/api", "go")]),
        (("README.md",), [("web", "npm"), ("services/api", "go"), ("services/shop", "pytest")]),
        (("../outside/a.go",), [("web", "npm"), ("services/api", "go"), ("services/shop", "pytest")]),
    ],
)  # fmt: skip
def test_a_repository_of_several_projects(
    tmp_path: Path, changed: tuple[str, ...], found: list[tuple[str, str]]
) -> None:
    checks = detect_checks(write(tmp_path, MONOREPO), NO_PROGRAMS, changed=changed)
    assert [(check.cwd, check.argv[0]) for check in checks] == found
    assert all(check.why.startswith(f"{check.cwd}: ") for check in checks)


def test_a_changed_project_of_another_language_is_added_to_the_roots(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {**PYTEST_INI, "web/package.json": scripts(test="vitest"), "lib/setup.py": "", "lib/test_a.py": ""},
    )
    changed = ("web/a.ts", "lib/a.py")
    assert [(one.cwd, one.argv[0]) for one in detect_checks(root, NO_PROGRAMS, changed=changed)] == [
        (".", "pytest"),
        ("web", "npm"),
    ]
    assert [one.cwd for one in detect_checks(root, NO_PROGRAMS)] == ["."]


def test_a_workspace_uses_the_manager_of_its_root(tmp_path: Path) -> None:
    root = write(tmp_path, {"pnpm-lock.yaml": "", "packages/a/package.json": scripts(test="vitest")})
    (check,) = detect_checks(root, NO_PROGRAMS)
    assert check == Check("pnpm test in packages/a", ("pnpm", "test"), cwd="packages/a", why="packages/a: package.json has a test script: vitest")  # fmt: skip


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"go.mod": ""})
    root = write(tmp_path / "root", PYTEST_INI)
    os.symlink(outside, root / "linked")
    assert [one.cwd for one in detect_checks(root, NO_PROGRAMS, changed=("linked/a.go",))] == ["."]
