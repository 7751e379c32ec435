"""Words that people use about work and trouble, whatever the program is: in a request they say little about where to look. Pure."""

from __future__ import annotations

from flashagent.repomap.words import terms_of

# Measured on the development cases: the file to change has these hardly more often than its rivals have.
_ABOUT_WORK = """fix fixes fixed bug bugs problem issue issues close closes closed change changes changed update updates
report reported regression behavior behaviour currently already correctly incorrect incorrectly think every never
something refactor rename reproduce reproduced reproducing documentation docs cause causes caused prevent show shows
follow following actual expected suggest suggestion sure add added adds adding support supports feat chore lint
changelog review wip commit pr pull request also step steps below description version work works working wrong bad
broken related relate separate minor small cleanup improve make made sense simplify test tests testing"""
_AROUND_LINKS_AND_TRACES = "github com https http www python3 site packages lib"
WEAK_TERMS = frozenset(
    term for word in f"{_ABOUT_WORK} {_AROUND_LINKS_AND_TRACES}".split() for term in terms_of(word)
)
