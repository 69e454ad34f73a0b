"""The only SQL: SQLAlchemy Core over SQLite or asyncpg, with Alembic migrations.

Promises that what a method returned from is committed, that a change of state names the state it
replaces, and that a driver's error leaves as StoreUnavailable. Imports the domain
and the ports only.
"""
