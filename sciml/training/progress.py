"""What a person sees of a training: a bar on a terminal, a plain line now and then in a log."""

import sys
import time

from tqdm import tqdm

LINE_SECONDS = 15.0


class Progress:
    """Shows loss, learning rate and time left.

    Args:
        name: of the run.
        steps: of the whole run.
        start: step from which it goes on.
        shown: whether anything is; one of several processes shows it.
    """

    def __init__(self, name: str, steps: int, start: int, shown: bool = True) -> None:
        self.name, self.steps, self.start = name, steps, start
        self.began = self.spoke = time.monotonic()
        self.shown = shown
        on_terminal = shown and sys.stderr.isatty()
        self.bar = tqdm(total=steps, initial=start, desc=name, unit="step") if on_terminal else None

    def show(self, step: int, loss: float, rate: float) -> None:
        """After `step` steps are done."""
        if self.bar is not None:
            self.bar.n = step
            self.bar.set_postfix_str(f"loss {loss:.4f}, rate {rate:.1e}")
        elif self.shown and (step == self.steps or time.monotonic() - self.spoke >= LINE_SECONDS):
            self.spoke = time.monotonic()
            left = (self.spoke - self.began) / max(step - self.start, 1) * (self.steps - step)
            print(
                f"{self.name}: step {step}/{self.steps}, loss {loss:.4f}, rate {rate:.1e}, {left:.0f} s left",
                file=sys.stderr,
                flush=True,
            )

    def close(self) -> None:
        if self.bar is not None:
            self.bar.close()
