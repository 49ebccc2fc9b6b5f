"""`make bench`: the certificate rows of design section 7, and how soon a reclaim
bites.  Limits and appliance are measured in one run, on this machine; compare the
ratios, not the numbers."""
import os
import sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'integration'))
os.environ.setdefault('POINTS', '0')
from lib import *

N, ONES = 600, 40
HEAD = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'


def card(no):
    return {'basic': {'asset_no': no, 'name': 'bench ' + no, 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': {'rights': ['HOLD', 'USE'], 'modes': ['WHOLE'], 'dispute': False, 'public_data': True},
            'use': {}, 'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z'}}


def limits(root):
    os.mkdir(root + '/tpm')
    out = subprocess.run([B + '/tests/bench', root + '/tpm', root + '/limits.db'], capture_output=True, text=True, check=True).stdout
    return {l.split()[0]: float(l.split()[1]) for l in out.splitlines()}


h = Home()
try:
    if not (h.made and h.serve()):
        sys.exit('no demo home: ' + h.made_err)
    s = {n: h.session(n) for n in ('hbsw1', 'hb-fin1', 'hb-fin2', 'hbsw-sup', 'hb-fin3', 'slb1')}

    def do(who, noun, verb, body):
        code, out = h.api('POST', '/api/v1/%s/%s' % (noun, verb), body, s[who])
        if code != 200:
            sys.exit('%s.%s: %s' % (noun, verb, out))
        return out

    total = N + ONES
    do('hbsw1', 'ledger', 'import', {'file': HEAD + ''.join('B-%d,C-%d,bench B-%d,,自主采集,,否\r\n' % (i, i, i) for i in range(total))})
    ids = {r['ledger_no']: r['id'] for r in h.api('GET', '/api/v1/ledger?limit=1000', None, s['hbsw1'])[1]['items']}
    assets = ['B-%04d' % i for i in range(total)]
    for i, no in enumerate(assets):
        lg = ids['B-%d' % i]
        do('hbsw1', 'ledger', 'recognise', {'id': lg, 'result': 'ASSET', 'decision': 'x'})
        do('hb-fin1', 'ledger', 'confirm', {'id': lg})
        do('hbsw1', 'asset', 'card', {'ledger': lg, 'card': card(no)})
        rg = do('hbsw1', 'registration', 'submit', {'asset': no})['id']
        do('hbsw-sup', 'registration', 'review', {'id': rg, 'accept': True})
        do('hb-fin3', 'registration', 'accept', {'id': rg, 'accept': True})
        do('hb-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
    lim = limits(h.root)
    sig, com = lim['signatures_per_s'], lim['commits_per_s']
    ap = do('hb-fin1', 'certificate', 'issue', {'assets': assets[:N]})['approval']
    t = time.time()
    assert do('hb-fin2', 'approval', 'approve', {'id': ap})['issued'] == N
    batch = N / (time.time() - t)
    aps = [do('hb-fin1', 'certificate', 'issue', {'assets': [a]})['approval'] for a in assets[N:]]
    t = time.time()
    for a in aps:
        do('hb-fin2', 'approval', 'approve', {'id': a})
    ones = ONES / (time.time() - t)
    tok = next(x for x in h.demo['tokens'] if x['expect'] == 'permit')
    auth = next(a for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000001'))
    t = time.time()
    do('slb1', 'authorisation', 'suspend', {'number': auth['number'], 'reason': 'bench'})
    denied = h.verdict_service(tok) == 'deny'
    bite = time.time() - t
    print('limits: bare ESAPI signatures %.0f/s, bare durable commits %.0f/s' % (sig, com))
    print('certificates in one approval of %d, issued and published: %.0f/s, ratio %.2f of bare signatures (aim 0.90)' % (N, batch, batch / sig))
    print('the same one by one: %.0f/s, ratio %.2f of the lesser limit (aim 0.60)' % (ones, ones / min(sig, com)))
    print('suspension of an authorisation until the service denies its token: %.3f s, denied: %s (aim 1 s)' % (bite, denied))
    print('not measured yet: slowed TPM, tokens in bulk, offline verification (docs/plan.md)')
finally:
    h.close()
