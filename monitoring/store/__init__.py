"""SQL: stores records, windows and verdicts in one database. Also fetches and caches bundles."""
