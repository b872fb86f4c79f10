#!/usr/bin/env bash
# fetch-prometheus.sh FOLDER: sees that FOLDER/bin has prometheus and promtool: links to installed
# ones, or those of the distribution's packages, unpacked and not installed. To install them would
# start a service.
set -euo pipefail

[[ $# -eq 1 ]] || {
  echo "usage: fetch-prometheus.sh FOLDER" >&2
  exit 2
}
mkdir -p "$1/bin"
cd "$1"

complete() { [[ -x bin/prometheus && -x bin/promtool ]]; }

link() {
  local tool path
  for tool in prometheus promtool; do
    [[ -x bin/$tool ]] || ! path=$(command -v "$tool") || ln -sf "$path" "bin/$tool"
  done
}

# promtool has a package of its own on newer releases.
unpack() {
  local package deb tool
  for package in prometheus promtool; do
    apt-cache show "$package" >/dev/null 2>&1 || continue
    apt-get download -q "$package"
  done
  for deb in ./*.deb; do dpkg -x "$deb" unpacked; done
  rm -f ./*.deb
  for tool in prometheus promtool; do ln -sf "$PWD/unpacked/usr/bin/$tool" "bin/$tool"; done
}

link
complete || unpack
complete || {
  echo "no prometheus or promtool: install them, or name them in PROMETHEUS and PROMTOOL" >&2
  exit 3
}
