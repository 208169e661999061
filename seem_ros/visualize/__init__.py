"""Pictures for people: overlays, label images in colour, contact sheets."""
