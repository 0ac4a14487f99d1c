"""Sockets and pages: the app factory, the REST API and the WebSocket gateway."""
