#!/usr/bin/env bash
# Says by its exit code whether a Node.js that can build web/ is installed ("engines" in web/package.json).
set -euo pipefail
command -v npm >/dev/null
node -e 'const [major, minor] = process.versions.node.split(".").map(Number)
process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
