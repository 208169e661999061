"""ROS messages to arrays and values, and back."""
