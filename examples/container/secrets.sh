#!/bin/sh
# Make the secrets that compose.yaml mounts; those that are there stay as they are.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# Compose mounts the files as they are and users in containers have other numbers, so everybody may
# read the files, but on this machine nobody else gets to them.
chmod 700 secrets
cd secrets
umask 022

random() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

[ -e database_password ] || random >database_password
[ -e database ] || cat >database <<END
[cards]
host=database
dbname=cards
user=cards
password=$(cat database_password)
END
[ -e embed_secrets ] || printf '["%s"]\n' "$(random)" >embed_secrets
# Keep it: with another one all codes in place of people change.
[ -e blind_secret ] || random >blind_secret
# What companies have of their own: {"acme": {"frame_ancestors": ["https://ats.example"]}}
[ -e companies.json ] || echo '{}' >companies.json
