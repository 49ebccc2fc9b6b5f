"""A certificate that ends while its successor waits for the signer: the revocation stands, nothing
follows it unasked, and the issuing of others goes on.  All names and numbers are illustrative."""
import signal
import sqlite3
from threading import Thread

from lib import *


def until(fn, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        if fn():
            return True
        time.sleep(0.5)
    return False


def two(do, noun, verb, body):
    return do('hb-fin2', 'approval', 'approve', {'id': do('hb-fin1', noun, verb, body)['approval']})


def show(number):
    return h.api('GET', '/api/v1/certificate/' + number, None, s['hb-fin1'])[1]


def full(shard):
    """as if the newest certificate were the last of a million in this CRL (standards.md, Status)"""
    db = sqlite3.connect(h.d + '/register.db')
    db.execute('UPDATE certificate SET rowid = ? WHERE rowid = (SELECT MAX(rowid) FROM certificate)', (1000000 * shard,))
    db.commit()
    db.close()


def sharded(number):
    """the CRL of its own distribution point says how it is, and the other one nothing"""
    pem = h.root + '/one.pem'
    open(pem, 'w').write(show(number)['pem'])
    text = subprocess.run(['openssl', 'x509', '-in', pem, '-noout', '-text'], capture_output=True, text=True).stdout
    check('the next certificate names the next CRL', '/crl/2.crl' in text, text)
    lists = []
    for n in (1, 2):
        der = urllib.request.urlopen(h.url('/crl/%d.crl' % n), timeout=300).read()
        lists.append(subprocess.run(['openssl', 'crl', '-inform', 'DER', '-noout', '-text'], input=der, capture_output=True).stdout.decode())
    serial = show(number)['serial'].upper().lstrip('0')
    check('which has a critical distribution point of its own', 'Issuing Distribution Point: critical' in lists[1] and '/crl/2.crl' in lists[1] and '/crl/1.crl' not in lists[1], lists[1])
    return [serial in l for l in lists], judged(pem)


def judged(path):
    out = subprocess.run([B + '/fujie-verify', '--trust', h.d + '/trust', path, '--json'], capture_output=True, text=True, timeout=300).stdout
    return json.loads(out)['verdict']


def numbers_on(asset):
    return [c for c in h.api('GET', '/api/v1/certificate?limit=1000', None, s['hb-fin1'])[1]['items'] if c['asset_no'] == asset]


h = Home()
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    s, do, assets = h.registered('SUC', 2)
    one, other = assets
    first = two(do, 'certificate', 'issue', {'assets': [one]})['certificates'][0]
    changed = card(one)
    changed['basic']['overview'] = 'changed'
    do('hbsw1', 'asset', 'card', {'ledger': h.api('GET', '/api/v1/asset/' + one, None, s['hbsw1'])[1]['ledger'], 'card': changed})
    rg = do('hbsw1', 'registration', 'submit', {'asset': one, 'type': 'CHANGE'})['id']
    do('hb-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
    asked = do('hb-fin1', 'certificate', 'issue', {'assets': [one]})['approval']
    signer = h.children()['fujie-signer']
    os.kill(signer, signal.SIGSTOP)
    try: # each answer waits for its publication, and so for the signer: they are asked from threads
        waiting = [Thread(target=do, args=('hb-fin2', 'approval', 'approve', {'id': asked}))]
        waiting[0].start()
        time.sleep(1)
        waiting.append(Thread(target=do, args=('hb-fin1', 'certificate', 'revoke', {'number': first, 'reason': 'privilegeWithdrawn'})))
        waiting[1].start()
        open_ones = lambda: h.api('GET', '/api/v1/approval?kind=certificate.revoke', None, s['hb-fin1'])[1]['items']
        check('the revocation is asked for while the signer is still', until(lambda: len(open_ones()) == 1, 10))
        waiting.append(Thread(target=do, args=('hb-fin2', 'approval', 'approve', {'id': open_ones()[0]['id']})))
        waiting[2].start()
        # more than any pool of threads would have: who waits for the signer keeps nobody else from reading
        waiting += [Thread(target=h.api, args=('POST', '/api/v1/approval/approve', {'id': asked}, s['hb-fin2'])) for _ in range(24)]
        for t in waiting[3:]:
            t.start()
        check('others read meanwhile, however many wait', all(show(first).get('number') == first for _ in range(24)))
        check('and is final before the successor is issued', until(lambda: show(first).get('state') == 'WITHDRAWN', 10), show(first))
    finally:
        os.kill(signer, signal.SIGCONT)
    for t in waiting:
        t.join()
    full(1)
    check('and the next one is issued: the pipeline goes on', until(lambda: h.api('POST', '/api/v1/certificate/issue', {'assets': [other]}, s['hb-fin1'])[0] in (200, 409)))
    waits = [a['id'] for a in h.api('GET', '/api/v1/approval?kind=certificate.issue&limit=1000', None, s['hb-fin1'])[1]['items'] if a['object'] == other]
    out = do('hb-fin2', 'approval', 'approve', {'id': waits[0]})
    check('at once', out.get('issued') == 1 and out.get('published') is True, out)
    new = out['certificates'][0]
    check('of a new CRL it is good by that one', sharded(new) == ([False, False], 'permit'), sharded(new))
    two(do, 'certificate', 'revoke', {'number': new, 'reason': 'privilegeWithdrawn'})
    check('and denied by that one', sharded(new) == ([False, True], 'deny'), sharded(new))
    live = [c for c in numbers_on(one) if c['state'] in ('ACTIVE', 'SUSPENDED')]
    check('nothing on the asset is in force', live == [], live)
    asset = h.api('GET', '/api/v1/asset/' + one, None, s['hb-fin1'])[1]
    check('which waits for a new registration', asset.get('state') == 'CARDED', asset.get('state'))
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
