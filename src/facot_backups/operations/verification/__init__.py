"""Backups proven: read again byte by byte, and given back in a drill."""
