"""The 3-D side of the node: calibration, depth, transforms, clouds."""
