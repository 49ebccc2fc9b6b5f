"""Never permitted: each bad credential is a good one with one thing changed, made by a small CA of
its own (world.py), under P-256, under SM2 (cases.py), and with two hierarchies mixed (hierarchies.py); and
each has its reason in two languages.  The good ones permit.  Never taken for logged: the same of proofs
of logging (log.py, logged.py)."""
import concurrent.futures
import hierarchies
from judge import *
from cases import cases
from curves import check_model
from logged import cases as of_logs


def judge(c):
    return c, Verdict(c.files, c.credential, **c.ask)


def outcome(v, name):
    return [c['outcome'] for c in v.doc['checks'] if c['name'] == name]


def met(expect, v):
    want, _, name = expect.partition(' ')
    if want == 'permit':
        return v.permits() and (not name or (outcome(v, name.lstrip('!')) == ['pass']) != name.startswith('!'))
    if want == 'never':
        return outcome(v, name) in (['fail'], ['unknown'], ['not applicable'])
    return v.says(want, name) if name else v.refuses() and want in ('refused', v.verdict)


check_model(check)
hierarchies.check_signatures(check)
everything = cases + of_logs + hierarchies.cases()
check('every case has a name of its own', len({c.id for c in everything}) == len(everything))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for c, v in pool.map(judge, everything):
        ok = met(c.expect, v)
        if c in of_logs and c.expect == 'permit' and c.ask['log_proof'] is not None:
            ok = ok and outcome(v, 'logged') == ['pass']
        if c.expect in ('deny logged', 'indeterminate logged'):  # and nothing else is wrong with it
            ok = ok and [w['name'] for w in v.wrong] == ['logged']
        if c.id in ('two-token-sm2', 'two-certificate-sm2', 'two-list-sm2', 'two-crl-sm2'):  # a verdict names what it checked
            ok = ok and 'SM2' in v.doc['checks'][1]['text']['en'] and 'SM2' in v.doc['checks'][1]['text']['zh']
        check('%s: %s: %s' % (c.id, c.expect, c.en), ok, v)
finish()
