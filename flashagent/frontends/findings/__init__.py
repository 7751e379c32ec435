"""What `flashagent check` found, for people and for the programs of a CI system. Pure: from values to text."""
