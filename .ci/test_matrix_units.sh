#!/usr/bin/env bash
# Tests kernels for matrix units on Mesa 26, whose software Vulkan has such units
# (f16, 8 × 8 × 8). The packages come from Debian's unstable release and are
# unpacked into a folder, not installed; their own loader starts Deno, as their C
# library is newer than that of Debian 12. About 20 s, once.
#
#   test_matrix_units.sh FOLDER DENO [arguments of `deno test`]
#
# Without arguments it runs what is quick. Where the packages cannot be had, it
# says so and ends with 0.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$(realpath -m "${1:?folder}")
deno=${2:?path of the Deno binary}
shift 2
lib=$root/usr/lib/x86_64-linux-gnu
ready=$root/.ready

rm -f "$root/report.xml"
if [ ! -e "$ready" ]; then
  if [ "$(uname -m)" != x86_64 ] || ! command -v apt-get > /dev/null || ! command -v dpkg-deb > /dev/null; then
    echo "test_matrix_units: not run, as this is no Debian on x86-64" >&2
    exit 0
  fi
  mkdir -p "$root/.apt/lists/partial" "$root/.apt/debs/partial"
  : > "$root/.apt/status"
  mirror=$(sed -nE 's#^(URIs:|deb( \[[^]]*\])?) *(https?://[^ ]*debian)/?( .*)?$#\3#p' \
    /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | sed -n 1p || true)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror:-http://deb.debian.org/debian} sid main" \
    > "$root/.apt/sources.list"
  apt=(
    apt-get -qq -o Acquire::Retries=2 -o Acquire::http::Timeout=30
    -o Dir::State::lists="$root/.apt/lists" -o Dir::State::status="$root/.apt/status"
    -o Dir::Cache::archives="$root/.apt/debs" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=
    -o Dir::Etc::sourcelist="$root/.apt/sources.list" -o Dir::Etc::sourceparts=-
    -o APT::Install-Recommends=false -o APT::Sandbox::User=root -o Debug::NoLocking=true
  )
  if ! { "${apt[@]}" update &&
    "${apt[@]}" -y --download-only install mesa-vulkan-drivers libvulkan1 > /dev/null; }; then
    echo "test_matrix_units: not run, as Debian's packages could not be fetched" >&2
    exit 0
  fi
  for deb in "$root"/.apt/debs/*.deb; do dpkg-deb -x "$deb" "$root"; done
  sed -E "s#(\"library_path\": *)\"[^\"]*\"#\1\"$lib/libvulkan_lvp.so\"#" \
    "$root"/usr/share/vulkan/icd.d/lvp_icd*.json > "$root/lvp.json"
  rm -r "$root/.apt"
  touch "$ready"
fi

if [ $# -eq 0 ]; then
  set -- -A --no-check packages/tensor/attention/webgpu/matrix_test.ts \
    --filter "/units of f16, heads of 64: (odd|growing|a small)/"
fi
export VK_DRIVER_FILES=$root/lvp.json EDIT_TRANSFER_REQUIRE_GPU=1
code=0
"$root/usr/lib64/ld-linux-x86-64.so.2" --library-path "$lib" "$deno" test \
  --junit-path="$root/report.xml" "$@" || code=$?
# as tools/run_tests.ts: llvmpipe now and then aborts after the last test
if [ $code -eq 134 ] && grep -q '^<testsuites .*failures="0" errors="0"' "$root/report.xml" &&
  grep -q '</testsuites>' "$root/report.xml"; then
  echo "test_matrix_units: aborted after all tests had passed" >&2
  code=0
fi
exit $code
