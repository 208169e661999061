"""Spoken commands: audio in, prompts and service calls out. No ROS in here."""
