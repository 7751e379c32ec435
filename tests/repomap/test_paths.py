"""Tests lead to sources, texts and frames to files."""

from __future__ import annotations

import pytest

from flashagent.repomap.paths import (
    Paths,
    frame_files,
    mentioned_files,
    sources_of_test,
    subject_of_test,
)
from flashagent.values import Frame

TREE = Paths([
    "src/shop/__init__.py", "src/shop/prices.py", "src/shop/views/__init__.py", "src/shop/views/cart.py", "tests/test_prices.py",
    "web/src/app.ts", "web/src/util/index.ts", "web/src/util/dates.tsx", "web/packages/core/src/index.ts",
    "go/shop/store.go", "go/shop/store_test.go", "go/shop/prices/prices.go",
    "rust/src/lib.rs", "rust/src/net/mod.rs", "rust/src/net/tcp.rs",
    "java/src/main/java/org/shop/Store.java", "java/src/test/java/org/shop/StoreTest.java",
    "c/include/store.h", "c/src/store.c", "c/src/main.c",
])  # fmt: skip


@pytest.mark.parametrize(
    ("test", "stem"),
    [
        ("tests/test_models.py", "models"), ("a/models_test.go", "models"), ("FooTest.java", "Foo"), ("FooTests.java", "Foo"),
        ("x/foo.spec.ts", "foo"), ("x/foo.test.tsx", "foo"), ("TestFoo.java", "Foo"), ("foo_spec.rb", "foo"), ("tests/latest.py", "latest"),
    ],
)  # fmt: skip
def test_what_a_test_is_named_after(test: str, stem: str) -> None:
    assert subject_of_test(test) == stem


def test_a_test_leads_to_its_source_by_name() -> None:
    assert [path for path, _ in sources_of_test(TREE, "tests/test_prices.py")] == [
        "go/shop/prices/prices.go",
        "src/shop/prices.py",
    ]
    java = sources_of_test(TREE, "java/src/test/java/org/shop/StoreTest.java")
    assert java[0][0] == "java/src/main/java/org/shop/Store.java"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("src/shop/prices.py", ["src/shop/prices.py"]),
        ("prices.py", ["src/shop/prices.py"]),
        ("/home/me/work/src/shop/prices.py", ["src/shop/prices.py"]),
        ("C:\\work\\shop\\prices.py", ["src/shop/prices.py"]),
        ("shop.prices.discount", ["src/shop/prices.py"]),
        ("org.shop.Store", ["java/src/main/java/org/shop/Store.java"]),
        ("shop.views", ["src/shop/views/__init__.py"]),
        ("/usr/lib/python3/prices.py", []),
        ("nothing.here", []),
    ],
)
def test_texts_that_name_files(text: str, found: list[str]) -> None:
    assert [path for path, _ in mentioned_files(TREE, text)] == found


def test_frames_name_files() -> None:
    assert frame_files(TREE, Frame("src/shop/prices.py", 1)) == ["src/shop/prices.py"]
    assert frame_files(TREE, Frame("/x/src/shop/prices.py", 1, in_project=False)) == ["src/shop/prices.py"]
    assert frame_files(TREE, Frame("gone.py", 1)) == []
