"""Where gaol answers otherwise on purpose: step -> (why, what it prints).

What it prints is a regular expression over "CODE\\nSTDOUTSTDERR". A step
that differs no longer fails the test.
"""

# fail2ban here is 1.0.2; gaol follows 1.1, which has these.
NEWER = "fail2ban 1.1"
OWN = "gaol's own"

# Rows of README.md's table that steps below stand for.
README = ["the text of `<HOST>` in `get JAIL failregex`",
          "`reload --if-exists` of a jail that is in no file",
          "`actionproperties`",
          "`set logtarget`, `syslogsocket`",
          "`set` of a bad `bantime.formula`, a negative `findtime` …"]

# What this build may not have yet: a step that shows it, and those that are
# not looked at when it is missing.
ABSENT = {}
DEPENDS = {}

BOTH = {
    "version": (OWN, r"0\n\d+\.\d+\.\d+\n"),
    "add j1": (NEWER, r"255\nThe jail 'j1' already exists\n.*NOK: \('j1',\)\n"),
    "add new nonsense": (NEWER, r"255\nUnknown backend nonsense\. Must be among "
                         r"\['pyinotify', 'polling', 'systemd'\] or 'auto'\n.*"),
    "get j1 actionproperties mark": (
        README[2], r"0\nThe jail j1 action mark has the following properties:\n"
        r"actionban, actioncheck, .*actname, name, timeout\n"),
    "set logtarget /nowhere/at/all.log": (README[3], r"255\nlogtarget: .*runtime_log_dir.*"),
    "set allowipv6 nonsense": (README[4], r"255\nallowipv6: 'nonsense'; accepted: auto, .*"),
}

# The client of 1.0.2 has no form for these replies of 1.1, and says so.
PYTHON = {
    "status j1 stats": (NEWER, r".*\['polling', \(\d+, \d+\), \(\d+, \d+\)\]\n.*"),
    "status --all": (NEWER, r".*\[\('Number of jail', 2\), \('Jail list', 'j1, j2'\), "
                     r"\{'j1': \[\('Filter', .*\n.*"),
    "stats": (NEWER, r"0\n\{'j1': \['polling', \(\d+, \d+\), \(\d+, \d+\)\], 'j2': .*\}\n"),
}
PYTHON["statistics"] = PYTHON["stats"]

OURS = {
    "status j1 stats": (NEWER, r"0\n.*Jail.*\n.*j1.*"),
    "status --all": (NEWER, r"0\nStatus\n\|- Number of jail:\t2\n\|- Jail list:\tj1, j2\n"
                     r"`- Status for the jails:\n   \|- Jail: j1\n.*   `- Jail: j2\n.*"),
    "stats": (NEWER, r"0\n.*j1.*polling.*j2.*polling.*"),
    "reload --if-exists nope": (README[1], r"0\nOK\n"),
}
OURS["statistics"] = OURS["stats"]

OF = {"python": {**BOTH, **PYTHON}, "ours": {**BOTH, **OURS}}
