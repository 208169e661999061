"""SEEM in PyTorch: knows neither ROS nor OpenCV."""
