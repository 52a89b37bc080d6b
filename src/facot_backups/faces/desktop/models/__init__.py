"""Qt's table models over what the tasks return."""
