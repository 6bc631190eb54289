"""Arrays to maps and charts, and the colours of classes."""
