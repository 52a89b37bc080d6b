"""What the product does, in terms of sources, stores, clocks and events. Prints nothing."""
