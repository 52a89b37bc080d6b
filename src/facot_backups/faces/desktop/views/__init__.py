"""The windows that the panel opens, one module each (docs/arquitectura.md, "El panel")."""
