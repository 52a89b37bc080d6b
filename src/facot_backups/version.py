"""The version of the product, as every backup's metadata names it."""

__version__ = "0.1.0"
