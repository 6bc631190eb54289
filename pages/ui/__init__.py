"""What the pages share. Nothing in here is a page."""
