"""Read the text of a `.env` file. A line that is none is passed over without a word: the file belongs to the project's tools."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO


def variables_in(text: str) -> Mapping[str, str]:
    """The variables by name, as they stand there: nothing is put in for `${NAME}`. A name without a value is left out."""
    # Not dotenv_values: it logs each line that it cannot read, which without a handler lands on the terminal.
    from dotenv.parser import parse_stream

    return {
        one.key: one.value
        for one in parse_stream(StringIO(text))
        if one.key is not None and one.value is not None
    }
