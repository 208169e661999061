"""Words to objects: finders in order, the surest first, and what a phrase says besides a name."""
