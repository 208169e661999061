"""How the node is doing: rates, problems, status, diagnostics."""
