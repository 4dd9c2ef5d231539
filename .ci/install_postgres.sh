#!/usr/bin/env bash
# Installs PostgreSQL from Debian, of which the tests of the queue start a server of
# their own in a temporary folder. Debian's own service is not started.
# Needs root or sudo. Does nothing when it is already installed.
set -euo pipefail

if compgen -G "/usr/lib/postgresql/*/bin/initdb" > /dev/null; then
  echo "install_postgres: already installed ($(ls -d /usr/lib/postgresql/* | tail -1))"
  exit 0
fi
if ! command -v apt-get > /dev/null; then
  echo "install_postgres: this is no Debian, install PostgreSQL 13 or newer by hand" >&2
  exit 1
fi

sudo=""
if [ "$(id -u)" -ne 0 ]; then sudo="sudo"; fi
export DEBIAN_FRONTEND=noninteractive
# no cluster besides those of the tests
$sudo mkdir -p /etc/postgresql-common
echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf > /dev/null
echo "install_postgres: installing postgresql"
$sudo apt-get update -qq || echo "install_postgres: some package lists could not be read"
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql > /dev/null
echo "install_postgres: installed $(dpkg-query -W -f '${Version}' postgresql)"
