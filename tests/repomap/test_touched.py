"""The functions that commits touched are read from the heads of hunks."""

from __future__ import annotations

import pytest

from flashagent.repomap.touched import name_in, parse_touched


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("    def add(self, item: int) -> None:", "add"),
        ("func (c *Context) BindWith(obj any) error {", "BindWith"),
        ("pub fn parse<T>(text: &str) -> T {", "parse"),
        ("static hfield _hfieldNew(const void *field, size_t length)", "_hfieldNew"),
        ("export const render = async (props) => {", "render"),
        ("  computed(getter) {", "computed"),
        ("public Builder jta(boolean jta) {", "jta"),
        ("class specs_handler : public specs_setter<typename Context::char_type> {", "specs_handler"),
        ("if (ready) {", ""),
        ("", ""),
    ],
)
def test_the_name_in_a_head(head: str, name: str) -> None:
    assert name_in(head) == name


def test_changed_lines_are_data() -> None:
    """Lines that look like heads of files, hunks or commits are passed over inside a hunk."""
    output = (
        "\x01\ndiff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n"
        "@@ -1,2 +1,3 @@ def real():\n-x\n-\x01\n+++ b/fake.py\n+@@ -1 +1 @@ def fake():\n+y\n"
        "@@ -9 +9 @@ def other():\n-x\n+y\n"
        "\n\x01\n\n\x01\ndiff --git a/gone.py b/gone.py\n--- a/gone.py\n+++ /dev/null\n@@ -1 +0,0 @@ def gone():\n-x\n"
    )
    assert parse_touched(output) == [(("a.py", "real"), ("a.py", "other")), (), ()]
