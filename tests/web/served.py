"""A server in a process of its own, as a person would start it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path


class Served:
    """`cxrforge serve` on a free port; `output` has what it printed until it was stopped."""

    def __init__(self, folder: Path, *options: str) -> None:
        command = [sys.executable, "-m", "cxrforge", "-w", str(folder), "serve", "--port", "0", *options]
        environment = {**os.environ, "COLUMNS": "200", "PYTHONUNBUFFERED": "1"}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True, "env": environment}
        self.process = subprocess.Popen(command, **pipes)
        self.output = ""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.output += line
            found = re.search(r"https?://\S+/", line)
            if found:
                self.url = found[0].rstrip("/")
                return
        raise AssertionError(self.output)

    def stop(self, how: int = signal.SIGINT) -> None:
        """Stop it, by Ctrl-C unless told otherwise."""
        self.process.send_signal(how)
        assert self.process.stdout is not None
        self.output += self.process.stdout.read()
        self.process.wait(timeout=30)
        self.process.stdout.close()

    def kill(self) -> None:
        """Kill it in whatever it does."""
        self.stop(signal.SIGKILL)
