"""The one exception that the command line shows as a message rather than as a traceback."""


class ClusterError(Exception):
    """Something that the reader can act on: the message says what is missing and what to do."""
