"""What a comparison of the methods comes to."""
