"""What the commands of `kring` do; `flows.cli` only names them."""
