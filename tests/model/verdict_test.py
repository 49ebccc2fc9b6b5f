#!/usr/bin/env python3
"""The product's verdicts against the model in verdict.py: random credentials, uses and times of the worlds
of verdict_cases.py, each made real (verdict_world.py) and judged by BUILD/tests/model/verdict_driver.

usage: verdict_test.py BUILD     VERDICTS=2000 SEED=1 WHICH=WORLD:CASE
Verdict and outcome of each check have to be the same; every disagreement is a failure."""
import json
import os
import shutil
import subprocess
import tempfile

import verdict as model
from asked import BUILD, SEED, finish, say
from verdict_cases import Generator
from verdict_world import Made, seen

VERDICTS, EACH = int(os.environ.get("VERDICTS", "2000")), 400
WHICH = os.environ.get("WHICH")
OUTCOMES = {"p": model.PASS, "f": model.FAIL, "u": model.UNKNOWN, "r": model.NOTREQ, "a": model.NA}


class Asked:
    """one world's cases, with the driver at work on them"""

    def __init__(self, n, folder):
        g = Generator(SEED * 1000003 + n)
        self.n, self.home, self.past = n, os.path.join(folder, str(n)), n % 2 == 1
        w = g.world()
        made = Made(w, self.home, self.past)
        self.cases, lines = [], [{"trust": os.path.join(self.home, "trust")}]
        for i in range(EACH):
            credential, use, now, proof = case = g.case(w)
            lines.append({"credential": made.credential(credential), "use": use, "now": now, "nonce": (proof or {}).get("nonce"),
                          "x5t": (proof or {}).get("x5t"), "past": self.past, "shared": i % 2 == 1, "logged": i % 8 == 5})
            self.cases.append((g.faults, case, model.verdict(seen(w, self.past, now), *case, i % 8 == 5)))
        if WHICH:
            with open("which.json", "w") as f:
                f.write(json.dumps(lines[int(WHICH.split(":")[1]) + 1]))
        with open(os.path.join(self.home, "in"), "w") as f:
            f.write("".join(json.dumps(x) + "\n" for x in lines))
        self.out = open(os.path.join(self.home, "out"), "w+")
        with open(os.path.join(self.home, "in")) as f:
            self.driver = subprocess.Popen([os.path.join(BUILD, "tests/model/verdict_driver")], stdin=f, stdout=self.out)

    def answers(self):
        rc = self.driver.wait()
        self.out.seek(0)
        lines = self.out.read().split("\n")
        self.out.close()
        if not WHICH:
            shutil.rmtree(self.home)
        assert rc == 0 and len(lines) == EACH + 2, "the driver ended with %d after %d lines" % (rc, len(lines))
        return lines[1:-1]


def differences(want, got):
    """checks of which both say something, and not the same"""
    verdict, letters, why = got.split(" ", 2)
    out = [] if verdict == want[0] else ["verdict: product %s (%s), model %s" % (verdict, why, want[0])]
    letters, age = letters[:-2] + letters[-1:], letters[-2:-1]  # before the last: an age that nobody asks for
    if tuple(want[1]) != model.CHECKS or len(letters) != len(model.CHECKS) or age in "pfu":
        out.append("checks: product %s, model %s" % (letters, tuple(want[1])))
    for (name, outcome), letter in zip(want[1].items(), letters):
        if letter != "-" and OUTCOMES[letter] != outcome:
            out.append("%s: product %s, model %s" % (name, OUTCOMES[letter], outcome))
    return out


class Tally:
    def __init__(self):
        self.verdicts, self.kinds, self.faults, self.wrong = {}, {}, set(), {}

    def add(self, asked):
        for i, ((faults, case, want), got) in enumerate(zip(asked.cases, asked.answers())):
            self.verdicts[want[0]] = self.verdicts.get(want[0], 0) + 1
            self.kinds[case[0]["kind"]] = self.kinds.get(case[0]["kind"], 0) + 1
            self.faults |= set(faults)
            d = differences(want, got)
            if d:
                self.wrong.setdefault("; ".join(d), []).append((asked.n, i, faults, case[1:]))


def main():
    tally, before = Tally(), None
    folder = tempfile.mkdtemp(prefix="verdicts-", dir=BUILD)
    try:
        for n in range(-(-VERDICTS // EACH)) if not WHICH else [int(WHICH.split(":")[0])]:
            asked = Asked(n, folder)
            if before:
                tally.add(before)
            before = asked
        tally.add(before)
    finally:
        if not WHICH:
            shutil.rmtree(folder)
    n = sum(tally.verdicts.values())
    for d, where in sorted(tally.wrong.items(), key=lambda x: -len(x[1])):
        print("# %d: %s\n#   first in world:case %s" % (len(where), d, where[0]))
    say(not tally.wrong, "%d verdicts, each check's outcome as the model says (%s; %s; %d kinds of change)" % (
        n, ", ".join("%s %d" % x for x in sorted(tally.verdicts.items())), ", ".join("%s %d" % x for x in sorted(tally.kinds.items())), len(tally.faults)),
        "%d disagree" % sum(map(len, tally.wrong.values())))
    say(set(tally.verdicts) == {"permit", "deny", "indeterminate"} and len(tally.kinds) == 3, "every verdict and every kind of credential was among them")
    finish()


if __name__ == "__main__":
    main()
