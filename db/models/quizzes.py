"""Tables of what authors write."""

from __future__ import annotations

from peewee import SQL, BooleanField, Check, CompositeKey, IntegerField, SmallIntegerField, TextField

from db.models.base import Lexemes, Table, Texts, Timestamp, Uuid, default, references

__all__ = ["Option", "Question", "Quiz"]


class Quiz(Table):
    """Authored content; deleting only hides it."""

    id = Uuid(primary_key=True)
    owner_id = Uuid(constraints=references("users"))
    title = TextField()
    description = TextField(constraints=default("''"))
    status = TextField(constraints=default("'DRAFT'"))
    visibility = TextField(constraints=default("'private'"))
    tags = Texts(constraints=default("'{}'"))
    revision = IntegerField(constraints=default("1"))  # rises when an author changes the content
    origin_id = Uuid(null=True)  # the first quiz this is a copy of a copy of; it may be gone
    search = Lexemes(constraints=default("''"))
    question_count = IntegerField(constraints=default("0"))
    created_at = Timestamp(constraints=default("now()"))
    updated_at = Timestamp(constraints=default("now()"))
    deleted_at = Timestamp(null=True)

    class Meta:
        table_name = "quizzes"
        constraints = [
            Check("status IN ('DRAFT', 'STARTED', 'ENDED')", name="quizzes_status"),
            Check("question_count >= 0", name="quizzes_question_count"),
            Check("visibility IN ('private', 'public')", name="quizzes_visibility"),
            Check("cardinality(tags) <= 20", name="quizzes_tags"),
        ]


Quiz.add_index(
    Quiz.index(Quiz.owner_id, Quiz.id, where=SQL("deleted_at IS NULL"), name="quizzes_owner_id_id_visible")
)
Quiz.add_index(
    Quiz.index(Quiz.id, where=SQL("visibility = 'public' AND deleted_at IS NULL"), name="quizzes_id_public")
)
Quiz.add_index(
    Quiz.index(
        Quiz.search,
        Quiz.tags,
        using="GIN",
        where=SQL("deleted_at IS NULL"),
        name="quizzes_search_tags_visible",
    )
)
Quiz.add_index(
    Quiz.index(Quiz.origin_id, where=SQL("origin_id IS NOT NULL"), name="quizzes_origin_id_copies")
)


class Question(Table):
    """One question of a quiz."""

    id = Uuid(primary_key=True)
    quiz_id = Uuid(constraints=references("quizzes", cascade=True))
    position = IntegerField()  # from 0
    title = TextField()
    explanation = TextField(null=True)
    time_limit_s = IntegerField(null=True)
    weight = IntegerField(constraints=default("1"))
    image_url = TextField(null=True)

    class Meta:
        table_name = "questions"
        indexes = ((("quiz_id", "position"), True),)
        constraints = [
            Check('"position" >= 0', name="questions_position"),
            Check("time_limit_s > 0", name="questions_time_limit_s"),
            Check("weight >= 0", name="questions_weight"),
        ]


Question.add_index(
    Question.index(Question.image_url, where=SQL("image_url IS NOT NULL"), name="questions_image_url_set")
)


class Option(Table):
    """One choice of a question. Its key is its position: 0 is A, 3 is D. Correctness is stored here only."""

    question_id = Uuid(constraints=references("questions", cascade=True))
    position = SmallIntegerField()
    text = TextField()
    is_correct = BooleanField(constraints=default("false"))

    class Meta:
        table_name = "options"
        primary_key = CompositeKey("question_id", "position")
        constraints = [Check('"position" BETWEEN 0 AND 3', name="options_position")]


Option.add_index(
    Option.index(
        Option.question_id, unique=True, where=SQL("is_correct"), name="options_question_id_one_correct"
    )
)
