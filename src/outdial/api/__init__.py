"""The foreign APIs, one package a dialect; each can be deleted in one commit. What they share knows no dialect:
`application`, `wire` and `multipart`."""
