"""Lines of servers of SMTP."""

from form import (Form, LOGIN, FAILURE, TRUE_LOGIN, NOBODY, as_it_is, no_blank,
    quoted, angled, not_mailbox, vis)

EXIM = [
    Form("plain authenticator failed for (pc) [{ip}]: 535 Incorrect "
         "authentication data (set_id={u})", FAILURE, as_it_is),
    Form("[{n}] plain authenticator failed for host.example (pc) [{ip}]:5 "
         "I=[192.0.2.25]:587: 535 Incorrect authentication data (set_id={u})",
         FAILURE, as_it_is),
    Form("login authenticator failed for ({u}) [{ip}]: 535 Incorrect "
         "authentication data", dict(NOBODY, kind="failure"), no_blank),
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=({u}) [{ip}] P=esmtpsa X=TLS1.3:"
         "AES:256 CV=no SNI={u} A=plain:true@example.com S=354", TRUE_LOGIN,
         no_blank),
    # Not signed in: the name in the handshake makes no sign-in of it.
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=({u}) [{ip}] P=esmtps X=TLS1.3:"
         "AES:256 CV=no SNI={u} S=354", dict(NOBODY, kind="received"),
         no_blank),
    Form("1xUtUu-{n:06d}-15 <= a@example.com H=(pc) [{ip}] P=esmtp S=354 "
         "id=m@x T=\"{u}\" from <a@example.com> for b@example.com",
         dict(NOBODY, kind="received"), quoted),
    Form("SMTP syntax error in \"{u}\" H=(pc) [{ip}]:5 I=[192.0.2.25]:25 "
         "unrecognized command", dict(NOBODY, kind="abort"), as_it_is),
    Form("1xUtUu-{n:06d}-15 <= {u} H=(pc) [{ip}] P=esmtp S=354 id={u}",
         dict(NOBODY, kind="received"), no_blank),
    Form("1xUtUu-{n:06d}-15 => {u} R=rem T=rsmtp H=mx [192.0.2.80] C=\"250 "
         "{u}\"", dict(NOBODY, kind="sent", ip=None), no_blank),
    Form("1xUtUu-{n:06d}-15 ** {u} R=rem T=rsmtp: {u}",
         dict(NOBODY, kind="sent", ip=None), no_blank,
         lambda text: ":" in text),
    Form("H=(pc) [{ip}] F=<{u}> rejected RCPT <{u}>: relay not permitted",
         dict(NOBODY, kind="rejected"), no_blank, angled),
    Form("H=(pc) [{ip}] F=<a@b> rejected RCPT <a@c>: {u}",
         dict(NOBODY, kind="rejected"), as_it_is),
    Form("plain authenticator failed for (pc) [{ip}]: 435 Unable to "
         "authenticate at present (set_id={u}): no socket", FAILURE, as_it_is),
    Form("SMTP protocol error in \"{u}\" H=(pc) [{ip}]:5 I=[192.0.2.25]:25 "
         "AUTH command used when not advertised", dict(NOBODY, kind="failure"),
         as_it_is),
    Form("SMTP call from [{ip}] dropped: too many syntax or protocol errors "
         "(last command was \"{u}\")", dict(NOBODY, kind="abort"), as_it_is),
    Form("rejected EHLO from [{ip}]: syntactically invalid argument(s): {u}",
         dict(NOBODY, kind="abort"), as_it_is),
]
POSTFIX = [
    Form("mail postfix/smtpd[{n}]: warning: unknown[{ip}]: SASL PLAIN "
         "authentication failed: authentication failure, sasl_username={u}",
         FAILURE, as_it_is),
    Form("mail postfix/submission/smtpd[{n}]: 4YxT1k2Zp9{n:06d}: client="
         "pc.example[{ip}], sasl_method=LOGIN, sasl_username={u}", LOGIN,
         as_it_is),
    Form("mail postfix/smtpd[{n}]: NOQUEUE: reject: RCPT from unknown[{ip}]: "
         "554 5.7.1 <z@example.net>: Relay access denied; from=<s@example.org>"
         " to=<z@example.net> proto=ESMTP helo=<{u}>",
         dict(NOBODY, kind="rejected"), as_it_is),
    Form("mail postfix/smtpd[{n}]: improper command pipelining after EHLO "
         "from unknown[{ip}]: {u}", dict(NOBODY, kind="abort"), as_it_is),
]
POSTFIX += [
    Form("mail postfix/qmgr[{n}]: 4YxT1k2Zp9{n:06d}: from=<{u}>, size=3, "
         "nrcpt=2 (queue active)", dict(NOBODY, kind="received", ip=None),
         as_it_is, angled),
    Form("mail postfix/cleanup[{n}]: 4YxT1k2Zp9{n:06d}: message-id=<{u}>",
         dict(NOBODY, kind="other", ip=None), as_it_is, angled),
    Form("mail postfix/cleanup[{n}]: 4YxT1k2Zp9{n:06d}: message-id={u}",
         dict(NOBODY, kind="other", ip=None), as_it_is, angled),
    Form("mail postfix/smtp[{n}]: 4YxT1k2Zp9{n:06d}: to=<{u}>, relay="
         "mx.example[192.0.2.80]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, "
         "status=sent (250 {u})", dict(NOBODY, kind="sent", ip=None), as_it_is,
         angled),
    Form("mail postfix/smtp[{n}]: 4YxT1k2Zp9{n:06d}: to=<b@example.net>, "
         "orig_to=<{u}>, relay=mx.example[192.0.2.80]:25, delay=1, dsn=5.1.1, "
         "status=bounced (550 {u})", dict(NOBODY, kind="sent", ip=None),
         as_it_is, angled),
    Form("mail postfix/smtpd[{n}]: NOQUEUE: reject: MAIL from unknown[{ip}]: "
         "553 5.7.1 <{u}>: Sender address rejected: not owned by user {u}; "
         "from=<{u}> proto=ESMTP helo=<{u}>", dict(NOBODY, kind="rejected"),
         as_it_is),
    Form("mail postfix/smtpd[{n}]: warning: unknown[{ip}]: SASL LOGIN "
         "authentication failed: Connection lost to authentication server, "
         "sasl_username={u}", FAILURE, as_it_is),
]
OPENSMTPD = [
    Form("{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp connected address={ip} host=a\n"
         "{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp authentication user={u} "
         "result=permfail", FAILURE, vis),
    Form("{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp connected address={ip} host=a\n"
         "{t}mx smtpd[1]: 1a2b3c4d{n:08x} smtp authentication user={u} "
         "result=ok", LOGIN, vis),
]
OPENSMTPD += [
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} smtp event=authentication user={u} "
         "address={ip} host=pc result=permfail", FAILURE, vis),
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} smtp event=message address={ip} host=pc "
         "msgid={n:08x} from=<{u}> to=<{u}> size=3 ndest=2 proto=ESMTP",
         dict(NOBODY, kind="received"), vis, angled),
    Form("mx smtpd[1]: 2a2b3c4d{n:08x} mta delivery evpid={n:08x}00000001 from="
         "<{u}> to=<{u}> rcpt=<-> source=\"192.0.2.25\" relay=\"{u}\" delay=1s "
         "result=\"Ok\" stat=\"{u}\"", dict(NOBODY, kind="sent", ip=None), vis,
         angled),
]
SENDMAIL = [
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: to={u}, delay=00:00:01, mailer="
         "esmtp, pri=3, relay=mx [192.0.2.80], dsn=2.0.0, stat=Sent ({u})",
         dict(NOBODY, kind="sent", ip=None), as_it_is, not_mailbox),
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: from={u}, size=343, class=0, "
         "nrcpts=2, msgid=<m@x>, proto=ESMTP, daemon=MTA, relay=pc [{ip}]",
         dict(NOBODY, kind="received"), as_it_is, not_mailbox),
    Form("mx sm-mta[{n}]: ruleset=check_relay, arg1={u}, arg2={u}, relay=h "
         "[{ip}], reject=421 4.3.2 Connection rate limit exceeded.",
         dict(NOBODY, kind="limited"), as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM005976: AUTH failure (LOGIN): authentication "
         "failure (-13) SASL(-13): authentication failure: checkpass failed, "
         "user={u}, relay=host.example.com [{ip}] (may be forged)", FAILURE,
         as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM005976: AUTH failure (CRAM-MD5): user not "
         "found (-20) SASL(-13): user not found: user: {u}@h property: x, "
         "user={u}, relay=[{ip}]", dict(NOBODY, kind="failure"), as_it_is),
    Form("mx sm-mta[{n}]: AUTH=server, relay=pc.example.net [{ip}], authid={u},"
         " mech=PLAIN, bits=0", LOGIN, as_it_is),
    Form("mx sm-mta[{n}]: 09DJDgOM{n:06d}: from=<s@example.org>, size=343, "
         "class=0, nrcpts=2, msgid=<{u}>, proto=ESMTP, daemon=MTA, relay=pc "
         "[{ip}]", dict(NOBODY, kind="received"), as_it_is),
]
