"""A stand-in of a carrier of SMS for the tests, built on the npm registry's `smpp`, which knows nothing of
outdial's own SMPP.

Import it as `smsc` with the folder `tools` on the path; outdial itself never does.
"""
