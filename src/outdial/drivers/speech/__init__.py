"""Sound: words become prompts, uploads become telephone audio. Nothing here knows of calls or campaigns."""
