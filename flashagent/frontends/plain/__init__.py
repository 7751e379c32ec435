"""The interactive app line by line, for screen readers and for terminals that can do nothing else: no cursor movement, no
colours, no keys but Enter and Ctrl+C."""
