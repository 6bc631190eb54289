"""Weights on disk, of a hub or on a server, and what runs them."""
