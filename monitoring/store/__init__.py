"""SQL: records, windows and verdicts in one database. Bundles are fetched and cached here too."""
