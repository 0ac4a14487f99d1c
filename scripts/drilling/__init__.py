"""Troubles on purpose, in the middle of a session, and what they cost."""
