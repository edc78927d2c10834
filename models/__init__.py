"""Words and weights: chat models, encoders, GGUF files. Knows no reader, no profile, no window."""
