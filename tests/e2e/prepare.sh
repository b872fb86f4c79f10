#!/usr/bin/env bash
# prepare.sh FOLDER: copies the tests there, installs beside them the npm packages that they need
# (if these are not there or the lock file has changed), and sees that there is a Prometheus.
set -euo pipefail

[[ $# -eq 1 ]] || {
  echo "usage: prepare.sh FOLDER" >&2
  exit 2
}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$1"
cd "$1"

command -v npm >/dev/null || {
  echo "no npm here: install the packages nodejs and npm" >&2
  exit 3
}

rm -rf lib lint render ./*.js
cp -r "$here"/{lib,lint,render} "$here"/{*.js,package.json,package-lock.json,.npmrc} .
if ! cmp -s package-lock.json node_modules/.installed-lock.json; then
  npm ci --no-progress
  cp package-lock.json node_modules/.installed-lock.json
fi

"$here"/fetch-prometheus.sh prometheus
