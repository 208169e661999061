"""Camera geometry without ROS: projection, depth, clouds, boxes, clicks and outlines in 3-D."""
