"""Names of npm packages, Go and Rust, from what is installed for the project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from helpers.verify_projects import this_environment, write
from helpers.verify_runner import PlainRunner

from flashagent.diagnose.apidocs import ApiDoc
from flashagent.diagnose.docs import can_describe, describe_name
from flashagent.errors import RunnerMissing
from flashagent.verify.environment import ProjectEnvironment

TYPES = """
/**
 * Waits until nobody calls.
 * @param wait milliseconds
 */
export declare function debounce<T extends (...args: any[]) => void>(
  fn: T,
  wait?: number,
): T;

export interface Options<T = {}> {
  /** How long. */
  timeout?: number;
  readonly name: string;
  retry(times: number, of: { kind: string }): Promise<void>;
}

declare class Client extends Base {
  constructor(options?: Options);
  get(url: string): Promise<Response>;
}
export type Mode = 'a' | 'b';
"""
RUST = """//! A crate.

/// Reads a value.
///
/// Slowly.
#[inline]
pub fn from_str<'a, T>(s: &'a str) -> Result<T>
where
    T: Deserialize<'a>,
{
    todo()
}

fn private() {}

pub struct Value {
    pub kind: Kind,
}

impl Value {
    /// Looks one up.
    pub fn get<I: Index>(&self, index: I) -> Option<&Value> {
        None
    }
}
"""
FILES = {
    "node_modules/wait/package.json": '{"name": "wait", "version": "3.1.4", "description": "Waiting."}',
    "node_modules/wait/dist/index.d.ts": TYPES,
    "node_modules/plain/package.json": '{"version": "1.0.0"}',
    "node_modules/@types/plain/index.d.ts": "export function twice(x: number): number;\n",
    "node_modules/@scope/pkg/package.json": '{"version": "2.0.0"}',
    "node_modules/@scope/pkg/index.d.ts": "export const VERSION: string;\n",
    "Cargo.lock": '[[package]]\nname = "serde-json"\nversion = "1.2.3"\n[[package]]\nname = "gone"\nversion = "1.0.0"\n',
    "cargo/registry/src/index-1/serde-json-1.2.3/src/lib.rs": RUST,
}


async def doc(root: Path, name: str) -> ApiDoc:
    write(root, FILES)
    environment = replace(this_environment(), binds=(root / "cargo" / "registry",))
    return await describe_name(name, environment, PlainRunner(root), root)


async def test_python_first(tmp_path: Path) -> None:
    assert (await doc(tmp_path, "textwrap.dedent")).signature == "dedent(text)"


async def test_a_function_of_an_npm_package(tmp_path: Path) -> None:
    found = await doc(tmp_path, "wait.debounce")
    assert (found.kind, found.version, found.line) == ("function", "wait 3.1.4", 5)
    assert found.signature.startswith(
        "export declare function debounce<T extends (...args: any[]) => void>( fn: T,"
    )
    assert found.doc == "Waits until nobody calls.\n@param wait milliseconds"
    assert found.file.endswith("node_modules/wait/dist/index.d.ts")


async def test_members_of_interfaces_and_classes(tmp_path: Path) -> None:
    assert (await doc(tmp_path, "wait.Options")).members == ("timeout", "name", "retry")
    assert (await doc(tmp_path, "wait.Client.get")).signature == "get(url: string): Promise<Response>"
    assert (await doc(tmp_path, "wait.Options.timeout")).doc == "How long."
    found = await doc(tmp_path, "wait.Options.timeuot")
    assert (found.missing, found.nearest) == ("timeuot in wait 3.1.4", ("timeout",))


async def test_types_that_come_apart_and_scopes(tmp_path: Path) -> None:
    assert (await doc(tmp_path, "plain.twice")).version == "plain 1.0.0"
    assert (await doc(tmp_path, "@scope/pkg.VERSION")).kind == "const"
    assert (await doc(tmp_path, "wait.debounc")).nearest == ("debounce",)


async def test_a_whole_package(tmp_path: Path) -> None:
    found = await doc(tmp_path, "wait")
    assert (found.doc, found.members) == ("Waiting.", ("debounce", "Options", "Client", "Mode"))


async def test_rust_items_of_the_locked_version(tmp_path: Path) -> None:
    found = await doc(tmp_path, "serde_json::from_str")
    assert found.signature == "pub fn from_str<'a, T>(s: &'a str) -> Result<T> where T: Deserialize<'a>,"
    assert (found.version, found.doc, found.line) == ("serde-json 1.2.3", "Reads a value.\nSlowly.", 7)
    found = await doc(tmp_path, "serde_json::Value::get")
    assert found.signature == "pub fn get<I: Index>(&self, index: I) -> Option<&Value>"
    assert found.doc == "Looks one up."
    assert (await doc(tmp_path, "serde_json::private")).exists is False
    assert "not on this machine" in (await doc(tmp_path, "gone::x")).text()
    assert "not in Cargo.lock" in (await doc(tmp_path, "never::x")).text()


async def test_links_out_of_the_project_are_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "out", {"index.d.ts": "export const SECRET: 1;\n"})
    root = tmp_path / "project"
    (root / "node_modules").mkdir(parents=True)
    (root / "node_modules" / "evil").symlink_to(tmp_path / "out")
    found = await describe_name("evil.SECRET", this_environment(), PlainRunner(root), root)
    assert not found.exists


@pytest.mark.needs("go")
async def test_go_names(tmp_path: Path) -> None:
    write(tmp_path, {"go.mod": "module example.com/x\n\ngo 1.20\n"})
    environment = replace(this_environment(), variables={"GOCACHE": str(tmp_path / "cache"), "GOFLAGS": ""})
    found = await describe_name("strings.Repeat", environment, PlainRunner(tmp_path), tmp_path)
    assert found.signature == "func Repeat(s string, count int) string"
    assert found.version == "strings"
    found = await describe_name("strings.Repet", environment, PlainRunner(tmp_path), tmp_path)
    assert not found.exists


async def test_without_anything_to_look_in(tmp_path: Path) -> None:
    nowhere = ProjectEnvironment("path", None)
    assert not can_describe(tmp_path, nowhere)
    with pytest.raises(RunnerMissing):
        await describe_name("json", nowhere, PlainRunner(tmp_path), tmp_path)
