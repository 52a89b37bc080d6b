"""Which backups may go, what keeps them, and their going."""
