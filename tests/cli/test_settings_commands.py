"""config, trust, cache and completion as a user calls them."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from flashagent.cli import cache, completion, config, trust
from flashagent.cli.commands import COMMANDS
from flashagent.errors import SettingsError, UsageError

Call = Callable[..., tuple[int, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "project"
    (folder / "inner").mkdir(parents=True)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    monkeypatch.chdir(folder / "inner")
    return folder


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"FLASHAGENT_HOME": str(tmp_path / "home")}


def test_config_show_prints_each_value_with_its_source(
    project: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "flashagent.yaml").write_text("check: make test\ncommit: true\n", encoding="utf-8")
    environ |= {"MODEL_API_KEY": "model-key-value", "MODEL_BASE_URL": "http://joe:hunter22@127.0.0.1:9/v1"}
    assert config.run(["show"], environ) == 0
    shown = capsys.readouterr()
    lines = {line.split()[0]: line.split(maxsplit=1)[1] for line in shown.out.splitlines()}
    assert lines["checks"] == "make test  (project file: flashagent.yaml, line 1)"
    assert lines["model_settings.api_key"] == "[secret]  (environment: MODEL_API_KEY)"
    assert (
        lines["model_settings.base_url"]
        == "http://joe:[secret]@127.0.0.1:9/v1  (environment: MODEL_BASE_URL)"
    )
    assert lines["limits.tokens"] == "200000  (default)"
    assert "ignored: commit (project file: flashagent.yaml, line 2) is not used" in shown.err
    assert "no model" in shown.err


def test_config_alone_prints_its_help(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert config.run([], environ) == 0
    assert "each setting, its value and where it comes from" in capsys.readouterr().out


def test_config_show_as_json(
    project: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "flashagent.yaml").write_text("check: make test\n", encoding="utf-8")
    config.run(["show", "--json"], {**environ, "OPENAI_API_KEY": "openai-key-value"})
    text = capsys.readouterr().out
    found = json.loads(text)
    assert found["settings"]["checks"] == {
        "value": [{"command": "make test", "name": "", "cwd": ".", "kind": "tests"}],
        "source": "project file: flashagent.yaml, line 1",
    }
    assert found["settings"]["model_settings.api_key"]["value"] == "[secret]"
    assert "openai-key-value" not in text


def test_config_set_and_path(
    project: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert config.run(["set", "model_settings.api_key", "own-key-value"], environ) == 0
    assert config.run(["set", "limits.tokens", "70"], environ) == 0
    assert config.run(["path"], environ) == 0
    out = capsys.readouterr().out
    path = Path(out.splitlines()[-1])
    assert (
        path.read_text(encoding="utf-8")
        == "model_settings:\n  api_key: own-key-value\nlimits:\n  tokens: 70\n"
    )
    assert out.splitlines()[:2] == [
        f"model_settings.api_key = [secret]  ({path})",
        f"limits.tokens = 70  ({path})",
    ]


def test_config_set_refuses_an_unknown_key(project: Path, environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as raised:
        config.run(["set", "limit.tokens", "70"], environ)
    assert raised.value.hint == "Did you mean 'limits.tokens'?"


def test_trust_shows_the_content_then_only_the_difference(
    project: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = project / "flashagent.yaml"
    path.write_text("commit: true\n", encoding="utf-8")
    assert trust.run(["--show"], environ) == 0
    assert capsys.readouterr().out == f"{path}: not trusted\n  commit: true\n"
    assert trust.run(["--yes"], environ) == 0
    assert capsys.readouterr().out == f"{path}:\n  commit: true\n{path} is trusted, until it changes.\n"
    assert config.read_settings(project, environ, Path(environ["FLASHAGENT_HOME"]) / "config").commit is True
    path.write_text("commit: true\noffline: true\x1b[2J\n", encoding="utf-8")
    assert trust.run(["--show"], environ) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: changed since you trusted it",
        "  --- trusted",
        "  +++ now",
        "  @@ -1 +1,2 @@",
        "   commit: true",
        "  +offline: true\\x1b[2J",
    ]


def test_trust_revoke(project: Path, environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    path = project / "flashagent.yaml"
    path.write_text("commit: true\n", encoding="utf-8")
    trust.run(["--yes"], environ)
    path.unlink()
    capsys.readouterr()
    assert [trust.run(["--revoke"], environ), trust.run(["--revoke"], environ)] == [0, 0]
    assert capsys.readouterr().out == f"{path} is no longer trusted.\nNothing of this was trusted.\n"


def test_trust_of_a_file_that_is_not_there(project: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError, match=r"nothing\.yaml does not exist"):
        trust.run(["nothing.yaml"], environ)


def test_cache_lists_and_clears(environ: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(environ["FLASHAGENT_HOME"]) / "cache"
    assert cache.run([], environ) == 0
    assert capsys.readouterr().out == f"{folder}\n        0 B  in all\n"
    (folder / "maps").mkdir(parents=True)
    (folder / "maps" / "a.db").write_bytes(b"x" * 12_345)
    (folder / "link").symlink_to(folder.parent)
    assert cache.run([], environ) == 0
    assert "    12.3 kB  maps\n" in capsys.readouterr().out
    assert cache.run(["--clear"], environ) == 0
    assert list(folder.iterdir()) == []
    assert folder.parent.is_dir()


def bash_completes(script: str, *words: str) -> set[str]:
    line = " ".join(f"'{word}'" for word in words)
    program = f"{script}\nCOMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _flashagent; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    done = subprocess.run(["bash", "--norc", "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_bash_completes_commands_options_and_actions(capsys: pytest.CaptureFixture[str]) -> None:
    assert completion.run(["bash"], {}) == 0
    script = capsys.readouterr().out
    assert bash_completes(script, "flashagent", "co") == {"config", "completion"}
    assert bash_completes(script, "flashagent", "--v") == {"--version"}
    assert bash_completes(script, "flashagent", "--off") == {"--offline"}
    assert bash_completes(script, "flashagent", "config", "") == {"show", "set", "path", "presets"}
    assert bash_completes(script, "flashagent", "cache", "--c") == {"--clear"}
    assert bash_completes(script, "flashagent", "completion", "z") == {"zsh"}
    assert bash_completes(script, "flashagent", "fix", "--max-t") == {"--max-tokens"}


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_every_command_is_in_every_script(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    completion.run([shell], {})
    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in script] == []
    if shutil.which(shell):
        subprocess.run([shell, "-n"], input=script, text=True, check=True)
