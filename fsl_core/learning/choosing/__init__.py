"""Which items: to show next, to find, to fold away."""
