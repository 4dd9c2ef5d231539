#!/usr/bin/env bash
# Installs Mesa's software Vulkan (lavapipe), on which the WebGPU tests run.
# Debian 12's own Mesa 22 is too old for Dawn, so it comes from the backports.
# Needs root or sudo. Does nothing when it is already installed.
set -euo pipefail

export PATH="$PATH:/usr/sbin:/sbin"
icd=/usr/share/vulkan/icd.d
if compgen -G "$icd/lvp_icd*.json" > /dev/null && [[ $(ldconfig -p) == *libvulkan.so.1* ]]; then
  version=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2> /dev/null || true)
  if [ -z "$version" ] || dpkg --compare-versions "$version" ge 24; then
    echo "install_vulkan: already installed (mesa-vulkan-drivers ${version:-of another origin})"
    exit 0
  fi
fi
if ! command -v apt-get > /dev/null; then
  echo "install_vulkan: this is no Debian, install a Vulkan driver (Mesa lavapipe 24 or newer) by hand" >&2
  exit 1
fi

sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo"; fi
export DEBIAN_FRONTEND=noninteractive
release=()
. /etc/os-release
if [ "${VERSION_CODENAME:-}" = bookworm ]; then
  list=/etc/apt/sources.list.d/bookworm-backports.list
  if ! grep -qsE '^(deb|Suites:).*bookworm-backports' /etc/apt/sources.list /etc/apt/sources.list.d/*.{list,sources}; then
    echo "install_vulkan: adding $list"
    echo "deb http://deb.debian.org/debian bookworm-backports main" | $sudo tee "$list" > /dev/null
  fi
  release=(-t bookworm-backports)
fi
echo "install_vulkan: installing mesa-vulkan-drivers and libvulkan1"
$sudo apt-get update -qq || echo "install_vulkan: some package lists could not be read"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq ${release[@]+"${release[@]}"} mesa-vulkan-drivers libvulkan1 > /dev/null
echo "install_vulkan: installed $(dpkg-query -W -f '${Version}' mesa-vulkan-drivers)"
