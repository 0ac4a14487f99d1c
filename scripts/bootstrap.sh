# Sourced by the commands beside it, with `root` (the project) and `extras` set: makes .venv complete, sets `python`.

is_suitable() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    # 3.12 and 3.11 first: there is a Redis wheel for these.
    for candidate in python3.12 python3.11 python3 python3.14 python3.13 python; do
        if is_suitable "$candidate"; then
            command -v "$candidate"
            return 0
        fi
    done
    return 1
}

venv="$root/.venv"
python="$venv/bin/python"

if ! is_suitable "$python"; then
    if ! base=$(find_python); then
        echo "quizwire: needs Python 3.11 or newer, and found none on PATH" >&2
        exit 1
    fi
    if ! "$base" -c 'import ensurepip, venv' >/dev/null 2>&1; then
        echo "quizwire: $base cannot make virtual environments: install its venv package (Debian: apt install python3-venv)" >&2
        exit 1
    fi
    "$base" -m venv --clear "$venv"
fi

# Install again only when what is asked for has changed, or the project has moved.
wanted=$(printf '%s\n' "$root" "$extras" | cat - "$root/setup.cfg" "$root/pyproject.toml" | cksum)
stamp="$venv/installed-$(printf '%s' "$extras" | tr ',' '-')"
if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    echo "quizwire: installing what $0 needs into $venv (once; the first time it takes a minute or two)" >&2
    "$python" -m pip install --quiet --disable-pip-version-check --no-input --prefer-binary \
        --editable "$root[$extras]"
    printf '%s\n' "$wanted" > "$stamp"
fi
