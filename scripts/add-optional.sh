#!/bin/sh
# Puts optional peers into node_modules without writing them down anywhere: `npm ci` removes them.
#
# Not `npm install --no-save`, since npm 11 takes an optional peer of the project for settled and
# installs nothing. Packages that are there already stay, so that tfjs-core stays the only one.
#   sh scripts/add-optional.sh PACKAGE@VERSION …
set -eu
cd "$(dirname "$0")/.."
beside="$(mktemp -d)"
trap 'rm -rf "$beside"' EXIT
npm install --prefix "$beside" --ignore-scripts --no-audit --no-fund "$@"
for package in "$beside"/node_modules/* "$beside"/node_modules/@*/*; do
  name="${package#"$beside"/node_modules/}"
  case "$name" in @*/*) ;; @*) continue ;; esac
  [ -e "node_modules/$name" ] && continue
  mkdir -p "node_modules/$(dirname "$name")"
  mv "$package" "node_modules/$name"
done
