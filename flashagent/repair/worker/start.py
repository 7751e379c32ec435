"""Tries candidate patches inside the project's own interpreter. Run as a program, with the folder of this file at hand.

What runs there is this file and the package `flashagent_worker` beside it: standard library only, Python 3.8 and later,
nothing of flashagent. It runs in the sandbox, takes requests on the socket whose number is in FLASHAGENT_CHANNEL and
answers each with one message (a 4-byte length, then JSON). The process that reads the requests never runs a candidate: each
batch runs in a forked child that reports over a pipe with a word it cannot have seen before, so that a candidate which ends
its process, hangs or prints is one failed candidate and nothing more.

Two modes. 'warm': the tests are collected once; a candidate's function is compiled and its `__code__` swapped in the live
functions, values outside of functions are given to the live modules. 'cold': nothing of the project is imported; each
candidate's child imports everything anew with the changed source in place of the file.
"""

import importlib
import os
import sys

# Everything of the worker is imported before anything of the project can be: no module there can take its place, and a
# project that is run with its own folder first, or with no such folder at all, changes nothing.
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120
serving = importlib.import_module("flashagent_worker.serving")

if __name__ == "__main__":
    serving.main()
