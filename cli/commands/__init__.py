"""What the commands of `kring` do; `cli.main` only names them."""
