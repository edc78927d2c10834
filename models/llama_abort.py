"""How llama.cpp is told to stop in the middle of a batch. Heavy: imported by child processes only.

llama.cpp asks at every node of its graph, a thousand times a token. A callback in Python takes a
sixth of a small model's speed; here the answer is a byte in memory, which the C library's `strlen`
reads: 0 of an empty string, 1 of a string of one sign.
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

import llama_cpp

LOOKED_EVERY_S = 0.01

AskedToStop = Callable[[], bool]


class AbortFlag:
    """One byte; it must live as long as the contexts that hear it."""

    def __init__(self) -> None:
        self._byte = ctypes.create_string_buffer(2)
        strlen = ctypes.CDLL(None).strlen
        self._callback = ctypes.cast(strlen, llama_cpp.ggml_abort_callback)

    def heard_by(self, context: llama_cpp.llama_context_p) -> None:
        """Let a context end its work while the flag is raised."""
        data = ctypes.cast(self._byte, ctypes.c_void_p)
        llama_cpp.llama_set_abort_callback(context, self._callback, data)

    @contextmanager
    def raised_by(self, asked_to_stop: AskedToStop) -> Iterator[None]:
        """Raise the flag once `asked_to_stop` says yes, for the length of a block."""
        ended = Event()

        def look() -> None:
            while not ended.wait(LOOKED_EVERY_S):
                if asked_to_stop():
                    self._byte[0] = b"\x01"
                    return

        looking = Thread(target=look, daemon=True)
        looking.start()
        try:
            yield
        finally:
            ended.set()
            looking.join()
            self._byte[0] = b"\x00"
