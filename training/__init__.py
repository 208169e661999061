"""Training data and training of the nano model; nothing here is needed at run time."""
