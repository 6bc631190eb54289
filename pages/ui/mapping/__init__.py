"""The map of all items and its desk."""
