"""Fine-tuning that is submitted once, found again and followed to its end."""
