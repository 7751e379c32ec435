"""Whatever a settings file holds: it is read, or one SettingsError says what is wrong; never a crash."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashagent.errors import SettingsError
from flashagent.settings import load

WORDS = [
    "checks",
    "limits",
    "tokens",
    "model",
    ":",
    " ",
    "\n",
    "  ",
    "- ",
    "[",
    "]",
    "{",
    "}",
    "!!",
    "&a ",
    "*a",
    "'",
    '"',
]
MESS = st.lists(
    st.one_of(
        st.sampled_from([*WORDS, "=", "#", "2026-99-99", "1e999", "0x", "~", "\t", "|", ">"]),
        st.text(max_size=4),
    )
)
BAD = [
    "a: 2026-99-99\n",
    "limits:\n  tokens: 2026-13-45T99:99:99Z\n",
    "[" * 3000,
    "a: " + "{a: " * 3000,
    "a: !!python/object/apply:os.system [id]\n",
    "a: !!binary '?'\n",
    "a: &x [*x]\n",
    "? [a]\n: b\n",
    "limits: {tokens: .inf}\n",
    "limits: {tokens: 1" + "0" * 5000 + "}\n",
    "\x00",
    "a: \ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "a: 0b\n",
    "a: 1:99:99\n",
    "a: !!int x\n",
    "a: !!timestamp x\n",
    "a: !!float x\n",
]


def read(folder: Path, name: str, text: str) -> None:
    (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
    with contextlib.suppress(SettingsError):
        load({}, {}, folder, folder / "user")


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
@pytest.mark.parametrize("name", ["flashagent.yaml", "pyproject.toml"])
def test_known_monsters(tmp_path: Path, name: str, text: str) -> None:
    read(tmp_path, name, text if name.endswith("yaml") else f"[tool.flashagent]\nx = {text}\n")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(MESS)
def test_any_mess(tmp_path: Path, parts: list[str]) -> None:
    text = "".join(parts)
    read(tmp_path, "flashagent.yaml", text)
    (tmp_path / "flashagent.yaml").unlink()
    read(tmp_path, "pyproject.toml", f"[tool.flashagent]\n{text}")
