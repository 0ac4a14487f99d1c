"""Quizzes from other people's files: pure parsers."""
