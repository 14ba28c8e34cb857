"""The Webitel dialer dialect."""
