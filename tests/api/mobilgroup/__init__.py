"""The Mobilgroup dialect."""
