"""How the backups stand, and what is said of it when."""
