#!/usr/bin/env bash
# Files an issue titled $1 with the text of file $2, unless one with that title is open already.
# Needs GH_TOKEN with the permission issues: write.
set -euo pipefail
open=$(gh issue list --state open --limit 1000 --json title --jq '.[].title')
if grep --quiet --line-regexp --fixed-strings -- "$1" <<<"$open"; then
  echo "An issue \"$1\" is open already."
else
  gh issue create --title "$1" --body-file "$2"
fi
