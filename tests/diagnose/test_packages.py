from __future__ import annotations

from pathlib import Path

import pytest
from helpers.verify_projects import write

from flashagent.diagnose.dependencies import ProjectText
from flashagent.diagnose.packages import unknown_packages
from flashagent.values import FileChange

PROJECT = {
    "package.json": '{"name": "shop", "dependencies": {"lodash": "4", "@scope/tool": "1"}, "devDependencies": {"@types/node": "1"}}',
    "packages/own/package.json": '{"name": "@shop/own"}',
    "tsconfig.json": '{"compilerOptions": {"baseUrl": "src", "paths": {"@app/*": ["src/*"], "~lib": ["lib"]}}}',
    "src/util.ts": "",
    "src/deep/x.ts": "",
    "go.mod": "module example.com/shop\n\nrequire github.com/gin-gonic/gin v1.9.0\n",
    "Cargo.toml": '[package]\nname = "shop-core"\n[dependencies]\nserde_json = "1"\ntokio-util = "1"\n',
    "src/main.rs": "mod cart;\n",
    "src/cart.rs": "",
    "pom.xml": "<dependency><groupId>com.google.code.gson</groupId><artifactId>gson</artifactId></dependency>",
}
GO_LIBRARY = {"src/fmt/print.go": "", "src/net/http/server.go": "", "src/strings/s.go": ""}


def told(root: Path, path: str, text: str) -> list[str]:
    write(root / "p", PROJECT)
    write(root / "p", {"node_modules/installed/package.json": "{}"})
    write(root / "go", GO_LIBRARY)
    change = FileChange(path, None, text)
    project = ProjectText(root / "p", list(PROJECT), [change])
    return [one.message for one in unknown_packages([change], project, root / "go")]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("src/a.ts", "import a from 'lodash'\nimport b from 'lodash/fp'\nimport c from '@scope/tool/x'\n"),
        ("src/a.ts", "import fs from 'fs'\nimport p from 'node:path'\nimport q from 'fs/promises'\n"),
        ("src/a.ts", "import './b'\nimport x from '../c'\nimport y from '@app/z'\nimport z from '~lib'\n"),
        ("src/a.ts", "import u from 'util'\nimport d from 'deep/x'\nimport o from '@shop/own'\nimport i from 'installed'\n"),
        ("src/a.js", "const a = require('lodash')\nimport('https://x.y/z.js')\n"),
        ("a.go", 'package a\nimport (\n"fmt"\n"net/http"\n"example.com/shop/x"\n"github.com/gin-gonic/gin/binding"\n"C"\n)\n'),
        ("src/lib.rs", "use serde_json::Value;\nuse tokio_util::x;\nuse std::io;\nuse crate::a;\nuse cart::B;\nuse shop_core::c;\n"),
        ("A.java", "import java.util.List;\nimport com.google.gson.Gson;\nimport org.slf4j.Logger;\n"),
    ],
)  # fmt: skip
def test_what_exists_raises_no_alarm(tmp_path: Path, path: str, text: str) -> None:
    assert told(tmp_path, path, text) == []


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("src/a.ts", "import a from 'lodahs'\n", "lodahs is in no package.json and not installed; it looks like lodash, which the project uses"),
        ("src/a.tsx", "import { x } from '@scope/tools'\n", "@scope/tools is in no package.json and not installed; it looks like @scope/tool, which the project uses"),
        ("src/a.js", "const x = require('quick-cache')\n", "quick-cache is in no package.json and not installed"),
        ("a.go", 'package a\nimport "github.com/gin-gonic/ginn"\n', "no module that go.mod requires provides github.com/gin-gonic/ginn; it looks like github.com/gin-gonic/gin, which the project uses"),
        ("a.go", 'package a\nimport "string"\n', "string is not in Go's own library; names like it: strings"),
        ("a.go", 'package a\nimport "net/https"\n', "net/https is not in Go's own library; names like it: http"),
        ("src/lib.rs", "use serde_jsn::Value;\n", "serde_jsn is in no Cargo.toml; it looks like serde_json, which the project uses"),
    ],
)  # fmt: skip
def test_what_does_not_exist(tmp_path: Path, path: str, text: str, message: str) -> None:
    assert told(tmp_path, path, text) == [message]


def test_only_imports_that_are_added(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    change = FileChange(
        "src/a.ts", "import a from 'old-one'\n", "import a from 'old-one'\nimport b from 'new-one'\n"
    )
    project = ProjectText(tmp_path, list(PROJECT), [change])
    assert [one.line for one in unknown_packages([change], project)] == [2]
