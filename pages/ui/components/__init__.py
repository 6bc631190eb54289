"""Components that run in the browser; their scripts and styles lie beside them."""
