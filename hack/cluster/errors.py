"""The one exception that the command line shows as a message rather than as a traceback."""


class ClusterError(Exception):
    """Something that the reader can act on: the message says what is missing and what to do.

    ``answer`` goes to standard output although the command failed: lines that a shell may evaluate.
    """

    def __init__(self, message: str, *, answer: str = "") -> None:
        super().__init__(message)
        self.answer = answer
