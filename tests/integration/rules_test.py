"""The rules at their commands, on a demo home: what each refuses, by its number, and
what it lets through beside that."""
from lib import *

HEAD = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'


def card(no, **rights):
    return {'basic': {'asset_no': no, 'name': 'rules ' + no, 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': dict({'rights': ['HOLD', 'OPER', 'USE'], 'modes': [], 'dispute': False, 'public_data': False}, **rights),
            'use': {}, 'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z'}}


def apply_for(no, holder='hbsw1', reviewer='hbsw-sup', decider='hb-fin3'):
    """from a card to REGISTERED"""
    rg = done(holder, 'registration.submit', asset=no)['id']
    return done(decider, 'registration.decide', id=rg, accept=True)


def register(no, shared='', **rights):
    """from nothing to REGISTERED, for the Hubei water centre; the ledger entry"""
    done('hbsw1', 'ledger.import', file=HEAD + 'L-%s,C-%s,rules %s,,%s,%s,否\r\n' % (no, no, no, '共享取得' if shared else '自主采集', shared))
    lg = next(r['id'] for r in h.api('GET', '/api/v1/ledger?limit=1000', None, officers.token('hbsw1'))[1]['items'] if r['ledger_no'] == 'L-' + no)
    done('hbsw1', 'ledger.recognise', id=lg, result='ASSET', decision='x')
    done('hb-fin1', 'ledger.confirm', id=lg)
    done('hbsw1', 'asset.card', ledger=lg, card=card(no, **rights))
    apply_for(no)
    return lg


def certify(no):
    ap = done('hb-fin1', 'certificate.issue', assets=[no])['approval']
    return done('hb-fin2', 'approval.approve', id=ap)['certificates'][0]


def state(noun, name):
    return h.api('GET', '/api/v1/%s/%s' % (noun, name), None, officers.token('hb-fin1'))[1].get('state')


def apart():
    """R22: who registered an asset does not issue its certificate"""
    register('R-1')
    refused('who decided the registration does not ask for the certificate', do('hb-fin3', 'certificate.issue', assets=['R-1']), 'R22')
    ap = done('hb-fin1', 'certificate.issue', assets=['R-1'])['approval']
    refused('nor approve it', do('hb-fin3', 'approval.approve', id=ap), 'R22')
    code, out = do('hb-fin2', 'approval.approve', id=ap)
    check('two others issue it', code == 200 and out.get('issued') == 1, out)


def lifting():
    """who suspended decides who resumes (domain.md decision 8)"""
    lower = 'domain.md decision 8'
    number = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-420000-202604'))
    refused('what the finance department suspended the implementer does not resume', do('sj1', 'authorisation.resume', number=number, reason='x'), lower)
    ap = done('hb-fin1', 'authorisation.resume', number=number, reason='x')['approval']
    code, out = do('hb-fin2', 'approval.approve', id=ap)
    check('two of its own officers do', code == 200 and state('authorisation', number) == 'ACTIVE', out)
    done('sj1', 'authorisation.suspend', number=number, reason='x')
    ap = done('sj1', 'authorisation.resume', number=number, reason='x')['approval']
    code, out = do('hb-fin1', 'authorisation.suspend', number=number, reason='x')
    check('a higher party suspends what a lower one suspended', code == 200, out)
    check('then the lower one\'s open request is void', do('sj2', 'approval.approve', id=ap)[0] == 409 and state('approval', ap) == 'REFUSED')
    refused('nor is a new one taken', do('sj2', 'authorisation.resume', number=number, reason='x'), lower)
    check('a lower party does not suspend once more', do('sj1', 'authorisation.suspend', number=number, reason='x')[0] == 409)
    ap = done('hb-fin1', 'authorisation.resume', number=number, reason='x')['approval']
    code, out = do('hb-fin2', 'approval.approve', id=ap)
    check('and does not keep the higher one from resuming', code == 200 and state('authorisation', number) == 'ACTIVE', out)
    kinds = [e['kind'] for e in h.cli('event', 'list', '--object', number)[1]['items']]
    check('raising is an event of its own', kinds[-2:] == ['authorisation.suspension-raised', 'authorisation.resumed'], kinds)

    meteo = next(a['number'] for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000002'))
    tok = next(t['id'] for t in h.cli('token', 'list', '--authorisation', meteo)[1]['items'] if t['state'] == 'SUSPENDED')
    ap = done('jc1', 'token.resume', id=tok, reason='x')['approval']
    code, out = do('qx1', 'token.suspend', id=tok, reason='x')
    check('the implementer suspends the token that its operator suspended', code == 200, out)
    check('the operator does not resume it, by an open request', do('jc2', 'approval.approve', id=ap)[0] == 409 and state('token', tok) == 'SUSPENDED')
    refused('nor by a new one', do('jc2', 'token.resume', id=tok, reason='x'), lower)
    ap = done('qx1', 'token.resume', id=tok, reason='x')['approval']
    code, out = do('qx2', 'approval.approve', id=ap)
    check('the implementer does', code == 200 and state('token', tok) == 'ACTIVE', out)
    done('jc1', 'token.suspend', id=tok, reason='x')
    ap = done('jc1', 'token.resume', id=tok, reason='x')['approval']
    check('and the operator its own suspension', do('jc2', 'approval.approve', id=ap)[0] == 200)


def propose(who, certificate, operator='91420100DEMA001011', **change):
    documents = {k: 'x' for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan', 'consent')}
    documents.update(change.pop('documents', {}))
    today = time.time() + 8 * 3600
    day = lambda n: time.strftime('%Y-%m-%d', time.gmtime(today + n * 86400))
    grant = {'mode': 'WHOLE', 'domains': [], 'scenarios': [], 'rights': ['USE'], 'purposes': ['INDUSTRY'], 'actions': ['QUERY', 'REDEVELOP'],
             'territory': ['420000'], 'environment': [], 'quota': None, 'depth': 0}
    p = {'certificates': [certificate], 'operator': operator, 'grant': grant, 'terms': 'paid', 'from': day(0), 'to': day(365),
         'documents': documents, 'shared': True, 'selection': 'x', 'operator_conditions': 'x'}
    p.update(change)
    return do(who, 'authorisation.propose', proposal=p)


def organisation(usci, name, roles, affiliates):
    ap = done('hb-fin1', 'organisation.add', usci=usci, name=name, kind='ENT', level='省', div6='420000', finance='11420000DEMA00013M',
              roles=roles, affiliates=affiliates, override='illustrative')['approval']
    done('hb-fin2', 'approval.approve', id=ap)


def user(login, org, roles):
    """a new user, enrolled, with a session"""
    asked = done('hb-fin1', 'user.add', login=login, name=login, person='p-' + login, org=org, roles=roles)
    given = done('hb-fin2', 'approval.approve', id=asked['approval'])
    code = given.get('code') or asked['code_first'] + '-' + given['code_second']
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', code, '--json'], capture_output=True, text=True,
                       env=dict(os.environ, FUJIE_NEW_PASSWORD='a long enough password'), timeout=300, stdin=subprocess.DEVNULL)
    uri = json.loads(r.stdout)['totp']
    h.demo['logins'].append({'login': login, 'password': 'a long enough password', 'totp': uri})


def authorising():
    """consent, conditions and selection say something (R16, R38, R39); the implementer is no side of the operator"""
    register('R-2', shared='某局')
    number = certify('R-2')
    for blank in ('', ' \t', '\u3000', '\u00a0\u200b'):
        refused('a consent of %r is none' % blank, propose('hbsw1', number, documents={'consent': blank}), 'R16')
        refused('nor is it when the proposer says the data is not shared', propose('hbsw1', number, shared=False, documents={'consent': blank}), 'R16')
        refused('conditions of %r are none' % blank, propose('hbsw1', number, operator_conditions=blank), 'R38')
        refused('a selection of %r is none' % blank, propose('hbsw1', number, selection=blank), 'R39')
        refused('a study of %r is none' % blank, propose('hbsw1', number, documents={'feasibility': blank}), 'R30')
    organisation('91420100DEMC00013A', '关联运营（虚构）', ['OPERATOR'], ['12420000DEMA00099D'])
    refused('an operator that declares the implementer as affiliate is refused', propose('hbsw1', number, '91420100DEMC00013A'), 'domain.md 6')
    organisation('91420100DEMC000224', '关联实施（虚构）', ['IMPLEMENTER', 'OPERATOR'], ['91420100DEMA001011'])
    user('impl1', '91420100DEMC000224', ['IMPLEMENTER'])
    refused('an operator that the implementer declares is refused', propose('impl1', number), 'domain.md 6')
    refused('so is the implementer itself', propose('impl1', number, '91420100DEMC000224'), 'domain.md 6')
    code, out = propose('hbsw1', number)
    check('with all of it the proposal is taken', code == 200, out)
    code, out = do('hb-fin1', 'approval.approve', id=out.get('approval', ''))
    check('and approved', code == 200 and out.get('issued') == 1, out)


def every_place():
    """lessons.md 5: of 64 certificates one that is not in force is found wherever it stands"""
    for no in ('R-8', 'R-9'):
        register(no)
    good, held = certify('R-8'), certify('R-9')
    check('64 certificates in force are taken', propose('hbsw1', good, certificates=[good] * 64)[0] == 200)
    done('hb-fin1', 'certificate.suspend', number=held, reason='x')
    said = [propose('hbsw1', good, certificates=[good] * i + [held] + [good] * (63 - i)) for i in range(64)]
    check('one of them suspended refuses, at each of 64 places (R01)', all(code == 409 and out.get('rule') == 'R01' for code, out in said), said[0])


def revoke(number, reason):
    ap = done('hb-fin1', 'certificate.revoke', number=number, reason=reason)['approval']
    done('hb-fin2', 'approval.approve', id=ap)


def ending():
    """what becomes of an asset whose certificate was revoked"""
    lg = register('R-3')
    revoke(certify('R-3'), 'privilegeWithdrawn')
    check('after a withdrawal the asset is CARDED', state('asset', 'R-3') == 'CARDED', state('asset', 'R-3'))
    check('it is not certified again as it is', do('hb-fin1', 'certificate.issue', assets=['R-3'])[0] == 409)
    refused('nor registered without a correction', do('hbsw1', 'registration.submit', asset='R-3'), 'R23')
    code, out = do('hbsw1', 'asset.card', ledger=lg, card=card('R-3', encumbrance=['x']))
    check('a new version of its card is filled in', code == 200 and out.get('version') == 2, out)
    apply_for('R-3')
    second = certify('R-3')
    check('registered again it is certified again', state('certificate', second) == 'ACTIVE')
    for reason in ('superseded', 'keyCompromise'):
        revoke(second, reason)
        check('after %s it is REGISTERED' % reason, state('asset', 'R-3') == 'REGISTERED', state('asset', 'R-3'))
        second = certify('R-3')
    for n, (reason, final) in enumerate((('cessationOfOperation', 'CANCELLED'), ('affiliationChanged', 'TRANSFERRED')), 4):
        no = 'R-%d' % n
        lg = register(no)
        revoke(certify(no), reason)
        check('after %s the asset is %s' % (reason, final), state('asset', no) == final, state('asset', no))
        refused('no new card brings it back', do('hbsw1', 'asset.card', ledger=lg, card=card(no)), 'R23')
        refused('no application', do('hbsw1', 'registration.submit', asset=no), 'R23')
        refused('and no certificate', do('hb-fin1', 'certificate.issue', assets=[no]), 'R23')


def collateral():
    """R05: the certified card discloses, not the asker; R04 before all; and who may ask"""
    bank = '示例银行（虚构）'
    check('the caller\'s word is no field', do('yj1', 'collateral.request', asset='GX-2026-0003', creditor=bank, disclosed=True)[0] == 422)
    refused('an encumbrance that is registered is not registered twice', do('yj1', 'collateral.request', asset='GX-2026-0003', creditor=bank), 'R05')
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0003', creditor='另一示例银行（虚构）')
    check('what an enterprise\'s certified card discloses passes', code == 200 and out.get('refused') is False, out)
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0001', creditor=bank)
    check('without a certificate in force nothing is disclosed (R05)', code == 409 and out.get('refused') is True and out.get('rule') == 'R05', out)
    number = next(c['number'] for c in h.demo['certificates'] if c['number'].startswith('DAC-450000-202605-000003'))
    done('gx-fin1', 'certificate.suspend', number=number, reason='x')
    code, out = do('yj1', 'collateral.request', asset='GX-2026-0003', creditor=bank)
    check('a suspended one discloses nothing', out.get('refused') is True and out.get('rule') == 'R05', out)
    for who, asset in (('yj1', 'SZ-2026-0001'), ('pc1', 'HB-2026-0001'), ('qs1', 'HB-2026-0001')):
        refused('%s is no party of %s and may not ask' % (who, asset), do(who, 'collateral.request', asset=asset, creditor=bank), 'domain.md 6')
    for who, what in (('hbsw1', 'the holder'), ('jc1', 'the operator of an authorisation that covers it')):
        code, out = do(who, 'collateral.request', asset='HB-2026-0001', creditor=bank)
        check('a public institution\'s asset secures nothing, whoever asks (R04): %s' % what, out.get('refused') is True and out.get('rule') == 'R04', out)
    code, out = do('slb1', 'collateral.request', asset='SL-2026-0001', creditor=bank)
    check('nor when its implementer asks', code == 409 and out.get('rule') == 'R04', out)
    kinds = [e['kind'] for e in h.cli('event', 'list', '--object', 'HB-2026-0001')[1]['items']]
    check('attempts are events, those of strangers are not', kinds.count('collateral.refused') == 3, kinds)


def persons():
    refused('a person is identified by plain characters', do('hb-fin1', 'user.add', login='odd', name='x', person='张三',
            org='11420000DEMA00013M', roles=['FINANCE']), 'R22')


h = Home()
officers = Officers(h)
do, done = officers.do, officers.done
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    for part in (apart, lifting, authorising, every_place, ending, collateral, persons):
        part()
    code, out = h.cli('db', 'rebuild')
    check('the events give every table again', code == 0 and out.get('same') is True, out)
finally:
    h.stop()
    h.close()
finish()
