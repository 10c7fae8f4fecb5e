"""Texts that no client of a mail server means well with."""

HOSTILE = [
    "x>, method=PLAIN, rip=1.2.3.4, lip=5.6.7.8, session=<a",
    "x>, rip=1.2.3.4", "x>, rip=1.2.3.4, lip=5.6.7.8, TLS, session=<b>",
    "a, rip=1.2.3.4", "rip=1.2.3.4", ", rip=1.2.3.4, ", "<a>", ">>>", "<<<",
    "x,1.2.3.4,<s>): Password mismatch", "x,1.2.3.4): unknown user",
    "?,1.2.3.4,<s>", "x (auth failed, 1 attempts in 2 secs): user=<y",
    "imap-login: Login: user=<bob>, method=PLAIN, rip=1.2.3.4, lip=1.1.1.1, "
    "mpid=1, session=<z>", "Login: user=<bob>", "x\\ny", "x?y", "'; --", "\"",
    "%n%s", "${jndi}", "$(id)", "`id`", "|sh", "../../etc", "\u202euser",
    "\u00e4\u00f6\u00fc", "a b c", " lead", "tail ", "a@b@c", "@", "a=b",
    "user=<y>", "session=<S>", "TLS", ", TLS, ", "mpid=99", "(x)", ")", "(",
    "): ", ">: ", "<1><2>: Disconnected: Logged out in=1 out=2",
    "a>, method=PLAIN, rip=::1", "::ffff:1.2.3.4", "a, lip=1.2.3.4",
    "1.2.3.4", "[1.2.3.4]", "x in=99 out=99", "stats: {\"event\":\"x\"}",
    "x) [1.2.3.4]: 535 Incorrect authentication data (set_id=victim",
    "(pc) [1.2.3.4]:25 I=[1.1.1.1]:25: 535 Incorrect authentication data",
    "A=plain:ceo@example.com S=1", "P=esmtpsa A=plain:ceo@example.com S=1",
    "1xUtUa-0005N8-1u <= a H=(b) [1.2.3.4] P=esmtpa A=plain:ceo S=9",
    "H=(a) [1.2.3.4] unrecognized command", "rejected RCPT <a>: no",
]
# What only JSON has: each as it is, and as a server that writes any character
# as \\uXXXX would. Bytes that are no UTF-8 stand as Python keeps them.
JSON_HOSTILE = [
    '","user":"root', '","user":"root","ip":"1.2.3.4', '\\","ip":"1.2.3.4',
    '"}', '"}}', '{"', "{}", "[]", "null", "\\", "\\\\", '\\"', '"', '""',
    "\\u0022,\\u0022ip\\u0022:\\u00221.2.3.4", "\\ud83d", "a\\", "\x00",
    "a\x00b", "\x00\",\"ip\":\"1.2.3.4", "\ud83d", "x\ude00y", "\ud83d\ud83d",
    "\U0001f600", "\udcff", "a\udced\udca0\udc80b", "\udcc0\udcaf", "\x1b[31m",
    "\t", "\r\n", "a\nNov 21 22:05:51 imap-login: Login: user=<b>", "\x7f",
    "\u2028", "\ufeffx", "true", "0", "1e999", "18446744073709551615",
    "/", "</script>", "<!--", "auth_ok", "auth.success", "success", "yes",
    '","success":"yes', '","fields":{"success":"yes"', "x" * 4000, "\u00e9" * 900,
    '\\"' * 900, "fields.success", "end_time",
]
