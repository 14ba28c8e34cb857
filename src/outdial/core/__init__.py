"""What a dialler decides, as pure values and functions: no clock, no chance, no input or output."""
