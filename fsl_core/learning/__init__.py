"""Learning from a handful: methods, meta-learning, tuning, prompting, augmentation, choosing."""
