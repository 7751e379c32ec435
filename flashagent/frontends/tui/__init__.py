"""The terminal app: a reader of the event stream and a writer of answers, nothing more. The only folder that imports textual."""
