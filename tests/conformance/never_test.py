"""Never permitted: each bad credential is a good one with one thing changed, made by a small CA of
its own (world.py); and each has its reason in two languages.  The good ones permit.  Never taken
for logged: the same of proofs of logging (log.py, logged.py)."""
import concurrent.futures
from judge import *
from cases import cases
from logged import cases as of_logs


def judge(c):
    return c, Verdict(c.files, c.credential, **c.ask)


def outcome(v, name):
    return [c['outcome'] for c in v.doc['checks'] if c['name'] == name]


check('every case has a name of its own', len({c.id for c in cases + of_logs}) == len(cases + of_logs))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for c, v in pool.map(judge, cases + of_logs):
        want, _, name = c.expect.partition(' ')
        ok = v.permits() if want == 'permit' else v.says(want, name) if name else not v.permits() and v.code == 1
        if c in of_logs and want == 'permit' and c.ask['log_proof'] is not None:
            ok = ok and outcome(v, 'logged') == ['pass']
        if name == 'logged':  # and nothing else is wrong with it
            ok = ok and [w['name'] for w in v.wrong] == ['logged']
        check('%s: %s: %s' % (c.id, c.expect, c.en), ok, v)
finish()
