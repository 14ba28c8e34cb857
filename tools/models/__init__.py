"""Models of speech for the tests. Import it as `models` with the folder `tools` on the path; outdial itself never does."""
