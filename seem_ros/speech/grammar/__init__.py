"""The commands of a language: its file, what is listened for, and what words mean."""
