"""The rules of the core, told as stories of single calls and stated as laws over generated ones."""
