"""Text encoders, their tokenizers, and the class vocabularies."""
