#!/usr/bin/env bash
# 72-mail-postfix with Cyrus SASL in Dovecot's place.
SASL=cyrus exec "$(dirname "$0")/72-mail-postfix.sh"
