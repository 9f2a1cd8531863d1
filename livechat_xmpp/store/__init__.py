"""The database: tables, repositories that return domain values, transactions, migrations."""
