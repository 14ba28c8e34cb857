"""The outside world, one package a kind; only `outdial.app` imports them."""
