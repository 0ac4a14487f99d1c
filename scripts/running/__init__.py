"""`scripts/up`: servers, schema, streams, demo and every process of the Procfile, on one machine."""
