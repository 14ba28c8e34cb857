"""The Webitel dialect."""
