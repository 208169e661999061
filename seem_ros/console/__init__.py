"""The operator's page in a browser: its server and its files; knows neither ROS nor the model."""
