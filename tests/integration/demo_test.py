"""The whole appliance on a demo home: verdicts, two officers, taking back, restarts."""
import glob
import re
from lib import *


def money():
    """the six cases' amounts, by domain.md section 12"""
    rows = h.cli('revenue', 'list')[1]['items']
    may = next(r for r in rows if r['gross_fen'] == 123456789)
    shown = h.cli('revenue', 'show', may['id'])[1]
    check('case 3: 1,234,567.89 of May was paid and booked in May, and shared to the fen',
          (may['state'], may['paid_on'], may['period_from'], may['period_to'], shown['at'][:10]) == ('BOOKED', '2026-05-29', '2026-05-01', '2026-05-28', '2026-05-29')
          and [s['amount_fen'] for s in shown['shares']] == [67901235, 30864197, 24691357], shown)
    check('the administrative body\'s share is remitted as non-tax revenue, the institution\'s is its own', [s['fund'] for s in shown['shares']] == ['UNIT', 'NONTAX', 'OWN']
          and [(r['amount_fen'], r['state']) for r in shown['remittances']] == [(30864197, 'PAID')], shown)
    fees = {r['state']: h.cli('revenue', 'show', r['id'])[1] for r in rows if r['gross_fen'] == 5000000}
    check('case 6: the fee of the same budget without a receipt is held, the enterprise\'s with 1,200 is split 40/60', len(rows) == 3 and sorted(fees) == ['BOOKED', 'HELD']
          and fees['HELD']['reasons'] == ['NO_DELIVERY', 'SAME_BUDGET'] and fees['HELD']['shares'] == [] and [s['amount_fen'] for s in fees['BOOKED']['shares']] == [2000000, 3000000], fees)
    prices = {p['authorisation'][:24]: p['maximum_fen'] for p in h.cli('price', 'list')[1]['items']}
    check('case 2: the approved maximum is 9,143,136.00', prices.get('DAU-100000-202603-000002') == 914313600, prices)


h = Home(own=True)
try:
    check('fujie demo makes a home', h.made, h.made_err)
    if not h.made:
        finish()
    check('demo.json is readable by its owner only', os.stat(h.d + '/demo.json').st_mode & 0o777 == 0o600)
    check('the register is readable by its owner only', os.stat(h.d + '/register.db').st_mode & 0o777 == 0o600)
    left = [p for p in os.listdir(h.root) if 'partial' in p]
    check('no half-made home is left', left == [], left)
    check('the appliance serves', h.serve(), open(h.root + '/serve.log').read())

    items = h.demo['certificates'] + h.demo['tokens'] + h.demo['authorisations']
    for it in items:
        name = it.get('number') or it['id']
        tool, service = h.verdict_tool(it), h.verdict_service(it)
        check('%s %s is %s by tool and service' % (name, json.dumps(it.get('use', {}), sort_keys=True), it['expect']),
              tool == service == it['expect'], (tool, service))

    said = subprocess.run(['sh', os.path.join(os.path.dirname(os.path.abspath(__file__)), '../demo-run.sh'), B, h.d, 'text'], capture_output=True, text=True).stdout
    first = re.search(r'^  1  (.+)$', said, re.M).group(1)
    r = subprocess.run(first.split(), capture_output=True, text=True, timeout=300)
    check('the first thing that `make run` offers to try is permitted', r.returncode == 0 and 'PERMIT' in r.stdout.splitlines()[0], first + r.stdout[:300])
    money()
    code, out = h.cli('deadline', 'list')
    late = [d['asset_no'] for d in out.get('items', []) if d['kind'] == 'first-registration' and d['overdue']]
    check('R20: operation that began without the registration of 26号 is overdue', 'HB-2026-0001' in late and 'HB-2026-0003' not in late, out)
    code, out = h.cli('db', 'rebuild')
    check('replaying the events gives every table again', code == 0 and out.get('same') is True, out)

    # a second start on one home
    r = subprocess.run([B + '/fujie', 'serve', '--dir', h.d], capture_output=True, text=True, timeout=300)
    check('a second start on one home is refused', r.returncode == 3 and 'already in use' in r.stderr, r.stderr)

    # two officers
    number = next(c['number'] for c in h.demo['certificates'] if c['number'].startswith('DAC-420000-202604-000001'))
    item = next(c for c in h.demo['certificates'] if c['number'] == number)
    code, out = h.cli('cert', 'revoke', '--number', number, '--reason', 'privilegeWithdrawn')
    check('revoking without signing in is refused', code == 1 and out.get('error') == 'not-signed-in', out)
    code, out = h.cli('cert', 'revoke', '--number', number, '--reason', 'nonsense', who='hb-fin1')
    check('an unknown reason is refused with its section', code == 1 and 'RFC 5280' in out.get('rule', ''), out)
    code, out = h.cli('cert', 'revoke', '--number', number, '--reason', 'privilegeWithdrawn', who='gx-fin1')
    check('a foreign finance department is refused by R40', code == 1 and out.get('rule') == 'R40', out)
    code, out = h.cli('cert', 'revoke', '--number', number, '--reason', 'privilegeWithdrawn', who='hb-fin2')
    ap = out.get('approval')
    check('one officer alone does not revoke: it waits', code == 0 and bool(ap), out)
    check('but it is suspended at once, by the next request', h.verdict_service(item) == 'deny' and h.verdict_tool(item) == 'deny')
    code, out = h.cli('approval', 'approve', ap, who='hb-fin2')
    check('the applicant does not approve the own request (R22)', code == 1 and out.get('rule') == 'R22', out)
    code, out = h.cli('approval', 'approve', ap, who='hb-fin3')
    check('a second officer makes it final', code == 0 and out.get('published') is True, out)
    code, out = h.cli('cert', 'show', number)
    check('the certificate is withdrawn', out.get('state') == 'WITHDRAWN', out)
    code, out = h.cli('cert', 'resume', '--number', number, '--reason', 'x', who='hb-fin1')
    check('there is no way back from withdrawn (R23)', code == 1 and out.get('rule') == 'R23', out)

    # a suspended authorisation kills its tokens at the next request
    auth = next(a for a in h.demo['authorisations'] if a['number'].startswith('DAU-100000-202603-000001'))
    tok = next(t for t in h.demo['tokens'] if t['expect'] == 'permit')
    check('a token permits before', h.verdict_service(tok) == 'permit')
    t = h.session('slb1')
    code, out = h.api('POST', '/api/v1/authorisation/suspend', {'number': auth['number'], 'reason': 'test'}, t)
    check('the implementer suspends over the API', code == 200 and out.get('published') is True, out)
    check('the token is denied by the next request, service and tool', h.verdict_service(tok) == 'deny' and h.verdict_tool(tok) == 'deny')
    code, out = h.api('POST', '/api/v1/authorisation/resume', {'number': auth['number'], 'reason': 'test'}, t)
    ap = out.get('approval')
    t2 = h.session('slb2')
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, t)
    check('one officer alone does not resume', code == 409 and out.get('rule') == 'R22', out)
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, t2)
    check('two officers resume', code == 200 and out.get('published') is True, out)
    check('the token permits again', h.verdict_service(tok) == 'permit' and h.verdict_tool(tok) == 'permit')
    code, out = h.api('POST', '/api/v1/authorisation/reclaim', {'number': auth['number'], 'reason': 'test'}, t)
    ap = out.get('approval')
    check('a reclaim suspends at once', bool(ap) and h.verdict_service(tok) == 'deny', out)
    m = h.session('mof1')
    code, out = h.api('POST', '/api/v1/approval/approve', {'id': ap}, m)
    check('the finance department confirms, and it is final', code == 200 and h.verdict_service(tok) == 'deny', out)
    code, out = h.api('POST', '/api/v1/authorisation/resume', {'number': auth['number'], 'reason': 'x'}, t)
    check('what was reclaimed does not come back (R23)', code == 409 and out.get('rule') == 'R23', out)
    check('API without a session answers 401', h.api('GET', '/api/v1/certificate')[0] == 401)

    # the clock: two officers of the department that made the appliance
    code, out = h.cli('clock', 'reset', who='hb-fin1')
    check('another department does not confirm the clock (R40)', code == 1 and 'R40' in json.dumps(out), out)
    code, out = h.cli('clock', 'reset', who='mof1')
    check('one officer asks', code == 0 and 'approval' in out, out)
    code, again = h.cli('approval', 'approve', out.get('approval', ''), who='mof2')
    code2, events = h.cli('event', 'list', '--object', 'clock')
    check('a second one confirms it, to the signer too, on record', code == 0 and code2 == 0 and events['items'][-1]['kind'] == 'clock.reset', (again, events))
    # an import tells every fault and changes nothing
    csv = '台账编号,数据资源目录编号,名称,形成方式,是否涉密\r\nX-1,C-1,名称一,自主采集,否\r\nX-2,,名称二,自主采集,否\r\nX-3,C-3,名称三,捡来,否\r\nX-4,C-4,机密,自主采集,是\r\n"X-5,C\r\n'
    path = h.root + '/l.csv'
    open(path, 'w', newline='').write(csv)
    code, out = h.cli('ledger', 'import', '--file', path, '--dry-run', '--org', '12100000DEMA000729')
    where = [(f['line'], f['column']) for f in out.get('faults', [])]
    check('a dry run needs no sign-in and tells every fault by line and column', code == 1 and where == [(3, 2), (4, 4), (6, 1)], out)
    check('state secrets are told by line only', out.get('secret_lines') == [5], out)
    open(path, 'wb').write(b'\xff\xfe\x00bad')
    code, out = h.cli('ledger', 'import', '--file', path, '--dry-run')
    check('a file that is no UTF-8 is line 1, column 1', [(f['line'], f['column']) for f in out.get('faults', [])] == [(1, 1)], out)

    # kill -9 of each process: the supervisor starts it again, nothing is lost
    for name in ('fujie-verifier', 'fujie-signer', 'swtpm', 'fujie-registry'):
        pid = h.children().get(name)
        check('%s runs' % name, pid is not None, h.children())
        if pid is None:
            continue
        os.kill(pid, signal.SIGKILL)
        for _ in range(900):
            now = h.children().get(name)
            if now is not None and now != pid:
                break
            time.sleep(0.1)
        check('%s is started again after kill -9' % name, h.children().get(name) not in (None, pid) and h.wait_up())
    m = h.session('hb-fin1')
    other = max((c for c in h.demo['certificates'] if c['number'].startswith('DAC-420000-')), key=lambda c: c['number'])  # this month's
    for _ in range(300):
        code, out = h.api('POST', '/api/v1/certificate/suspend', {'number': other['number'], 'reason': 'after kill'}, m)
        if code != 503:
            break
        time.sleep(0.2)
    for _ in range(300):
        if h.verdict_service(other) == 'deny':
            break
        time.sleep(0.2)
    check('after all that a suspension bites', h.verdict_service(other) == 'deny', out)
    code, out = h.cli('db', 'rebuild')
    check('and the events still give every table', code == 0 and out.get('same') is True, out)
    check('serve ends on SIGTERM with 0', h.stop() == 0)
    code, out = h.cli('cert', 'list')
    check('the command line reads without a service', code == 0 and len(out.get('items', [])) >= 9, out)

    # a home at a long path
    deep = os.path.join(h.root, *(['x' * 100] * 8))
    os.makedirs(deep)
    r = subprocess.run([B + '/fujie', 'demo', '--dir', deep + '/home', '--no-serve'], capture_output=True, text=True, timeout=300)
    check('a home may lie at any path length', r.returncode == 0, r.stderr)
finally:
    h.close()
finish()
