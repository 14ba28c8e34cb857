"""Campaigns in virtual time: the production engine on the sandbox's population and a store in memory, and figures of it."""
