"""A recorded session as one page for a browser: what was asked, what was shown and why, what changed, what it cost."""
