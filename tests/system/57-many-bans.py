"""20,000 bans from the database (200,000 with SOAK=1): the latest are shown,
all are named, and while all of them are lifted the daemon answers others, bans
others, and keeps those bans. Nothing comes back at the next start."""

import os
import subprocess

from gaold import Gaold, Tap, nft, wait_for
from many import Link, Pings, fill, settled

BANS = 200000 if os.environ.get("SOAK") else 20000
tap = Tap()
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

gaold = Gaold(jail="bantime = 10h", gaol_conf="bans_max = 2000000;")
try:
    gaold.start()
    gaold.stop()
    fill(gaold, BANS, ("bips", "bans"))
    gaold.start()
    tap.ok(wait_for("bans", 60, lambda: settled(gaold)), "%d bans are restored" % BANS,
           gaold.logs())
    tap.ok(wait_for("the kernel", 30, lambda: len(gaold.kernel()) == BANS),
           "… all in the kernel")
    actions = gaold.ask("status", "sshd")["actions"]
    shown = [b["id"] for b in actions["bans"]]
    tap.ok(actions["banned"] == BANS and len(actions["ids"]) == BANS,
           "status names them all", actions["banned"])
    tap.ok(shown == actions["ids"][-1000:], "… and shows the latest 1000", shown[:3])
    brief = gaold.ask("status", "sshd", "brief")["actions"]
    tap.ok("ids" not in brief and [b["id"] for b in brief["bans"]] == shown and
           brief["banned"] == BANS, "a brief one has no list of ids")
    text = gaold.run("status", "sshd").stdout
    tap.ok("%d bans before them" % (BANS - 1000) in text, "gaol status says how many more",
           text[-300:])
    tap.ok(len(gaold.run("banned").stdout.splitlines()) == BANS, "gaol banned lists all")

    pings = Pings(gaold)
    pings.start()
    lifter, banner, looker = (Link(gaold, 120) for _ in range(3))
    first, last = actions["ids"][0], actions["ids"][-1]
    lifter.send("unban", "--all")
    while looker.ask("get", "sshd", "banned", first) == 1:
        pass
    banner.send("ban", "sshd", "203.0.113.7")
    tap.ok(looker.ask("get", "sshd", "banned", last) == 1,
           "a ban is asked for while all are lifted")
    answer, banned = lifter.reply().get("ok"), banner.reply().get("ok")
    pings.end.set()
    pings.join()
    tap.ok(banned == {"new": 1, "prolonged": 0, "errors": []},
           "… and made when they are", banned)
    tap.ok(answer == {"count": BANS, "errors": []}, "all are lifted", answer)
    tap.ok(pings.answers >= 5, "%d pings answered meanwhile, the slowest after %d ms"
           % (pings.answers, pings.slowest * 1000))
    tap.ok(set(gaold.kernel()) == {"203.0.113.7"}, "only the new ban is in the kernel",
           list(gaold.kernel())[:5])
    tap.ok(wait_for("rows", 20, lambda: gaold.rows() == {"203.0.113.7"}),
           "… and in the database", len(gaold.rows()))
    store = gaold.ask("status")["store"]
    tap.ok(store["lost"] == 0, "no request to the database was lost", store)
    gaold.stop()
    gaold.start()
    tap.ok(gaold.ask("status", "sshd")["actions"]["ids"] == ["203.0.113.7"],
           "a restart brings nothing back", gaold.ask("status", "sshd")["actions"]["banned"])
finally:
    gaold.close()
    nft("flush", "ruleset")
tap.exit()
