"""What a caller may ask, tested against the real store."""
