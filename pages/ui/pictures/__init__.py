"""Pictures: taken, drawn, encoded, tried."""
