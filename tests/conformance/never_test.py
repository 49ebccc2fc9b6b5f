"""Never permitted: each bad credential is a good one with one thing changed, made by a small CA of
its own (world.py); and each has its reason in two languages.  The good ones permit."""
import concurrent.futures
from judge import *
from cases import cases


def judge(c):
    return c, Verdict(c.files, c.credential, **c.ask)


check('every case has a name of its own', len({c.id for c in cases}) == len(cases))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for c, v in pool.map(judge, cases):
        want, _, name = c.expect.partition(' ')
        ok = v.permits() if want == 'permit' else v.says(want, name) if name else not v.permits() and v.code == 1
        check('%s: %s: %s' % (c.id, c.expect, c.en), ok, v)
finish()
