"""Meshes with names: where they come from, how they are read and kept."""
