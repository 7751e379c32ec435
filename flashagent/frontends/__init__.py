"""Those who watch: people at a terminal or a pipe, machines, and the terminal app. All read the one stream of events."""
