"""Doubtful labels, people who differ, items that are told twice."""
