#!/usr/bin/env bash
# Creates .venv from uv.lock; a second run takes a second and changes nothing.
# Missing Debian packages are installed as root; otherwise one message names them with the command to run.
# With --browser also installs a browser for the tests of HTML pages.
set -euo pipefail
cd "$(dirname "$0")/.."
uv_version=0.13.9
cache="${XDG_CACHE_HOME:-$HOME/.cache}/make-mlops-easy"
uv_home="$cache/uv-$uv_version"

missing=()
python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing+=(python3)
python3 -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
command -v git >/dev/null || missing+=(git)
[ -e /etc/ssl/certs/ca-certificates.crt ] || [ "$(uname)" != Linux ] || missing+=(ca-certificates)
if [ "${1:-}" = --browser ] && ! command -v chromium chromium-browser google-chrome google-chrome-stable chrome >/dev/null; then
  # Ubuntu's package of this name is a snap, which does not run in containers.
  missing+=(chromium)
fi
if [ ${#missing[@]} -gt 0 ]; then
  command="apt-get update && apt-get install -y --no-install-recommends ${missing[*]}"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "installing ${missing[*]} …"
    log=$(mktemp)
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"; } \
      >"$log" 2>&1 || { cat "$log" >&2; echo "could not install ${missing[*]}; run: $command" >&2; exit 1; }
    rm -f "$log"
  else
    echo "missing: ${missing[*]}. Run as root: $command" >&2
    exit 1
  fi
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is required, found $(python3 --version)" >&2; exit 1; }
fi

if ! [ -x "$uv_home/bin/uv" ]; then
  mkdir -p "$cache"
  partial=$(mktemp -d "$cache/uv.XXXXXX")
  python3 -m venv "$partial"
  "$partial/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
  # A virtual environment cannot be moved, but the binary can.
  mkdir -p "$uv_home/bin"
  mv -f "$partial/bin/uv" "$uv_home/bin/uv"
  rm -rf "$partial"
fi

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c '' 2>/dev/null; then rm -rf .venv; fi
# Only name an interpreter if there is no .venv: uv recreates it for every other path to the same python3, such as a
# pyenv shim, even while programs run in it.
interpreter=()
[ -e .venv ] || interpreter=(--python "$(command -v python3)")
started=$SECONDS
# Compile everything once, our own sources too: otherwise each command and test would compile its imports again where
# Python may not write.
UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never "$uv_home/bin/uv" sync --quiet --frozen ${interpreter[@]+"${interpreter[@]}"}
.venv/bin/python -m compileall -q runtime/src operator/src
[ $((SECONDS - started)) -lt 3 ] || echo ".venv is ready ($((SECONDS - started)) s)"
