"""The lifecycle node: inputs, the worker that runs the tracker, outputs, services, action."""
