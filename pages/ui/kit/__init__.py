"""What every page is made of: chrome, state, text, feedback, forms, what sessions share."""
