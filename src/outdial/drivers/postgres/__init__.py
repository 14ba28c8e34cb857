"""The store: PostgreSQL, embedded or given by its URL."""
