"""What is kept: PostgreSQL through peewee, live state and scoreboard in Redis; plain functions, one module per noun."""
