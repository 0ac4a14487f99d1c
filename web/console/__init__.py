"""`quizwire`: what the people who run a site do, from a shell on a machine that reaches the servers."""

from web.console.command import main

__all__ = ["main"]
