"""Language models, one file for each kind; see ``fsl_core.contracts.generator`` for the contract."""
