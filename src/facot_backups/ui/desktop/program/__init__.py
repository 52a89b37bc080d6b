"""`facot-backups gui`: the panel as a program of its own."""
