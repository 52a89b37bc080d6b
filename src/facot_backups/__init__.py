"""FACOT Backups: copies of a Firestore database in plain JSON folders, proven whole and restorable."""

__version__ = "0.1.0"
