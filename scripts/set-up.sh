#!/usr/bin/env bash
# Makes sure that the compiler and the libraries are there; installs what is missing where apt is.
# A second run costs a few milliseconds. Exit 2 with one line when something must be done by hand.
set -euo pipefail

packages=(libopenblas-dev liblapacke-dev libhdf5-dev libmumps-seq-dev pkg-config)

stop() {
  echo "set-up: $1" >&2
  exit 2
}

command -v swift > /dev/null \
  || stop "no 'swift' on the PATH: install Swift 6.2 or newer from https://www.swift.org/install, then repeat"

# Looks for the libraries themselves, so that a system without apt can provide them in its own way.
has_libraries() {
  command -v pkg-config > /dev/null || return 1
  pkg-config --exists openblas lapacke hdf5-serial || return 1
  local folder
  for folder in /usr/include /usr/local/include; do
    [ -e "$folder/dmumps_c.h" ] && return 0
  done
  return 1
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}\n' "$package" 2> /dev/null | grep -qx installed \
      || echo "$package"
  done
}

if ! command -v apt-get > /dev/null; then
  has_libraries && exit 0
  stop "this system has no apt: install the development files of OpenBLAS, LAPACKE, HDF5 (pkg-config name hdf5-serial), sequential MUMPS (libdmumps_seq, dmumps_c.h) and pkg-config, then repeat"
fi

mapfile -t missing < <(missing_packages)
[ ${#missing[@]} -eq 0 ] && exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null \
    || stop "not root and no sudo: have an administrator run 'apt-get install ${missing[*]}', then repeat"
  as_root=(sudo)
fi

export DEBIAN_FRONTEND=noninteractive
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300)
install() { "${apt[@]}" install -y --no-install-recommends "${missing[@]}"; }

echo "set-up: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Package lists may be absent or old: then the first attempt fails and is repeated with fresh ones.
if ! install > "$log" 2>&1 < /dev/null; then
  "${apt[@]}" update >> "$log" 2>&1 < /dev/null || true
  install >> "$log" 2>&1 < /dev/null || {
    tail -n 20 "$log" >&2
    stop "apt could not install ${missing[*]} (its last words are above)"
  }
fi
