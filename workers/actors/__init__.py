"""One actor per file: plain functions of their dependencies and one message, or one batch of messages."""
