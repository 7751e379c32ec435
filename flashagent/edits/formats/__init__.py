"""From a model's reply to edits: one file per format, and `parse_reply`, which recognises what a reply contains."""

from __future__ import annotations

from flashagent.edits.formats.parse import parse_reply

__all__ = ["parse_reply"]
