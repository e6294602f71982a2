"""The command line's commands: each reads arguments, calls the core, tells the result.

Everything heavy is imported inside the command that needs it, so that the others start at once.
"""
