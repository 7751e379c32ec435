"""The network allow-list: which hosts may be reached, and the proxy outside of the sandbox that sees to it."""
