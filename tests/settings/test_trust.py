"""Trust is for one path in one content, and lives in the user's folder only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from flashagent.errors import SettingsError
from flashagent.settings.trust import TrustedFile, TrustStore, content_hash, shown_text, trusted_part


def test_record_ask_and_revoke(tmp_path: Path) -> None:
    store = TrustStore(tmp_path / "user")
    path = tmp_path / "flashagent.yaml"
    assert store.is_trusted(path, content_hash(b"a")) is False
    assert store.record(path, b"a\n") == TrustedFile(str(path), content_hash(b"a\n"), "a\n")
    again = TrustStore(tmp_path / "user")
    assert again.is_trusted(path, content_hash(b"a\n")) is True
    assert again.is_trusted(path, content_hash(b"a\n\n")) is False
    assert again.is_trusted(tmp_path / "other.yaml", content_hash(b"a\n")) is False
    assert [again.revoke(path), again.revoke(path)] == [True, False]
    assert again.entries() == ()


def test_the_store_is_private(tmp_path: Path) -> None:
    TrustStore(tmp_path / "user").record(tmp_path / "x", b"a")
    assert stat.S_IMODE((tmp_path / "user").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "user" / "trust.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "[]", '{"files": [{"path": 1}]}', '{"files": 5}'])
def test_a_damaged_store_is_told_and_trusts_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "trust.json").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match="is damaged"):
        TrustStore(tmp_path).is_trusted(tmp_path / "x", "0")


def test_of_pyproject_only_our_table_counts() -> None:
    path = Path("pyproject.toml")
    one = trusted_part(path, b'[project]\nversion = "1"\n[tool.flashagent]\ncheck = "a"\n')
    two = trusted_part(path, b'[tool.flashagent]\ncheck  =  "a" # same\n[project]\nversion = "2"\n')
    other = trusted_part(path, b'[tool.flashagent]\ncheck = "b"\n')
    assert one == two == b'{\n  "check": "a"\n}'
    assert other != one
    assert trusted_part(path, b"[project]\n") == b""


def test_values_of_dotenv_are_not_kept() -> None:
    shown = shown_text(Path(".env"), b"# note secret\nKEY=secret-value\n\nplain secret words\n")
    assert "secret-value" not in shown
    assert "secret words" not in shown
    assert shown.splitlines()[1].startswith("KEY=[value ")
    assert shown != shown_text(Path(".env"), b"# note secret\nKEY=other-value\n\nplain secret words\n")
