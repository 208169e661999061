"""Measures: clicks, boxes and text on photographs, J and F on video."""
