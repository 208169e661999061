"""Weights of packages, and the files that the package ships beside nano."""
