"""Scenes, composites and clips of meshes, and what renders them with their truth."""
