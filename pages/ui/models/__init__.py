"""Language models: found, downloaded, tried."""
