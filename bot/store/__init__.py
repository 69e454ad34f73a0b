"""The only SQL: statements in SQLAlchemy Core over SQLite or asyncpg, with Alembic migrations.

When a method has returned, its changes are committed. A change of a job names the state, owner and
epoch that it replaces. A driver's error is raised as StoreUnavailable. Imports the domain and the
ports only.
"""
