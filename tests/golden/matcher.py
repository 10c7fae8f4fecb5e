"""Our matcher, asked from Python through tests/unit/match_rw.c."""
import json
import os
import subprocess

PROGRAM = os.environ.get("MATCH_RW", "build/unit/match_rw")


def to_wire(value):
    """Text to its bytes, each as the character of that number."""
    if isinstance(value, str):
        value = value.encode("utf-8", "surrogateescape")
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (list, tuple)):
        return [to_wire(v) for v in value]
    return value


def from_wire(value):
    if isinstance(value, str):
        return value.encode("latin-1").decode("utf-8", "surrogateescape")
    if isinstance(value, list):
        return [from_wire(v) for v in value]
    if isinstance(value, dict):
        return {k: from_wire(v) for k, v in value.items()}
    return value


class Matcher:
    def __init__(self, **env):
        self.process = subprocess.Popen(
            [PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=dict(os.environ, LC_ALL="C.UTF-8", **env))

    def ask(self, do, **request):
        request = {k: to_wire(v) for k, v in request.items()}
        request["do"] = do
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit("not ok - %s died of %.2000s" %
                             (PROGRAM, request))
        answer = json.loads(answer)
        if "error" in answer:
            return answer
        return from_wire(answer)

    def close(self):
        self.process.stdin.close()
        return self.process.wait()
