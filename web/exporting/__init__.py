"""Quizzes and results as files."""
