"""SMS over SMPP 3.4, and the place of a carrier that nobody configured."""
