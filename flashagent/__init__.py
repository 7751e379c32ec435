"""flashagent: a local coding agent for the terminal. Importing does nothing; heavy libraries load when first needed."""

from __future__ import annotations

__version__ = "0.1.0"
