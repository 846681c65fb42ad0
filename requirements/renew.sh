#!/usr/bin/env bash
# Writes all lock files anew from pyproject.toml. What is locked already stays unless --upgrade says otherwise.
set -euo pipefail
cd "$(dirname "$0")/.."

lock() {
    uv pip compile pyproject.toml --group setup --universal --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --quiet \
        --custom-compile-command "requirements/renew.sh" "$@"
}

lock --extra eyes --output-file requirements/run.txt "$@"
lock --extra eyes --extra engine --constraint requirements/run.txt --output-file requirements/gpu.txt "$@"
lock --all-extras --constraint requirements/run.txt --output-file requirements/test.txt "$@"
