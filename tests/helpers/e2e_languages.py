"""Small real projects in several languages, each with one bug that one of its tests shows."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Language:
    """`bug` stands once in `source` and `fix` repairs it. `check` is what detection finds, `why` part of its reason.
    `failing` is the id of the only failing test ('' where the runner is known by its status alone) and `place` the
    innermost line of the project in its failure. `gone` is `test_file` without that test, `function` what is to be shown."""

    name: str
    needs: tuple[str, ...]
    files: Mapping[str, str]
    source: str
    function: str
    bug: str
    fix: str
    check: tuple[str, ...]
    why: str
    failing: str
    place: tuple[str, int]
    test_file: str
    failing_test: str
    skip: tuple[str, str]

    @property
    def gone(self) -> tuple[str, str]:
        """Old and new text of an edit that deletes the failing test."""
        return self.failing_test, ""


JS_SOURCE = """'use strict';

/** The sum of the prices less the discount in percent. */
function total(prices, discount = 0) {
  const amount = prices.reduce((sum, price) => sum + price, 0);
  return amount - (amount * discount) / 10;
}

function count(prices) {
  return prices.length;
}

module.exports = { total, count };
"""
JS_FAILING = """test('takes the discount off', () => {
  assert.strictEqual(total([100, 100], 10), 180);
});

"""
JS_TEST = f"""const test = require('node:test');
const assert = require('node:assert');
const {{ total, count }} = require('../src/cart.js');

{JS_FAILING}test('counts', () => {{
  assert.strictEqual(count([1, 2]), 2);
}});
"""
JAVASCRIPT = Language(
    "javascript",
    ("node", "npm"),
    {
        "package.json": json.dumps({"name": "cart", "version": "1.0.0", "scripts": {"test": "node --test"}}) + "\n",
        "src/cart.js": JS_SOURCE,
        "test/cart.test.js": JS_TEST,
    },
    "src/cart.js",
    "function total(",
    "discount) / 10;",
    "discount) / 100;",
    ("npm", "test"),
    "package.json has a test script: node --test",
    "takes the discount off",
    ("test/cart.test.js", 6),
    "test/cart.test.js",
    JS_FAILING,
    ("test('takes the discount off', ", "test.skip('takes the discount off', "),
)  # fmt: skip

TS_FAILING = """test('takes the discount off', () => {
  assert.strictEqual(new Cart([100, 100]).total(10), 180);
});

"""
TYPESCRIPT = Language(
    "typescript",
    ("node", "npm"),
    {
        "package.json": json.dumps({"name": "cart", "type": "module", "scripts": {"test": "node --test"}}) + "\n",
        "src/cart.ts": """export interface Priced {
  readonly prices: readonly number[];
}

export class Cart implements Priced {
  readonly prices: readonly number[];

  constructor(prices: readonly number[]) {
    this.prices = prices;
  }

  /** The sum of the prices less the discount in percent. */
  total(discount: number = 0): number {
    const amount: number = this.prices.reduce((sum, price) => sum + price, 0);
    return amount - (amount * discount) / 10;
  }
}
""",
        "test/cart.test.ts": f"""import test from 'node:test';
import assert from 'node:assert';
import {{ Cart }} from '../src/cart.ts';

{TS_FAILING}test('adds up', () => {{
  assert.strictEqual(new Cart([1, 2]).total(), 3);
}});
""",
    },
    "src/cart.ts",
    "total(discount: number = 0)",
    "discount) / 10;",
    "discount) / 100;",
    ("npm", "test"),
    "package.json has a test script: node --test",
    "takes the discount off",
    ("test/cart.test.ts", 6),
    "test/cart.test.ts",
    TS_FAILING,
    ("test('takes the discount off', ", "test.skip('takes the discount off', "),
)  # fmt: skip

GO_SOURCE = """// Package cart adds up prices.
package cart

// Total is the sum of the prices less the discount in percent.
func Total(prices []int, discount int) int {
	amount := 0
	for _, price := range prices {
		amount += price
	}
	return amount - amount*discount/10
}

// Count says how many prices there are.
func Count(prices []int) int {
	return len(prices)
}
"""
GO_FAILING = """func TestDiscount(t *testing.T) {
	if got := Total([]int{100, 100}, 10); got != 180 {
		t.Errorf("Total = %d, want 180", got)
	}
}

"""
GO_TEST = f"""package cart

import "testing"

{GO_FAILING}func TestTotal(t *testing.T) {{
	if got := Total([]int{{1, 2}}, 0); got != 3 {{
		t.Errorf("Total = %d, want 3", got)
	}}
}}

func TestCount(t *testing.T) {{
	if got := Count([]int{{1, 2}}); got != 2 {{
		t.Errorf("Count = %d, want 2", got)
	}}
}}
"""
GO = Language(
    "go",
    ("go",),
    {"go.mod": "module example.com/shop\n\ngo 1.18\n", "cart/cart.go": GO_SOURCE, "cart/cart_test.go": GO_TEST},
    "cart/cart.go",
    "func Total(",
    "discount/10",
    "discount/100",
    ("go", "test", "./..."),
    "go.mod",
    "example.com/shop/cart.TestDiscount",
    ("cart/cart_test.go", 7),
    "cart/cart_test.go",
    GO_FAILING,
    ("func TestDiscount(t *testing.T) {\n", 'func TestDiscount(t *testing.T) {\n\tt.Skip("later")\n'),
)  # fmt: skip

RUST_SOURCE = """//! Adds up prices.

/// The sum of the prices less the discount in percent.
pub fn total(prices: &[i64], discount: i64) -> i64 {
    let amount: i64 = prices.iter().sum();
    amount - amount * discount / 10
}

/// How many prices there are.
pub fn count(prices: &[i64]) -> usize {
    prices.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn discount() {
        assert_eq!(total(&[100, 100], 10), 180);
    }

    #[test]
    fn counts() {
        assert_eq!(count(&[1, 2]), 2);
    }
}
"""
RUST_FAILING = """    #[test]
    fn discount() {
        assert_eq!(total(&[100, 100], 10), 180);
    }

"""
RUST = Language(
    "rust",
    ("cargo",),
    {
        "Cargo.toml": '[package]\nname = "cart"\nversion = "0.1.0"\nedition = "2021"\n',
        "Cargo.lock": 'version = 3\n\n[[package]]\nname = "cart"\nversion = "0.1.0"\n',
        "src/lib.rs": RUST_SOURCE,
    },
    "src/lib.rs",
    "pub fn total(",
    "discount / 10",
    "discount / 100",
    ("cargo", "test"),
    "Cargo.toml",
    "tests::discount",
    ("src/lib.rs", 20),
    "src/lib.rs",
    RUST_FAILING,
    ("    #[test]\n    fn discount() {", "    #[test]\n    #[ignore]\n    fn discount() {"),
)

C_SOURCE = """#include "cart.h"

/* The sum of the prices less the discount in percent. */
int total(const int *prices, int length, int discount) {
    int amount = 0;
    for (int i = 0; i < length; i++)
        amount += prices[i];
    return amount - amount * discount / 10;
}
"""
C_FAILING = """    int two[] = {100, 100};
    assert(total(two, 2, 10) == 180);
"""
C_TEST = f"""#include <assert.h>
#include <stdio.h>

#include "../src/cart.h"

int main(void) {{
    int one[] = {{1, 2}};
    assert(total(one, 2, 0) == 3);
{C_FAILING}    puts("ok");
    return 0;
}}
"""
C = Language(
    "c",
    ("make", "cc"),
    {
        "Makefile": (
            "test: cart_test\n\t./cart_test\n\n"
            "cart_test: src/cart.c tests/cart_test.c src/cart.h\n\t$(CC) -g -o $@ src/cart.c tests/cart_test.c\n"
        ),
        "src/cart.h": "int total(const int *prices, int length, int discount);\n",
        "src/cart.c": C_SOURCE,
        "tests/cart_test.c": C_TEST,
    },
    "src/cart.c",
    "int total(",
    "discount / 10;",
    "discount / 100;",
    ("make", "test"),
    "Makefile has the target test",
    "",
    ("tests/cart_test.c", 10),
    "tests/cart_test.c",
    C_FAILING,
    ("    assert(total(two, 2, 10) == 180);\n", "    if (0) assert(total(two, 2, 10) == 180);\n"),
)  # fmt: skip

CPP_FAILING = "add_test(NAME takes_the_discount_off COMMAND cart_test discount)\n"
CPP = Language(
    "cpp",
    ("cmake", "ctest", "c++"),
    {
        "CMakeLists.txt": (
            "cmake_minimum_required(VERSION 3.14)\nproject(cart CXX)\nset(CMAKE_BUILD_TYPE Debug)\nenable_testing()\n"
            "add_library(cart src/cart.cpp)\nadd_subdirectory(tests)\n"
        ),
        ".gitignore": "/build/\n",
        "src/cart.h": "#pragma once\n#include <vector>\n\nint total(const std::vector<int>& prices, int discount);\n",
        "src/cart.cpp": """#include "cart.h"

/* The sum of the prices less the discount in percent. */
int total(const std::vector<int>& prices, int discount) {
    int amount = 0;
    for (int price : prices) amount += price;
    return amount - amount * discount / 10;
}
""",
        "tests/CMakeLists.txt": (
            "add_executable(cart_test cart_test.cpp)\ntarget_link_libraries(cart_test cart)\n"
            f"add_test(NAME adds_up COMMAND cart_test sum)\n{CPP_FAILING}"
        ),
        "tests/cart_test.cpp": """#undef NDEBUG
#include "../src/cart.h"

#include <cassert>
#include <string>

int main(int, char** argv) {
    const std::string what = argv[1];
    if (what == "sum") assert(total({1, 2}, 0) == 3);
    if (what == "discount") assert(total({100, 100}, 10) == 180);
    return 0;
}
""",
    },
    "src/cart.cpp",
    "int total(",
    "discount / 10;",
    "discount / 100;",
    ("/bin/sh", "-c", "cmake -S . -B build && cmake --build build --parallel 4 && ctest --test-dir build"),
    "CMakeLists.txt registers tests",
    "takes_the_discount_off",
    ("tests/cart_test.cpp", 10),
    "tests/CMakeLists.txt",
    CPP_FAILING,
    (CPP_FAILING, f"{CPP_FAILING}set_tests_properties(takes_the_discount_off PROPERTIES DISABLED TRUE)\n"),
)

JAVA_FAILING = """        check("takes the discount off", 180, Cart.total(new int[] {100, 100}, 10));
"""
JAVA = Language(
    "java",
    ("make", "javac"),
    {
        "Makefile": (
            ".PHONY: test\ntest:\n\tmkdir -p build\n\tjavac -d build src/shop/Cart.java test/shop/CartTest.java\n"
            "\tjava -cp build shop.CartTest\n"
        ),
        ".gitignore": "build/\n",
        "src/shop/Cart.java": """package shop;

public final class Cart {
    /** The sum of the prices less the discount in percent. */
    public static int total(int[] prices, int discount) {
        int amount = 0;
        for (int price : prices) {
            amount += price;
        }
        return amount - amount * discount / 10;
    }
}
""",
        "test/shop/CartTest.java": f"""package shop;

public final class CartTest {{
    static void check(String name, int wanted, int got) {{
        if (wanted != got) {{
            throw new AssertionError(name + ": expected " + wanted + " but was " + got);
        }}
    }}

    public static void main(String[] args) {{
        check("adds up", 3, Cart.total(new int[] {{1, 2}}, 0));
{JAVA_FAILING}    }}
}}
""",
    },
    "src/shop/Cart.java",
    "int total(",
    "discount / 10;",
    "discount / 100;",
    ("make", "test"),
    "Makefile has the target test",
    "",
    ("test/shop/CartTest.java", 6),
    "test/shop/CartTest.java",
    JAVA_FAILING,
    ("        if (wanted != got) {", "        if (false) {"),
)  # fmt: skip

LANGUAGES = (JAVASCRIPT, TYPESCRIPT, GO, RUST, C, CPP, JAVA)


def runs_typescript() -> bool:
    """Whether this node runs TypeScript as it is."""
    done = subprocess.run(
        ["node", "--input-type=module-typescript", "-e", "const one: number = 1"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def tool_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Where rustup keeps its tool chains, for a home that is not the one it was installed in."""
    cargo = shutil.which("cargo", path=environ.get("PATH"))
    if cargo is None or not Path(cargo).parent.parent.joinpath("bin", "rustup").exists():
        return {}
    home = Path(cargo).parent.parent
    return {
        "CARGO_HOME": os.environ.get("CARGO_HOME", str(home)),
        "RUSTUP_HOME": os.environ.get("RUSTUP_HOME", str(home.parent / ".rustup")),
    }
