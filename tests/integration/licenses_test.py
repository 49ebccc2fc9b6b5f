"""License tokens that officers of their operator sign, checked by the signer (issue 9, part 4;
docs/formats.md 25): the rule of the home, keys of an operator, single licenses, lists, requests,
SM2, resumption; then a conquered registry at the signer's own socket, with every name, a key of
the department's and a key of the operator's: no token comes of it that nobody approved.
All names and numbers are illustrative."""
from officers_lib import *
from signer_lib import *

ENROL, INTENT, RULE = 14, 15, 32
POLICY, SIGNATURE = 13, 12
HYDRO, JINGCHU, WATER, PENGCHENG = 'DAU-100000-202603-000001-K', '91420100DEMA001011', '12420000DEMA00099D', '91440300DEMA00128B'
USE = {'action': 'QUERY', 'purpose': 'WELFARE', 'territory': '420100'}
ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'


def license_of(**more):
    grant = {'mode': 'SCENE', 'domains': [], 'scenarios': ['洪水预警'], 'rights': ['USE'], 'purposes': ['WELFARE'], 'actions': ['QUERY'], 'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    return {**{'authorisation': HYDRO, 'product': {'id': 'P-FLOOD', 'version': '1.0', 'kind': 'operator'}, 'grant': grant, 'terms': 'free', 'days': 60, 'binding': 'mtls', 'duties': ['STOP', 'DELETE', 'RETAIN_DERIVED']}, **more}


def user(k=0):
    body = '91520100DEMD%04d1' % k
    code = body + ALPHABET[-sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31]
    return {'usci': code, 'name': '用户 %d（虚构）' % k, 'x5t': b64(hashlib.sha256(b'gateway %d' % k).digest())}


def decide(who, approval):
    return Officers.do(o, who, 'approval.approve', id=approval)


def refused_by(sentence, answer, words, code=403):
    check(sentence, answer[0] == code and words in str(answer[1]), answer)


def no(sentence, answer, words, rc=POLICY):
    check(sentence, answer[0] == rc and words in answer[1], answer)


# --- the signer's own wire ---
def said(payload, *signed, flags=0):
    return bytes([flags]) + by(payload) + struct.pack('>I', len(signed)) + b''.join(k.id + by(sig) + by(b'') + by(b'') for k, sig in signed)


def by_keys(payload, *keys):
    return said(payload, *((k, k.sign(payload)) for k in keys))


def names(*officers):
    return struct.pack('>I', len(officers)) + b''.join(by(n.encode()) + by(b'OPERATOR') + struct.pack('>Q', int(time.time())) + by(b'') for n in officers)


def act(kind, days=1, **more):
    return canonical(dict(more, act={'approval': 'AP-' + os.urandom(6).hex(), 'kind': kind, 'until': int(time.time()) + days * 86400}))


def ask(signer, tbs, payload, role=TOKEN, ident=None):
    k, data = signer.ask(SIGN, bytes([role, J_TOKEN]) + hashlib.sha256(payload).digest() + names('jc1', 'jc2') + struct.pack('>I', 1) + (ident or os.urandom(16)) + by(tbs))
    if k == ERROR:
        return signer.error(data)[:2]
    n = struct.unpack('>I', data[5:9])[0]
    return data[4], data[9:9 + n].decode()


def unb64(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def claims_of(compact):
    return json.loads(unb64(compact.split('.')[1]))


def another(compact, **change):
    """the same token once more, drawn anew: id, time, entry"""
    c = claims_of(compact)
    now, span = int(time.time()) + h.offset, c['exp'] - c['nbf']
    c.update(jti='LT-' + os.urandom(13).hex(), iat=now, nbf=now, exp=now + span)
    c['status']['status_list']['idx'] ^= 1
    c.update(change)
    return compact.split('.')[0].encode() + b'.' + b64(canonical(c)).encode()


# --- through the register ---
def by_names():
    out = o.done('jc1', 'token.issue', request=license_of(users=[user()]))
    check('without a rule a license goes by names, as ever', len(out['tokens']) == 1, out)
    refused_by('nobody is asked to sign before two officers have keys', o.do('hb-fin1', 'officer-key.require', tokens='one'), 'enrol theirs first', 409)


def operators_keys(a, b):
    keys = {}
    refused_by('an operator\'s officer enrols no key that counts for what the department approves', o.do('jc1', 'officer-key.add', **{'kind': 'file', 'public': b64(Key().spki), 'for': 'approvals'}), 'sign its license tokens')
    refused_by('nor an officer of the department one for licenses', o.do('hb-fin1', 'officer-key.add', **{'kind': 'file', 'public': b64(Key().spki), 'for': 'licenses'}), 'is none')
    for who in ('jc1', 'jc2'):
        k = keys[who] = Key()
        asked = o.done(who, 'officer-key.add', kind='file', public=b64(k.spki))['approval']
        told = json.loads(o.payload(asked))['enrolment']
        check('the enrolment says that it is an operator\'s, and whose', told.get('operator') == JINGCHU, told)
        check('the key signs for itself', o.sign(asked, k)[0] == 200)
        refused_by('and two of the department\'s officers have to', decide('hb-fin2', asked), '0 did')
        o.sign(asked, a), o.sign(asked, b)
        check('with them it is enrolled', decide('hb-fin2', asked)[0] == 200)
    listed = o.done('hb-fin1', 'officer-key.list')
    check('the list says which keys are an operator\'s, and what the rule is', [i['login'] for i in listed['items'] if i.get('operator') == JINGCHU] == ['jc1', 'jc2'] and listed['tokens'] == 'names', listed)
    return keys['jc1'], keys['jc2']


rules = []  # that were signed


def rule(to, *keys):
    asked = o.done('hb-fin1', 'officer-key.require', tokens=to)['approval']
    for k in keys:
        o.sign(asked, k)
    return asked, decide('hb-fin2', asked)


def the_rule(a, b, j1):
    asked, out = rule('one')
    refused_by('names do not change the rule', out, '0 did')
    refused_by('an operator\'s key does not sign it', o.sign(asked, j1), 'nothing else')
    o.sign(asked, a)
    refused_by('one officer does not change it', decide('hb-fin2', asked), '1 did')
    o.sign(asked, b)
    check('two do', decide('hb-fin2', asked)[0] == 200 and o.done('hb-fin1', 'officer-key.list')['tokens'] == 'one')
    rules.append(o.payload(asked))
    refused_by('the same rule again is none', o.do('hb-fin1', 'officer-key.require', tokens='one'), 'already', 409)


def single(a, j1, j2):
    out = o.done('jc1', 'token.issue', request=license_of(users=[user(1), user(2)]))
    asked = out.get('approval')
    check('a license is asked for, to be signed by whoever issues it', asked and out['kind'] == 'token.issue', out)
    payload = json.loads(o.payload(asked))
    check('what is signed says the license whole, and for whom', payload['license']['product']['id'] == 'P-FLOOD' and payload['license']['days'] == 60 and [u['holder']['usci'] for u in payload['users']] == [user(1)['usci'], user(2)['usci']]
          and payload['persons'] == 1, payload)
    refused_by('the same asked for twice waits once', o.do('jc1', 'token.issue', request=license_of(users=[user(1), user(2)])), asked, 409)
    refused_by('unsigned it is not issued', decide('jc1', asked), '0 did')
    refused_by('a key of the department does not sign it', o.sign(asked, a), 'license tokens are signed by officers of the operator')
    altered = dict(payload, users=[payload['users'][0]] * 2)
    check('nor does a signature over another', o.sign(asked, j1, payload=canonical(altered))[0] == 422)
    check('who issues it signs it', o.sign(asked, j1)[0] == 200)
    code, out = decide('jc1', asked)
    check('and decides it, without a second officer', code == 200 and len(out['tokens']) == 2, out)
    shown = o.get('jc1', 'token/' + out['tokens'][0])
    check('the license is in force', shown['state'] == 'ACTIVE', shown)
    open(h.root + '/one', 'w').write(shown['compact'])
    item = {'file': h.root + '/one', 'use': USE}
    check('and permitted at the service and by the tool', (h.verdict_service(item), h.verdict_tool(item)) == ('permit', 'permit'))
    refused_by('more than a hundred are a list', o.do('jc1', 'token.issue', request=license_of(users=[user(k) for k in range(3, 104)])), 'token bulk', 413)
    return asked, canonical(payload), out['tokens']


def request(j1):
    asked = o.done('jc2', 'token.request', request=license_of(user=user(900)), document='示例〔2026〕1号，2026-11-01')['id']
    out = o.done('jc1', 'token.review', request=asked, accept=True)
    check('a request that is accepted waits for the signature', out['kind'] == 'token.issue' and o.get('jc1', 'request/' + asked)['state'] == 'REQUESTED', out)
    o.sign(out['approval'], j1)
    code, out = decide('jc1', out['approval'])
    check('and is reviewed when it is signed', code == 200 and o.get('jc1', 'request/' + asked)['state'] == 'REVIEWED' and o.get('jc1', 'request/' + asked)['token'] == out['tokens'][0], out)


def bulk(j1, j2, n=300):
    began = time.time()
    out = o.done('jc1', 'token.bulk', request=license_of(users=[user(k) for k in range(1000, 1000 + n)]))
    asked, job = out['approval'], out['job']
    payload = json.loads(o.payload(asked))
    check('a list is signed with each of its rows', len(payload['users']) == n and payload['persons'] == 2, out)
    check('the first officer signs', o.sign(asked, j1)[0] == 200)
    refused_by('who asked for a list does not approve it', decide('jc1', asked), 'own request', 409)
    refused_by('one signature issues no list', decide('jc2', asked), '1 did')
    check('the second signs', o.sign(asked, j2)[0] == 200)
    code, out = decide('jc2', asked)
    check('and the job begins', code == 200 and out['job'] == job, out)
    shown = until(lambda: (s := o.get('jc1', 'bulk/' + job))['state'] == 'DONE' and s, 120)
    check('every row has its license', shown and shown['issued'] == n and shown['abandoned'] == 0, shown)
    print('  %d licenses signed and issued in %.1f s' % (n, time.time() - began))
    ids = [i['id'] for i in o.done('jc1', 'bulk.tokens', id=job, limit=2)['items']]
    return canonical(payload), ids


def twin(j1, token):
    out = o.done('jc1', 'token.sm2', id=token)
    check('an SM2 twin is signed for too', out.get('kind') == 'token.sm2', out)
    refused_by('unsigned it is not made', decide('jc1', out['approval']), '0 did')
    o.sign(out['approval'], j1)
    code, done = decide('jc1', out['approval'])
    check('signed it is', code == 200 and 'sm2_compact' in o.get('jc1', 'token/' + token), done)
    return canonical(json.loads(o.payload(out['approval'])))


def resumed(a, j1, j2, token):
    o.done('jc1', 'token.suspend', id=token, reason='x')
    asked = o.done('jc1', 'token.resume', id=token, reason='x')['approval']
    refused_by('an operator\'s license is not resumed on names', decide('jc2', asked), '0 did')
    o.sign(asked, j1)
    refused_by('nor on one key', decide('jc2', asked), '1 did')
    check('the operator\'s second officer signs', o.sign(asked, j2)[0] == 200)
    check('and it is in force', decide('jc2', asked)[0] == 200 and o.get('jc1', 'token/' + token)['state'] == 'ACTIVE')
    return json.loads(o.payload(asked))


# --- a conquered registry ---
def conquered(a, b, j1, j2, used, compact, lifting, twin_payload):
    s = Signer(h.d, 'registry.sock')
    plain = {k: v for k, v in json.loads(used).items() if k != 'act'}
    fresh = another(compact)
    no('a token that names no approval', ask(s, fresh, b'{}'), 'names alone do not count')
    no('one more of what was approved', ask(s, fresh, used), 'signed already')
    no('one for another holder', ask(s, another(compact, holder={'usci': WATER, 'name': 'x'}), used), 'not what the officers approved')
    c = claims_of(compact)
    no('one that is valid longer', ask(s, another(compact, exp=int(time.time()) + h.offset + 90 * 86400 - 1), used), 'not what the officers approved')
    no('one that permits more', ask(s, another(compact, grant=dict(c['grant'], territory=['100000'])), used), 'not what the officers approved')
    no('one that is no whole number of days', ask(s, another(compact, exp=int(time.time()) + h.offset + 90), used), 'whole days', 3)
    own = act('token.issue', **plain)
    no('names alone', s.plain(INTENT, said(own)), '0 did')
    no('two officers of the department', s.plain(INTENT, by_keys(own, a, b)), 'officers of the operator')
    no('a stranger\'s key', s.plain(INTENT, by_keys(own, Key())), 'not enrolled')
    no('a refusal that is taken for an approval', s.plain(INTENT, said(own, (j1, j1.sign(own, True)))), 'not over what', SIGNATURE)
    no('a signature over another payload', s.plain(INTENT, said(own, (j1, j1.sign(used)))), 'not over what', SIGNATURE)
    many = act('token.issue', **dict(plain, users=plain['users'] * 51))
    got = s.plain(INTENT, by_keys(many, j1))
    check('a single license of more than a hundred users', got[0] != 0 and 'users' in got[1], got)
    listed = act('token.bulk', **plain)
    no('a list on one signature', s.plain(INTENT, by_keys(listed, j1)), '1 did')
    no('a list on one officer twice', s.plain(INTENT, said(listed, *[(j1, j1.sign(listed))] * 2)), '1 did')
    no('a list on an officer of the operator and one of the department', s.plain(INTENT, by_keys(listed, j1, a)), 'officers of the operator')
    wide = dict(plain, license=dict(plain['license'], grant=dict(plain['license']['grant'], scenarios=['农业'])))
    got = s.plain(INTENT, by_keys(act('token.issue', **wide), j1))
    check('a license beyond its authorisation, though the operator signs', got[0] != 0 and 'scenarios' in got[1], got)
    no('one under another authorisation than is shown', s.plain(INTENT, by_keys(act('token.issue', **dict(plain, license=dict(plain['license'], parent={'authorisation': 'DAU-100000-202603-000009-K'}))), j1)), 'another authorisation')
    no('one for an asset that is not the authorisation\'s', s.plain(INTENT, by_keys(act('token.issue', **dict(plain, license=dict(plain['license'], asset={'id': 'X'}))), j1)), 'asset that the authorisation')
    head, body, sig = plain['parent'][:-1].split('.')
    other = dict(json.loads(unb64(body)), operator={'usci': PENGCHENG, 'name': 'x'})
    no('an authorisation that names another operator', s.plain(INTENT, by_keys(act('token.issue', **dict(plain, parent='.'.join((head, b64(canonical(other)), sig)) + '~')), j1)), 'signature of the credential')
    no('a token in place of an authorisation', s.plain(INTENT, by_keys(act('token.issue', **dict(plain, parent=compact)), j1)), 'another kind')
    extra = dict(plain, license=dict(plain['license'], jti='LT-x'))
    got = s.plain(INTENT, by_keys(act('token.issue', **extra), j1))
    check('a license with a member that is none of it', got[0] != 0 and 'jti' in got[1], got)
    over = act('token.issue', -1, **plain)
    no('an approval whose time is over', s.plain(INTENT, by_keys(over, j1)), 'time is over')
    card = act('certificate.issue', assets=[{'content': '0' * 64}])
    no('a certificate on an officer of the department and one of the operator', s.plain(INTENT, by_keys(card, a, j1)), 'nothing else')
    no('a certificate on two of the operator', s.plain(INTENT, by_keys(card, j1, j2)), 'nothing else')
    lifts = dict(lifting, lifts=[{'serial': '0' * 32}])
    lifts.pop('act')
    no('a certificate lifted in a license\'s name', s.plain(INTENT, by_keys(act('token.resume', **lifts), j1, j2)), 'not the token\'s')
    lifts['lifts'] = [dict(lifting['lifts'][0], serial='0' * 32)]
    no('nor beside the license\'s own entry', s.plain(INTENT, by_keys(act('token.resume', **lifts), j1, j2)), 'not the token\'s')
    lifts['lifts'] = [dict(lifting['lifts'][0], idx=lifting['lifts'][0]['idx'] ^ 1)]
    no('another license lifted in its name', s.plain(INTENT, by_keys(act('token.resume', **lifts), j1, j2)), 'not the token\'s')
    lifts = {k: v for k, v in lifting.items() if k not in ('act', 'token', 'parent')}
    no('an entry lifted by the operator without showing whose it is', s.plain(INTENT, by_keys(act('token.resume', **lifts), j1, j2)), 'nothing else')
    forged = json.loads(twin_payload)
    forged.pop('act')
    head, body, sig = forged['token'][:-1].split('.')
    forged['token'] = '.'.join((head, b64(canonical(dict(json.loads(unb64(body)), holder={'usci': WATER, 'name': 'x'}))), sig)) + '~'
    no('a twin of a token that was never signed', s.plain(INTENT, by_keys(act('token.sm2', **forged), j1)), 'signature of the credential')
    for keys, sentence, words in (((), 'names do not take the rule back', '0 did'), ((a,), 'nor one officer', '1 did'), ((j1, j2), 'nor the operator', 'nothing else'), ((a, j1), 'nor one of each', 'nothing else')):
        back = act('officer-key.require', tokens='names')
        no(sentence, s.plain(RULE, by_keys(back, *keys) + names('hb-fin1', 'hb-fin2')), words)
    odd = act('officer-key.require', tokens='none')
    no('a rule that is none', s.plain(RULE, by_keys(odd, a, b) + names('hb-fin1')), 'by one officer, or by two')
    more = act('officer-key.require', tokens='two', x=1)
    check('a rule that says more', s.plain(RULE, by_keys(more, a, b) + names('hb-fin1'))[0] != 0)
    stolen = Key()
    entry = act('officer-key.change', enrolment={'op': 'add', 'login': 'jc3', 'person': 'x', 'kind': 'file', 'key': b64(stolen.spki), 'operator': JINGCHU})
    no('an operator enrols nobody by itself', s.plain(ENROL, by_keys(entry, stolen, j1, j2) + names('hb-fin1', 'hb-fin2')), 'nothing else')
    return own, fresh


def once(j1, own, fresh, compact):
    s = Signer(h.d, 'registry.sock')
    signed = by_keys(own, j1)
    check('what the operator\'s officer signed is taken, and again', s.plain(INTENT, signed)[0] == 0 and s.plain(INTENT, signed)[0] == 0)
    ident = os.urandom(16)
    check('the token that he approved is signed', ask(s, fresh, own, ident=ident)[0] == 0)
    check('the same once more is the same', ask(s, fresh, own, ident=ident)[0] == 0)
    no('a second one is not', ask(s, another(compact), own), 'signed already')
    s = restarted(h)
    check('after a restart the rule holds', s.status()['tokens'] == 'one', s.status())
    no('the approval is not known until it is brought', ask(s, another(compact), own), 'names alone do not count')
    check('it is brought', s.plain(INTENT, signed)[0] == 0)
    no('and was used', ask(s, another(compact), own), 'signed already')


def two_sign(a, b, j1, j2):
    held = o.done('jc1', 'token.issue', request=license_of(users=[user(5)]))['approval']
    asked, out = rule('two', a, b)
    check('two officers make the rule stricter', out[0] == 200, out)
    o.sign(held, j1)
    refused_by('a license that was asked for before takes two from now on', decide('jc1', held), '1 did')
    asked = o.done('jc1', 'token.issue', request=license_of(users=[user(6)]))['approval']
    o.sign(asked, j1), o.sign(asked, j2)
    refused_by('and nobody decides his own', decide('jc1', asked), 'own request', 409)
    check('two sign, the second decides', decide('jc2', asked)[0] == 200)
    asked, out = rule('names', a, b)
    check('two of the department take the rule back', out[0] == 200, out)
    s = Signer(h.d, 'registry.sock')
    no('a rule of before is not put in force again', s.plain(RULE, by_keys(rules[0], a, b) + names('hb-fin1', 'hb-fin2')), 'used already')
    asked = o.done('jc1', 'token.issue', request=license_of(users=[user(7)]))
    check('and licenses go by names again', len(asked['tokens']) == 1, asked)
    out = o.done('jc1', 'token.bulk', request=license_of(users=[user(k) for k in range(2000, 5000)]))
    check('a job by names begins', decide('jc2', out['approval'])[0] == 200)
    o.done('slb1', 'authorisation.suspend', number=HYDRO, reason='x')
    until(lambda: o.get('jc1', 'bulk/' + out['job'])['state'] == 'HELD', 60)
    refused_by('while it is not over, licenses are not to be signed: it could not go on', o.do('hb-fin1', 'officer-key.require', tokens='one'), out['job'], 409)
    o.done('jc1', 'bulk.stop', id=out['job'], reason='x')
    check('stopped, it is in nobody\'s way', 'approval' in o.done('hb-fin1', 'officer-key.require', tokens='one'))


h = Home(cases=True)
h.offset = 0
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    o = Signing(h)
    by_names()
    o.begin()
    a, b = o.keys
    o.keys = []
    j1, j2 = operators_keys(a, b)
    the_rule(a, b, j1)
    asked, used, tokens = single(a, j1, j2)
    compact = o.get('jc1', 'token/' + tokens[0])['compact']
    request(j1)
    rows, ids = bulk(j1, j2)
    twin_payload = twin(j1, tokens[1])
    lifting = resumed(a, j1, j2, tokens[0])
    own, fresh = conquered(a, b, j1, j2, used, compact, lifting, twin_payload)
    once(j1, own, fresh, compact)
    two_sign(a, b, j1, j2)
    rebuilt(h)
finally:
    h.close()
finish()
