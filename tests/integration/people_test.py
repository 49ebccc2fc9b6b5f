"""Organisations and people on a demo home: who enters, changes, moves, deputises, leaves;
approval chains, auditor, access review.  Each refusal by its rule, in both languages.  All
codes, names and persons are illustrative."""
from lib import *

HUBEI, GUIZHOU, WATER, MOF = '11420000DEMA00013M', '11520000DEMA000217', '12420000DEMA00099D', '11100000DEMA00056N'
PASSWORD = 'a long enough password'


def show(noun, name, who='hb-fin1'):
    return h.api('GET', '/api/v1/%s/%s' % (noun, name), None, officers.token(who))[1]


def usci(first, division, body):
    a = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    r = 11 - sum(int(c, 36) * k for c, k in zip(body, (3, 7, 9, 10, 5, 8, 4, 2))) % 11
    s = first + division + body + ('X' if r == 10 else '0' if r == 11 else str(r))
    return s + a[(31 - sum(a.index(c) * pow(3, i, 31) for i, c in enumerate(s)) % 31) % 31]


def enrol(login, code, password=PASSWORD):
    r = subprocess.run([B + '/fujie', 'user', 'enrol', '--dir', h.d, '--login', login, '--code', code, '--json'], capture_output=True, text=True,
                       env=dict(os.environ, FUJIE_NEW_PASSWORD=password), timeout=300, stdin=subprocess.DEVNULL)
    return r.returncode, json.loads(r.stdout)


def hire(login, org, roles, first='hb-fin1', second='hb-fin2', person=None):
    asked, given = two(first, second, 'user.add', login=login, name=login, person=person or 'p-' + login, org=org, roles=roles)
    code, out = enrol(login, asked['code_first'] + '-' + given['code_second'])
    assert code == 0, out
    h.demo['logins'].append({'login': login, 'password': PASSWORD, 'totp': out['totp']})


def lets_in(login, code=None):
    l = h.login(login)
    return h.api('POST', '/api/v1/session', {'login': login, 'password': l['password'], 'totp': totp(l['totp']) if code is None else code})[0] == 200


def day(n=0):
    return time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600 + n * 86400))


def organisations():
    base = {'name': '示例数据公司（虚构）', 'kind': 'ENT', 'level': '省', 'div6': '420000', 'finance': HUBEI, 'roles': ['USER']}
    bad = usci('91', '420000', 'DEMR0001')
    bad = bad[:17] + ('0' if bad[17] != '0' else '1')
    refused('a check character that fails is not taken without a reason', do('hb-fin1', 'organisation.add', usci=bad, **base), 'R35')
    asked, _ = two('hb-fin1', 'hb-fin2', 'organisation.add', usci=bad, override='证照原件如此（虚构）', **base)
    check('with one it is, and warns', [w['rule'] for w in asked['warnings']] == ['R35'] and show('organisation', bad)['override'] != '', asked)
    refused('a name of blanks is none', do('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0009'), **dict(base, name=' \u3000')), 'domain.md 4.1')

    odd = usci('12', '420000', 'DEMR0002')
    refused('a public code with an enterprise\'s kind needs a note', do('hb-fin1', 'organisation.add', usci=odd, **base), 'domain.md 3.4')
    ap = done('hb-fin1', 'organisation.add', usci=odd, note='转企改制，证照未换（虚构）', **base)['approval']
    seen = show('approval', ap, 'hb-fin2')
    check('the second officer is shown the contradiction', odd in seen['to_confirm']['zh'] and odd in seen['to_confirm']['en'], seen)
    refused('who does not confirm it does not approve', do('hb-fin2', 'approval.approve', id=ap), 'domain.md 3.4')
    check('who confirms it does', do('hb-fin2', 'approval.approve', id=ap, confirm=True)[0] == 200 and show('organisation', odd)['kind'] == 'ENT')
    close = usci('12', '420000', 'DEMR0003')
    asked = done('hb-fin1', 'organisation.add', usci=close, **dict(base, kind='ADMIN'))
    check('a kind beside the code\'s is a warning only', [w['rule'] for w in asked['warnings']] == ['domain.md 3.4'], asked)
    done('hb-fin2', 'approval.reject', id=asked['approval'], note='示例')

    refused('its own superior it is not', do('hb-fin1', 'organisation.add', usci=close, **dict(base, kind='INST', dept=close)), 'domain.md 4.1')
    refused('an affiliate is a code', do('hb-fin1', 'organisation.add', usci=close, **dict(base, kind='INST', affiliates=['x'])), '27号 art. 6')
    partner = usci('91', '420000', 'DEMR0004')
    asked, _ = two('hb-fin1', 'hb-fin2', 'organisation.add', usci=partner, **dict(base, affiliates=[bad], div6='420115', dept=usci('11', '420000', 'DEMR0005')))
    check('a division and a superior that are not known warn', sorted(w['rule'] for w in asked['warnings']) == ['GB/T 2260', 'domain.md 4.1'], asked)
    check('an affiliation is seen from both sides', show('organisation', bad)['affiliate_of'] == [partner] and show('organisation', partner)['affiliates'] == [bad])
    return bad, odd, partner


def divisions(partner):
    refused('only the department that made the appliance loads divisions', do('hb-fin1', 'division.load', file='420115,江夏区', source='示例'), 'R40')
    for what, text in (('a code of five digits', '42011,江夏区'), ('a name that says nothing', '420115, '), ('a code twice', '420115,甲\n420115,乙'), ('no rows', '代码,名称\n')):
        refused('divisions with %s are refused' % what, do('mof1', 'division.load', file=text, source='示例'), 'GB/T 2260')
    two('mof1', 'mof2', 'division.load', file='代码,名称\n420115,江夏区（示例）\n', source='示例表（虚构）')
    check('a division that was loaded is known', show('organisation', partner)['division'] == '江夏区（示例）')
    codes = [d['code'] for d in h.cli('division', 'list')[1]['items']]
    check('those of the pilot were there before', {'100000', '210200', '440300', '420115'} <= set(codes) and codes == sorted(codes), codes)


def changing(one, odd):
    refused('another finance department changes nothing here', do('gz-fin1', 'organisation.change', usci=one, name='x'), 'R40')
    refused('what changes nothing is refused', do('hb-fin1', 'organisation.change', usci=one, name='示例数据公司（虚构）'), 'domain.md 4.1')
    refused('a change is checked as an entry is', do('hb-fin1', 'organisation.change', usci=one, kind='INST'), 'domain.md 3.4')
    refused('its level stays the department\'s', do('hb-fin1', 'organisation.change', usci=one, level='市'), 'R40')
    asked = done('hb-fin1', 'organisation.change', usci=one, name='更名数据公司（虚构）', roles=['USER', 'DEVELOPER'], dishonest=True, mlps=3)
    check('the changes are shown', asked['changes']['name'] == {'from': '示例数据公司（虚构）', 'to': '更名数据公司（虚构）'} and set(asked['changes']) == {'name', 'roles', 'dishonest', 'mlps'}, asked)
    refused('the applicant does not approve it', do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    check('nothing has changed yet', show('organisation', one)['name'] == '示例数据公司（虚构）')
    done('hb-fin2', 'approval.approve', id=asked['approval'])
    o = show('organisation', one)
    check('then all of it has', o['name'] == '更名数据公司（虚构）' and o['roles'] == ['DEVELOPER', 'USER'] and o['dishonest'] is True and o['mlps'] == 3, o)
    e = h.cli('event', 'list', '--object', one)[1]['items'][-1]
    check('as an event with both states and the approval', e['kind'] == 'organisation.changed' and e['body']['changes']['mlps'] == {'from': 0, 'to': 3} and e['approval'] == asked['approval'], e)

    ap = done('hb-fin1', 'organisation.change', usci=odd, kind='INST')['approval']
    refused('a change of kind is confirmed expressly', do('hb-fin2', 'approval.approve', id=ap), 'domain.md 3.4')
    answer = do('hb-fin2', 'approval.approve', id=ap, confirm=True)
    check('then done', answer[0] == 200 and show('organisation', odd)['kind'] == 'INST', answer)

    refused('a finance department that others name stays one', do('mof1', 'organisation.change', usci=HUBEI, roles=['HOLDER']), 'R40')
    refused('to which another department\'s officers say no', do('hb-fin1', 'organisation.change', usci=HUBEI, name='x'), 'R40')
    ap = done('hb-fin1', 'organisation.change', usci=one, finance=GUIZHOU, div6='520000')['approval']
    refused('who passes to another department is approved by that one', do('hb-fin2', 'approval.approve', id=ap), 'R22')
    check('and is then its', do('gz-fin1', 'approval.approve', id=ap)[0] == 200 and show('organisation', one)['finance'] == GUIZHOU)
    refused('and no longer the former one\'s', do('hb-fin1', 'organisation.change', usci=one, name='x'), 'R40')


def lists():
    csv = h.cli('organisation', 'template')[1]['csv']
    check('the pilot list has 29 rows, and says that its codes are invented', csv.count('\n') == 30 and csv.count('illustrative') == 29)
    code, out = do('mof1', 'organisation.import', file=csv, dry_run=True)
    check('a dry run says what would be entered', code == 200 and len(out['organisations']) == 24 and len(out['set_aside']) == 5, out)
    check('what is there already is set aside by line', all(a['line'] > 1 and a['detail']['zh'] for a in out['set_aside']), out['set_aside'])
    refused('an empty list of headings is refused', do('mof1', 'organisation.import', file='a,b\n1,2\n'), 'domain.md 4.1')
    asked = done('mof1', 'organisation.import', file=csv)
    check('all good rows are one approval, with a digest over them', asked['rows'] == 24 and len(asked['digest']) == 64, asked)
    code, out = do('mof1', 'organisation.import', file=csv)
    check('the same list asked for twice is one request', code == 409, out)
    refused('the applicant does not approve it', do('mof1', 'approval.approve', id=asked['approval']), 'R22')
    out = done('mof2', 'approval.approve', id=asked['approval'])
    check('a second officer enters them', out['entered'] == 24 and out['set_aside'] == [], out)
    names = {o['name']: o for o in h.cli('organisation', 'list', '--limit', '1000')[1]['items']}
    check('departments and enterprises of the centre stand under the importing department', names['中国科学院']['finance'] == MOF and names['中国南方电网有限责任公司']['kind'] == 'UTIL')
    check('finance departments under themselves', names['大连市财政局']['finance'] == names['大连市财政局']['usci'] and names['大连市财政局']['div6'] == '210200')
    code, out = do('mof1', 'organisation.import', file=csv)
    check('the same list a second time changes nothing', code == 422 and out['refused'] is True and len(out['set_aside']) == 29, out)

    head = 'usci,name,kind,level,div6,roles,dishonest,mlps,note,extra\n'
    good, odd = usci('91', '100000', 'DEMR0011'), usci('12', '100000', 'DEMR0012')
    rows = ['%s,好单位（虚构）,其他企业,中央,100000,USER;DEVELOPER,否,2,,x' % good, 'X,坏码,ENT,中央,100000,USER,,,,x', '%s,重复,ENT,中央,100000,USER,,,,x' % good,
            '%s,外地,ENT,省,420000,USER,,,,x' % usci('91', '420000', 'DEMR0013'), '%s,角色,ENT,中央,100000,KING,,,,x' % usci('91', '100000', 'DEMR0014'),
            '%s,失信,ENT,中央,100000,USER,maybe,,,x' % usci('91', '100000', 'DEMR0015'), '%s,等保,ENT,中央,100000,USER,否,9,,x' % usci('91', '100000', 'DEMR0016'),
            '"%s,引号' % usci('91', '100000', 'DEMR0017')]
    code, out = do('mof1', 'organisation.import', file=head + '\n'.join(rows), dry_run=True)
    rules = {a['line']: a.get('rule') for a in out['set_aside']}
    check('each faulty row is set aside with its line and rule', code == 200 and len(out['organisations']) == 1 and
          [rules.get(n) for n in (3, 5, 6, 7, 8)] == ['GB 32100', 'R40', 'domain.md 6', '27号 art. 12', '35号 art. 7(六)'] and {4, 9} <= set(rules), out['set_aside'])
    gb = base64.urlsafe_b64encode((head + rows[0]).encode('gb18030')).decode().rstrip('=')
    code, out = do('mof1', 'organisation.import', file={'base64url': gb}, dry_run=True)
    check('a list in GB18030 is read as well', code == 200 and out['organisations'][0]['name'] == '好单位（虚构）', out)
    ap = done('mof1', 'organisation.import', file=head + '%s,改制（虚构）,ENT,中央,100000,USER,,,转企（虚构）,x\n' % odd)['approval']
    refused('a list with a contradiction is confirmed expressly too', do('mof2', 'approval.approve', id=ap), 'domain.md 3.4')
    check('and then entered', done('mof2', 'approval.approve', id=ap, confirm=True)['entered'] == 1)


def users():
    who = dict(login='pz1', name='示例', person='p-pz1', org=WATER, roles=['HOLDER'])
    refused('roles are those of the organisation', do('hb-fin1', 'user.add', **dict(who, roles=['OPERATOR'])), 'domain.md 6')
    refused('an auditor has no other role', do('mof1', 'user.add', login='au2', name='x', person='p-au2', org=MOF, roles=['AUDITOR', 'FINANCE']), 'domain.md 6')
    refused('another finance department does not', do('gz-fin1', 'user.add', **who), 'R40')
    hire('pz1', WATER, ['HOLDER'])
    refused('one natural person is one officer', do('hb-fin1', 'user.add', **dict(who, login='pz1b')), 'R22')

    refused('nobody is moved to roles that the organisation lacks', do('hb-fin1', 'user.move', login='pz1', roles=['OPERATOR']), 'domain.md 6')
    refused('nor by a strange department', do('gz-fin1', 'user.move', login='pz1', roles=['SUPERIOR']), 'R40')
    check('he reads', do('pz1', 'asset.list')[0] == 200)
    ap = done('hb-fin1', 'user.move', login='pz1', roles=['SUPERIOR'], reason='示例')['approval']
    refused('the applicant does not approve a move', do('hb-fin1', 'approval.approve', id=ap), 'R22')
    done('hb-fin2', 'approval.approve', id=ap)
    check('a move ends the sessions', do('pz1', 'asset.list')[0] == 401)
    check('and leaves other roles', show('user', 'pz1')['roles'] == ['SUPERIOR'])
    two('hb-fin1', 'gz-fin1', 'user.move', login='pz1', org=GUIZHOU, roles=['HOLDER'])
    check('to another organisation its own department approves', show('user', 'pz1')['org'] == GUIZHOU)

    code, out = do('gz-fin1', 'user.reset', login='pz1', what='all')
    check('what is reset is password or factor', code == 422 and out['detail']['zh'] != '', out)
    hire('pz2', WATER, ['HOLDER'])
    do('pz2', 'asset.list')
    refused('a strange department resets nothing', do('gz-fin1', 'user.reset', login='pz2', what='password'), 'R40')
    asked = done('hb-fin1', 'user.reset', login='pz2', what='password')
    refused('nor does the applicant alone', do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    given = done('hb-fin2', 'approval.approve', id=asked['approval'])
    check('a reset ends the sessions and shuts the door', do('pz2', 'asset.list')[0] == 401 and not lets_in('pz2'))
    code, out = enrol('pz2', asked['code_first'] + '-00000000', 'another long password')
    check('half a code is none', code != 0, out)
    code, out = enrol('pz2', asked['code_first'] + '-' + given['code_second'], 'another long password')
    check('a new password keeps the factor', code == 0 and out.get('factor_kept') is True and 'totp' not in out, out)
    check('the former password is dead', not lets_in('pz2'))
    h.login('pz2')['password'] = 'another long password'
    check('the new one lets in, with the factor', lets_in('pz2', h.code('pz2')))

    hire('pz3', WATER, ['HOLDER'])
    old = dict(h.login('pz3'))
    asked, given = two('hb-fin1', 'hb-fin2', 'user.reset', login='pz3', what='factor')
    check('without its factor a password lets nobody in', not lets_in('pz3', '') and not lets_in('pz3'))
    code, out = enrol('pz3', asked['code_first'] + '-' + given['code_second'], 'some other password')
    check('a new factor needs the password that was kept', code != 0 and out.get('error') == 'not-signed-in', out)
    code, out = enrol('pz3', asked['code_first'] + '-' + given['code_second'])
    check('and is another one', code == 0 and out['totp'] != old['totp'], out)
    check('the former factor is dead', not lets_in('pz3'))
    h.login('pz3')['totp'] = out['totp']
    check('with the new one he signs in', lets_in('pz3'))

    two('gz-fin1', 'gz-fin2', 'user.disable', login='pz1')
    check('a disabled user does not', not lets_in('pz1'))
    for command, body in (('user.move', {'roles': ['HOLDER']}), ('user.reset', {'what': 'password'}), ('user.handover', {'to': 'gz-hold1'})):
        code, out = do('gz-fin1', command, login='pz1', **body)
        check('%s: a disabled user stays one' % command, code == 409 and out['detail']['zh'] != '', out)
    two('mof1', 'mof2', 'user.disable', login='mof3')
    refused('the department that made the appliance keeps two officers', do('mof1', 'user.disable', login='mof2'), 'R22')
    refused('also from being moved', do('mof1', 'user.move', login='mof2', roles=['AUDITOR']), 'R22')


def deputies():
    hire('hb-clerk', WATER, ['HOLDER'])
    hire('hb-fin4', HUBEI, ['FINANCE'])
    ask = lambda by, login, deputy, a=0, b=0: do(by, 'user.deputise', login=login, deputy=deputy, **{'from': day(a), 'to': day(b)})
    d10 = 'domain.md decision 10'
    refused('a deputy is of the same organisation', ask('hb-fin1', 'hb-fin1', 'hbsw1'), d10)
    refused('nobody is the own deputy', ask('hb-fin1', 'hb-fin1', 'hb-fin1'), 'R22')
    refused('nobody asks for powers for himself', ask('hb-fin2', 'hb-fin1', 'hb-fin2'), 'R22')
    refused('days do not run backwards', ask('hb-fin1', 'hb-fin1', 'hb-fin4', 1, 0), d10)
    refused('nor lie behind', ask('hb-fin1', 'hb-fin1', 'hb-fin4', -3, -1), d10)
    refused('a delegation has an end within 366 days', ask('hb-fin1', 'hb-fin1', 'hb-fin4', 0, 366), d10)
    refused('another department names no deputies here', ask('gz-fin1', 'hb-fin1', 'hb-fin4'), 'R40')
    ap = ask('hb-fin1', 'hb-fin1', 'hb-fin4')[1]['approval']
    refused('the deputy does not approve it', do('hb-fin4', 'approval.approve', id=ap), 'R22')
    first = done('hb-fin2', 'approval.approve', id=ap)['delegation']
    refused('a deputy has no deputy', ask('hb-fin1', 'hb-fin4', 'hb-fin3'), d10)
    refused('who has a deputy is none', ask('hb-fin3', 'hb-fin3', 'hb-fin1'), d10)
    refused('nor is one named twice for the same days', ask('hb-fin1', 'hb-fin1', 'hb-fin4'), d10)
    done('hb-fin3', 'user.deputise', login='hb-fin3', deputy='hb-fin4', **{'from': day(1), 'to': day(2)})
    open_ = [a for a in h.api('GET', '/api/v1/approval', None, officers.token('hb-fin2'))[1]['items'] if a['kind'] == 'user.deputise'][0]
    done('hb-fin2', 'approval.approve', id=open_['id'])
    refused('before the first day he is no deputy', do('hb-fin4', 'approval.list', behalf='hb-fin3'), d10)
    refused('of a stranger he never is', do('hb-fin4', 'approval.list', behalf='gz-fin1'), d10)
    check('today he is', do('hb-fin4', 'approval.list', behalf='hb-fin1')[0] == 200)

    base = {'name': '代理示例公司（虚构）', 'kind': 'ENT', 'level': '省', 'div6': '420000', 'finance': HUBEI, 'roles': ['USER']}
    ap = done('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0021'), **base)['approval']
    check('in his own right he approves what the principal asked for', show('approval', ap, 'hb-fin4')['mine'] is True)
    refused('as the applicant\'s deputy he does not', do('hb-fin4', 'approval.approve', id=ap, behalf='hb-fin1'), 'R22')
    done('hb-fin2', 'approval.reject', id=ap, note='示例')
    code = usci('91', '420000', 'DEMR0022')
    asked = done('hb-fin4', 'organisation.add', usci=code, behalf='hb-fin1', **base)
    seen = show('approval', asked['approval'], 'hb-fin2')
    check('what a deputy asks for says for whom', seen['applicant'] == 'hb-fin4' and seen['behalf'] == 'hb-fin1', seen)
    refused('the principal does not approve what was asked in his name', do('hb-fin1', 'approval.approve', id=asked['approval']), 'R22')
    done('hb-fin2', 'approval.approve', id=asked['approval'])
    events = h.cli('event', 'list', '--object', asked['approval'])[1]['items']
    check('nor does the log forget it', events[0]['body']['behalf'] == 'hb-fin1' and events[0]['actor'] == 'hb-fin4' and 'behalf' not in events[1]['body'], events)
    refused('a deputy can\'t deputise', do('hb-fin4', 'user.deputise', login='hb-fin1', deputy='hb-fin3', behalf='hb-fin1', **{'from': day(), 'to': day()}), d10)

    two('hb-fin1', 'hb-fin2', 'user.deputise', login='hbsw-sup', deputy='hb-clerk', **{'from': day(), 'to': day()})
    check('a deputy has the principal\'s roles, not more', do('hb-clerk', 'registration.endorse', behalf='hbsw-sup', id='x', accept=True)[0] in (404, 409, 422))
    refused('and without saying so his own', do('hb-clerk', 'registration.endorse', id='x', accept=True), 'domain.md 6')
    refused('nor more than the principal', do('hb-clerk', 'certificate.issue', behalf='hbsw-sup', assets=['x']), 'domain.md 6')
    ap = done('hb-fin1', 'user.undeputise', id=first, reason='示例')['approval']
    done('hb-fin2', 'approval.approve', id=ap)
    refused('a delegation that was ended early gives nothing', do('hb-fin4', 'approval.list', behalf='hb-fin1'), d10)
    refused('and is not ended twice', do('hb-fin1', 'user.undeputise', id=first), d10)
    states = {d['principal']: d['state'] for d in h.cli('delegation', 'list')[1]['items']}
    check('delegations are listed with what they are', states == {'hb-fin1': 'ENDED', 'hb-fin3': 'FUTURE', 'hbsw-sup': 'ACTIVE'}, states)


def chains():
    """levels from the profile, each another person"""
    base = {'kind': 'ENT', 'level': '省', 'div6': '420000', 'finance': HUBEI, 'roles': ['USER']}
    six = [{'role': 'HOLDER', 'org': 'holder'}, {'role': 'SUPERIOR', 'org': 'superior'}, {'role': 'IMPLEMENTER', 'org': 'holder'},
           {'role': 'FINANCE', 'org': 'own'}, {'role': 'FINANCE', 'org': 'finance'}, {'role': 'FINANCE', 'org': 'finance'}]
    propose = lambda c: two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'chains': c})
    propose({'organisation.change': six, 'organisation.add': [{'role': 'SUPERIOR', 'org': 'own'}]})
    asked = done('hb-fin1', 'organisation.change', usci=WATER, mlps=2)
    ap = asked['approval']
    propose({'organisation.add': [{'role': 'FINANCE', 'org': 'own'}, {'role': 'FINANCE', 'org': 'own'}]})
    seen = show('approval', ap)
    check('a chain has six levels, fixed when it was asked for', seen['levels'] == 6 and seen['level'] == 1 and [l['roles'][0] for l in seen['chain']] ==
          ['HOLDER', 'SUPERIOR', 'IMPLEMENTER', 'FINANCE', 'FINANCE', 'FINANCE'], seen)
    check('whose turn it is is said', seen['waiting_for']['role'] == 'HOLDER' and seen['waiting_for']['org'] == WATER and seen['mine'] is False, seen['waiting_for'])
    refused('a higher level does not go before its turn', do('hb-fin2', 'approval.approve', id=ap), 'R22')
    steps = ['hbsw1', 'hbsw-sup', 'hbsw2', 'hb-fin2', 'hb-fin3', 'hb-fin4']
    for n, who in enumerate(steps):
        mine = done(who, 'approval.list', mine=True, kind='organisation.change')['items']
        check('level %d waits for %s' % (n + 1, who), [a['id'] for a in mine] == [ap], mine)
        if n == 3:
            refused('the applicant is at no level', do('hb-fin1', 'approval.approve', id=ap), 'R22')
        if n == 4:
            refused('one person is at one level', do('hb-fin2', 'approval.approve', id=ap), 'R22')
        out = done(who, 'approval.approve', id=ap)
        check('and level %d is decided' % (n + 1), out.get('state') == ('APPROVED' if n == 5 else 'OPEN') and (n == 5 or out['waiting_for']['level'] == n + 2), out)
        check('it is executed with the last', (show('organisation', WATER)['mlps'] == 2) == (n == 5))
    check('all six stand in the approval', [(d['level'], d['officer']) for d in show('approval', ap)['decisions']] == list(enumerate(steps, 1)))
    check('after that nobody is asked', done('hb-fin3', 'approval.list', mine=True, kind='organisation.change')['items'] == [])

    ap = done('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0031'), name='两级一（虚构）', **base)['approval']
    check('the new profile counts from then on', show('approval', ap)['levels'] == 2)
    done('hb-fin2', 'approval.approve', id=ap)
    check('a refusal at any level ends it', done('hb-fin3', 'approval.reject', id=ap, note='示例')['state'] == 'REFUSED' and do('hb-fin4', 'approval.approve', id=ap)[0] == 409)
    propose({'organisation.add': [{'role': 'SUPERIOR', 'org': 'holder'}]})
    ap = done('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0032'), name='短链（虚构）', **base)['approval']
    seen = show('approval', ap)
    check('no profile takes away what the register demands', seen['levels'] == 2 and seen['chain'][1]['roles'] == ['FINANCE'] and seen['chain'][1]['org'] == HUBEI, seen)
    propose({'organisation.add': [{'role': 'SUPERIOR', 'org': 'own'}] * 6})
    refused('a profile that would make seven levels is refused at the request', do('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0033'), name='七级（虚构）', **base), 'domain.md decision 10')
    for what, c in (('a seventh level', [{'role': 'FINANCE', 'org': 'own'}] * 7), ('no level', []), ('an unknown role', [{'role': 'KING', 'org': 'own'}]),
                    ('an unknown place', [{'role': 'FINANCE', 'org': 'moon'}])):
        code, out = do('hb-fin1', 'profile.propose', profile={'chains': {'organisation.add': c}})
        check('a profile with %s is refused' % what, code == 422 and out['detail']['zh'] != '', out)
    propose({})


def twice():
    """a deputy and another approver of the same act; taking back keeps its two refusals"""
    propose = lambda c: two('hb-fin1', 'hb-fin2', 'profile.propose', profile={'chains': c})
    propose({'organisation.add': [{'role': 'FINANCE', 'org': 'own'}, {'role': 'FINANCE', 'org': 'own'}]})
    two('hb-fin1', 'hb-fin2', 'user.deputise', login='hb-fin2', deputy='hb-fin4', **{'from': day(), 'to': day()})
    ap = done('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMR0041'), name='代理（虚构）', kind='ENT', level='省', div6='420000', finance=HUBEI, roles=['USER'])['approval']
    done('hb-fin2', 'approval.approve', id=ap)
    refused('the deputy of an approver does not decide the same act in his name', do('hb-fin4', 'approval.approve', id=ap, behalf='hb-fin2'), 'R22')
    out = done('hb-fin4', 'approval.approve', id=ap)
    check('in his own right he does', out.get('state', 'APPROVED') == 'APPROVED', out)
    propose({})
    # hbsw-sup is deputised by hb-clerk today: he decides for him without a word, and the log says so
    propose({'organisation.change': [{'role': 'SUPERIOR', 'org': 'superior'}]})
    ap = done('hb-fin1', 'organisation.change', usci=WATER, mlps=4)['approval']
    mine = done('hb-clerk', 'approval.list', mine=True)['items']
    check('a deputy finds in his list what waits for his principal', [(a['id'], a['mine_as']) for a in mine] == [(ap, 'hbsw-sup')], mine)
    done('hb-clerk', 'approval.approve', id=ap)
    d = show('approval', ap)['decisions'][0]
    check('and the decision says for whom', d['officer'] == 'hb-clerk' and d['behalf'] == 'hbsw-sup' and d['role'] == 'SUPERIOR', d)
    done('hb-fin2', 'approval.approve', id=ap)
    propose({'certificate.revoke': [{'role': 'SUPERIOR', 'org': 'superior'}]})
    number = next(c['number'] for c in h.cli('certificate', 'list')[1]['items'] if c['state'] == 'ACTIVE' and c['number'].startswith('DAC-420000'))
    ap = done('hb-fin1', 'certificate.revoke', number=number, reason='privilegeWithdrawn')['approval']
    refused('a taking-back is refused by officers of the confirming party only', do('hbsw-sup', 'approval.reject', id=ap, note='x'), 'R22')
    check('one of them does not lift it', done('hb-fin2', 'approval.reject', id=ap, note='x')['state'] == 'OPEN' and show('certificate', number)['state'] != 'ACTIVE')
    check('two do', done('hb-fin3', 'approval.reject', id=ap, note='x')['state'] == 'REFUSED' and show('certificate', number)['state'] == 'ACTIVE')
    propose({'certificate.resume': [{'role': 'SUPERIOR', 'org': 'superior'}], 'certificate.issue': [{'role': 'FINANCE', 'org': 'own'}] * 2})
    done('hb-fin1', 'certificate.suspend', number=number, reason='示例')
    ap = done('hb-fin1', 'certificate.resume', number=number, reason='示例')['approval']
    done('hbsw-sup', 'approval.approve', id=ap)
    check('half of a chain lifts no suspension', show('certificate', number)['state'] == 'SUSPENDED')
    out = done('hb-fin2', 'approval.approve', id=ap)
    check('all of it does, and the signer takes every level', show('certificate', number)['state'] == 'ACTIVE' and out.get('published') is True, out)
    _, _, (asset,) = h.registered('PP', 1)
    ap = done('hb-fin1', 'certificate.issue', assets=[asset])['approval']
    refused('who decided the registration is at no level of the certificate', do('hb-fin3', 'approval.approve', id=ap), 'R22')
    done('hb-fin4', 'approval.approve', id=ap)
    out = done('hb-fin2', 'approval.approve', id=ap)
    check('three others issue it', out.get('issued') == 1, out)
    propose({})


def leaving():
    hire('hb-leaver', HUBEI, ['FINANCE'])
    two('hb-fin1', 'hb-fin2', 'user.deputise', login='hb-leaver', deputy='hb-fin3', **{'from': day(5), 'to': day(6)})
    code = usci('91', '420000', 'DEMR0051')
    ap = done('hb-leaver', 'organisation.add', usci=code, name='交接（虚构）', kind='ENT', level='省', div6='420000', finance=HUBEI, roles=['USER'])['approval']
    refused('a successor is of the same organisation', do('hb-leaver', 'user.handover', login='hb-leaver', to='hbsw1'), 'domain.md decision 10')
    asked = done('hb-leaver', 'user.handover', login='hb-leaver', to='hb-fin2', reason='调离（示例）')
    refused('who leaves does not approve it', do('hb-leaver', 'approval.approve', id=asked['approval']), 'R22')
    out = done('hb-fin1', 'approval.approve', id=asked['approval'])
    check('it says who gets what', [a['id'] for a in out['approvals']] == [ap] and out['to'] == 'hb-fin2' and len(out['delegations_ended']) == 1, out)
    check('the leaver is out at once', do('hb-leaver', 'asset.list')[0] == 401 and not lets_in('hb-leaver') and show('user', 'hb-leaver')['state'] == 'DISABLED')
    seen = show('approval', ap, 'hb-fin2')
    check('the request has a new owner', seen['owner'] == 'hb-fin2' and seen['applicant'] == 'hb-leaver' and seen['mine'] is False, seen)
    refused('who took it over does not approve it', do('hb-fin2', 'approval.approve', id=ap), 'R22')
    check('a third officer does', do('hb-fin3', 'approval.approve', id=ap)[0] == 200 and show('organisation', code)['usci'] == code)


def auditing():
    roles = {r['role']: r for r in h.cli('role', 'list')[1]['items']}
    check('there are fourteen roles, each with its source and words', len(roles) == 14 and all(r['zh'] and r['en'] and r['source'] and r['may']['zh'] for r in roles.values()))
    changes = sorted({c for r in roles.values() for c in r['changes']})
    reads = roles['AUDITOR']['reads']
    check('an auditor\'s list of changes is empty', roles['AUDITOR']['changes'] == [] and roles['AUDITOR']['decides'] == [] and len(reads) > 15 and len(changes) > 30)
    bad = [c for c in changes if do('auditor', c)[0] != 403]
    check('the auditor runs none of the %d commands that change something' % len(changes), bad == [], bad)
    bad = [c for c in reads if c != 'db.rebuild' and do('auditor', c)[0] in (401, 403)]
    check('and each of the %d that read' % len(reads), bad == [], bad)
    refused('an auditor deputises nobody but an auditor', do('mof1', 'user.deputise', login='mof1', deputy='auditor', **{'from': day(), 'to': day()}), 'domain.md 6')

    out = done('auditor', 'access.review', day=day(), limit=1000)
    line = {i['login']: i for i in out['items']}
    check('the review of today knows who left today', line['hb-leaver']['roles'] == ['FINANCE'] and line['hb-leaver']['state'] == 'DISABLED' and
          [c['kind'] for c in line['hb-leaver']['changes']] == ['user.added', 'user.changed', 'user.handed-over'], line['hb-leaver'])
    check('who stood in for whom', {d['principal'] for d in line['hb-fin4']['deputy_for']} == {'hb-fin1', 'hb-fin2'}, line['hb-fin4'])
    acts = {(d['kind'], d['behalf']): d['n'] for d in line['hb-fin4']['did']}
    check('and what was done in whose name', acts[('approval.requested', 'hb-fin1')] == 1 and acts[('approval.decided', '')] >= 2, acts)
    past = {i['login']: i for i in done('auditor', 'access.review', day='2026-05-20', limit=1000)['items']}
    check('a day before today has today\'s news not', 'hb-leaver' not in past and past['mof3']['state'] == 'ACTIVE' and past['mof3']['roles'] == ['FINANCE'], past.keys())
    check('the day before the first is empty', done('auditor', 'access.review', day='2020-01-01')['items'] == [])
    page = done('auditor', 'access.review', day=day(), limit=3)
    check('it is read in pages', len(page['items']) == 3 and done('auditor', 'access.review', day=day(), after=page['next'], limit=3)['items'][0]['login'] > page['next'])
    check('tomorrow is refused', do('auditor', 'access.review', day=day(1))[0] == 422)
    refused('a holder does not review', do('hbsw1', 'access.review', day=day()), 'domain.md 6')


def paging():
    waiting = [done('hb-fin1', 'organisation.add', usci=usci('91', '420000', 'DEMT%04d' % n), name='排队 %d（虚构）' % n, kind='ENT', level='省', div6='420000',
                    finance=HUBEI, roles=['USER'])['approval'] for n in range(7)]
    got, after = [], ''
    while after is not None:
        page = done('hb-fin2', 'approval.list', mine=True, kind='organisation.add', limit=3, **({'after': after} if after else {}))
        got += [a['id'] for a in page['items']]
        after = page['next']
    check('what waits for me comes in pages, each once', sorted(got) == sorted(waiting + [i for i in got if i not in waiting]) and set(waiting) <= set(got) and len(got) == len(set(got)), got)
    check('and not for the applicant', not set(waiting) & {a['id'] for a in done('hb-fin1', 'approval.list', mine=True)['items']})
    for ap in waiting:
        done('hb-fin2', 'approval.reject', id=ap, note='示例')


def suspending():
    hire('hb-fin9', HUBEI, ['FINANCE'])
    mine = h.session('hb-fin9')
    refused('a suspension names its cause', do('hb-fin1', 'user.suspend', login='hb-fin9', cause='NOTHING', reason='示例'), '26号 art. 19')
    refused('another department has no say', do('gz-fin1', 'user.suspend', login='hb-fin9', cause='LEAKING', reason='示例'), 'R40')
    waits = [done('hb-fin9', 'user.add', login='hb-fin9-%d' % i, name='x', person='p-9%d' % i, org=HUBEI, roles=['FINANCE'])['approval'] for i in range(2)]
    refused('nobody suspends himself', do('hb-fin1', 'user.suspend', login='hb-fin1', cause='LEAKING', reason='示例'), '26号 art. 19')
    done('hb-fin1', 'user.suspend', login='hb-fin9', cause='FALSE_REGISTRATION', reason='虚假登记（示例）')
    check('R24: the registrar is out at once', h.api('GET', '/api/v1/status/show', None, mine)[0] == 401 and h.session('hb-fin9') is None)
    refused('and comes not back by a reset', do('hb-fin1', 'user.reset', login='hb-fin9', what='password', reason='x'), 'R24')
    refused('R24: what he asked for is approved by nobody', do('hb-fin2', 'approval.approve', id=waits[0]), 'R24')
    check('it can be rejected', done('hb-fin2', 'approval.reject', id=waits[0], note='示例')['state'] == 'REFUSED')
    ap = done('hb-fin1', 'user.reinstate', login='hb-fin9', reason='查无实据（示例）')['approval']
    refused('nor by one officer', do('hb-fin1', 'approval.approve', id=ap), 'R22')
    done('hb-fin2', 'approval.approve', id=ap)
    check('then what still waits is approved', done('hb-fin2', 'approval.approve', id=waits[1])['state'] == 'APPROVED')
    check('two officers reinstate', h.session('hb-fin9') is not None)
    asked, given = two('hb-fin1', 'hb-fin2', 'user.reset', login='hb-fin9', what='factor')
    code = asked['code_first'] + '-' + given['code_second']
    done('hb-fin1', 'user.suspend', login='hb-fin9', cause='LEAKING', reason='示例')
    check('a code that was handed out before lets nobody suspended back in', enrol('hb-fin9', code)[0] != 0 and show('user', 'hb-fin9')['state'] == 'SUSPENDED')
    two('hb-fin1', 'hb-fin2', 'user.reinstate', login='hb-fin9', reason='示例')
    check('and who was reinstated without a factor enrols first', show('user', 'hb-fin9')['state'] == 'INVITED' and h.session('hb-fin9') is None)
    check('which he then can', enrol('hb-fin9', code)[0] == 0 and show('user', 'hb-fin9')['state'] == 'ACTIVE')


h = Home()
officers = Officers(h)
do, done, two = officers.do, officers.done, officers.two
try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    one, odd, partner = organisations()
    divisions(partner)
    changing(one, odd)
    for part in (lists, users, deputies, chains, twice, leaving, suspending, paging, auditing):
        part()
    rebuilt(h)
finally:
    h.stop()
    h.close()
finish()
