from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.errors import WorkspaceError
from flashagent.workspace.files import FileText, decode, read_text


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", FileText("")),
        (b"a\nb", FileText("a\nb")),
        (b"a\r\nb\r\n", FileText("a\r\nb\r\n", newline="\r\n")),
        (b"a\r\nb\nc\n", FileText("a\r\nb\nc\n")),
        (b"a\rb\r", FileText("a\rb\r", newline="\r")),
        (codecs.BOM_UTF8 + b"x\n", FileText("x\n", bom=True)),
        ("\ufeffä\r\n".encode("utf-16-le"), FileText("ä\r\n", "utf-16-le", True, "\r\n")),
        ("\ufeffä\n".encode("utf-16-be"), FileText("ä\n", "utf-16-be", True)),
        ("naïve\n".encode("latin-1"), FileText("naïve\n", "latin-1")),
        ("naïve ".encode() + b"\xff\n", FileText("naïve \udcff\n")),
        (b"a\x0cb\n", FileText("a\x0cb\n")),
    ],
)
def test_text_is_decoded_and_encodes_to_the_same_bytes(data: bytes, expected: FileText) -> None:
    assert decode(data) == expected
    assert expected.encode(expected.text) == data


@given(st.binary(max_size=64))
def test_any_bytes_round_trip_or_are_refused(data: bytes) -> None:
    try:
        text = decode(data)
    except WorkspaceError:
        return
    assert text.encode(text.text) == data


@pytest.mark.parametrize("data", [b"a\0b", b"\xff\xfea", b"\x89PNG\r\n\x1a\n\0\0"])
def test_binary_is_refused(root: Path, data: bytes) -> None:
    (root / "x").write_bytes(data)
    with pytest.raises(WorkspaceError, match=r"^x: It is (a binary|not)"):
        read_text(root, "x")
    assert (root / "x").read_bytes() == data


def test_a_character_that_the_encoding_lacks_is_refused() -> None:
    with pytest.raises(WorkspaceError, match="latin-1"):
        decode(b"caf\xe9").encode("snow \u2603")


def test_huge_files_are_refused_without_reading(root: Path) -> None:
    with (root / "huge").open("wb") as stream:
        stream.truncate(2 * 2**30)
    with pytest.raises(WorkspaceError, match="larger than"):
        read_text(root, "huge")


def test_missing_files_and_folders_are_told(root: Path) -> None:
    with pytest.raises(WorkspaceError, match="does not exist"):
        read_text(root, "nothing")
    with pytest.raises(WorkspaceError, match="a folder"):
        read_text(root, "src")
