"""The SDK is imported in part, behaves as the whole for everybody else, and as a whole where its layout is another."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

OTHER_LAYOUT = """
class AsyncOpenAI: pass
class AsyncStream:
    def __class_getitem__(cls, item): return cls
class APIError(Exception): pass
class APIStatusError(APIError): pass
class APIConnectionError(APIError): pass
"""


def run(program: str, *, first: Path | None = None) -> str:
    """What a fresh interpreter prints; `first` goes before all other folders of modules."""
    before = f"import sys; sys.path.insert(0, {str(first)!r})\n" if first else "import sys\n"
    done = subprocess.run(
        [sys.executable, "-c", before + program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_classes_for_replies_are_not_imported() -> None:
    program = """
from flashagent.models.sdk import sdk
assert sdk() is sdk()
print(sorted(set(sys.modules) & {"openai", "openai.types.responses", "openai.types.chat", "openai.resources"}))
"""
    assert run(program) == "['openai']"


def test_whoever_imports_openai_afterwards_has_all_of_it() -> None:
    program = """
from flashagent.models.sdk import sdk
mine = sdk()
import openai
from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
import openai.lib
assert AsyncOpenAI is mine.AsyncOpenAI and openai.APIStatusError is mine.APIStatusError
assert openai.lib.azure.AzureOpenAI is openai.AzureOpenAI
assert {"AsyncOpenAI", "types", "__version__"} <= set(dir(openai))
assert not hasattr(openai, "no_such_name") and not hasattr(openai.types, "no_such_name")
OpenAI(api_key="none", base_url="http://127.0.0.1:9/v1").chat.completions
print(openai.types.Completion.__name__, openai.__version__.count("."))
"""
    assert run(program) == "Completion 2"


def test_an_openai_that_is_there_already_is_used_as_it_is() -> None:
    program = """
import openai
before = set(sys.modules)
from flashagent.models.sdk import sdk
assert sdk().AsyncOpenAI is openai.AsyncOpenAI
print(type(openai).__name__, sorted(name for name in set(sys.modules) - before if name.startswith("openai")))
"""
    assert run(program) == "module []"


def test_another_layout_is_imported_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "__init__.py").write_text(OTHER_LAYOUT, encoding="utf-8")
    program = """
from flashagent.models.sdk import sdk
import openai
assert sdk().AsyncOpenAI is openai.AsyncOpenAI and openai.__file__.startswith(sys.path[0])
print(len(sys.meta_path) == len([one for one in sys.meta_path if "flashagent" not in type(one).__module__]))
"""
    assert run(program, first=tmp_path) == "True"
