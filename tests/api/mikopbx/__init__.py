"""The MikoPBX dialect."""
