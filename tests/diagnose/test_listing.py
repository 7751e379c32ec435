from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from flashagent.diagnose.listing import Listing, folders_above, listing_after
from flashagent.values import FileChange

NAMES = st.sampled_from(["a.py", "p/b.py", "p/q/c.py", "p/q/d.py", "r/e.py", "r/s/t/f.py"])


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES))
def test_a_listing_is_what_is_there_after_the_changes(
    files: set[str], gone: set[str], made: set[str]
) -> None:
    changes = [FileChange(name, "x", None) for name in gone - made]
    changes += [FileChange(name, "x" if name in files else None, "y") for name in made]
    left = (files - (gone - made)) | made
    assert listing_after(sorted(files), changes) == Listing(frozenset(left), frozenset(folders_above(left)))


def test_many_agents_that_ask_of_one_listing_share_it() -> None:
    files = ("a.py", "p/b.py")
    edited = [FileChange("a.py", "x", "y")]
    assert listing_after(files, edited) is listing_after(files, ())
    assert listing_after(files, ()).folders == {".", "p"}
