"""Lines of JSON."""

from form import (Form, USER, LOGIN, FAILURE, NOBODY, in_json, in_json_escaped,
    from_json, in_exim)

DOVECOT_EVENT = (
    "{t}stats: Info: {{\"event\":\"auth_request_finished\",\"hostname\":\"mail\","
    "\"end_time\":\"{iso}\",\"categories\":[\"service:auth\",\"auth\"],"
    "\"fields\":{{%s\"mechanism\":\"{u}\",\"transport\":\"TLS\",\"service\":"
    "\"imap\",\"session\":\"{s}\",\"remote_ip\":\"{ip}\",\"remote_port\":5,"
    "\"original_user\":\"{u}\",\"user\":\"\"}}}}")


def json_forms(line, want):
    return [Form(line, want, how, means=from_json)
            for how in (in_json, in_json_escaped)]


DOVECOT_JSON = json_forms(DOVECOT_EVENT % "", FAILURE) + \
    json_forms(DOVECOT_EVENT % "\"success\":\"yes\",", LOGIN) + [
        Form(DOVECOT_EVENT % "\"success\":\"yes\",", LOGIN, lambda text:
             in_json(text).replace('\\"', "\\u0022"), means=from_json)]
STALWART_JSON = json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"auth.failed\",\"data\":"
    "{{\"remoteIp\":\"{ip}\",\"remotePort\":5,\"listenerId\":\"imap\","
    "\"accountName\":\"{u}\",\"x\":\"{u}\"}},\"text\":\"Authentication failed\"}}",
    FAILURE) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"auth.success\",\"data\":"
    "{{\"accountName\":\"{u}\",\"remoteIp\":\"{ip}\"}}}}", LOGIN) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"imap.rename-mailbox\","
    "\"data\":{{\"mailboxName\":\"{u}\",\"remoteIp\":\"{ip}\",\"remotePort\":{n}"
    "}}}}", dict(NOBODY, kind="mailbox")) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"queue.message-queued\","
    "\"data\":{{\"queueId\":{n},\"from\":\"{u}\",\"to\":[\"{u}\"],\"size\":9,"
    "\"listenerId\":\"smtp\",\"remoteIp\":\"{ip}\",\"remotePort\":{n}}}}}",
    dict(NOBODY, kind="received")) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"delivery.delivered\","
    "\"data\":{{\"to\":\"{u}\",\"details\":\"x\",\"queueId\":1{n},\"from\":"
    "\"{u}\",\"size\":9}}}}", dict(NOBODY, kind="sent", ip=None)) + json_forms(
    "{{\"id\":\"1\",\"createdAt\":\"{iso}\",\"type\":\"message-ingest.spam\","
    "\"data\":{{\"messageId\":\"{u}\",\"queueId\":1{n},\"from\":\"{u}\",\"size\""
    ":9}}}}", dict(NOBODY, kind="sent", ip=None))
EXIM_JSON = [
    Form("{t}mam: {{\"ev\":\"auth_ok\",\"svc\":\"smtp\",\"user\":\"{u}\",\"mech\":"
         "\"plain\",\"ip\":\"{ip}\",\"port\":{n},\"lport\":587,\"helo\":\"{u}\","
         "\"tls\":\"\",\"from\":\"{u}\"}}", LOGIN, in_exim, means=from_json),
    Form("{t}mam: {{\"ev\":\"session_end\",\"svc\":\"smtp\",\"ip\":\"{ip}\",\"port\":"
         "{n},\"user\":\"{u}\",\"cmds\":\"EHLO,AUTH,QUIT\",\"why\":\"QUIT\"}}",
         {"kind": "logout", "user": USER}, in_exim, means=from_json),
]
