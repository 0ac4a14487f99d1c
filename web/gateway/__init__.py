"""The WebSocket side: protocol, rooms, fan-out."""

from web.gateway.gateway import Gateway, Settings

__all__ = ["Gateway", "Settings"]
