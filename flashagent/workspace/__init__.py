"""The user's work tree: reading and writing it safely, its git repository, checkpoints, and trees beside it.

What holds in every file here: nothing outside the root is touched, no link is followed out of it, a patch lands whole
or not at all, and the user's own work is never lost.
"""
