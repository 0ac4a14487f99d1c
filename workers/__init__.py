"""Decisions: what an answer is worth, how a session moves on, and the actors that carry it out."""
