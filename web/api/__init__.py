"""The REST API: one file per noun, each a blueprint."""

from __future__ import annotations

from quart import Blueprint

from web.api import (
    accounts,
    admin,
    docs,
    exchange,
    health,
    joining,
    logins,
    media,
    pacing,
    participants,
    quizzes,
    results,
    session_lists,
    sessions,
)

__all__ = ["blueprints"]

blueprints: tuple[Blueprint, ...] = (
    accounts.blueprint,
    logins.blueprint,
    joining.blueprint,
    quizzes.blueprint,
    exchange.blueprint,
    sessions.blueprint,
    pacing.blueprint,
    session_lists.blueprint,
    participants.blueprint,
    results.blueprint,
    media.blueprint,
    admin.blueprint,
    docs.blueprint,
    health.blueprint,
)
