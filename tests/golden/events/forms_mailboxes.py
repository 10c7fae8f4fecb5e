"""Lines of servers of mailboxes, and of proxies in front of them."""

from form import (Form, USER, LOGIN, FAILURE, TRUE_LOGIN, NOBODY, as_it_is, pair,
    angled, not_mailbox, one_word, courier, courier_text)

DOVECOT = [
    Form("imap-login: Info: Login: user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, mpid=77, TLS, session=<{s}>", LOGIN, as_it_is),
    Form("imap-login: Info: Logged in: user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, mpid=77, session=<{s}>", LOGIN, as_it_is),
    Form("pop3-login: Info: Disconnected: Connection closed (auth failed, 2 "
         "attempts in 9 secs): user=<{u}>, method=PLAIN, rip={ip}, "
         "lip=192.0.2.25, TLS: Connection closed, session=<{s}>", FAILURE,
         as_it_is),
    Form("imap-login: Info: Aborted login (auth failed, 1 attempts in 2 "
         "secs): user=<{u}>, method=PLAIN, rip={ip}, lip=192.0.2.25, "
         "session=<{s}>", FAILURE, as_it_is),
    Form("auth: Info: passwd-file({u},{ip},<{s}>): Password mismatch",
         FAILURE, as_it_is),
    Form("auth: Info: plain(?,{ip},<{s}>): Username character disallowed by "
         "auth_username_chars: 0x20 (username: {u})", FAILURE, as_it_is),
    Form("imap-login: Info: ID sent: name={u}, version=1: user=<>, rip={ip}, "
         "lip=192.0.2.25, session=<{s}>", dict(NOBODY, kind="client"),
         as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: expunge: box=INBOX, uid=1, "
         "msgid={u}, size=1, from={u}, subject={u}",
         {"kind": "mailbox", "user": "true@example.com", "ip": None},
         as_it_is),
    # 2.4
    Form("auth({u},{ip},sasl:plain)<{s}>: sql: Password mismatch", FAILURE,
         as_it_is),
    Form("auth({u},{ip},sasl:login)<77><{s}>: request [2]: passwd-file: "
         "unknown user", FAILURE, as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: Mailbox created: {u}",
         {"kind": "mailbox", "user": "true@example.com", "ip": None},
         as_it_is),
    Form("imap({u})<77><{s}>: Info: Disconnected: Logged out in=1 out=2",
         {"kind": "logout", "user": USER, "ip": None}, as_it_is),
    Form("imap(true@example.com)<77><{s}>: Info: ID sent: name={u}, version="
         "{u}", {"kind": "client", "user": "true@example.com", "ip": None},
         as_it_is, lambda text: text[0] in ",="),
    Form("submission(true@example.com)<77><{s}>: Info: Successfully relayed "
         "message: from=<{u}>, size=3, id=abc, nrcpt=2, reply=`250 {u}'",
         {"kind": "received", "user": "true@example.com", "ip": None},
         as_it_is, angled),
    Form("lmtp(true@example.com)<77><{s}>: Info: sieve: msgid={u}: stored mail "
         "into mailbox '{u}'", {"kind": "sent", "user": "true@example.com",
                                "ip": None}, as_it_is),
    Form("lmtp(true@example.com)<77><{s}>: Info: sieve: msgid={u}: forwarded "
         "to <{u}>", {"kind": "sent", "user": "true@example.com", "ip": None},
         as_it_is, not_mailbox),
]
DBMAIL_IMAP = [
    Form("mail dbmail/imap4d[8]: Notice:[imap] handle_auth(+1448): [0x55d] "
         "login rejected: user [{u}] from [{ip}:40112]", FAILURE, as_it_is),
    Form("mail dbmail/imap4d[8]: Notice: [0x55d] login accepted: id [42] user "
         "[{u}] from [{ip}:40112]", LOGIN, as_it_is),
]
DBMAIL_POP3 = [
    Form("mail dbmail/pop3d[8]: Error:[pop3] pop3(+1448): user [{u}] coming "
         "from [{ip}] tried to login with wrong password", FAILURE, as_it_is),
    Form("mail dbmail/pop3d[8]: Notice:[pop3] pop3(+1448): user {u} logged in "
         "[messages=3, octets=1234]", dict(LOGIN, ip=None), as_it_is),
]
COURIER = [
    Form("mail imapd: LOGIN FAILED, user={u}, ip=[::ffff:{ip}], port=[{n}]",
         FAILURE, courier),
    Form("mail pop3d-ssl: LOGIN FAILED, user={u}, ip=[::ffff:{ip}]", FAILURE,
         courier),
    Form("mail imapd: LOGIN, user={u}, ip=[::ffff:{ip}], port=[{n}], "
         "protocol=IMAP", LOGIN, courier),
    Form("mail imapd: ID, user=true@example.com, ip=[::ffff:{ip}], port=[{n}]"
         ", name={u}, version=1", {"kind": "client",
                                   "user": "true@example.com"}, courier),
    Form("mail pop3d: LOGOUT, user={u}, ip=[::ffff:{ip}], port=[{n}], top=0, "
         "retr=367, rcvd=30, sent=900, time=3, stls=1",
         {"kind": "logout", "user": USER}, courier),
    Form("mail imapd: ID, user=true@example.com, ip=[::ffff:{ip}], port=[{n}]"
         ", name=x, version={u}", {"kind": "client",
                                   "user": "true@example.com"}, courier),
    Form("mail imapd: EXPUNGED, user=true@example.com, ip=[::ffff:{ip}], "
         "port=[{n}], old_name=./.{u}/cur/1.M2P3.mail,S=15:2,T",
         {"kind": "mailbox", "user": "true@example.com"}, courier),
    Form("mail esmtpd: error,relay=::ffff:{ip},port=43632,msg=\"535 "
         "Authentication failed.\",cmd: AUTH PLAIN {u}",
         dict(NOBODY, kind="failure"), courier),
    Form("mail courieresmtpd: error,relay=::ffff:{ip},port=43632,msg=\"535 "
         "Authentication failed.\",cmd: AUTH PLAIN AGJvYgB3cm9uZw== {u}",
         {"kind": "failure", "user": one_word}, as_it_is),
    Form("mail courierd: newmsg,id=0000000000000059.000000006B0AC53F.{n:08X}: "
         "dns; {u} (softdnserr [::ffff:{ip}])", dict(NOBODY, kind="received"),
         courier_text),
    Form("mail courierd: newmsg,id=0000000000000059.000000006B0AC53F.{n:08X}, "
         "auth=true@example.com: dns; {u} (pc [::ffff:{ip}])", TRUE_LOGIN,
         courier_text),
    Form("mail courierlocal: id=0000000000000059.000000006B0AC53F.{n:08X},from="
         "<{u}>,addr=<{u}>,size=288,success: {u}",
         dict(NOBODY, kind="sent", ip=None), courier_text, angled),
    Form("mail courieresmtp: id=0000000000000059.000000006B0AC53F.{n:08X},from="
         "<{u}>,addr=<{u}>,status: deferred",
         dict(NOBODY, kind="sent", ip=None), courier_text, angled),
    Form("mail courieresmtpd: error,relay=::ffff:{ip},port=5,from=<{u}>,to=<{u}>"
         ": 513 Relaying denied.", dict(NOBODY, kind="rejected"), courier_text,
         angled),
    Form("mail imapd: ip=[::ffff:{ip}], {u}", dict(NOBODY, kind="abort"),
         courier),
    Form("mail imapd: DELETED, user=true@example.com, ip=[::ffff:{ip}], "
         "port=[{n}], filename={u}", {"kind": "mailbox",
                                      "user": "true@example.com"}, courier),
]
CYRUS = [
    Form("mail cyrus/imap[{n}]: badlogin: pc.example [{ip}] plaintext ({u}) "
         "[SASL(-13): authentication failure: checkpass failed]", FAILURE,
         as_it_is),
    Form("mail cyrus/pop3s[{n}]: badlogin: [{ip}] PLAIN ({u}) [user not "
         "found]", FAILURE, as_it_is),
    Form("mail cyrus/imap[{n}]: client id sessionid=<{s}>: \"name\" \"{u}\" "
         "\"version\" \"1\"", dict(NOBODY, kind="client", ip=None), as_it_is,
         lambda text: '"' in text),
    Form("mail cyrus/imap[{n}]: login: pc.example [{ip}] true@example.com "
         "plaintext+TLS User logged in SESSIONID=<S{n}>",
         {"kind": "login", "user": "true@example.com"}, as_it_is),
    Form("mail cyrus/imap[{n}]: starttls: TLSv1.3 with cipher AES (256/256 bits "
         "new) authenticated as {u}", dict(NOBODY, kind="other", ip=None),
         as_it_is),
    # 3.13
    Form("mail cyrus/imap[{n}]: event=login.bad r.clienthost=[{ip}] "
         "u.username={u} login.mech=PLAIN error=\"SASL(-13): authentication "
         "failure: checkpass failed\"", FAILURE, pair),
    Form("mail cyrus/http[{n}]: event=login.bad r.clienthost=\"pc.example "
         "[{ip}]\" u.username={u} login.scheme=Basic error={u}", None, pair),
    Form("mail cyrus/imap[{n}]: event=login.good r.sessionid={s} r.clienthost="
         "[{ip}] u.username={u} login.mech=PLAIN login.tls=1 login.magic={u}",
         LOGIN, pair),
    Form("mail cyrus/imap[{n}]: Too many open connections (5 of 4 from pc [{ip}]"
         ", 3 of 2 for {u})", {"kind": "limited", "user": USER}, as_it_is),
    Form("mail cyrus/imap[{n}]: event=auditlog.create r.sessionid={n} "
         "mbox.name={u} mbox.uniqueid=ab",
         dict(NOBODY, kind="mailbox", ip=None), pair),
    Form("mail cyrus/imap[{n}]: client id sessionid=<{n}> userid=<>: \"name\" "
         "\"{u}\" \"version\" \"{u}\"", dict(NOBODY, kind="client", ip=None),
         as_it_is, lambda text: '"' in text),
]
VPOPMAIL = [
    Form("mx vpopmail[8]: vchkpw-smtp: password fail {u}:{ip}", FAILURE,
         as_it_is),
    Form("mx vpopmail[8]: vchkpw-pop3: password fail (pass: '{u}') {u}:{ip}",
         dict(NOBODY, kind="failure"), as_it_is),
    Form("mx vpopmail[8]: vchkpw-imap: (PLAIN) login success {u}:{ip}", LOGIN,
         as_it_is),
]
UW_IMAP = [
    Form("mx imapd[{n}]: Login failed user={u} auth={u} host=pc [{ip}]",
         FAILURE, as_it_is),
    Form("mx imapd[{n}]: Logout user={u} host=pc [{ip}]",
         {"kind": "logout", "user": USER}, as_it_is),
    Form("mx imapd[{n}]: Login disabled user={u} auth={u} host=pc [{ip}]",
         dict(NOBODY, kind="failure"), as_it_is),
    Form("mx ipop3d[{n}]: Login user={u} host=pc.example.net [{ip}] nmsgs=3/3",
         LOGIN, as_it_is),
]
PERDITION = [
    Form("mx perdition.imaps[{n}]: Auth: {ip}:5->192.0.2.25:993 client-secure="
         "ssl authorisation_id=NONE authentication_id=\"{u}\" server=\"mx:993\""
         " protocol=IMAP4S server-secure=ssl status=\"failed: "
         "Re-Authentication Failure\"", FAILURE, as_it_is),
    Form("mx perdition.pop3[{n}]: Auth: {ip}:5->192.0.2.25:110 client-secure="
         "plaintext authorisation_id=NONE authentication_id=\"{u}\" server="
         "\"mx:110\" protocol=POP3 server-secure=plaintext status=\"ok\"",
         LOGIN, as_it_is),
]
NGINX_MAIL = [
    Form("[info] 12#12: *{n} client login failed: \"Invalid login\" while in "
         "http auth state, client: {ip} using starttls, server: 0.0.0.0:143, "
         "login: \"{u}\"", FAILURE, as_it_is),
    Form("[info] 12#12: *{n} client logged in, client: {ip}, server: "
         "0.0.0.0:993, login: \"{u}\", upstream: 127.0.0.1:10143", LOGIN,
         as_it_is),
]
SASLAUTHD = [
    Form("mx saslauthd[7]: do_auth         : auth failure: [user={u}] "
         "[service=smtp] [realm=] [mech=pam] [reason=PAM auth error]",
         dict(FAILURE, ip=None), as_it_is),
]
