"""The disk side: names, lines, metadata and backups as docs/disk-format.md specifies them. Works offline."""
