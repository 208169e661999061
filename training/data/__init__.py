"""What a step learns from: sets, views of pictures, prompts, batches."""
