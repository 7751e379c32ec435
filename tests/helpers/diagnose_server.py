"""A language server for tests, run as `python diagnose_server.py MARKS`: it answers for a toy language in which every word
that ends in `_bad` is an error, and does wrong what a file with a special name in the folder MARKS asks for.

Files in MARKS: `hang` (answer nothing from now on), `die` (end at the next request and take the file away), `garbage` (write
what is no message), `huge` (announce a message that is too large), `outside` (name places outside of the root), `slow`
(answer only after the file is gone), `refuse` (answer with errors),
`mute` (tell nothing by itself, and note that in `muted`). Each start is
noted as a line in `starts`, each change on the disk that it is told of in `changed`, each exit of the process is the operating system's to see.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import unquote

marks = Path(sys.argv[1])
push = "--push" in sys.argv
texts: dict[str, str] = {}


def send(message: dict[str, Any]) -> None:
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    os.write(1, b"Content-Length: %d\r\n\r\n%b" % (len(body), body))


def receive() -> dict[str, Any]:
    size = 0
    while (line := sys.stdin.buffer.readline()).strip():
        if line.lower().startswith(b"content-length"):
            size = int(line.split(b":")[1])
    if not size:
        sys.exit(0)
    message: dict[str, Any] = json.loads(sys.stdin.buffer.read(size))
    return message


def marked(name: str) -> bool:
    return (marks / name).exists()


def misbehave(message: dict[str, Any]) -> None:
    if marked("die"):
        (marks / "die").unlink()
        os._exit(3)
    if marked("garbage"):
        (marks / "garbage").unlink()
        os.write(1, b"Traceback (most recent call last):\n  something\n\n")
    if marked("huge"):
        (marks / "huge").unlink()
        os.write(1, b"Content-Length: 99999999999\r\n\r\n")
    while marked("hang") or marked("slow"):
        time.sleep(0.01)


def words(text: str, pattern: str) -> list[dict[str, Any]]:
    found = []
    for number, line in enumerate(text.split("\n")):
        for one in re.finditer(pattern, line):
            start, end = (len(line[:at].encode("utf-16-le")) // 2 for at in one.span())
            found.append(
                {"start": {"line": number, "character": start}, "end": {"line": number, "character": end}}
            )
    return found


def diagnostics(uri: str) -> list[dict[str, Any]]:
    ranges = words(texts[uri], r"\w+_bad\b")
    lines = texts[uri].split("\n")
    return [
        {"range": one, "severity": 1, "code": "bad", "message": f"bad word in {lines[one['start']['line']]}"}
        for one in ranges
    ]


def name_at(params: dict[str, Any]) -> str:
    position = params["position"]
    line = text_of(params["textDocument"]["uri"]).split("\n")[position["line"]]
    at = len(line.encode("utf-16-le")[: position["character"] * 2].decode("utf-16-le"))
    found = re.match(r"\w+", line[at:])
    return found[0] if found else ""


def text_of(uri: str) -> str:
    return texts.get(uri) or Path(unquote(uri.removeprefix("file://"))).read_text(encoding="utf-8")


def all_uris() -> list[str]:
    on_disk = (f"file://{path}" for path in sorted(Path.cwd().glob("*.toy")))
    return sorted({*texts, *on_disk})


def places(params: dict[str, Any]) -> list[dict[str, Any]]:
    name = re.escape(name_at(params))
    found = [{"uri": uri, "range": one} for uri in all_uris() for one in words(text_of(uri), rf"\b{name}\b")]
    if marked("outside"):
        found.append({"uri": "file:///etc/passwd", "range": words("x", "x")[0]})
    return found


def rename(params: dict[str, Any]) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for place in places(params):
        edit = {"range": place["range"], "newText": params["newName"]}
        changes.setdefault(place["uri"], []).append(edit)
    return {"changes": changes}


def fixes(params: dict[str, Any]) -> list[dict[str, Any]]:
    """For `x_bad`: `x_good`, which is preferred, and to ignore it. The first word says what else is to come: `lazy` (told when asked again),
    `worse` (brings errors), `other` (an error in its place), `moving` (renames a file), `outside`, `command`, `two` (none preferred)."""
    uri = params["textDocument"]["uri"]
    place = params["context"]["diagnostics"][0]["range"]
    word = name_at({**params, "position": place["start"]})
    kind, good = word.partition("_")[0], word.replace("_bad", "_good")
    good = {"worse": f"{good} a_bad b_bad", "other": "yet_bad"}.get(kind, good)
    where = "file:///etc/passwd" if kind == "outside" else uri
    edit: dict[str, Any] = {"changes": {where: [{"range": place, "newText": good}]}}
    if kind == "moving":
        edit = {"documentChanges": [{"kind": "rename", "oldUri": uri, "newUri": f"{uri}.old"}]}
    spell: dict[str, Any] = {
        "title": f"Spell {good}",
        "kind": "quickfix",
        "isPreferred": kind != "two",
        "edit": edit,
    }
    if kind == "lazy":
        spell["data"] = spell.pop("edit")
    if kind == "command":
        spell["command"] = {"title": "run", "command": "run"}
    wholly = {
        "title": f"Ignore {word}",
        "kind": "quickfix",
        "edit": {"changes": {uri: [{"range": place, "newText": ""}]}},
    }
    return [
        spell,
        wholly,
        {"title": "Refactor", "kind": "refactor", "edit": edit},
        {"title": "old", "command": "run"},
    ]


def answer(method: str, params: dict[str, Any]) -> Any:
    if method == "initialize":
        return {"capabilities": {} if push else {"diagnosticProvider": {}}}
    if method == "textDocument/diagnostic":
        return {"kind": "full", "items": diagnostics(params["textDocument"]["uri"])}
    if method in ("textDocument/definition", "textDocument/references"):
        return places(params)[:1] if method.endswith("definition") else places(params)
    if method == "textDocument/codeAction":
        return fixes(params)
    if method == "codeAction/resolve":
        return {**params, "edit": params["data"]}
    return rename(params) if method == "textDocument/rename" else None


def hear(method: str, params: dict[str, Any]) -> None:
    document = params.get("textDocument", {})
    if method == "textDocument/didOpen":
        texts[document["uri"]] = document["text"]
    elif method == "textDocument/didChange":
        texts[document["uri"]] = params["contentChanges"][0]["text"]
    elif method == "workspace/didChangeWatchedFiles":
        with (marks / "changed").open("a") as log:
            log.writelines(f"{one['uri'].rpartition('/')[2]}:{one['type']}\n" for one in params["changes"])
    elif method == "textDocument/didClose":
        del texts[document["uri"]]
    if push and marked("mute"):
        (marks / "muted").touch()
    elif push and document.get("uri") in texts:
        uri = document["uri"]
        told = {"uri": uri, "diagnostics": diagnostics(uri), "version": document["version"]}
        send({"method": "textDocument/publishDiagnostics", "params": told})


with (marks / "starts").open("a") as log:
    log.write(f"{os.getpid()}\n")
while True:
    message = receive()
    if "method" not in message:
        continue
    if "id" not in message:
        hear(message["method"], message.get("params") or {})
        continue
    if message["method"] != "initialize":
        misbehave(message)
    if marked("refuse"):
        send({"id": message["id"], "error": {"code": -32603, "message": "no"}})
    else:
        send({"id": message["id"], "result": answer(message["method"], message.get("params") or {})})
