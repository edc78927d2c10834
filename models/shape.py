"""The sizes of a decoder, and what follows from them: how many weights it and an adapter have."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A decoder's sizes, under transformers' names."""

    model_type: str
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    head_dim: int
    vocab_size: int
    tie_word_embeddings: bool
    """Whether the output layer is the embedding again."""

    @property
    def query_size(self) -> int:
        return self.num_attention_heads * self.head_dim

    @property
    def key_size(self) -> int:
        return self.num_key_value_heads * self.head_dim

    @property
    def linear_layers(self) -> Mapping[str, tuple[int, int]]:
        """(in, out) of each linear layer of a block, by its name; phi3 has some of them in one."""
        hidden, wide = self.hidden_size, self.intermediate_size
        if self.model_type == "phi3":
            return {
                "qkv_proj": (hidden, self.query_size + 2 * self.key_size),
                "o_proj": (self.query_size, hidden),
                "gate_up_proj": (hidden, 2 * wide),
                "down_proj": (wide, hidden),
            }
        return {
            "q_proj": (hidden, self.query_size),
            "k_proj": (hidden, self.key_size),
            "v_proj": (hidden, self.key_size),
            "o_proj": (self.query_size, hidden),
            "gate_proj": (hidden, wide),
            "up_proj": (hidden, wide),
            "down_proj": (wide, hidden),
        }

    @property
    def linear_parameters(self) -> int:
        """Of the linear layers of all blocks."""
        each = sum(rows * columns for rows, columns in self.linear_layers.values())
        return self.num_hidden_layers * each

    @property
    def parameters(self) -> int:
        """Of matrices and norms; biases, a few thousand in qwen2, are left out."""
        norms = (2 * self.num_hidden_layers + 1) * self.hidden_size
        embeddings = self.vocab_size * self.hidden_size * (1 if self.tie_word_embeddings else 2)
        return embeddings + self.linear_parameters + norms

    def lora_parameters(self, rank: int, targets: Collection[str] = ()) -> int:
        """Of a plain adapter of that rank.

        Args:
            targets: the linear layers that have one, by name; all where there are none.
        """
        layers = self.linear_layers
        adapted = [size for name, size in layers.items() if name in targets] or layers.values()
        return self.num_hidden_layers * sum(rank * (rows + columns) for rows, columns in adapted)
