#!/usr/bin/env bash
# Make .venv and install Persona Studio into it: `set_up.sh run` to use it, `set_up.sh test` to work
# on it. Called by the Makefile. Written for bash 3.2, which is what macOS has.
set -euo pipefail
cd "$(dirname "$0")/.."
log=.venv/set_up.log

case "${1:-}" in
    run) what="." ;;
    test) what=".[dev]" ;;
    *) echo "usage: tools/set_up.sh run|test" >&2; exit 2 ;;
esac

stop() { printf '\n%s\n' "$1" >&2; exit 1; }

find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# llama-cpp-python is compiled here. Without a compiler pip would find out after minutes.
check_compilers() {
    local folder works=yes
    folder=$(mktemp -d)
    echo 'int main(void) { return 0; }' > "$folder/c.c"
    printf '#include <vector>\nint main() { return (int) std::vector<int>().size(); }\n' \
        > "$folder/c.cpp"
    "${CC:-cc}" -o "$folder/c" "$folder/c.c" >/dev/null 2>&1 || works=no
    "${CXX:-c++}" -o "$folder/cpp" "$folder/c.cpp" >/dev/null 2>&1 || works=no
    rm -rf "$folder"
    [ "$works" = yes ] || stop "A C and a C++ compiler are needed to build llama.cpp, and none \
works here. Install them (Debian, Ubuntu: sudo apt install build-essential; Fedora: sudo dnf install \
gcc gcc-c++; macOS: xcode-select --install), then run make again."
}

elapsed() { printf '%d min %02d s' $((SECONDS / 60)) $((SECONDS % 60)); }

# Run a command with its output in the log and a line of life on the screen.
step() {
    local title=$1 counted now told=
    shift
    echo "$title"
    printf '\n== %s\n' "$title" >> "$log"
    SECONDS=0
    set -m # a process group of its own, so that Ctrl+C ends the compilers too
    "$@" >> "$log" 2>&1 < /dev/null &
    child=$!
    set +m
    trap 'kill -- "-$child" 2>/dev/null; exit 130' INT TERM
    while kill -0 "$child" 2>/dev/null; do
        sleep 1
        if [ -t 1 ] || [ $((SECONDS / 20)) -gt "${told:-0}" ]; then
            told=$((SECONDS / 20))
            # ninja counts the files it has compiled: [12/345]
            counted=$(tail -c 4000 "$log" | grep -o '\[[0-9]*/[0-9]*\]' | tail -n 1 || true)
            now="    $(elapsed) ${counted}"
            if [ -t 1 ]; then printf '\r%-40s' "$now"; else echo "$now"; fi
        fi
    done
    trap - INT TERM
    if ! wait "$child"; then
        printf '\n' >&2
        tail -n 25 "$log" >&2
        stop "This step failed: $title The whole log is $log. Running make again goes on from here."
    fi
    if [ -t 1 ]; then printf '\r%-40s\n' "    done in $(elapsed)"; else echo "    done in $(elapsed)"; fi
}

python=$(find_python)
[ -n "$python" ] || stop "Python 3.11 or newer is needed and was not found. Install it, or name \
it: make PYTHON=/path/to/python3.12 demo"
[ -n "$(ls -d .venv/lib/python3*/site-packages/llama_cpp 2>/dev/null || true)" ] || check_compilers

if [ ! -x .venv/bin/pip ]; then
    "$python" -m venv .venv || stop "Python could not make a virtual environment. \
On Debian and Ubuntu: sudo apt install python3-venv"
fi
: > "$log"

# llama.cpp without its server, tools and tests compiles in half the time.
options="-DLLAVA_BUILD=OFF -DLLAMA_BUILD_TOOLS=OFF -DLLAMA_BUILD_SERVER=OFF"
options="$options -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_OPENSSL=OFF"
export CMAKE_ARGS="${CMAKE_ARGS:+$CMAKE_ARGS }$options"
install=".venv/bin/pip install --disable-pip-version-check -c constraints.txt"

step "1 of 3: PyTorch." $install torch
step "2 of 3: llama.cpp, compiled for this machine: 4 to 8 minutes." $install -v llama-cpp-python
step "3 of 3: everything else." $install -e "$what"

touch .venv/ready-to-run
[ "$1" = run ] || touch .venv/ready-to-test
