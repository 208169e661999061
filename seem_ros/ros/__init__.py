"""The ROS 2 side of seem_ros: the only package that imports rclpy."""
