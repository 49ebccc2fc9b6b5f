"""What money_test.py and scope_test.py share: the product's answers from a driver of theirs, and what is said of them."""
import json
import os
import subprocess
import sys

BUILD, SEED = sys.argv[1], int(os.environ.get("SEED", "1"))
counts = {True: 0, False: 0}


def say(ok, sentence, why=""):
    counts[bool(ok)] += 1
    print(("ok - " if ok else "not ok - ") + sentence)
    if not ok and why:
        print("# " + why)
    return ok


def answers(driver, lines):
    """one of BUILD/tests/model/ to each line"""
    out = subprocess.run([os.path.join(BUILD, "tests/model", driver)], input="\n".join(map(json.dumps, lines)) + "\n",
                         capture_output=True, text=True, check=True).stdout.split("\n")
    assert len(out) == len(lines) + 1, "the driver answered %d of %d lines" % (len(out) - 1, len(lines))
    return out[:-1]


def finish():
    print("%d passed, %d failed" % (counts[True], counts[False]))
    sys.exit(counts[False] > 0)
