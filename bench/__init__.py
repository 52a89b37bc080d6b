"""How fast and how small a backup is, beside the least that any Python program could cost: `make bench`."""
