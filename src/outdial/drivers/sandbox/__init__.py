"""The sandbox switch: a population of callees inside the process, alike every time for the same seed."""
