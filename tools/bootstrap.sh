#!/bin/sh
# Makes .venv with everything that requirements.lock names. Needs Python 3.11 or newer and the package index; no root.
# Debian may have Python without venv's pip: then pip itself is taken from Debian's own package, unpacked in place.
set -eu
cd "$(dirname "$0")/.."

python=${PYTHON3:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "outdial needs Python 3.11 or newer; $("$python" --version) is here. Set PYTHON3 to a newer one." >&2
    exit 1
}

pip_from_debian() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    echo "Python has no pip of its own: taking it from Debian's python3-pip-whl" >&2
    (cd "$folder" && apt-get download -q python3-pip-whl && dpkg-deb -x python3-pip-whl_*.deb .) || {
        echo "That failed. Install the package python3-venv, then run this again." >&2
        exit 1
    }
    wheel=$(ls "$folder"/usr/share/python-wheels/pip-*.whl)
    PYTHONPATH="$wheel" .venv/bin/python -m pip install --quiet --disable-pip-version-check pip 'uv>=0.13'
}

if ! [ -x .venv/bin/python ] || ! .venv/bin/python -c 'import sys' 2>/dev/null; then
    rm -rf .venv
    "$python" -m venv .venv >/dev/null 2>&1 || { rm -rf .venv; "$python" -m venv --without-pip .venv; }
fi
if ! .venv/bin/python -c 'import uv' 2>/dev/null; then
    if .venv/bin/python -c 'import pip' 2>/dev/null; then
        .venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.13'
    else
        pip_from_debian
    fi
fi
install() {
    # The machine's own certificates: behind a company's proxy those that uv brings are not enough.
    .venv/bin/python -m uv pip install --system-certs --quiet --python .venv/bin/python "$@"
}
install --compile-bytecode --requirement requirements.lock
install --no-deps --editable .
