"""Imports lead to the files that the language's own tools would take."""

from __future__ import annotations

import json

import pytest

from flashagent.repomap.imports import Imports, Project, is_config
from flashagent.repomap.paths import Paths

Case = tuple[str, str, tuple[str, ...], list[str]]


def project(files: dict[str, str] | list[str]) -> Imports:
    texts = files if isinstance(files, dict) else dict.fromkeys(files, "")
    sources = [path for path in texts if not is_config(path)]
    return Imports(
        Project(Paths(sources), [path for path in texts if is_config(path)], lambda path: texts[path])
    )


PYTHON = project([
    "src/shop/__init__.py", "src/shop/prices.py", "src/shop/views/__init__.py", "src/shop/views/cart.py",
    "src/shop/stub.pyi", "tests/test_prices.py", "tests/helpers/fakes.py", "tools/run.py", "tools/common.py",
    "packages/mail/mail/__init__.py", "packages/mail/mail/smtp.py", "plugins/space/inner/one.py", "types.py",
])  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "module", "names", "found"),
    [
        ("tests/test_prices.py", "shop.prices", (), ["src/shop/prices.py"]),
        ("tests/test_prices.py", "shop", ("prices",), ["src/shop/prices.py", "src/shop/__init__.py"]),
        ("tests/test_prices.py", "shop", ("Price",), ["src/shop/__init__.py"]),
        ("tests/test_prices.py", "helpers.fakes", (), ["tests/helpers/fakes.py"]),
        ("tests/test_prices.py", "helpers", ("fakes",), ["tests/helpers/fakes.py"]),
        ("src/shop/views/cart.py", "..prices", ("total",), ["src/shop/prices.py"]),
        ("src/shop/views/cart.py", "..", ("prices",), ["src/shop/prices.py", "src/shop/__init__.py"]),
        ("src/shop/views/__init__.py", ".", ("cart",), ["src/shop/views/cart.py"]),
        ("src/shop/prices.py", "shop.stub", ("x",), ["src/shop/stub.pyi"]),
        ("src/shop/prices.py", ".....far", (), []),
        ("src/shop/prices.py", "os.path", (), []),
        ("src/shop/prices.py", "prices", (), []),
        ("tools/run.py", "common", (), ["tools/common.py"]),
        ("tools/run.py", "mail.smtp", (), ["packages/mail/mail/smtp.py"]),
        ("plugins/run.py", "space.inner.one", (), ["plugins/space/inner/one.py"]),
        ("tools/run.py", "types", (), ["types.py"]),
        ("src/shop/prices.py", "", (), []),
    ],
)
def test_python(importer: str, module: str, names: tuple[str, ...], found: list[str]) -> None:
    assert PYTHON.targets(importer, module, names) == found


SCRIPT = project({
    "web/tsconfig.json": """{ // the app
        "extends": "./tsconfig.base", "compilerOptions": {"baseUrl": ".", /* x */ "paths": {"@/*": ["src/*"], "~exact": ["src/app.ts"],}}}""",
    "web/tsconfig.base.json": '{"compilerOptions": {"paths": {"gone/*": ["gone/*"]}}}',
    "web/src/app.ts": "", "web/src/util/index.ts": "", "web/src/util/dates.tsx": "", "web/src/plain.js": "",
    "web/src/types.d.ts": "", "web/src/module.mts": "", "web/src/both.ts": "", "web/src/both.js": "",
    "solution/tsconfig.json": '{"files": [], "references": [{"path": "./tsconfig.app.json"}]}',
    "solution/tsconfig.app.json": '{"compilerOptions": {"paths": {"#lib/*": ["./lib/*"]}}}',
    "solution/lib/one.ts": "", "solution/main.ts": "",
    "child/tsconfig.json": '{"extends": "@shop/config/base.json"}', "child/a.ts": "",
    "packages/config/package.json": '{"name": "@shop/config"}',
    "packages/config/base.json": "",
    "packages/config/tsconfig.shared.json": "{}",
    "packages/core/package.json": json.dumps({
        "name": "@shop/core", "main": "./dist/index.js",
        "exports": {".": {"types": "./dist/index.d.ts", "default": "./dist/index.js"}, "./feature/*": "./dist/feature/*.js"},
        "imports": {"#private/*": "./src/private/*.js"},
    }),
    "packages/core/src/index.ts": "", "packages/core/src/feature/cart.ts": "", "packages/core/src/private/x.ts": "",
    "packages/old/package.json": '{"name": "old", "main": "lib/entry.js"}', "packages/old/lib/entry.js": "",
    "packages/old/lib/other.js": "", "packages/old/test/index.js": "", "packages/old/test/use.js": "",
    "broken/package.json": "{", "broken/tsconfig.json": "[1]", "broken/a.ts": "",
})  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "module", "found"),
    [
        ("web/src/app.ts", "./util", ["web/src/util/index.ts"]),
        ("web/src/app.ts", "./util/", ["web/src/util/index.ts"]),
        ("web/src/app.ts", "./util/dates.js", ["web/src/util/dates.tsx"]),
        ("web/src/app.ts", "./module.mjs", ["web/src/module.mts"]),
        ("web/src/app.ts", "./types", ["web/src/types.d.ts"]),
        ("web/src/app.ts", "./both", ["web/src/both.ts"]),
        ("web/src/plain.js", "./both", ["web/src/both.js"]),
        ("web/src/plain.js", "./both.js?raw", ["web/src/both.js"]),
        ("web/src/util/dates.tsx", "../app", ["web/src/app.ts"]),
        ("web/src/util/dates.tsx", ".", ["web/src/util/index.ts"]),
        ("web/src/util/dates.tsx", "@/plain", ["web/src/plain.js"]),
        ("web/src/util/dates.tsx", "~exact", ["web/src/app.ts"]),
        ("web/src/util/dates.tsx", "src/app", ["web/src/app.ts"]),
        ("web/src/app.ts", "@shop/core", ["packages/core/src/index.ts"]),
        ("web/src/app.ts", "@shop/core/feature/cart", ["packages/core/src/feature/cart.ts"]),
        ("packages/core/src/index.ts", "#private/x", ["packages/core/src/private/x.ts"]),
        ("solution/main.ts", "#lib/one", ["solution/lib/one.ts"]),
        ("packages/old/test/use.js", "..", ["packages/old/lib/entry.js"]),
        ("web/src/app.ts", "old/lib/other", ["packages/old/lib/other.js"]),
        ("web/src/app.ts", "react", []),
        ("web/src/app.ts", "../../../../etc/passwd", []),
        ("broken/a.ts", "@x/y", []),
    ],
)
def test_script(importer: str, module: str, found: list[str]) -> None:
    assert SCRIPT.targets(importer, module) == found


GO = project({
    "go.mod": "module example.com/shop // the shop\n\nreplace (\n\texample.com/old v1.0.0 => ./legacy\n)\nreplace example.com/gone => ../gone\n",
    "store.go": "", "store_test.go": "", "internal/prices/prices.go": "", "internal/prices/prices_test.go": "",
    "legacy/old.go": "", "tools/go.mod": "module example.com/shop/tools\n", "tools/gen/gen.go": "", "tools/main.go": "",
})  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "module", "found"),
    [
        ("tools/main.go", "example.com/shop", ["store.go"]),
        ("store.go", "example.com/shop/internal/prices", ["internal/prices/prices.go"]),
        ("store.go", "example.com/old", ["legacy/old.go"]),
        ("store.go", "example.com/shop/tools/gen", ["tools/gen/gen.go"]),
        ("store.go", "example.com/gone", []),
        ("store.go", "fmt", []),
        ("store.go", "example.com/shopping", []),
    ],
)
def test_go(importer: str, module: str, found: list[str]) -> None:
    assert GO.targets(importer, module) == found


def test_go_without_a_module_file() -> None:
    tree = project(["go/shop/store.go", "go/shop/prices/prices.go"])
    assert tree.targets("go/shop/store.go", "example.com/go/shop/prices") == ["go/shop/prices/prices.go"]


RUST = project({
    "Cargo.toml": '[workspace]\nmembers = ["app", "core"]\n',
    "app/Cargo.toml": '[package]\nname = "the-app"\n[dependencies]\nkernel = { path = "../core", package = "shop-core" }\n',
    "core/Cargo.toml": '[package]\nname = "shop-core"\n',
    "odd/Cargo.toml": '[package]\nname = "odd"\n[lib]\npath = "odd.rs"\n',
    "app/src/main.rs": "", "app/src/cli.rs": "", "app/src/cli/args.rs": "", "app/tests/all.rs": "", "app/tests/common/mod.rs": "",
    "core/src/lib.rs": "", "core/src/net/mod.rs": "", "core/src/net/tcp.rs": "", "core/src/odd/place.rs": "",
    "odd/odd.rs": "", "odd/part.rs": "", "bad/Cargo.toml": "[",
})  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "module", "names", "found"),
    [
        ("core/src/lib.rs", "net", ("mod",), ["core/src/net/mod.rs"]),
        ("core/src/net/mod.rs", "tcp", ("mod",), ["core/src/net/tcp.rs"]),
        ("app/src/cli.rs", "args", ("mod",), ["app/src/cli/args.rs"]),
        ("app/tests/all.rs", "common", ("mod",), ["app/tests/common/mod.rs"]),
        ("odd/odd.rs", "part", ("mod",), ["odd/part.rs"]),
        ("core/src/lib.rs", "tcp", ("mod", "net"), ["core/src/net/tcp.rs"]),
        ("core/src/lib.rs", "odd/place.rs", ("path",), ["core/src/odd/place.rs"]),
        ("core/src/lib.rs", "crate::net::tcp::{Stream, Listener}", (), ["core/src/net/tcp.rs"]),
        ("core/src/net/tcp.rs", "crate::{net::{self, tcp}, Error as E}", (), ["core/src/net/mod.rs", "core/src/lib.rs"]),
        ("core/src/net/tcp.rs", "super::helper", (), ["core/src/net/mod.rs"]),
        ("core/src/net/tcp.rs", "super::super::Error", (), ["core/src/lib.rs"]),
        ("app/src/cli/args.rs", "super::*", (), ["app/src/cli.rs"]),
        ("app/src/main.rs", "kernel::net", (), ["core/src/net/mod.rs"]),
        ("app/src/main.rs", "shop_core::Error", (), ["core/src/lib.rs"]),
        ("app/src/main.rs", "cli::args::Args", (), ["app/src/cli/args.rs"]),
        ("app/src/main.rs", "std::net", (), []),
    ],
)  # fmt: skip
def test_rust(importer: str, module: str, names: tuple[str, ...], found: list[str]) -> None:
    assert RUST.targets(importer, module, names) == found


OTHERS = project({
    "a/src/main/java/org/shop/Store.java": "", "a/src/main/java/org/shop/Item.java": "",
    "b/src/main/java/org/shop/Store.java": "", "b/src/test/java/org/shop/StoreTest.java": "", "k/src/org/shop/Kind.kt": "",
    "c/include/shop/store.h": "", "c/src/store.c": "", "c/src/main.c": "", "c/src/local.h": "", "c/other/string.h": "",
    "lib/shop/prices.rb": "", "lib/shop.rb": "", "spec/shop_spec.rb": "", "gems/mail/lib/mail.rb": "",
    "composer.json": '{"autoload": {"psr-4": {"App\\\\": "php/", "": "fallback"}}, "autoload-dev": {"psr-4": {"App\\\\Tests\\\\": ["t/"]}}}',
    "php/Util/Prices.php": "", "php/index.php": "", "php/helpers.php": "", "t/Case.php": "", "fallback/Plain.php": "",
})  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "module", "names", "found"),
    [
        ("b/src/test/java/org/shop/StoreTest.java", "org.shop.Store", (), ["b/src/main/java/org/shop/Store.java"]),
        ("a/src/main/java/org/shop/Item.java", "org.shop.Store.MAX", (), ["a/src/main/java/org/shop/Store.java"]),
        ("a/src/main/java/x/Y.java", "org.shop", ("*",), ["a/src/main/java/org/shop/Store.java", "a/src/main/java/org/shop/Item.java"]),
        ("a/src/main/java/x/Y.java", "org.shop.Kind", (), ["k/src/org/shop/Kind.kt"]),
        ("a/src/main/java/x/Y.java", "java.util.List", (), []),
        ("c/src/main.c", "shop/store.h", (), ["c/include/shop/store.h"]),
        ("c/src/main.c", "local.h", (), ["c/src/local.h"]),
        ("c/src/main.c", "<string.h>", (), []),
        ("c/src/main.c", "<shop/store.h>", (), ["c/include/shop/store.h"]),
        ("c/src/main.c", "../../../x.h", (), []),
        ("lib/shop.rb", "shop/prices", ("require_relative",), ["lib/shop/prices.rb"]),
        ("spec/shop_spec.rb", "shop", ("require",), ["lib/shop.rb"]),
        ("spec/shop_spec.rb", "mail", ("require",), ["gems/mail/lib/mail.rb"]),
        ("spec/shop_spec.rb", "json", ("require",), []),
        ("php/index.php", "App\\Util\\Prices", (), ["php/Util/Prices.php"]),
        ("php/index.php", "App\\Util", ("Prices", "Gone"), ["php/Util/Prices.php"]),
        ("php/index.php", "App\\Tests\\Case", (), ["t/Case.php"]),
        ("php/index.php", "Plain", (), ["fallback/Plain.php"]),
        ("php/index.php", "/helpers.php", (), ["php/helpers.php"]),
        ("README", "x", (), []),
    ],
)  # fmt: skip
def test_others(importer: str, module: str, names: tuple[str, ...], found: list[str]) -> None:
    assert OTHERS.targets(importer, module, names) == found


def test_a_header_stands_for_its_implementation_too() -> None:
    assert OTHERS.meant("c/src/main.c", "shop/store.h") == ["c/include/shop/store.h", "c/src/store.c"]
    assert OTHERS.meant("lib/shop.rb", "shop/prices", ("require_relative",)) == ["lib/shop/prices.rb"]
