"""One file a challenge that wires components, and the command line with its backends."""
