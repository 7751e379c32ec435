"""`python -m flashagent_sandbox run -- COMMAND`."""

from __future__ import annotations

import os
import sys

from flashagent_sandbox.command import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
