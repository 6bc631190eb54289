"""Learning across tasks: backbones, the contract of a learner, the episodic trainer, honest scores."""
