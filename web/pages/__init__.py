"""The pages that people meet in a browser, over the public contracts only: REST and WebSocket."""

from __future__ import annotations

from web.pages.routes import blueprint

__all__ = ["blueprint"]
