"""A picture of the page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Image:
    """A picture as a data address, its caption, and whether it is shown at once or on demand."""

    address: str
    caption: str
    shown: bool = True
