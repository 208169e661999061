"""A session over a Tracker in this process: photo, clip, folder or camera."""
