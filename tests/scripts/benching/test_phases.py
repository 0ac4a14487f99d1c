"""What a question's report gives: which part took how long, and whose CPU."""

from __future__ import annotations

import pytest

from scripts.benching.pages import PROCESSES, figures, measured
from scripts.benching.phases import CPU_OF_PART, PARTS, parts, parts_table, stops
from scripts.benching.session import Shape

LINE = {
    "opened_at": 1.0,
    "cpu_s": [
        {"web.1": 5.0, "load": 1.0},
        {"web.1": 5.1, "load": 1.2},
        {"web.1": 5.4, "load": 1.3},
        {"web.1": 5.5, "load": 1.7},
    ],
    "sessions": [
        {
            "last_shown_at": 1.25,
            "last_sent_at": 2.0,
            "last_ack_at": 2.25,
            "closed_at": 2.5,
            "results_at": [2.5, 2.75],
            "boards_at": [2.75, 3.0],
        },
        {
            "last_shown_at": 1.5,
            "last_sent_at": 2.5,
            "last_ack_at": 2.625,
            "closed_at": 2.75,
            "results_at": [2.75, 3.0],
            "boards_at": [3.25, 3.5],
        },
    ],
}


def test_the_parts_of_a_question_are_those_of_its_last_session() -> None:
    assert parts(LINE, {"web.1": 6.0}) == pytest.approx(
        {
            "opening_ms": 500,
            "opening_cpu_ms web.1": 100,
            "opening_cpu_ms load": 200,
            "answering_ms": 1125,
            "answering_cpu_ms web.1": 300,
            "answering_cpu_ms load": 100,
            "closing_ms": 875,
            "closing_cpu_ms web.1": 600,  # until all is stored
            "closing_cpu_ms load": 400,
        }
    )


def test_stops_count_from_each_sessions_own_last_answer() -> None:
    assert stops(LINE["sessions"]) == {  # type: ignore[arg-type]
        "after_last_answer_ms ack": 187.5,
        "after_last_answer_ms close answered": 375,
        "after_last_answer_ms last result": 625,
        "after_last_answer_ms last board": 1000,
    }


def test_the_table_has_a_column_for_each_process_and_a_row_for_each_part() -> None:
    table = parts_table({"2 x 2 within 1 s": [parts(LINE, {"web.1": 6.0})]})
    assert [column.header for column in table.columns] == ["Shape", "Part", "ms", "web.1", "load"]
    assert [list(column.cells) for column in table.columns[2:]] == [
        ["500", "1,125", "875"],
        ["100", "300", "600"],
        ["200", "100", "400"],
    ]


@pytest.mark.parametrize("shape", [Shape(1, 500, 1.0), Shape(20, 100, 0.1)])
def test_a_shape_is_found_by_its_name(shape: Shape) -> None:
    assert Shape.named(str(shape)) == shape


def test_what_is_no_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="is no shape"):
        Shape.named("a big hall")


def test_the_page_of_figures_shows_the_parts_of_sessions_that_were_measured_with_them() -> None:
    benches = measured()
    shapes = benches["session"]["rounds"]
    for rounds in shapes.values():
        for one in rounds:
            for part in PARTS:
                one |= {f"{part}_ms": 1234} | {
                    f"{part}{CPU_OF_PART}{name}": 56 for name in (*PROCESSES, "load")
                }
    page = figures(benches)
    for shape in shapes:
        for part in PARTS:
            assert f"| {shape} | {part} | 1,234 | 56 |" in page
