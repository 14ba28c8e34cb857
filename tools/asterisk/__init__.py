"""A private Asterisk for tests and for a first real call: fetched, configured, started and given someone to call.

Import it as `asterisk` with the folder `tools` on the path; outdial itself never does.
"""
