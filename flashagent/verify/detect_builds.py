"""The checks of projects that a build tool knows: Cargo, Go, Maven, Gradle, CMake, Bundler, Composer, make."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from flashagent.verify import detect_files as files
from flashagent.verify.commands import Check
from flashagent.verify.environment import ProjectEnvironment

_TESTING = re.compile(
    r"^\s*(?:enable_testing|add_test|gtest_discover_tests|catch_discover_tests|doctest_discover_tests)\s*\(|^\s*include\s*\(\s*CTest\s*\)",
    re.MULTILINE | re.IGNORECASE,
)
_GRADLE = ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts")
_SCRIPTS = (
    "runtest",
    "runtests",
    "run_tests.sh",
    "run-tests.sh",
    "runtests.sh",
    "test.sh",
    "script/test",
    "scripts/test",
    "scripts/test.sh",
)


def rust(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    """`--workspace` where the root is a package too: Cargo would test that one alone."""
    manifest = files.toml(root / "Cargo.toml") if (root / "Cargo.toml").is_file() else None
    if manifest is None:
        return
    both = "workspace" in manifest and "package" in manifest
    more, why = (("--workspace",), "Cargo.toml is a package and a workspace") if both else ((), "Cargo.toml")
    if (root / ".config/nextest.toml").is_file() and _which("cargo-nextest", environment):
        yield Check(
            "cargo nextest",
            ("cargo", "nextest", "run", *more),
            why=f"{why}, .config/nextest.toml, and cargo-nextest is installed",
        )
    else:
        yield Check("cargo test", ("cargo", "test", *more), why=why)
    if _which("cargo-clippy", environment):
        yield Check(
            "cargo clippy",
            ("cargo", "clippy", "--all-targets", *more),
            kind="lint",
            why=f"{why}, and clippy is installed",
        )
    yield Check("cargo check", ("cargo", "check", "--all-targets", *more), kind="build", why=why)


def go(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    if not (root / "go.mod").is_file():
        return
    yield Check("go test", ("go", "test", "./..."), why="go.mod")
    lint = files.first(root, ".golangci.yml", ".golangci.yaml", ".golangci.toml")
    if lint and _which("golangci-lint", environment):
        yield Check(
            "golangci-lint",
            ("golangci-lint", "run"),
            kind="lint",
            why=f"{lint}, and golangci-lint is installed",
        )
    else:
        yield Check("go vet", ("go", "vet", "./..."), kind="lint", why="go.mod")
    yield Check("go build", ("go", "build", "./..."), kind="build", why="go.mod")


def java(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    """The tool on the PATH before the wrapper: the wrapper would fetch another one."""
    if (root / "pom.xml").is_file():
        tool = "mvn" if _which("mvn", environment) or not (root / "mvnw").is_file() else "./mvnw"
        yield Check("mvn test", (tool, "-B", "test"), why="pom.xml")
    elif name := files.first(root, *_GRADLE):
        tool = "./gradlew" if (root / "gradlew").is_file() else "gradle"
        yield Check("gradle test", (tool, "test", "--continue"), why=name)


def cmake(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    if not (root / "CMakeLists.txt").is_file():
        return
    taken = (root / "build").exists() and not (root / "build/CMakeCache.txt").is_file()
    folder = "build-check" if taken else "build"
    build = f"cmake -S . -B {folder} && cmake --build {folder} --parallel 4"
    listed = [
        root / "CMakeLists.txt",
        *(root / name / "CMakeLists.txt" for name in ("test", "tests", "testing", "unittests")),
    ]
    found = next((path for path in listed if _TESTING.search(files.read(path))), None)
    if found is not None:
        why = f"{files.relative(found, root)} registers tests"
        yield Check("cmake, ctest", ("/bin/sh", "-c", f"{build} && ctest --test-dir {folder}"), why=why)
    yield Check("cmake", ("/bin/sh", "-c", build), kind="build", why="CMakeLists.txt")


def ruby(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    gems = files.read(root / "Gemfile")
    bundle = ("bundle", "exec") if (root / "Gemfile").is_file() else ()
    if (root / ".rspec").is_file() or (root / "spec/spec_helper.rb").is_file():
        why = files.first(root, ".rspec", "spec/spec_helper.rb")
        yield Check("rspec", (*bundle, "rspec"), why=why)
    elif (root / "bin/rails").is_file() and (root / "test").is_dir():
        yield Check("rails test", ("bin/rails", "test"), why="bin/rails and the folder test")
    elif re.search(r"Rake::TestTask|Minitest::TestTask|task :test|task test", files.read(root / "Rakefile")):
        yield Check("rake test", (*bundle, "rake", "test"), why="Rakefile has the task test")
    if (root / ".rubocop.yml").is_file() and "rubocop" in gems:
        yield Check("rubocop", (*bundle, "rubocop"), kind="lint", why=".rubocop.yml")


def php(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    if name := files.first(root, "phpunit.xml", "phpunit.xml.dist", "phpunit.dist.xml"):
        tool = "vendor/bin/phpunit" if (root / "vendor/bin/phpunit").exists() else "phpunit"
        yield Check("phpunit", (tool,), why=name)
    if (name := files.first(root, "phpstan.neon", "phpstan.neon.dist")) and (
        root / "vendor/bin/phpstan"
    ).exists():
        yield Check("phpstan", ("vendor/bin/phpstan", "analyse"), kind="types", why=name)


def make(root: Path, environment: ProjectEnvironment) -> Iterator[Check]:
    """What is asked when nothing else is known: such a target usually runs the same tests again."""
    name, targets = files.make_targets(root)
    for target in ("test", "tests", "check"):
        if target in targets:
            yield Check(f"make {target}", ("make", target), why=f"{name} has the target {target}")
            return
    for script in _SCRIPTS:
        if os.access(root / script, os.X_OK) and (root / script).is_file():
            yield Check(f"./{script}", (f"./{script}",), why=f"{script} is a program of the project")
            return


def _which(program: str, environment: ProjectEnvironment) -> bool:
    return shutil.which(program, path=os.pathsep.join(environment.path)) is not None
