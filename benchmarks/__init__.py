"""Speed beside its limit: each figure of ours stands next to what the bare driver does in the same run."""
