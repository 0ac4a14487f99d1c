"""Hypercorn with a short way for whole, plain requests; see decision 0057."""

from web.serving.calls import quicken
from web.serving.server import serve

__all__ = ["quicken", "serve"]
