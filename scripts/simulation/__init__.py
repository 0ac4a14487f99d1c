"""What stands behind `scripts/simulate`: a crowd that plays a session, and the ledger that audits it afterwards."""
