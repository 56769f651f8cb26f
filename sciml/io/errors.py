"""The error a user can mend: bad input, shown by the command line as one line."""


class InputError(ValueError):
    """Bad input from the user: shown as one line, exit code 2.

    The message names the file, the variable, the index or row, the value, and what is allowed.
    """
