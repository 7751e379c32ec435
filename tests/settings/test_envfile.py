from __future__ import annotations

import subprocess
import sys

from flashagent.settings.envfile import variables_in

MALFORMED = 'A=1\nTHIS IS = not "valid\n=x\nB="two # ${A}" # said\nexport C=3\nEMPTY=\nNAME\n'


def test_variables_are_read_as_they_stand() -> None:
    assert variables_in(MALFORMED) == {"A": "1", "B": "two # ${A}", "C": "3", "EMPTY": ""}


def test_a_malformed_line_says_nothing_on_the_terminal() -> None:
    code = "import sys; from flashagent.settings.envfile import variables_in; variables_in(sys.argv[1])"
    ran = subprocess.run([sys.executable, "-c", code, MALFORMED], capture_output=True, check=True)
    assert (ran.stdout, ran.stderr) == (b"", b"")
