"""The test ground itself: every test has its own empty database, and PostgreSQL is a real one."""

from sqlalchemy import Engine, inspect, text


def test_a_database_is_empty_at_first(engine: Engine) -> None:
    assert inspect(engine).get_table_names() == []
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE left_behind (id INTEGER)"))


def test_nothing_is_left_of_another_test(engine: Engine) -> None:
    assert inspect(engine).get_table_names() == []


def test_names_in_any_script_come_back_unchanged(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE person (name VARCHAR(40))"))
        connection.execute(text("INSERT INTO person VALUES (:name)"), {"name": "Zoë नमस्ते"})
        assert connection.scalar(text("SELECT name FROM person")) == "Zoë नमस्ते"
