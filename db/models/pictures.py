"""The table of uploaded pictures."""

from __future__ import annotations

from peewee import SQL, BooleanField, Check, IntegerField, TextField

from db.models.base import Table, Timestamp, Uuid, default, references

__all__ = ["Picture"]


class Picture(Table):
    """One upload: an avatar, or with `question_id` the picture of a question.

    `question_id` references nothing: replacing a quiz deletes and inserts the questions that stay.
    """

    id = Uuid(primary_key=True)
    owner_id = Uuid(index=True, constraints=references("users"))
    quiz_id = Uuid(null=True, index=True, constraints=references("quizzes", cascade=True))
    question_id = Uuid(null=True)
    status = TextField(constraints=default("'pending'"))
    code = TextField(null=True)  # why it failed
    message = TextField(null=True)
    name = TextField(null=True)  # of its files in the blob store, by content
    bytes = IntegerField()  # what it takes up in the blob store: the upload, later the files made of it
    attempts = IntegerField(constraints=default("0"))  # to decode it, since it last went well
    played = BooleanField(constraints=default("false"))  # the snapshot of a session shows it
    created_at = Timestamp(constraints=default("now()"))
    unused_at = Timestamp(null=True)  # since when nothing has been seen to show it

    class Meta:
        table_name = "pictures"
        constraints = [
            Check("status IN ('pending', 'ready', 'failed')", name="pictures_status"),
            Check("(status = 'ready') = (name IS NOT NULL)", name="pictures_name"),
            Check("(status = 'failed') = (code IS NOT NULL)", name="pictures_code"),
            Check("(quiz_id IS NULL) = (question_id IS NULL)", name="pictures_question"),
            Check("bytes >= 0", name="pictures_bytes"),
        ]


Picture.add_index(Picture.index(Picture.name, where=SQL("name IS NOT NULL"), name="pictures_name_ready"))
