"""Where examples come from, one file for each source; see ``fsl_core.augment.source`` for the contract."""
