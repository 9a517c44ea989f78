#!/bin/sh
# Renew deploy/lock/*.txt: every package of pyproject.toml with all it brings, at the versions of constraints.txt, with the
# SHA-256 of each of its files; for Python 3.11 to 3.14, Linux and macOS. Called by `make lock`, in the repository's root.
set -eu

uv=${UV:-.venv/bin/uv}

compile() { # compile NAME SOURCE OPTION…
    name=$1 source=$2
    shift 2
    echo "lock: deploy/lock/$name.txt"
    UV_CUSTOM_COMPILE_COMMAND="make lock" "$uv" pip compile "$source" --quiet --universal --python-version 3.11 \
        --generate-hashes --no-annotate --no-emit-index-url --no-emit-find-links --constraints constraints.txt \
        --output-file "deploy/lock/$name.txt" "$@"
}

compile build deploy/lock/build.in
compile node deploy/lock/node.in
compile local pyproject.toml --extra local
compile dev pyproject.toml --extra local --extra dev --extra bench
compile gpu pyproject.toml --extra local --extra gpu
