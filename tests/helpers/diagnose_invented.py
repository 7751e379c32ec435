"""Sixty things that do not exist in real libraries, written the way models write them: the text, what is invented in it (at
the mark), and what is really meant. All libraries are those that flashagent and its tests are installed with."""

from __future__ import annotations

from typing import NamedTuple


class Case(NamedTuple):
    """`text` with `$` where the invented or the real name goes."""

    text: str
    invented: str
    real: str

    @property
    def wrong(self) -> str:
        return self.text.replace("$", self.invented)

    @property
    def right(self) -> str:
        return self.text.replace("$", self.real)


MODULES = [
    Case("import $\n", "pydantik", "pydantic"),
    Case("import $ as y\n", "yamll", "yaml"),
    Case("from $ import Table\n", "rich.tables", "rich.table"),
    Case("import numpy.$\n", "linear_algebra", "linalg"),
    Case("from $ import MutableMapping\n", "collections.mapping", "collections.abc"),
    Case("def f():\n    from $ import given\n    return given\n", "hypothesys", "hypothesis"),
    Case("import os, $\n", "sys_path", "sys"),
    Case("from $ import Repo\n", "gitpython", "git"),
    Case("from concurrent.$ import ThreadPoolExecutor\n", "future", "futures"),
    Case("import xml.etree.$ as ET\n", "ElementsTree", "ElementTree"),
    Case("class A:\n    import $\n", "dataclass", "dataclasses"),
    Case("import importlib.$\n", "resource", "resources"),
]
NAMES = [
    Case("from pydantic import $\n", "BaseModels", "BaseModel"),
    Case("from typing import $\n", "Optionals", "Optional"),
    Case("from rich.console import $\n", "Consoles", "Console"),
    Case("from pathlib import Path, $\n", "PurePaths", "PurePath"),
    Case("from itertools import $\n", "flatten", "chain"),
    Case("from functools import $ as memo\n", "memoize", "lru_cache"),
    Case("from hypothesis.strategies import $\n", "integer", "integers"),
    Case("async def f():\n    from asyncio import $\n", "Tasks", "Task"),
    Case("from rapidfuzz import (\n    fuzz,\n    $,\n)\n", "processor", "process"),
    Case("from yaml import $\n", "load_safe", "safe_load"),
]
ATTRIBUTES = [
    Case("import json\n\ndef f(x):\n    return json.$(x)\n", "to_string", "dumps"),
    Case("import os.path as p\nprint(p.$('a'))\n", "file_exists", "exists"),
    Case("import numpy as np\nx = np.$([1, 2])\n", "from_list", "array"),
    Case("import numpy as np\nnp.random.$(3)\n", "randoms", "rand"),
    Case("import numpy as np\nprint(np.linalg.$([[1]]))\n", "inverse", "inv"),
    Case("import yaml\nwith open('a') as f:\n    yaml.$(f)\n", "parse_file", "safe_load"),
    Case("import string\nprint(string.$)\n", "alphabet", "ascii_letters"),
    Case("import datetime as dt\nprint(dt.datetime.$('x'))\n", "from_isoformat", "fromisoformat"),
    Case("from datetime import datetime\nprint(datetime.now().$())\n", "to_iso", "isoformat"),
    Case("from pathlib import Path\n\ndef f(name):\n    return Path(name).$()\n", "read", "read_text"),
    Case("from pathlib import Path\nhere = Path(__file__)\nprint(here.$)\n", "extension", "suffix"),
    Case("import logging\nlog = logging.getLogger('x')\nlog.$('a')\n", "warns", "warning"),
    Case("import re\nPATTERN = re.compile('x')\n\ndef f(s):\n    return PATTERN.$(s)\n", "find_all", "findall"),
    Case("from collections import OrderedDict\nd = OrderedDict()\nd.$('a')\n", "move_to_front", "move_to_end"),
    Case("from collections import deque\nqueue = deque()\nqueue.$()\n", "pop_left", "popleft"),
    Case("import threading\n\nclass A:\n    def __init__(self):\n        self.e = threading.Event()\n\n    def f(self):\n        self.e.$()\n", "signal", "set"),
    Case("from rich.table import Table\nt = Table()\nt.$('a')\n", "add_col", "add_column"),
    Case("import psutil\n\ndef f(pid):\n    p = psutil.Process(pid)\n    return p.$()\n", "get_children", "children"),
    Case("import sqlite3\nc = sqlite3.connect('x')\nc.$('select 1')\n", "query", "execute"),
    Case("from decimal import Decimal\nprint(Decimal('1').$(1))\n", "round", "quantize"),
    Case("import argparse\np = argparse.ArgumentParser()\np.$('--x')\n", "add_option", "add_argument"),
    Case("import configparser\nc = configparser.ConfigParser()\nc.$('x')\n", "load", "read"),
    Case("import subprocess\nprint(subprocess.run(['x']).$)\n", "exit_code", "returncode"),
    Case("import zipfile\nwith zipfile.ZipFile('x') as z:\n    z.$()\n", "extract_all", "extractall"),
]  # fmt: skip
ARGUMENTS = [
    Case("import json\njson.dumps({}, $=2)\n", "indentation", "indent"),
    Case("import subprocess\nsubprocess.run(['x'], $=True)\n", "capture", "capture_output"),
    Case("import subprocess\nsubprocess.Popen(['x'], $='/')\n", "working_dir", "cwd"),
    Case("from pathlib import Path\nPath('x').mkdir($=True)\n", "make_parents", "parents"),
    Case("from dataclasses import dataclass\n\n@dataclass($=True)\nclass A:\n    x: int\n", "immutable", "frozen"),
    Case("import rich.console\nc = rich.console.Console($=80)\n", "columns", "width"),
    Case("import numpy as np\nnp.zeros(3, $=int)\n", "type", "dtype"),
    Case("import asyncio\n\nasync def f(c):\n    await asyncio.wait_for(c, $=3)\n", "time_out", "timeout"),
    Case("import logging\nlogging.basicConfig($=10)\n", "log_level", "level"),
    Case("import shutil\nshutil.rmtree('x', $=True)\n", "ignore_error", "ignore_errors"),
    Case("from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor($=3)\n", "workers", "max_workers"),
    Case("import yaml\nyaml.safe_dump({}, $=False)\n", "sort", "sort_keys"),
    Case("from rich.table import Table\nTable($='x')\n", "caption_text", "caption"),
    Case("import threading\nthreading.Thread($=print)\n", "function", "target"),
]  # fmt: skip
CASES = (*MODULES, *NAMES, *ATTRIBUTES, *ARGUMENTS)
