"""`flashagent doctor` against endpoints in every state, each told in a line with what to do."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from helpers.e2e_program import flashagent, with_model
from helpers.jobs_house import BUG, CHECK, FIX, Shop
from helpers.model_server import Call, Reply, serving

from flashagent.frontends.doctor import run_doctor

KEY = "sk-test-0123456789abcdef"
COUNTED = Reply("1 2 3 4 5 6 7 8 9 10 11 12")
CALLED = Reply(calls=[Call("report", {"word": "ready"})])
LINE = "    return amount - amount * "
OBJECT = Reply('{"ready": true}')
Doctor = Callable[..., tuple[int, dict[str, tuple[str, str]]]]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    root = tmp_path / "project"
    root.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)

    def run(base_url: str = "", **given: object) -> tuple[int, dict[str, tuple[str, str]]]:
        environ = {"PATH": "/usr/bin:/bin", "FLASHAGENT_HOME": str(tmp_path / "home")}
        out = io.StringIO()
        code = run_doctor(
            root, with_model(environ, base_url) if base_url else environ, given, out, as_json=True
        )
        assert KEY not in out.getvalue()
        told: dict[str, Any] = json.loads(out.getvalue())
        assert told["ok"] == (code == 0)
        return code, {one["subject"]: (one["verdict"], one["text"] + one["hint"]) for one in told["findings"]}

    return run


@pytest.mark.needs("bwrap")
def test_everything_works(doctor: Doctor) -> None:
    with serving([COUNTED, CALLED, OBJECT]) as server:
        code, found = doctor(server.base_url)
    assert code == 0
    del found["language server"]
    assert {subject: verdict for subject, (verdict, _) in found.items()} == {
        "git": "ok", "sandbox": "ok", "settings": "ok", "endpoint": "ok", "key": "ok", "model": "ok",
        "streaming": "ok", "usage": "ok", "tools": "ok", "json mode": "ok", "window": "note",
    }  # fmt: skip
    assert found["model"][1] == "scripted is known"


@pytest.mark.needs("bwrap")
def test_what_the_model_does_beyond_the_needed_is_told(doctor: Doctor) -> None:
    counted = Reply(COUNTED.text, reasoning="Twelve numbers.", model="scripted-2026")
    called = Reply(calls=[Call("report", {"word": word}) for word in ("ready", "steady")])
    with serving([counted, called, OBJECT]) as server:
        code, found = doctor(server.base_url)
        assert [bool(body.get("tools")) for body in server.bodies] == [False, True, False]
        assert [body.get("response_format") for body in server.bodies] == [
            None,
            None,
            {"type": "json_object"},
        ]
    assert code == 0
    assert found["model"][1] == "scripted is known, and it answers as scripted-2026; it shows its reasoning"
    assert found["tools"][1] == "the model calls tools, several at a time"


def test_without_a_model_it_says_how_to_configure_one(doctor: Doctor) -> None:
    code, found = doctor()
    assert code == 0
    assert found["model"][0] == "note"
    assert "MODEL_BASE_URL" in found["model"][1]
    assert "flashagent config presets" in found["model"][1]


@pytest.mark.parametrize(
    ("fault", "subject", "said"),
    [
        ("unauthorized", "key", "The key is missing or wrong"),
        ("forbidden", "key", "may not use the model 'scripted'"),
        ("not_found", "model", "does not exist"),
        ("html", "endpoint", "It usually ends in /v1"),
        ("no_credit", "reply", "no credit"),
        ("500", "reply", "fault of its own"),
    ],
)
def test_what_is_wrong_is_named(doctor: Doctor, fault: Any, subject: str, said: str) -> None:
    with serving([Reply(fault=fault, times=0)]) as server:
        code, found = doctor(server.base_url)
        assert len(server.requests) == 1  # nothing is asked again, and nothing more once the first fails
    assert code == 1
    assert found[subject][0] == "wrong"
    assert said in found[subject][1]
    assert found.get("endpoint", ("", ""))[0] == ("wrong" if subject == "endpoint" else "ok")


def test_a_model_that_is_not_listed(doctor: Doctor) -> None:
    with serving([Reply(fault="not_found", times=0)]) as server:
        code, found = doctor(server.base_url, **{"model_settings.model": "scripte"})
    assert code == 1
    assert "It lists 1 models, scripted among them." in found["model"][1]


def test_nobody_listens(doctor: Doctor) -> None:
    with serving([]) as server:
        gone = server.base_url
    code, found = doctor(gone)
    assert (code, found["endpoint"][0]) == (1, "wrong")


@pytest.mark.parametrize(
    ("replies", "subject", "said"),
    [
        ([Reply(COUNTED.text, fault="json"), CALLED], "streaming", "in one piece"),
        ([Reply(COUNTED.text, usage=False), CALLED], "usage", "estimated"),
        ([COUNTED, Reply(fault="no_tools")], "tools", "plain text instead"),
        ([COUNTED, Reply("ready")], "tools", "did not"),
        ([COUNTED, CALLED, Reply("It is ready.")], "json mode", "no JSON object"),
        (
            [COUNTED, CALLED, Reply(fault="bad_parameter", parameter="response_format"), OBJECT],
            "json mode",
            "does not take it",
        ),
    ],
    ids=["no-streaming", "no-usage", "tools-refused", "tools-unused", "json-unused", "json-refused"],
)
def test_what_is_missing_is_a_note(doctor: Doctor, replies: list[Reply], subject: str, said: str) -> None:
    with serving(replies) as server:
        code, found = doctor(server.base_url)
    assert code == 0
    assert found[subject][0] == "note"
    assert said in found[subject][1]


def test_a_wrong_setting_is_told(doctor: Doctor, tmp_path: Path) -> None:
    config = tmp_path / "home" / "config" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("limits:\n  token: 3\n", encoding="utf-8")
    code, found = doctor()
    assert (code, found["settings"][0]) == (1, "wrong")
    assert "limits.tokens" in found["settings"][1]


def test_the_text_has_a_line_for_each(tmp_path: Path) -> None:
    out = io.StringIO()
    run_doctor(
        tmp_path, {"PATH": "/usr/bin:/bin", "FLASHAGENT_HOME": str(tmp_path / "h")}, {}, out, as_json=False
    )
    assert [line.split()[0] for line in out.getvalue().splitlines()] == [
        "git",
        "sandbox",
        "language",
        "settings",
        "model",
    ]
    assert "→" in out.getvalue().splitlines()[-1]


@pytest.mark.needs("bwrap")
def test_later_runs_begin_with_what_was_found(doctor: Doctor, tmp_path: Path) -> None:
    """A parameter and the tools that were refused are not tried again, and the window is known."""
    refused = Reply(fault="bad_parameter", parameter="max_tokens")
    shop = Shop.make(tmp_path / "later")
    environ = {**shop.environ, "FLASHAGENT_HOME": str(tmp_path / "home")}
    edit = f"shop/cart.py\n<<<<<<< SEARCH\n{LINE}{BUG}\n=======\n{LINE}{FIX}\n>>>>>>> REPLACE\n"
    script = [refused, COUNTED, Reply(fault="no_tools"), OBJECT, Reply(edit)]
    with serving(script) as server:
        assert doctor(server.base_url)[0] == 0
        ran = flashagent(shop.root, with_model(environ, server.base_url), "fix", "--check", CHECK)
        assert (ran.code, len(server.bodies)) == (0, len(script)), ran.err
        asked = server.bodies[-1]
    assert ("tools" in asked, "max_tokens" in asked, "max_completion_tokens" in asked) == (False, False, True)


def test_another_build_under_the_same_name_is_told(doctor: Doctor) -> None:
    moved = replace(COUNTED, model="scripted-2", fingerprint="fp_2")
    with serving([COUNTED, CALLED, OBJECT, moved, CALLED, OBJECT]) as server:
        doctor(server.base_url)
        _, found = doctor(server.base_url)
    assert found["model"][1].startswith("answered by scripted-2 fp_2 now; it was scripted on 20")


def test_the_responses_api_is_examined_too(doctor: Doctor) -> None:
    with serving([COUNTED, CALLED, OBJECT]) as server:
        code, found = doctor(server.base_url, **{"model_settings.api": "responses"})
        assert {request.path for request in server.requests} == {"/v1/responses"}
    assert code == 0
    assert [found[name][0] for name in ("streaming", "usage", "tools", "json mode")] == ["ok"] * 4


def test_a_file_of_certificates_that_is_none_is_told(doctor: Doctor, tmp_path: Path) -> None:
    missing = str(tmp_path / "none.pem")
    code, found = doctor("https://127.0.0.1:9/v1", **{"model_settings.ca_file": missing})
    assert (code, found["endpoint"][0]) == (1, "wrong")
    assert "SSL_CERT_FILE" in found["endpoint"][1]


def test_language_servers_are_listed(tmp_path: Path) -> None:
    root, programs = tmp_path / "project", tmp_path / "programs"
    (root / "node_modules" / ".bin").mkdir(parents=True)
    programs.mkdir()
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    for folder, name in (
        (programs, "basedpyright-langserver"),
        (root / "node_modules" / ".bin", "typescript-language-server"),
    ):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    (root / "package.json").write_text("{}")
    environ = {"PATH": f"{programs}:/usr/bin:/bin", "FLASHAGENT_HOME": str(tmp_path / "home")}

    def found(**more: str) -> list[tuple[str, str]]:
        out = io.StringIO()
        run_doctor(root, {**environ, **more}, {}, out, as_json=True)
        told = json.loads(out.getvalue())["findings"]
        return [(one["verdict"], one["text"]) for one in told if one["subject"] == "language server"]

    assert found() == [
        ("ok", f"pyright: {programs / 'basedpyright-langserver'}"),
        (
            "note",
            f"typescript-language-server: {root}/node_modules/.bin/typescript-language-server is not started",
        ),
    ]
    (off,) = found(FLASHAGENT_LANGUAGE_SERVERS="off")
    assert off == ("note", "switched off: language_servers (environment: FLASHAGENT_LANGUAGE_SERVERS)")
