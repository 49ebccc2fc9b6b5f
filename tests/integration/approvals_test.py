"""Approvals that officers sign with keys of their own, checked by the signer (issue 9, part 4).
First what officers do through the register; then a conquered registry that speaks to the
signer's socket itself, with every right it has and one officer's key: nothing gets through,
before and after a restart.  All names and numbers are illustrative."""
from officers_lib import *
from signer_lib import *

ENROL, INTENT = 14, 15
POLICY, SIGNATURE = 13, 12
REFUSE, DRY = 1, 2


def payload_of(approval):
    return o.payload(approval)


def sign(approval, key, refuse=False, payload=None):
    return o.sign(approval, key, refuse, payload)


def enrol(who, approver, key, *signers):
    return o.enrol(who, approver, key, *signers)


# --- the signer's own wire ---
def said(payload, *signed, flags=0):
    out = bytes([flags]) + by(payload) + struct.pack('>I', len(signed))
    for key, sig in signed:
        out += key.id + by(sig) + by(b'') + by(b'')
    return out


def names(*officers):
    return struct.pack('>I', len(officers)) + b''.join(by(n.encode()) + by(b'FINANCE') + struct.pack('>Q', int(time.time())) + by(b'') for n in officers)


def asked_to_sign(signer, role, kind, tbs, payload, ident=None):
    """a request to sign that names the approval, and two officers"""
    body = bytes([role, kind]) + hashlib.sha256(payload).digest() + names('hb-fin1', 'hb-fin2') + struct.pack('>I', 1) + (ident or os.urandom(16)) + by(tbs)
    k, data = signer.ask(SIGN, body)
    if k == ERROR:
        return signer.error(data)[:2]
    n = struct.unpack('>I', data[5:9])[0]
    return data[4], data[9:9 + n].decode()


def tbs_of(pem):
    der = base64.b64decode(''.join(pem.split('\n')[1:-2]))
    head = 2 + (der[1] & 0x7f if der[1] & 0x80 else 0)
    n = int.from_bytes(der[head + 2:head + 2 + (der[head + 1] & 0x7f)], 'big')
    return der[head:head + 2 + (der[head + 1] & 0x7f) + n]


def another_serial(tbs, n):
    """the same certificate once more, with another serial number"""
    at = tbs.index(b'\x02\x10') + 2
    return tbs[:at] + bytes([tbs[at], n]) + os.urandom(14) + tbs[at + 16:]


def act(kind, days=20, **more):
    return canonical(dict(more, act={'approval': 'AP-' + os.urandom(6).hex(), 'kind': kind, 'until': int(time.time()) + days * 86400}))


def no(sentence, answer, words, rc=POLICY):
    check(sentence, answer[0] == rc and words in answer[1], answer)


def approve(approval, *keys):
    for k in keys:
        code, out = sign(approval, k)
        check('an officer signs what the approval says', code == 200, out)
    return o.do('hb-fin2', 'approval.approve', id=approval)


def first_keys():
    a, b = Key(), Key()
    listed = o.done('hb-fin1', 'officer-key.list')
    check('a new home enforces approvals by software, and says so', listed['approvals'] == 'enforced by software' and listed['items'] == [], listed)
    asked = o.done('hb-fin1', 'officer-key.add', kind='file', public=b64(a.spki))
    check('the first keys are asked for with their fingerprint, and on whose word', asked['fingerprint'] == a.id.hex() and 'names of two officers' in asked['accepted_on']['en'], asked)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked['approval'])
    check('a key that has not signed its own enrolment is not enrolled', code == 403 and 'sign its own enrolment' in str(out), out)
    check('another key does not sign for it', sign(asked['approval'], b)[0] == 403)
    check('it signs', sign(asked['approval'], a)[0] == 200)
    check('twice it does not', sign(asked['approval'], a)[0] == 409)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked['approval'])
    check('then two officers enrol it', code == 200, out)
    check('with one officer\'s key approvals are enforced by software still', o.done('hb-fin1', 'officer-key.list')['approvals'] == 'enforced by software')
    code, out = enrol('hb-fin1', 'hb-fin2', Key())
    check('a second key of the same person is enrolled', code == 200, out)
    check('and he is one officer', o.done('hb-fin1', 'officer-key.list')['approvals'] == 'enforced by software')
    code, out = enrol('hb-fin2', 'hb-fin1', b)
    check('with the second person the signer checks', code == 200 and o.done('hb-fin1', 'officer-key.list')['approvals'] == 'checked by the signer', out)
    return a, b


def key_file(a, b, certificate):
    """a key file as fujie-officer makes it, at the command line"""
    key, secret = h.root + '/officer.pem', h.root + '/secret'
    open(secret, 'w').write('a passphrase of a test\n')
    r = subprocess.run([B + '/fujie-officer', 'new', '--key', key, '--passphrase-file', secret, '--json'], capture_output=True, text=True)
    made = json.loads(r.stdout)
    asked = o.done('hb-fin3', 'officer-key.add', kind='file', public=made['key'])
    check('the command line and the officer\'s tool show the same fingerprint', asked['fingerprint'] == made['sha256'], (asked, made))
    tool = ('--key', key, '--passphrase-file', secret, '--yes')
    code, out = h.cli('approval', 'sign', asked['approval'], *tool)
    check('fujie approval sign signs with a key file', code == 0 and out.get('officer') == 'hb-fin3', out)
    sign(asked['approval'], a), sign(asked['approval'], b)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked['approval'])
    check('and the key is enrolled', code == 200, out)
    asked = o.done('hb-fin1', 'certificate.suspend', number=certificate, reason='x') and o.done('hb-fin1', 'certificate.resume', number=certificate, reason='x')['approval']
    shown = h.root + '/approval.json'
    json.dump(h.cli('approval', 'show', asked)[1], open(shown, 'w'))
    r = subprocess.run([B + '/fujie-officer', 'sign', shown, *tool, '--lang', 'en'], capture_output=True, text=True)
    check('the tool says in words what is signed, and its hash', 'resume a certificate' in r.stdout and hashlib.sha256(payload_of(asked)).hexdigest() in r.stdout and certificate in r.stdout, r.stdout + r.stderr)
    code, out = h.cli('approval', 'sign', asked, *tool, '--refuse')
    check('a refusal that nobody checks is not signed', code == 1, out)
    code, out = h.cli('approval', 'sign', asked, *tool)
    check('an approval is', code == 0, out)
    sign(asked, a)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('and counts as any officer\'s', code == 200, out)
    json.dump({'payload': {'number': certificate}}, open(shown, 'w'))
    r = subprocess.run([B + '/fujie-officer', 'sign', shown, *tool, '--json'], capture_output=True, text=True)
    check('what names no approval is not signed by the tool', r.returncode == 1 and 'nothing was signed' in r.stdout, r.stdout)


def passkeys(a, b, number):
    """the signer's own reading of an assertion (WebAuthn 7.2): each part of it altered in turn"""
    k = Passkey()
    asked = o.done('hb-fin1', 'officer-key.add', **k.enrolment())['approval']
    told = json.loads(payload_of(asked))['enrolment']
    check('a passkey is asked for with its relying party, origin and credential', (told['rp'], told['origin'], told['credential']) == (k.RP, k.ORIGIN, b64(k.credential)), told)
    good = json.dumps({'type': 'webauthn.get', 'challenge': 'x', 'origin': k.ORIGIN})
    for sentence, words, other in (
            ('another challenge', 'another challenge', {'challenge': b64(bytes(32))}), ('another origin', 'another origin', {'origin': 'https://evil.example'}),
            ('the same host on another port', 'another origin', {'origin': k.ORIGIN + ':8443'}), ('a registration', 'no assertion', {'type': 'webauthn.create'}),
            ('from within another page', 'page of another origin', {'crossOrigin': True}), ('with a top origin', 'page of another origin', {'topOrigin': 'https://evil.example'}),
            ('of another relying party', 'another relying party', {'rp': 'evil.example'}), ('nobody present', 'nobody was present', {'flags': 0x04}),
            ('nobody verified', 'not verified', {'flags': 0x01}), ('with an attested key', 'more than was asked', {'flags': 0x45}),
            ('with an extension', 'more than was asked', {'flags': 0x85, 'extra': b'\xa0'}), ('of a refusal', 'another challenge', {'refuse': True}),
            ('a member twice', 'malformed', {'text': (good[:-1] + ', "origin": "%s"}' % k.ORIGIN).encode()})):
        code, out = o.sign_passkey(asked, k, **other)
        check('a passkey\'s answer is refused: ' + sentence, code == 422 and words in str(out), out)
    code, out = o.do('hb-fin1', 'approval.signature', id=asked, key=k.id.hex(), signature=b64(k.sign(payload_of(asked))))
    check('a signature without an authenticator\'s data is none of a passkey', code == 422, out)
    check('an answer with a member that browsers add is taken', o.sign_passkey(asked, k, other_keys_can_be_added_here='x')[0] == 200)
    sign(asked, a), sign(asked, b)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('and the passkey is enrolled', code == 200, out)
    o.done('hb-fin1', 'certificate.suspend', number=number, reason='x')
    asked = o.done('hb-fin1', 'certificate.resume', number=number, reason='x')['approval']
    code, out = o.sign_passkey(asked, k)
    check('it signs an approval', code == 200, out)
    code, out = approve(asked, b)
    check('which counts as its officer\'s, with the other\'s key file', code == 200, out)
    for sentence, change in (('over http', {'origin': 'http://portal.example.cn'}), ('of another host', {'origin': 'https://portal.example.com'}), ('of a host that ends alike', {'origin': 'https://xportal.example.cn'})):
        bad = Passkey()
        asked = o.done('hb-fin1', 'officer-key.add', **dict(bad.enrolment(), **change))['approval']
        code, out = o.sign_passkey(asked, bad, **change)
        check('a passkey is not enrolled ' + sentence, code == 403 and 'does not belong' in str(out), out)


def through_the_register(a, b, one, other):
    """issue: names alone, one signature, two; the TBS and the payload of what was issued"""
    asked = o.done('hb-fin1', 'certificate.issue', assets=[one])['approval']
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('two officers who have not signed issue nothing', code == 403 and '0 did' in str(out), out)
    code, out = approve(asked, a)
    check('one signature issues nothing', code == 403 and '1 did' in str(out), out)
    check('the approval is open still', h.cli('approval', 'show', asked)[1]['state'] == 'OPEN')
    altered = json.loads(payload_of(asked))
    altered['years'] += 1
    check('a signature over another payload is none', sign(asked, b, payload=canonical(altered))[0] == 422)
    check('nor one of a refusal', sign(asked, b, refuse=True)[0] == 409)
    code, out = approve(asked, b)
    check('two signatures issue', code == 200 and len(out.get('certificates', [])) == 1, out)
    number = out['certificates'][0]
    shown = o.get('hb-fin1', 'certificate/' + number)
    check('and the certificate is in force', shown['state'] == 'ACTIVE', shown)
    return asked, number, tbs_of(shown['pem']), payload_of(asked)


def resumption(a, b, number):
    o.done('hb-fin1', 'certificate.suspend', number=number, reason='test')
    asked = o.done('hb-fin1', 'certificate.resume', number=number, reason='test')['approval']
    lifts = json.loads(payload_of(asked))['lifts']
    check('a request to resume names the entries that are lifted', {'serial': o.get('hb-fin1', 'certificate/' + number)['serial']} in lifts and any('uri' in l for l in lifts), lifts)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('without signatures nothing is resumed', code == 403, out)
    code, out = approve(asked, a, b)
    check('with two it is', code == 200 and o.get('hb-fin1', 'certificate/' + number)['state'] == 'ACTIVE', out)
    pem = h.root + '/one.pem'
    open(pem, 'w').write(o.get('hb-fin1', 'certificate/' + number)['pem'])
    item = {'file': pem}
    check('and says so to whoever asks', h.verdict_service(item) == 'permit', h.verdict_service(item))
    return payload_of(asked), lifts


def refusal(a, b, number):
    asked = o.done('hb-fin1', 'certificate.revoke', number=number, reason='privilegeWithdrawn')['approval']
    check('a request to revoke is not signed to be approved', sign(asked, a)[0] == 409)
    code, out = o.do('hb-fin2', 'approval.reject', id=asked, note='no')
    check('the first refusal is entered', code == 200, out)
    code, out = o.do('hb-fin3', 'approval.reject', id=asked, note='no')
    check('two refusals without signatures lift nothing', code == 403, out)
    for k in (a, b):
        code, out = sign(asked, k, refuse=True)
        check('an officer signs that he refuses', code == 200, out)
    code, out = o.do('hb-fin3', 'approval.reject', id=asked, note='no')
    check('two signed refusals lift the suspension', code == 200 and o.get('hb-fin1', 'certificate/' + number)['state'] == 'ACTIVE', out)


def successor(a, b, no):
    """an authorisation is granted, and gets a new version when its certificate has a successor: under signatures too"""
    o.keys = [a, b]
    held = o.get('hb-fin1', 'asset/' + no)
    china = lambda days: time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + days * 86400))
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY', 'PUBGOV'], 'actions': ['QUERY', 'VERIFY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    proposal = {'certificates': [held['certificate']], 'operator': '91420100DEMA001011', 'grant': grant, 'terms': 'paid', 'from': china(0), 'to': china(300), 'shared': False, 'selection': '招标（示例）',
                'operator_conditions': 'x', 'documents': {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan')}}
    asked = o.done('hbsw1', 'authorisation.propose', proposal=proposal)['approval']
    check('an authorisation without signatures is not granted', Officers.do(o, 'hb-fin1', 'approval.approve', id=asked)[0] == 403)
    code, out = o.do('hb-fin1', 'approval.approve', id=asked)
    check('with two it is', code == 200, out)
    number = out['authorisation']
    o.done('hbsw1', 'asset.card', ledger=held['ledger'], card=dict(card(no), basic=dict(card(no)['basic'], overview='变更（示例）')))
    rg = o.done('hbsw1', 'registration.submit', asset=no, type='CHANGE')['id']
    o.done('hb-fin3', 'registration.decide', id=rg, accept=True)
    asked = o.done('hb-fin1', 'certificate.issue', assets=[no])['approval']
    check('a successor\'s approval names what is bound to it anew', len(json.loads(payload_of(asked))['assets'][0]['rebinds']) == 1)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('the successor is issued', code == 200 and out.get('issued') == 1, out)
    shown = o.get('hb-fin1', 'authorisation/' + number)
    check('and the authorisation names it, in a second version', shown['version'] == 2 and shown['assets'][0]['certificate'] == out['certificates'][0], shown)
    asked = o.done('hb-fin1', 'authorisation.suspend', number=number, reason='x') and o.done('hb-fin1', 'authorisation.resume', number=number, reason='x')['approval']
    check('it is not resumed without signatures', Officers.do(o, 'hb-fin2', 'approval.approve', id=asked)[0] == 403)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('and with them it is', code == 200 and o.get('hb-fin1', 'authorisation/' + number)['state'] == 'ACTIVE', out)
    o.keys = []


def acts_of_the_signer(a, b):
    s = Signer(h.d, 'registry.sock')
    reset = act('clock.reset', drift=0)
    check('a clock reset that two officers signed', s.plain(INTENT, said(reset, (a, a.sign(reset)), (b, b.sign(reset))))[0] == 0 and s.plain(7, names('hb-fin1', 'hb-fin2'))[0] == 0)
    no('is good once', s.plain(7, names('hb-fin1', 'hb-fin2')), 'each is good once')


def restore(root):
    """a signer by itself, whose folder is put back: names do not open it, two signatures do"""
    home = root + '/alone'
    a, b = Key(), Key()
    one = Alone(home)
    s = Signer(home, 'registry.sock')
    s.ask(OPEN, by(json.dumps({'arc': '1.2.3', 'base': 'http://x', 'demo': True, 'operator': 'x'}).encode()))
    for k, who in ((a, 'alice'), (b, 'bob')):
        entry = act('officer-key.change', enrolment={'op': 'add', 'login': who, 'person': who, 'kind': 'file', 'key': b64(k.spki)})
        check('a key is enrolled on two names, %s' % who, s.plain(ENROL, said(entry, (k, k.sign(entry))) + names('alice', 'bob'))[0] == 0)
    one.end()
    shutil.copytree(home + '/signer', home + '-kept')
    for _ in range(2):
        one = Alone(home)
        Signer(home, 'registry.sock').status()
        one.end()
    shutil.rmtree(home + '/signer')
    shutil.copytree(home + '-kept', home + '/signer')
    one = Alone(home)
    s = Signer(home, 'registry.sock')
    check('a signer whose folder was put back is closed, and knows its officers', s.status()['closed'] and s.status()['approvals'] == 'signer', s.status())
    no('names do not open it', s.restore('alice', 'bob'), 'names alone do not count')
    opened = act('log.restore')
    no('one signature does not', s.plain(INTENT, said(opened, (a, a.sign(opened)))), '1 did')
    check('two do', s.plain(INTENT, said(opened, (a, a.sign(opened)), (b, b.sign(opened))))[0] == 0 and s.restore('alice', 'bob')[0] == 0 and s.status()['closed'] is None, s.status())
    one.end()


def conquered(a, b, tbs, payload, resumed):
    """the registry is an attacker's, and with it officer a"""
    s = Signer(h.d, 'registry.sock')
    fresh = another_serial(tbs, 1)
    no('another certificate under a used approval', asked_to_sign(s, ISSUING, C_ASSET, fresh, payload), 'signed already')
    no('a certificate that names no approval', asked_to_sign(s, ISSUING, C_ASSET, fresh, b'{}'), 'names alone do not count')
    altered = json.loads(payload)
    altered['act']['approval'] = 'AP-ffffffffffff'
    no('a payload that was altered: the signatures are not over it', s.plain(INTENT, said(canonical(altered), (a, a.sign(payload)), (b, b.sign(payload)))), 'not over what this approval says', SIGNATURE)
    own = act('certificate.issue', **{k: v for k, v in json.loads(payload).items() if k != 'act'})
    no('names only', s.plain(INTENT, said(own)), '0 did')
    no('one signature', s.plain(INTENT, said(own, (a, a.sign(own)))), '1 did')
    no('one officer twice', s.plain(INTENT, said(own, (a, a.sign(own)), (a, a.sign(own)))), '1 did')
    no('one person with two keys', s.plain(INTENT, said(own, (a, a.sign(own)), (second, second.sign(own)))), '1 did')
    stranger = Key()
    no('a key that nobody enrolled', s.plain(INTENT, said(own, (a, a.sign(own)), (stranger, stranger.sign(own)))), 'not enrolled')
    no('a signature of the first officer under the second one\'s key', s.plain(INTENT, said(own, (a, a.sign(own)), (b, a.sign(own)))), 'not over what', SIGNATURE)
    no('a refusal that is taken for an approval', s.plain(INTENT, said(own, (a, a.sign(own, True)), (b, b.sign(own, True)))), 'not over what', SIGNATURE)
    no('an approval that is only looked at leaves nothing behind', (s.plain(INTENT, said(own, (a, a.sign(own)), flags=DRY)), asked_to_sign(s, ISSUING, C_ASSET, fresh, own))[1], 'names alone do not count')
    over = act('certificate.issue', days=-1, assets=json.loads(payload)['assets'])
    no('an approval whose time is over', s.plain(INTENT, said(over, (a, a.sign(over)), (b, b.sign(over)))), 'time is over')
    far = act('certificate.issue', days=90, assets=json.loads(payload)['assets'])
    no('one that would hold for ever', s.plain(INTENT, said(far, (a, a.sign(far)), (b, b.sign(far)))), '31 days')
    other = act('plan.file', assets=json.loads(payload)['assets'])
    no('an approval of a kind that lets nothing be signed', s.plain(INTENT, said(other, (a, a.sign(other)), (b, b.sign(other)))), 'lets nothing be signed')
    many = act('token.resume', lifts=[{'idx': n, 'uri': 'x'} for n in range(20001)])
    no('an approval of more items than the signer holds', s.plain(INTENT, said(many, (a, a.sign(many)), (b, b.sign(many)))), 'more than 20000 items', 4)
    loose = json.dumps(json.loads(own)).encode()
    no('a payload that is not canonical', s.plain(INTENT, said(loose, (a, a.sign(loose)), (b, b.sign(loose)))), 'canonical')
    for hidden in ('key.roll:token', 'clock.reset', 'log.restore'):
        smuggled = act('certificate.issue', assets=[{'asset_no': 'HARMLESS', 'content': hashlib.sha256(b'act\n' + hidden.encode()).hexdigest()}])
        check('the hash of %s in an approval of a certificate is held as a certificate\'s' % hidden, s.plain(INTENT, said(smuggled, (a, a.sign(smuggled)), (b, b.sign(smuggled))))[0] == 0)
    no('and rolls over no key', s.plain(16, bytes([TOKEN]) + names('hb-fin1', 'hb-fin2')), 'names alone do not count')
    no('nor resets the clock', s.plain(7, names('hb-fin1', 'hb-fin2')), 'names alone do not count')
    no('names do not open a signer', s.plain(7, names('hb-fin1', 'hb-fin2')), 'names alone do not count')
    stolen = Key()
    entry = act('officer-key.change', enrolment={'op': 'add', 'login': 'hb-fin3', 'person': 'stranger', 'kind': 'file', 'key': b64(stolen.spki)})
    no('an attacker\'s key is not enrolled on names', s.plain(ENROL, said(entry, (stolen, stolen.sign(entry))) + names('hb-fin1', 'hb-fin2')), 'names alone do not count')
    no('nor on one officer\'s signature', s.plain(ENROL, said(entry, (stolen, stolen.sign(entry)), (a, a.sign(entry))) + names('hb-fin1', 'hb-fin2')), '1 did')
    removal = act('officer-key.change', enrolment={'op': 'remove', 'key': b.id.hex()})
    no('nor is one removed, so that names count again', s.plain(ENROL, said(removal, (a, a.sign(removal)), (b, b.sign(removal))) + names('hb-fin1', 'hb-fin2')), 'fewer than two')
    return own


def approved_once(a, b, own, tbs, number):
    """what two officers did sign, used as far as it goes, and after a restart"""
    s = Signer(h.d, 'registry.sock')
    signed = said(own, (a, a.sign(own)), (b, b.sign(own)))
    check('what two officers signed is taken', s.plain(INTENT, signed)[0] == 0)
    check('and again, and is the same', s.plain(INTENT, signed)[0] == 0)
    name = o.get('hb-fin1', 'certificate/' + number)['asset_name'].encode()
    other = name[:-3] + '易'.encode() if name[-1] > 127 else name[:-1] + b'~'
    check('the asset is named twice in a certificate', tbs.count(name) == 2, tbs.count(name))
    no('a certificate of another asset under it', asked_to_sign(s, ISSUING, C_ASSET, another_serial(tbs, 2).replace(name, other), own), 'not what the officers approved')
    no('one whose subject names another asset than its extension', asked_to_sign(s, ISSUING, C_ASSET, another_serial(tbs, 2).replace(name, other, 1), own), 'different assets')
    one = another_serial(tbs, 3)
    ident = os.urandom(16)
    got = asked_to_sign(s, ISSUING, C_ASSET, one, own, ident)
    check('the certificate that they approved is signed', got[0] == 0, got)
    check('the same once more is the same signature', asked_to_sign(s, ISSUING, C_ASSET, one, own, ident)[0] == 0)
    no('a second one is not', asked_to_sign(s, ISSUING, C_ASSET, another_serial(tbs, 4), own), 'signed already')
    s = restarted(h)
    check('after a restart the signer checks still', s.status()['approvals'] == 'signer' and len(s.status()['officers']) == 4, s.status())
    no('the approval is not known until it is brought again', asked_to_sign(s, ISSUING, C_ASSET, another_serial(tbs, 5), own), 'names alone do not count')
    check('it is brought again', s.plain(INTENT, signed)[0] == 0)
    no('and was used', asked_to_sign(s, ISSUING, C_ASSET, another_serial(tbs, 6), own), 'signed already')


h = Home(cases=True)
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    o = Signing(h)
    s, do, assets = h.registered('SUC', 2)
    a, b = first_keys()
    second = Key()
    asked = o.done('hb-fin1', 'officer-key.add', kind='file', public=b64(second.spki))['approval']
    sign(asked, second)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('from then on two enrolled officers sign each key', code == 403 and 'names alone do not count' in str(out), out)
    sign(asked, a), sign(asked, b)
    code, out = o.do('hb-fin2', 'approval.approve', id=asked)
    check('and with their signatures it is enrolled', code == 200, out)
    approval, number, tbs, payload = through_the_register(a, b, *assets)
    resumed, lifts = resumption(a, b, number)
    refusal(a, b, number)
    successor(a, b, assets[0])
    own = conquered(a, b, tbs, payload, resumed)
    acts_of_the_signer(a, b)
    approved_once(a, b, own, tbs, number)
    passkeys(a, b, o.get('hb-fin1', 'asset/' + assets[0])['certificate'])
    key_file(a, b, o.get('hb-fin1', 'asset/' + assets[0])['certificate'])
    restore(h.root)
    rebuilt(h)
finally:
    h.close()
finish()
