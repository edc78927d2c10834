"""Every test runs in an empty home of its own, with a bare environment and no network."""

import ipaddress
import os
import socket
from pathlib import Path

import pytest

_KEPT = (
    "PATH",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "OPENBLAS_",
    "NVPL_",
    "OMP_",
    "PYTEST_",
    "TEXTUAL_SNAPSHOT_",
)
_SET = {
    "LANG": "C.UTF-8",
    "TERM": "xterm-256color",
    "HF_HUB_OFFLINE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@pytest.fixture(autouse=True)
def _closed_off(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads the developer's home, data directory, keys or settings."""
    for name in list(os.environ):
        if not name.startswith(_KEPT):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for name, value in _SET.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anything but this machine fails the test that tries it."""
    for name in ("connect", "connect_ex"):
        _guard(monkeypatch, name)


def _guard(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    connect = getattr(socket.socket, name)

    def guarded(self: socket.socket, address: object) -> object:
        if self.family != socket.AF_UNIX and not _is_loopback(address):
            raise AssertionError(f"A test must not reach the network: {address!r}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, name, guarded)


def _is_loopback(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) else None
    if not isinstance(host, str):
        return False
    return host == "localhost" or ipaddress.ip_address(host.partition("%")[0]).is_loopback
