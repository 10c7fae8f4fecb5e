"""Lines of servers that are all of it: mailboxes, SMTP, web."""

import re

from form import (Form, USER, LOGIN, FAILURE, TRUE_LOGIN, NOBODY, as_it_is,
    doubled, in_table, plus, if_word, base64_of, decoded, if_bare, column,
    angled, not_mailbox, stalwart, quote_or_blank)

ZIMBRA = [
    Form("WARN  [qtp1-80:https://mail/AuthRequest] [name={u};ip=192.0.2.25;"
         "oip={ip};oport=1;ua={u};soapId=4e;] security - cmd=Auth; account={u};"
         " protocol=soap; error=authentication failed for [{u}], invalid "
         "password;", FAILURE, doubled),
    Form("INFO  [Pop3Server-1] [ip={ip};ua={u};] security - cmd=Auth; account="
         "{u}; protocol=pop3;", LOGIN, doubled),
    Form("INFO  [ImapServer-1] [name={u};ip=192.0.2.25;oip={ip};ua={u};cid=1;] "
         "imap - user true@example.com authenticated, mechanism=PLAIN [TLS]",
         TRUE_LOGIN, doubled),
    Form("INFO  [ImapServer-1] [ip=192.0.2.25;oip={ip};cid=1;] imap - "
         "authentication failed for [{u}] (invalid password)", FAILURE,
         as_it_is),
    Form("INFO  [ImapServer-1] [name={u};mid=6;ip=192.0.2.25;oip={ip};ua={u};"
         "cid=1;] imap - [FETCH=1, LOGOUT=1] MailboxSize:1->1 InboxNumMsgs:2->2 "
         "TrashNumMsgs:0->0 read[312] write[5120] time[42012]",
         {"kind": "logout", "user": USER}, doubled),
    Form("INFO  [ImapServer-1] [name=true@example.com;ip={ip};ua=x;] mailop - "
         "Adding Message: id=257, sender={u}, Message-ID=<{u}>, parentId=-1, "
         "folderId=5, folderName={u} acct=0a1b2c3d-1111-2222-3333-444455556666.",
         {"kind": "mailbox", "user": "true@example.com"}, as_it_is),
    Form("INFO  [ImapServer-1] [name=true@example.com;ip={ip};ua=x;] mailop - "
         "Deleting Folder {u} (id=300).",
         {"kind": "mailbox", "user": "true@example.com"}, as_it_is),
    Form("INFO  [ImapServer-1] [name=true@example.com;ip={ip};ua=x;] mailop - "
         "moving Folder {u} (id=300) to Folder {u} (id=3)",
         {"kind": "mailbox", "user": "true@example.com"}, as_it_is),
    Form("INFO  [qtp1-80:https://mail/SendMsgRequest] [name=true@example.com;"
         "oip={ip};ua=x;] smtp - Sending message to MTA at mx: Message-ID=<{u}>,"
         " uploads=[{u}], size=9, sender=true@example.com, nrcpts=1, to={u}",
         {"kind": "received", "user": "true@example.com"}, as_it_is,
         lambda text: angled(text) or " " in text or "," in text),
    Form("INFO  [qtp1-80:https://mail/SendMsgRequest] [name=true@example.com;"
         "oip={ip};ua=x;] smtp - Sending message to MTA at mx: Message-ID=<m@x>,"
         " uploads=[{u}], size=9, sender=true@example.com, nrcpts=1, to=b@x",
         {"kind": "received", "user": "true@example.com"}, as_it_is),
    Form("INFO  [LmtpServer-5] [ip={ip};] lmtp - Delivering message: size=13 "
         "bytes, nrcpts=1, sender={u}, msgid=<{u}>", dict(NOBODY, kind="sent"),
         as_it_is, not_mailbox),
]
EXCHANGE = [
    Form(",000000000000{n:04X},2,192.0.2.25:143,{ip}:5,,1,17,21,login,\"{u} "
         "*****\",\"R=\"\"a2 NO LOGIN failed.\"\";Msg=\"\"User:{u}\"\"\",",
         dict(NOBODY, kind="failure"), in_table),
    Form(",000000000000{n:04X},2,192.0.2.25:993,{ip}:5,true@example.com,1,17,"
         "21,login,\"{u} *****\",R=OK", TRUE_LOGIN, in_table),
    Form(",000000000000{n:04X},4,192.0.2.25:993,{ip}:5,true@example.com,9,20,45,"
         "create,\"{u}\",R=OK,", {"kind": "mailbox", "user": "true@example.com"},
         in_table),
    Form(",000000000000{n:04X},4,192.0.2.25:993,{ip}:5,true@example.com,9,20,45,"
         "create,{u},R=OK,", {"kind": "mailbox", "user": "true@example.com"},
         as_it_is, lambda text: "," in text or '"' in text),
    Form(",EX\\Frontend,000000000000{n:04X},9,192.0.2.25:25,{ip}:5,>,535 5.7.3 "
         "Authentication unsuccessful,", dict(NOBODY, kind="failure"),
         in_table),
    Form(",000000000000{n:04X},2,192.0.2.25:143,{ip}:5,,1,17,21,login,{u} "
         "*****,\"R=\"\"a2 NO LOGIN failed.\"\";Msg=\"\"User:x\"\"\",",
         {"kind": "failure", "user": if_bare}, as_it_is,
         lambda text: if_bare(text) is None),
    Form(",EX10\\IMAP4,08CDABCDEF{n:06X},4,192.0.2.25:143,{ip}:5,<,{u},",
         None, column),
    Form(",EX10\\IMAP4,08CDABCDEF{n:06X},4,192.0.2.25:143,{ip}:5,>,{u} NO "
         "LOGIN failed.,", dict(NOBODY, kind="failure"), plus,
         lambda text: "," in text or '"' in text),
    Form(",EX01\\Frontend,08CDABCDEF{n:06X},9,192.0.2.25:25,{ip}:5,>,\"250 "
         "2.6.0 <{u}> [InternalId=6270652252161, Hostname=EX01.example.com] "
         "1343 bytes in 0.112, 11.645 KB/sec Queued mail for delivery\",",
         dict(NOBODY, kind="received"), in_table,
         lambda text: angled(text) or any(c in text for c in " \",")),
]
TRACKING = [
    Form(",{ip},{u},192.0.2.25,EX01,{u},EX01\\Frontend,SMTP,RECEIVE,{n},{u},"
         "0a1b2c3d-1111-2222-3333-444455556666,{u},,1343,2,,,{u},{u},{u},x,"
         "Originating,,1.2.3.4,1.2.3.4,", dict(NOBODY, kind="received"),
         column),
    Form(",{ip},{u},192.0.2.25,EX10,x,EX10\\Default,SMTP,RECEIVE,{n},{u},{u},,"
         "99,1,,,{u},{u},{u},x", dict(NOBODY, kind="received"), column),
    Form(",192.0.2.25,EX01,192.0.2.80,{u},{u},Outbound,SMTP,SENDEXTERNAL,{n},"
         "{u},0a1b2c3d-1111-2222-3333-444455556666,{u},{u},1343,2,,,{u},{u},"
         "{u},x", dict(NOBODY, kind="sent", ip=None), column),
    Form(",192.0.2.25,EX01,,,x,,ROUTING,FAIL,{n},{u},0a1b2c3d-1111-2222-3333-"
         "444455556666,{u},{u},1343,1,,,{u},{u},{u},x",
         dict(NOBODY, kind="sent", ip=None), column),
]
COLUMNS = [
    Form("W3SVC1 EX01 192.0.2.25 POST {u} {u} 443 {u} {ip} HTTP/1.1 {u} {u} "
         "{u} {u} 401 1 1326 1293 801 15 {u}", FAILURE, plus),
    Form("W3SVC1 EX01 192.0.2.25 POST / - 443 EX\\true 10.0.0.2 HTTP/1.1 {u} "
         "{u} {u} {u} 401 1 1326 1293 801 15 {u},+{ip}",
         {"kind": "failure", "user": "EX\\true"}, plus),
    Form("W3SVC1 EX01 192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas "
         "Cmd=FolderSync&User={u}&DeviceId=A1&DeviceType={u}&x={u} 443 EX\\true "
         "10.0.0.2 HTTP/1.1 {u} {u} {u} {u} 200 0 0 1293 801 15 {u},+{ip}",
         {"kind": "login", "user": "EX\\true"}, plus, lambda text: "&" in text
         or len(text) > 64),
    # What the client's columns say is no answer.
    Form("W3SVC1 EX01 192.0.2.25 POST {u} {u} 443 {u} {ip} HTTP/1.1 401 1 1326 "
         "{u} 200 0 0 1293 801 15 {u}", None, plus),
]
EXCHANGE_IIS = [
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd="
         "Provision&User={u}&DeviceId={u}&DeviceType={u} 443 EX\\true {ip} {u} "
         "{u} 200 0 0 15", {"kind": "client", "user": "EX\\true"}, plus,
         lambda text: not re.fullmatch(r"[\w\-]{1,64}", text, re.A)),
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd=SendMail"
         "&User={u}&DeviceId=A1&DeviceType={u} 443 EX\\true {ip} {u} {u} 200 0 0"
         " 15", {"kind": "received", "user": "EX\\true"}, plus, lambda text:
         "&" in text or len(text) > 64),
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd=MoveItems"
         "&User=x&DeviceId=A1&DeviceType=x&y={u} 443 EX\\true {ip} {u} {u} 200 0 0"
         " 15", {"kind": "mailbox", "user": "EX\\true"}, plus),
    # It has not signed in, whatever it asks for.
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd="
         "FolderSync&User={u}&DeviceId=A1&DeviceType={u} 443 - {ip} {u} {u} 401 2"
         " 5 15", None, plus),
    Form("192.0.2.25 POST /Microsoft-Server-ActiveSync/default.eas Cmd=Sync&"
         "User={u}&DeviceId={u}&DeviceType={u} 443 {u} {ip} {u} {u} 401 1 "
         "1326 15", FAILURE, plus),
    Form("192.0.2.25 POST /EWS/Exchange.asmx {u} 443 {u} {ip} {u} {u} 401 1 "
         "1326 15", FAILURE, plus),
]
XEAMS = [
    Form("- [IMAP] {{SECURE}} - {u} - {ip} (LAN)", LOGIN, as_it_is),
    Form("- [POP3] {{UNSECURE}} - {u} - {ip} (United States)", LOGIN, as_it_is),
]
STALWART = [
    Form("DEBUG IMAP APPEND command (imap.append) listenerId = \"imaptls\", "
         "localPort = 993, remoteIp = {ip}, remotePort = 5, mailboxName = \"{u}"
         "\", accountId = 7, mailboxId = 3, elapsed = 9ms",
         dict(NOBODY, kind="mailbox"), stalwart),
    Form("DEBUG IMAP RENAME mailbox command (imap.rename-mailbox) listenerId = "
         "\"imaptls\", localPort = 993, remoteIp = {ip}, remotePort = 5, "
         "accountId = 7, mailboxName = \"{u}\", mailboxId = 9, elapsed = 4ms",
         dict(NOBODY, kind="mailbox"), stalwart),
    Form("INFO Queued message for delivery (queue.message-queued) listenerId = "
         "\"smtp\", localPort = 25, remoteIp = {ip}, remotePort = 5, queueId = "
         "{n}, from = \"{u}\", to = [\"{u}\", \"b@example.com\"], size = 9, "
         "nextRetry = 2026-11-21T22:06:12Z", dict(NOBODY, kind="received"),
         stalwart, quote_or_blank),
    Form("INFO Message delivered (delivery.delivered) queueId = {n}, queueName ="
         " \"remote\", from = \"{u}\", to = [\"{u}\"], size = 9, total = 1, "
         "hostname = \"mx.example.net\", to = \"{u}\", code = 250, details = "
         "\"{u}\", elapsed = 120ms", dict(NOBODY, kind="sent", ip=None),
         stalwart, quote_or_blank),
    Form("INFO Message delivered (delivery.delivered) queueId = {n}, queueName ="
         " \"remote\", from = \"a@example.com\", to = [\"b@example.net\"], size "
         "= 9, total = 1, hostname = \"mx.example.net\", to = \"b@example.net\", "
         "code = 250, details = \"{u}\", elapsed = 120ms",
         dict(NOBODY, kind="sent", ip=None), stalwart),
    Form("INFO DSN temporary failure notification (delivery.dsn-temp-fail) "
         "queueId = {n}, queueName = \"remote\", from = \"{u}\", to = [\"{u}\"],"
         " size = 9, total = 1, to = \"{u}\", hostname = \"mx.example.net\", "
         "details = \"{u}\", nextRetry = 2026-11-21T22:06:12Z, total = 1",
         dict(NOBODY, kind="sent", ip=None), stalwart, quote_or_blank),
    Form("INFO Message ingested (message-ingest.ham) queueId = {n}, queueName = "
         "\"local\", from = \"{u}\", to = [\"{u}\"], size = 9, total = 1, "
         "accountId = 7, messageId = \"{u}\", size = 9, elapsed = 3ms",
         dict(NOBODY, kind="sent", ip=None), stalwart, quote_or_blank),
    Form("INFO Authentication failed (auth.failed) listenerId = \"imaptls\", "
         "localPort = 993, remoteIp = {ip}, remotePort = 5, accountName = "
         "\"{u}\"", FAILURE, as_it_is),
    Form("INFO Authentication successful (auth.success) listenerId = \"smtp\", "
         "localPort = 25, remoteIp = {ip}, remotePort = 5, accountName = "
         "\"{u}\", accountId = 7", LOGIN, as_it_is),
]
HMAILSERVER = [
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A1 LOGIN {u} "
         "***\"\n\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: {u} NO "
         "Invalid user name or password.\"", {"kind": "failure", "user": if_word}, plus),
    # The name is known if it is one word; what the client says in another
    # line of the dialogue is no answer.
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A1 LOGIN {u} "
         "***\"\n\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: A1 NO Invalid "
         "user name or password.\"", {"kind": "failure", "user": if_word},
         as_it_is),
    Form("\"POP3D\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: USER {u}\"\n"
         "\"POP3D\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: +OK Mailbox locked "
         "and ready\"", LOGIN, as_it_is),
    Form("\"SMTPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: {u}\"\n\"SMTPD\"\t"
         "4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: 535 Authentication failed. "
         "Restarting authentication process.\"",
         {"kind": "failure", "user": decoded}, base64_of),
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: {u}\"", None,
         as_it_is),
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"RECEIVED: A0 ID (\"name\" "
         "\"{u}\" \"version\" \"{u}\")\"", dict(NOBODY, kind="client"),
         as_it_is, lambda text: '"' in text),
    Form("\"IMAPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: {u} OK EXPUNGE "
         "Completed\"", dict(NOBODY, kind="mailbox"), plus),
    Form("\"APPLICATION\"\t4300\t\"{t}\"\t\"SMTPDeliverer - Message {n}: "
         "Delivering message from {u} to {u}. File: C:\\x.eml\"",
         dict(NOBODY, kind="sent", ip=None), as_it_is, lambda text:
         quote_or_blank(text) or "," in text),
    Form("\"APPLICATION\"\t4300\t\"{t}\"\t\"SMTPDeliverer - Message {n}: The "
         "message was not delivered to {u}. Delivery to this account was canceled"
         " by an account rule x.\"", dict(NOBODY, kind="sent", ip=None), as_it_is,
         quote_or_blank),
    Form("\"SMTPD\"\t4300\t{n}\t\"{t}\"\t\"{ip}\"\t\"SENT: 535 Authentication "
         "failed. Restarting authentication process.\"",
         dict(NOBODY, kind="failure"), as_it_is),
]
