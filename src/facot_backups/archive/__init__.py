"""The disk side: names, lines, metadata and backups as docs/formato.md specifies them. Works offline."""
