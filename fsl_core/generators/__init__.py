"""Language models, one file for each kind; see ``fsl_core.generator`` for the contract."""
