"""Where examples come from, one file for each source; see ``fsl_core.learning.augment.source`` for the contract."""
