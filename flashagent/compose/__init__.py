"""From settings to real objects: the only room that knows every concrete class."""
