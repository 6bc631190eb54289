"""The map with its lasso."""
