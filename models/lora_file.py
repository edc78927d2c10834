"""A LoRA adapter as a GGUF of its own, which llama.cpp lays over the base while it computes.

The keys and names are those of llama.cpp's convert_lora_to_gguf.py.
"""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
from gguf import GGUFType, GGUFWriter

from models.adapter import open_adapter
from models.aside import written_aside
from models.events import Event, Finished
from models.families import family_of
from models.gguf_file import MOSTLY_F16, open_gguf, text_field
from models.merge import low_rank, modules_by_tensor


def adapter_as_gguf(base_gguf: Path, adapter_dir: Path, out: Path) -> Iterator[Event]:
    """Write the adapter's matrices in 16 bits, rows in llama.cpp's order.

    llama.cpp multiplies B @ A by alpha / rank; the file's alpha is the adapter's scale times its
    rank, which is peft's own alpha but for rsLoRA.

    Args:
        base_gguf: any GGUF of the base that it was trained on.
        adapter_dir: a plain LoRA adapter of peft.
        out: the file to write; it appears whole or not at all.

    Yields:
        Finished with `gguf` (path) and `size_bytes`.

    Raises:
        BadInput: base or adapter cannot be read, do not fit each other, or are not served.
        JobFailed: the disk refuses.
    """
    base, adapter = open_gguf(base_gguf), open_adapter(adapter_dir)
    modules, family = modules_by_tensor(base, adapter), family_of(base)
    tensors = {tensor.name: tensor for tensor in base.tensors}
    with written_aside(out) as aside, closing(GGUFWriter(aside, family.name)) as writer:
        writer.add_type(GGUFType.ADAPTER)
        writer.add_string("adapter.type", "lora")
        writer.add_float32("adapter.lora.alpha", adapter.scale * adapter.rank)
        writer.add_string("general.base_model.0.name", text_field(base, "general.name") or "")
        writer.add_file_type(MOSTLY_F16)
        for name, module in modules.items():
            a, b = low_rank(base, tensors[name], adapter, module)
            writer.add_tensor(f"{name}.lora_a", a.astype(np.float16))
            writer.add_tensor(f"{name}.lora_b", b.astype(np.float16))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
    yield Finished({"gguf": str(out), "size_bytes": out.stat().st_size})
