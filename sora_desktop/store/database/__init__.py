"""The SQLite database: connection, schema, rows, and one file per table."""
