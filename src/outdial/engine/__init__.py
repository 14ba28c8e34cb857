"""The moving parts: the only package that starts tasks."""
