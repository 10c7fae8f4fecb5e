"""Lines of webmails, and of a web server in front of them."""

from form import (Form, LOGIN, FAILURE, TRUE_LOGIN, NOBODY, as_it_is, quoted,
    angled, has_from)

ROUNDCUBE = [
    Form("<j2pncet8> IMAP Error: Login failed for {u} against imap.example.com "
         "from {ip}. LOGIN: A2 NO Login failed for {u}. in /a/rcube_imap.php "
         "on line 194 (POST /?_task=login)", FAILURE, as_it_is, has_from),
    Form("<j2pncet8> Failed login for {u} from {ip} in session 4z50{n} "
         "(error: 0)", FAILURE, as_it_is),
    Form("<j2pncet8> Successful login for {u} (ID: 12) from {ip} in session "
         "4z50{n}", LOGIN, as_it_is),
    Form("<j2pncet8> Successful login for true@example.com (ID: 12) from "
         "192.0.2.1 (X-Forwarded-For: {u}) in session 4z50{n}",
         dict(TRUE_LOGIN, ip=None), as_it_is),
    Form("<j2pncet8> Failed login for true@example.com from 192.0.2.1 "
         "(X-Forwarded-For: {u}) in session 4z50{n} (error: 0)",
         {"kind": "failure", "user": "true@example.com", "ip": None}, as_it_is,
         has_from),
    Form("<j2pncet8> User true@example.com [{ip}]; Message <m@x> for {u}; "
         "250: 2.0.0 Ok: {u}", {"kind": "received",
                                "user": "true@example.com"}, as_it_is),
]
ROUNDCUBE += [
    Form("<j2pncet8> User true@example.com [{ip}]; Message <{u}> for a@b; 250: "
         "2.0.0 Ok", {"kind": "received", "user": "true@example.com"}, as_it_is,
         lambda text: angled(text) or " " in text),
]
# The last address of the header is what the proxy put there.
FORWARDED = [
    Form("<j2pncet8> Successful login for true@example.com (ID: 12) from "
         "10.0.0.2 (X-Real-IP: 1.2.3.4,X-Forwarded-For: {u}, {ip}) in session "
         "4z50{n}", TRUE_LOGIN, as_it_is),
    Form("<j2pncet8> Failed login for true@example.com from 10.0.0.2 "
         "(X-Forwarded-For: {u}, {ip}) in session 4z50{n} (error: 0)",
         {"kind": "failure", "user": "true@example.com"}, as_it_is, has_from),
    Form("<j2pncet8> IMAP Error: Login failed for true@example.com against "
         "imap.example.com from 10.0.0.2 (X-Forwarded-For: {u}, {ip}). LOGIN: "
         "NO Login failed. in /a/rcube_imap.php on line 194 (POST /)",
         {"kind": "failure", "user": "true@example.com"}, as_it_is, has_from),
    Form("<j2pncet8> Failed login for true@example.com from 10.0.0.3 "
         "(X-Real-IP: {ip},X-Forwarded-For: {u}) in session 4z50{n} "
         "(error: 0)", {"kind": "failure", "user": "true@example.com"},
         as_it_is, has_from),
    Form("<j2pncet8> Failed login for {u} from {ip} (X-Forwarded-For: 1.2.3.4)"
         " in session 4z50{n} (error: 0)", dict(FAILURE, ip=None), as_it_is,
         lambda text: has_from(text) or any(c in text for c in " ()")),
    Form("<j2pncet8> Failed login for x from 10.0.0.2 (X-Forwarded-For: {u} "
         "from {ip} (X-Forwarded-For: 1.2.3.4) in session 4z50{n} (error: 0)",
         dict(NOBODY, kind="failure", ip=None), as_it_is, lambda text: True),
]
SQUIRRELMAIL = [
    Form("[LOGIN_ERROR] {u} (example.com) from {ip}: Unknown user or password "
         "incorrect.", FAILURE, as_it_is),
    Form("[MASS_MAILING] true@example.com (example.com) from {ip}: {u}",
         {"kind": "limited", "user": "true@example.com"}, as_it_is),
    Form("[OUTGOING_MAIL] true@example.com (example.com) from {ip}: {u}",
         {"kind": "received", "user": "true@example.com"}, as_it_is),
]
WEBMAIL_ACCESS = [
    Form("{ip} - - [{t}] \"POST /?_task=login HTTP/1.1\" 401 5234 \"{u}\" "
         "\"{u}\"", dict(NOBODY, kind="failure"), quoted),
    Form("{ip} - - [{t}] \"POST /src/redirect.php HTTP/1.1\" 200 972 \"-\" "
         "\"{u}\"", dict(NOBODY, kind="failure"), quoted),
    Form("mx.example:443 {ip} - {u} [{t}] \"POST /?_task=login HTTP/1.1\" 302 9 "
         "\"{u}\" \"{u}\"", dict(NOBODY, kind="login"), quoted),
    # Not where it may have come in the clear.
    Form("mx.example:80 {ip} - {u} [{t}] \"POST /?_task=login HTTP/1.1\" 302 9 "
         "\"{u}\" \"{u}\"", None, quoted),
    Form("{ip} - mx.example:443 [{t}] \"POST /?_task=login HTTP/1.1\" 302 9 "
         "\"{u}\" \"{u}\"", None, quoted),
]
SOGO = [
    Form("sogod [26818]: SOGoRootPage Login from '{ip}' for user '{u}' might "
         "not have worked - password policy: 65535  grace: -1  expire: -1  "
         "bound: 0", FAILURE, as_it_is),
    Form("sogod [26818]: SOGoRootPage successful login from '{ip}' for user "
         "'{u}' - expire = -1  grace = -1", LOGIN, as_it_is),
]
