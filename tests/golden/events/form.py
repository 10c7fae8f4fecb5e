"""A line of a server's log with a client's text in it, and how servers write
such a text."""

import base64
import collections
import json

# text: how the server writes what it does not write as it came; want: what
# must be known of the event besides its address. USER stands for the text.
# A line that `silent` says so of may tell of nothing: nobody can know it.
# means: what the event says of a text, if not what is written.
# {t} in a line is where its stamp stands, if not at its beginning.
# A function makes the user of it. A form that wants None must tell of nobody's
# sign-in, and of no other address.
Form = collections.namedtuple("Form", "line want text silent means",
                              defaults=(lambda text: False, None))
USER = object()
LOGIN = {"kind": "login", "user": USER}
FAILURE = {"kind": "failure", "user": USER}
TRUE_LOGIN = {"kind": "login", "user": "true@example.com"}
NOBODY = {"user": None}


def as_it_is(text):
    return text


def no_blank(text):
    """Exim takes such a HELO only; its logs of TLS names are alike."""
    return "".join(c for c in text if c not in " ()") or "x"


def quoted(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def doubled(text):
    """Zimbra's semicolons."""
    return text.replace(";", ";;")


def in_table(text):
    """A field of a CSV."""
    return text.replace('"', '""')


def plus(text):
    return text.replace(" ", "+")


def pair(text):
    """Cyrus 3.13: in quotes, if anything in it asks for them."""
    plain = all("!" <= c <= "~" and c not in '"=\\' for c in text)
    return text if plain else '"%s"' % quoted(text)


def if_word(text):
    return None if any(c in text for c in ' "{}') else text


def base64_of(text):
    return base64.b64encode(text.encode()).decode()


def decoded(text):
    return base64.b64decode(text).decode()


def if_bare(text):
    """Only a name that asks for no quotes is read."""
    return None if any(c in text for c in ' ",') else text


def column(text):
    """A field of a CSV, in quotes if it needs any."""
    return '"%s"' % in_table(text) if '"' in text or "," in text else text


def angled(text):
    return "<" in text or ">" in text


def not_mailbox(text):
    """No address that a server takes has these."""
    return any(c in text for c in "<> ,")


def quote_or_blank(text):
    return '"' in text or " " in text


def stalwart(text):
    """Not its quotes."""
    return text.replace("\\", "\\\\")


def vis(text):
    """OpenSMTPD, with vis(3)."""
    return text.replace("\\", "\\\\").replace(" ", "\\s")


def has_from(text):
    return " from " in text


def courier(text):
    return "".join(chr(b) if 32 <= b < 127 else "." for b in text.encode())


def courier_text(text):
    """The MTA's: no more than this of any text."""
    cut = "".join("." if c < " " else c for c in text).encode()[:100]
    return cut.decode(errors="ignore")


def one_word(text):
    return None if " " in text else text


def is_raw(c):
    return "\udc80" <= c <= "\udcff"


def in_json(text):
    """As Dovecot and Stalwart write it; half a surrogate pair, which is no
    text, as a careless server would."""
    return "".join(c if is_raw(c) else json.dumps(c, ensure_ascii=ord(c) <
                   128 or "\ud800" <= c <= "\udfff")[1:-1] for c in text)


def in_json_escaped(text):
    return "".join(c if is_raw(c) else json.dumps(c)[1:-1] if c in '"\\' or
                   ord(c) > 0xffff else "\\u%04x" % ord(c) for c in text)


def from_json(text):
    """What is read: no half pairs, no bytes that are none of UTF-8."""
    return "".join("\ufffd" if "\ud800" <= c <= "\udfff" and not is_raw(c) else
                   c for c in text).encode("utf-8", "surrogateescape").decode(
                       "utf-8", "replace")


def in_exim(text):
    """sg{} of dist/exim-json.conf; Exim's log then escapes what is not ASCII."""
    return "".join("?" if ord(c) < 32 or c in '\x7f"\\' or
                   "\ud800" <= c <= "\udfff" and not is_raw(c) else c
                   for c in text)
