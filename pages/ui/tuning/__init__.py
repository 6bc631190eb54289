"""An encoder in training: curves, verdict, what changed, putting it to use."""
