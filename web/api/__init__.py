"""The REST API: one file per noun, each a blueprint."""

from __future__ import annotations

from quart import Blueprint

from web.api import health

__all__ = ["blueprints"]

blueprints: tuple[Blueprint, ...] = (health.blueprint,)
