"""The foreign APIs, one package a dialect; each can be deleted in one commit. Only `wire` and `multipart` are shared."""
