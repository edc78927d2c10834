"""What this product made and keeps on this disk: listed, deleted, exported to folders, pushed."""
