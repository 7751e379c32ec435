"""What is known of the place where a command was called."""

from __future__ import annotations

from pathlib import Path

from flashagent.compose.place import dotenv_secrets

SECRET = "q8Zr4Lw2Nx7Vb5Ty"


def test_files_that_are_no_text_hold_no_secrets_and_stop_nothing(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(f"\ufeffAPI_KEY={SECRET}\nNAME=caf\u00e9\n".encode())
    (tmp_path / ".env.local").write_bytes(f"TOKEN={SECRET[::-1]}\nNAME=caf\u00e9\n".encode("latin-1"))
    (tmp_path / ".env.gpg").write_bytes(b"\x85\x02\x0c\x00\xc8\xff")
    (tmp_path / ".env.far").symlink_to("/etc/hostname")
    (tmp_path / ".envs").mkdir()
    assert dotenv_secrets(tmp_path) == {SECRET, SECRET[::-1]}
