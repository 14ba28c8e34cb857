"""The dialogue after answer: its nodes, its stored form, its faults, and the interpreter that walks it."""
