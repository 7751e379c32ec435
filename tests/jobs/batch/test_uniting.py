from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashagent.jobs.batch.uniting import merged_text

HEAD = '"""Doc."""\n\nimport os\nimport sys\nfrom a import b\n\n\ndef f():\n    return 1\n'


def changed(*pairs: tuple[str, str]) -> str:
    text = HEAD
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


BODY = ("return 1", "return 2")


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "both"),
    [
        ("x.py", HEAD, changed(("import sys\n", "import sys\nimport zlib\n")),
         changed(("import sys\n", "import sys\nimport time\n"), BODY),
         changed(("import sys\n", "import sys\nimport time\nimport zlib\n"), BODY)),
        ("x.py", HEAD, changed(("import os\n", "import json\nimport os\n")), changed(("import os\n", "import ast\nimport os\n")),
         changed(("import os\n", "import ast\nimport json\nimport os\n"))),
        ("x.py", HEAD, changed(("import b", "import b, c")), changed(("import b", "import b, d")),
         changed(("import b", "import b, c, d"))),
        ("x.py", HEAD, changed(("import b", "import b, C")), changed(("import b", "import A, b")),
         changed(("import b", "import A, C, b"))),
        ("x.py", HEAD, changed(("import b\n", "import b\nfrom a import c\n")), changed(("import b\n", "import b\nfrom a.d import e\n")),
         changed(("import b\n", "import b, c\nfrom a.d import e\n"))),
        ("x.py", "x = 1\n", "import os\n\nx = 1\n", "import ast\n\nx = 1\n", "import ast\nimport os\n\nx = 1\n"),
        ("x.py", "import re\n\nx = 1\n", "import os\nimport re\n\nx = 1\n", "from __future__ import annotations\n\nimport re\n\nx = 1\n",
         "\nfrom __future__ import annotations\nimport os\nimport re\n\nx = 1\n"),
        ("x.py", "x = 1\n", "import os\n\nx = 1\n", "from __future__ import annotations\n\nx = 1\n",
         "from __future__ import annotations\nimport os\n\nx = 1\n"),
        ("x.ts", "import {a} from './a';\n\nlet x;\n", "import {a} from './a';\nimport {b} from './b';\n\nlet x;\n",
         "import {a} from './a';\nimport c from './c';\n\nlet x;\n",
         "import {a} from './a';\nimport {b} from './b';\nimport c from './c';\n\nlet x;\n"),
        ("X.java", "import a.A;\nclass X {}\n", "import a.A;\nimport b.B;\nclass X {}\n", "import a.A;\nimport a.C;\nclass X {}\n",
         "import a.A;\nimport a.C;\nimport b.B;\nclass X {}\n"),
    ],
)  # fmt: skip
def test_imports_that_both_add_are_all_there_in_order(
    path: str, base: str, ours: str, theirs: str, both: str
) -> None:
    assert merged_text(path, base, ours, theirs) == both
    assert merged_text(path, base, theirs, ours) == both


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs"),
    [
        ("x.py", HEAD, changed(("return 1", "return 3")), changed(BODY)),
        ("x.py", HEAD, changed(("import sys\n", "import sys\nfrom p import go\n")),
         changed(("import sys\n", "import sys\nfrom q import go\n"))),
        ("x.py", HEAD, changed(("import sys\n", "import json as sys\n")), changed(("import sys\n", "import sys\nimport ast\n"))),
        ("x.py", HEAD, changed(("import b", "import c")), changed(("import b", "import b, d"))),
        ("x.txt", HEAD, changed(("import sys\n", "import sys\nimport zlib\n")),
         changed(("import sys\n", "import sys\nimport time\n"))),
        ("x.py", HEAD, changed(("import sys\n", "import sys  # keep\n")), changed(("import sys\n", "import sys\nimport ast\n"))),
    ],
)  # fmt: skip
def test_everything_else_that_touches_is_a_conflict(path: str, base: str, ours: str, theirs: str) -> None:
    assert merged_text(path, base, ours, theirs) is None
    assert merged_text(path, base, theirs, ours) is None


MODULES = st.sets(st.sampled_from(["ast", "bz2", "csv", "json", "time", "zlib"]), max_size=4)


@given(MODULES, MODULES, MODULES)
def test_no_import_is_lost_and_none_comes_twice(base: set[str], ours: set[str], theirs: set[str]) -> None:
    def text(names: set[str]) -> str:
        return "".join(f"import {name}\n" for name in sorted(names)) + "\nx = 1\n"

    merged = merged_text("x.py", text(base), text(base | ours), text(base | theirs))
    assert merged == text(base | ours | theirs)
