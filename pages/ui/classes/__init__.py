"""Classes: edited, merged, split, described, and the models' first guess at them."""
