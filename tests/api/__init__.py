"""The doors, tested from outside: requests over ASGI, the real store behind them."""
