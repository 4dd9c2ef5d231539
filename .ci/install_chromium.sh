#!/usr/bin/env bash
# Installs Debian's Chromium, in which the study's page is tested.
# Needs root or sudo. Does nothing when it is already installed.
set -euo pipefail

if command -v chromium > /dev/null; then
  echo "install_chromium: already installed ($(chromium --version --no-sandbox 2> /dev/null || echo "version unknown"))"
  exit 0
fi
if ! command -v apt-get > /dev/null; then
  echo "install_chromium: this is no Debian, install Chromium by hand and name its program in CHROMIUM_PATH" >&2
  exit 1
fi

sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo"; fi
echo "install_chromium: installing chromium and fonts-dejavu-core"
$sudo apt-get update -qq || echo "install_chromium: some package lists could not be read"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core > /dev/null
echo "install_chromium: installed chromium $(dpkg-query -W -f '${Version}' chromium)"
