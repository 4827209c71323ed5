"""The program of every stack: the stack's data decides what is built."""

from pathlib import Path

from fairlead.program import run

run(Path(__file__).parent)
