"""When the daily backup is due, and the run that makes it."""
