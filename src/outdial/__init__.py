"""An outbound-dialling server that speaks four existing HTTP APIs."""

__version__ = "0.1.0"
