"""The desk: items in turn, keys, the queue, suggestions, live scores."""
