"""The helpers that run between flashagent and a command: standard library only, started with `python -I -S`.

They start once per command, so they import next to nothing: no typing, dataclasses, json, re or contextlib.
"""
