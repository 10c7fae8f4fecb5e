# Sourced after lib.sh by tests that run the distribution's Dovecot: what is the
# same in each of their configurations.
# shellcheck shell=bash disable=SC2154

# for_dovecot_23: the configurations are written for it
for_dovecot_23() {
    case $(dovecot --version) in
    2.3.*) ;;
    *) skip_all "dovecot.conf of this test is for Dovecot 2.3" ;;
    esac
}

# dovecot_account NAME [FIELD…]: into $work/users, with good-password; FIELD as
# a passwd-file's last column has them (nologin=y).
dovecot_account() {
    local name=$1
    shift
    echo "$name:{PLAIN}good-password:61020:61020::$work/mail::$*" \
        >>"$work/users"
}

# dovecot_conf NAME LINE…: $work/NAME.conf: accounts of $work/users, no pause
# after a failure, and more lines.
dovecot_conf() {
    local name=$1
    shift
    mkdir -p "$work/$name.base"
    cat >"$work/$name.conf" <<EOF
base_dir = $work/$name.base
state_dir = $work/$name.base
syslog_facility = mail
listen = *, ::
disable_plaintext_auth = no
auth_failure_delay = 0
first_valid_uid = 61020
mail_location = maildir:$work/mail/%u
passdb {
  driver = passwd-file
  args = $work/users
  username_filter = !exp !old !dis
}
userdb {
  driver = passwd-file
  args = $work/users
}
# Without the growing delay that failures of one address get.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
EOF
    printf '%s\n' "$@" >>"$work/$name.conf"
}

# dovecot_pam: PAM's accounts that are closed; of these only PAM is asked, for
# each one that says no is a line of its own.
dovecot_pam() {
    add_closed 61021
    printf 'auth required pam_unix.so nodelay\naccount required pam_unix.so\n' |
        server sh -c 'cat >/etc/pam.d/gaol' || give_up "a service for PAM"
    printf '%s\n' 'passdb {' ' driver = pam' ' args = gaol' ' username_filter = exp old dis' '}' \
        >"$work/pam.conf"
}
