"""What leads a newcomer through the app."""
