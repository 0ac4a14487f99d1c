"""Tables of PostgreSQL. The schema is made by `db/migrations`; a test compares the two catalogs.

Foreign keys are plain columns with REFERENCES: no lazy loading, every query is visible where it runs.
`answers` has none on purpose: one row of a deleted session must not refuse a batch of 1,000, and the
table is the one to be sharded by session.
"""

from __future__ import annotations

from db.models.accounts import Login, RefreshToken, User
from db.models.base import Table, database
from db.models.pictures import Picture
from db.models.quizzes import Option, Question, Quiz
from db.models.sessions import Answer, Participant, Session

__all__ = [
    "TABLES",
    "Answer",
    "Login",
    "Option",
    "Participant",
    "Picture",
    "Question",
    "Quiz",
    "RefreshToken",
    "Session",
    "User",
    "database",
]

TABLES: tuple[type[Table], ...] = (
    User,
    Login,
    RefreshToken,
    Quiz,
    Question,
    Picture,
    Option,
    Session,
    Participant,
    Answer,
)
"""Every table, referenced ones first."""
