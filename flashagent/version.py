"""The version, for those who may not know the public door in `__init__`."""

VERSION = "0.1.0"
