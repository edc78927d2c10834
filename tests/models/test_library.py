"""Finding base models, hashing files, the catalogue, the machine, and files written aside."""

import hashlib
import os
from pathlib import Path

import pytest

from models.aside import written_aside
from models.catalogue import offers
from models.errors import BadInput, JobFailed
from models.hardware import (
    Gpu,
    available_ram_bytes,
    cgroup_room_bytes,
    cores,
    forget_peak_memory,
    free_disk_bytes,
    gpus_told,
    peak_memory_bytes,
    ram_bytes,
    vm_stat_available_bytes,
)
from models.library import BaseModel, embedded_encoder, embedded_gguf, resolve_base, sha256_of


def test_the_embedded_models_come_with_the_installation() -> None:
    assert embedded_gguf().read_bytes()[:4] == b"GGUF"
    assert (embedded_encoder() / "modules.json").is_file()
    assert resolve_base("embedded").path == embedded_gguf()


def test_a_file_a_folder_and_an_id_are_told_apart(tmp_path: Path) -> None:
    gguf = tmp_path / "my model.Q8_0.gguf"
    gguf.write_bytes(b"GGUF....")
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    assert resolve_base(str(gguf)) == BaseModel(str(gguf), "gguf", gguf, "my-model.Q8_0")
    assert resolve_base(str(folder)) == BaseModel(str(folder), "folder", folder, "tiny")
    assert resolve_base("Qwen/Qwen2.5-0.5B-Instruct") == BaseModel(
        "Qwen/Qwen2.5-0.5B-Instruct", "hub", None, "Qwen2.5-0.5B-Instruct"
    )


@pytest.mark.parametrize("spec", ["", "nonsense", "models/missing.gguf", "a/b/c", "/no/such/dir"])
def test_what_is_no_base_is_refused_with_what_could_be_named(spec: str) -> None:
    with pytest.raises(BadInput, match="There is no base model"):
        resolve_base(spec)


def test_a_folder_without_a_config_and_a_file_that_is_no_gguf_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"config\.json is missing"):
        resolve_base(str(tmp_path))
    (tmp_path / "notes.gguf").write_text("Dear diary")
    with pytest.raises(BadInput, match=r"notes\.gguf is not a GGUF file: it begins with b'Dear'"):
        resolve_base(str(tmp_path / "notes.gguf"))


def test_a_changed_file_is_hashed_anew_and_an_unchanged_one_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    assert sha256_of(file, tmp_path / "cache") == hashlib.sha256(b"first").hexdigest()
    stat = file.stat()
    file.write_bytes(b"FIRST")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sha256_of(file, tmp_path / "cache") == hashlib.sha256(b"first").hexdigest()
    file.write_bytes(b"longer")
    assert sha256_of(file, tmp_path / "cache") == hashlib.sha256(b"longer").hexdigest()


def test_a_spoilt_cache_of_hashes_is_written_anew(tmp_path: Path) -> None:
    file = tmp_path / "weights"
    file.write_bytes(b"first")
    (tmp_path / "sha256.json").write_text("{cut o")
    assert sha256_of(file, tmp_path) == hashlib.sha256(b"first").hexdigest()
    with pytest.raises(BadInput, match="There is no file at"):
        sha256_of(tmp_path / "missing", tmp_path)


def test_the_catalogue_begins_with_the_embedded_model_and_every_offer_can_be_named() -> None:
    catalogue = offers()
    assert catalogue[0].spec == "embedded"
    assert [offer.parameters for offer in catalogue] == sorted(o.parameters for o in catalogue)
    assert all(resolve_base(offer.spec) for offer in catalogue)


def test_the_machine_has_memory_cores_and_disk(tmp_path: Path) -> None:
    assert 0 < available_ram_bytes() <= ram_bytes()
    assert 1 <= cores() <= (os.cpu_count() or 1)
    assert free_disk_bytes(tmp_path / "not" / "made" / "yet") > 0


def test_vm_stat_s_reclaimable_pages_are_counted() -> None:
    """(100 + 20 + 3 + 4) pages of 16384 bytes; active and wired ones are not free."""
    told = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        "Pages free:                                 100.\n"
        "Pages active:                              5000.\n"
        "Pages inactive:                              20.\n"
        "Pages speculative:                            3.\n"
        "Pages wired down:                          7000.\n"
        "Pages purgeable:                              4.\n"
    )
    assert vm_stat_available_bytes(told) == 127 * 16384


def a_cgroup(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)


def test_a_containers_limit_leaves_what_is_not_in_use_or_only_cache(tmp_path: Path) -> None:
    """1000 allowed, 700 in use, 200 of them cache: 500 left; the parent, without limit, no word."""
    a_cgroup(tmp_path / "a", {"memory.max": "max\n", "memory.current": "9", "memory.stat": ""})
    limited = {"memory.max": "1000\n", "memory.current": "700\n"}
    a_cgroup(tmp_path / "a" / "b", {**limited, "memory.stat": "anon 3\ninactive_file 200\n"})
    assert list(cgroup_room_bytes(tmp_path, "0::/a/b\n")) == [500]


def test_the_older_cgroups_are_read_too_and_the_hosts_path_is_passed_over(tmp_path: Path) -> None:
    files = {
        "memory.limit_in_bytes": "1000",
        "memory.usage_in_bytes": "300",
        "memory.stat": "total_inactive_file 100\n",
    }
    a_cgroup(tmp_path / "memory", files)
    told = "4:memory:/docker/not-in-here\n1:cpu:/\n"
    assert list(cgroup_room_bytes(tmp_path, told)) == [800]


def test_nvidias_table_is_read_and_a_card_that_tells_no_memory_left_out() -> None:
    told = "NVIDIA A10, the fast one, 24564, 20000\nOld card, [N/A], [N/A]\n"
    assert list(gpus_told(told)) == [Gpu("NVIDIA A10, the fast one", 24564 << 20, 20000 << 20)]


def test_the_peak_is_this_programs_own_and_can_begin_anew() -> None:
    """`ru_maxrss` of a child begins with its parent's size; the peak here falls once freed."""
    held = bytearray(200_000_000)
    held[::4096] = b"x" * len(held[::4096])
    peak = peak_memory_bytes()
    assert peak > 200_000_000
    del held
    if forget_peak_memory():
        assert peak_memory_bytes() < peak - 150_000_000


def test_a_folder_written_aside_replaces_what_a_killed_process_left(tmp_path: Path) -> None:
    (tmp_path / ".model.part").mkdir()
    (tmp_path / ".model.part" / "half").touch()
    with written_aside(tmp_path / "model") as aside:
        aside.mkdir()
        (aside / "whole").touch()
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    assert [path.name for path in (tmp_path / "model").iterdir()] == ["whole"]


def test_a_file_that_fails_half_way_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("old")

    def fail() -> None:
        with written_aside(tmp_path / "model") as aside:
            aside.write_text("ne")
            raise OSError(28, "No space left on device")

    with pytest.raises(JobFailed, match="could not be written: No space left on device"):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
