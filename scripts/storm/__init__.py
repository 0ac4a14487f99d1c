"""`scripts/loginstorm`: the same session with and without many people logging in at once."""
