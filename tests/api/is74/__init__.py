"""The IS74 dialect."""
