"""DPO with LoRA through TRL, with the batch packed into its prefix tree."""
