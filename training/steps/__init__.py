"""Losses: what a batch says about each part of the model."""
