"""What the integration tests share: a demo home, a running appliance, the command
line as an officer, and one line a case.  Python's standard library only."""
import base64, calendar, hashlib, hmac, itertools, json, os, random, re, shutil, signal, socket, struct, subprocess, sys, tempfile, time, urllib.error, urllib.request

B = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
passed = failed = 0


def check(sentence, ok, detail=''):
    global passed, failed
    if ok:
        passed += 1
        print('ok - ' + sentence, flush=True)
    else:
        failed += 1
        print('not ok - ' + sentence + ('  # ' + str(detail)[:300] if detail else ''), flush=True)


def refused(sentence, answer, rule, row=False):
    """by this rule (None: by any), in both languages; row: and at a row"""
    code, out = answer
    detail = out.get('detail') or {}
    en, zh = detail.get('en', ''), detail.get('zh', '')
    ok = code in (400, 401, 403, 404, 409, 413, 422) and (rule is None or out.get('rule') == rule) and en and re.search('[\u4e00-\u9fff]', zh)
    check(sentence, bool(ok) and (not row or '第' in zh and any(c.isdigit() for c in en)), (code, out))


def absent(what):
    """what can't be seen without a tool that is not here: passed over, with STRICT=1 a failure"""
    if os.environ.get('STRICT') == '1':
        check(what + ' is here (make deps-full)', False)
    else:
        print('# %s is absent (make deps-full)' % what, flush=True)


def finish():
    print('%d passed, %d failed' % (passed, failed), flush=True)
    sys.exit(1 if failed else 0)


def ended(kind, fault, trace):
    """a test that ends early says where, and what it had seen until then counts"""
    import traceback
    where = traceback.extract_tb(trace)
    check('it goes on to its end', False, '%s: %s' % (kind.__name__, fault))
    print(''.join('# %s:%d %s\n' % (os.path.basename(f.filename), f.lineno, f.line) for f in where), end='')
    print('%d passed, %d failed' % (passed, failed), flush=True)


sys.excepthook = ended


def rebuilt(home, sentence='the events give every table again'):
    """the tables of a home, served or not, against its events"""
    code, out = home.cli('db', 'rebuild', '--check')
    check(sentence, code == 0 and out.get('same') is True, out)


def free_port():
    s = socket.socket()
    s.bind(('127.0.0.1', 0))
    port = s.getsockname()[1]
    s.close()
    return port


def totp(uri, step=None):
    """of a step of 30 seconds, this one where none is named"""
    secret = uri.split('secret=')[1].split('&')[0]
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    mac = hmac.new(key, struct.pack('>Q', int(time.time()) // 30 if step is None else step), hashlib.sha1).digest()
    o = mac[19] & 15
    return '%06d' % ((struct.unpack('>I', mac[o:o + 4])[0] & 0x7fffffff) % 1000000)


CSV_HEAD = '台账编号,数据资源目录编号,名称,概述,形成方式,共享来源单位,是否涉密\r\n'


def card(no):
    return {'basic': {'asset_no': no, 'name': 'test ' + no, 'class_scheme': 'LOCAL', 'class_code': '1'},
            'rights': {'rights': ['HOLD', 'USE'], 'modes': ['WHOLE'], 'dispute': False, 'public_data': False},
            'use': {}, 'management': {'data_level': 'GENERAL', 'mgr_dept': 'x', 'mgr_person': 'y', 'sec_policy': 'z', 'emergency_plan': 'z'}}


def signed_records(path):
    """from the signer's log: hashes of what it was to sign as data asset certificates, and by id"""
    data, i, tbs, ids = open(path, 'rb').read(), 0, set(), {}
    while i + 4 <= len(data):
        n = struct.unpack('>I', data[i:i + 4])[0]
        rec = data[i + 4:i + 4 + n]
        i += 4 + n
        if len(rec) == n and rec[0] == 3 and rec[18] == 4:
            at = 17 + 2 + 32
            at += 4 + struct.unpack('>I', rec[at:at + 4])[0]
            k = struct.unpack('>I', rec[at:at + 4])[0]
            at += 4
            for _ in range(k):
                tbs.add(rec[at + 16:at + 48])
                ids.setdefault(rec[at:at + 16], set()).add(rec[at + 16:at + 48])
                at += 48
    return tbs, ids


def tbs_hash(der):
    h = 4 if der[1] == 0x82 else 3
    n = int.from_bytes(der[h + 2:h + 4], 'big') + 4
    return hashlib.sha256(der[h:h + n]).digest()


def is_free(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        s.bind(('127.0.0.1', port))
        return True
    except OSError:
        return False
    finally:
        s.close()


def canon(o):
    """canonical JSON, as what is signed and hashed has it"""
    return json.dumps(o, sort_keys=True, separators=(',', ':'), ensure_ascii=False).encode()


def b64u(data):
    return base64.urlsafe_b64encode(data if isinstance(data, bytes) else data.encode()).rstrip(b'=').decode()


def unb64u(text):
    return base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))


def tool(cmd, *args, env=None):
    """(exit code, JSON) of a program with --json"""
    r = subprocess.run([cmd] + list(args) + ['--json'], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, env=env)
    try:
        return r.returncode, json.loads(r.stdout)
    except ValueError:
        return r.returncode, {'stdout': r.stdout, 'stderr': r.stderr}


def said(out):
    """the words of a refusal, in both languages"""
    d = out.get('detail') or {}
    return str(d.get('en', '')) + str(d.get('zh', '')) or str(out)


def until(true, seconds=30):
    end = time.time() + seconds
    while time.time() < end:
        got = true()
        if got:
            return got
        time.sleep(0.05)
    return None


def untrace(tracer):
    """strace is told to end; one that waits for what died under it would wait for ever"""
    tracer.terminate()
    try:
        tracer.wait(10)
    except subprocess.TimeoutExpired:
        tracer.kill()
        tracer.wait()


def quiet_port():
    """one that no outgoing connection takes: it is kept for as long as a lane's homes are used"""
    return next(p for p in random.sample(range(20000, 30000), 200) if is_free(p))


class Home:
    """A demo home in a temporary folder, and the appliance that serves it.

    Where tests run after one another in a lane (tests/run.sh), each kind of home is made once in
    the lane's folder and copied: its addresses stand in what it has signed, so the copies have the
    same ports, one at a time.  A home of yesterday, or of another program, is made anew."""
    at_work = {}

    def __init__(self, cases=True, own=False):
        """cases False: organisations and officers only, the clock at 2026-01-05 (see at); own: made for this test alone"""
        self.root = tempfile.mkdtemp(prefix='fujie-test-')
        self.d = os.path.join(self.root, 'home')
        self.proc = None
        self.used = {}
        lane = os.environ.get('FUJIE_LANE')
        if own or not lane or cases in Home.at_work:
            self.p, self.v = free_port(), free_port()
            self.make(cases)
        else:
            Home.at_work[cases] = self
            self.copy_of(os.path.join(lane, 'cases' if cases else 'plain'), cases)
        if self.made:
            self.demo = json.load(open(self.d + '/demo.json'))

    def make(self, cases):
        r = subprocess.run([B + '/fujie', 'demo', '--dir', self.d, '--no-serve'] + ([] if cases else ['--no-cases']) + ['--portal', '127.0.0.1:%d' % self.p,
                            '--verifier', '127.0.0.1:%d' % self.v], capture_output=True, text=True, timeout=300)
        self.made = r.returncode == 0
        self.made_err = r.stderr

    def copy_of(self, kept, cases):
        stat = os.stat(B + '/fujie-registry')
        now = {'day': time.strftime('%Y-%m-%d', time.gmtime(time.time() + 8 * 3600)), 'program': '%d %d' % (stat.st_ino, stat.st_size)}
        try:
            kind = json.load(open(kept + '/kind.json'))
        except (OSError, ValueError):
            kind = {}
        if {k: kind.get(k) for k in now} != now or not all(map(is_free, kind['ports'])):
            shutil.rmtree(kept, ignore_errors=True)
            os.makedirs(kept)
            self.p, self.v = quiet_port(), quiet_port()
            self.make(cases)
            if not self.made:
                return
            shutil.copytree(self.d, kept + '/home', symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
            json.dump(dict(now, ports=[self.p, self.v]), open(kept + '/kind.json', 'w'))
            return
        self.p, self.v = kind['ports']
        self.made, self.made_err = True, ''
        shutil.copytree(kept + '/home', self.d, symlinks=True)

    def serve(self):
        self.log = open(self.root + '/serve.log', 'a')
        self.proc = subprocess.Popen([B + '/fujie', 'serve', '--dir', self.d, '--portal', '127.0.0.1:%d' % self.p,
                                      '--verifier', '127.0.0.1:%d' % self.v], stdout=self.log, stderr=self.log)
        return self.wait_up()

    def wait_up(self):
        for _ in range(1200):
            try:
                try:
                    urllib.request.urlopen(self.url('/healthz'), timeout=2).read()
                except urllib.error.HTTPError as e:
                    if e.code != 503:  # it answers, and says what ends soon
                        raise
                urllib.request.urlopen('http://127.0.0.1:%d/login' % self.p, timeout=2).read()
                return True
            except OSError:
                time.sleep(0.1)
        return False

    def stop(self):
        if self.proc:
            self.proc.terminate()
            code = self.proc.wait(120)
            self.proc = None
            return code

    def close(self):
        if self.proc:
            self.proc.kill()
            self.proc.wait()
        shutil.rmtree(self.root, ignore_errors=True)

    def url(self, path):
        return 'http://127.0.0.1:%d%s' % (self.v, path)

    def login(self, name):
        return next(l for l in self.demo['logins'] if l['login'] == name)

    def code(self, name):
        """a one-time code, which works once: that of the step before, of this one or of the next; waits when all were used"""
        while True:
            now, into = divmod(time.time(), 30)
            step = max(self.used.get(name, 0) + 1, int(now) - (into < 15))
            if step <= now + 1:
                self.used[name] = step
                return totp(self.login(name)['totp'], step)
            time.sleep(0.2)

    def cli(self, *args, who=None):
        """(exit code, JSON)"""
        env = dict(os.environ)
        cmd = [B + '/fujie'] + list(args) + ['--dir', self.d, '--json']
        if who:
            l = self.login(who)
            env['FUJIE_TOTP'] = self.code(who)
            env['FUJIE_PASSWORD'] = l['password']
            cmd += ['--as', who]
        r = subprocess.run(cmd, capture_output=True, text=True, env=env, timeout=300, stdin=subprocess.DEVNULL)
        try:
            return r.returncode, json.loads(r.stdout)
        except ValueError:
            return r.returncode, {'stdout': r.stdout, 'stderr': r.stderr}

    def at(self, when):
        """the clock of this demo home, forward only: RFC 3339 in UTC"""
        code, out = self.cli('clock', 'demo', '--at', when)
        if code != 0:
            raise RuntimeError('clock: %s' % out)

    def session(self, name):
        """a bearer token of the API"""
        l = self.login(name)
        return self.api('POST', '/api/v1/session', {'login': name, 'password': l['password'], 'totp': self.code(name)})[1].get('token')

    def api(self, method, path, body=None, token=None):
        req = urllib.request.Request('http://127.0.0.1:%d%s' % (self.p, path), method=method,
                                     data=None if body is None else json.dumps(body).encode())
        if token:
            req.add_header('Authorization', 'Bearer ' + token)
        try:
            with urllib.request.urlopen(req, timeout=300) as r:
                return r.status, json.load(r)
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b'{}')

    def verdict_service(self, item):
        body = {'credential': open(os.path.join(self.d, item['file'])).read()}
        if item.get('use'):
            body['use'] = item['use']
        return json.load(urllib.request.urlopen(self.url('/v1/verify'), json.dumps(body).encode(), timeout=300))['verdict']

    def verdict_tool(self, item, at=None):
        cmd = [B + '/fujie-verify', '--trust', self.d + '/trust', os.path.join(self.d, item['file']), '--json']
        if item.get('use'):
            cmd += ['--use', ','.join(k + '=' + v for k, v in item['use'].items())]
        cmd += ['--at', at] if at else []
        return json.loads(subprocess.run(cmd, capture_output=True, text=True, timeout=300).stdout)['verdict']

    def registered(self, prefix, n):
        """n assets of the demo's Hubei unit, registered on the short path (they are not public data);
        (sessions, do, asset numbers)"""
        s = {who: self.session(who) for who in ('hbsw1', 'hb-fin1', 'hb-fin2', 'hbsw-sup', 'hb-fin3')}

        def do(who, noun, verb, body):
            code, out = self.api('POST', '/api/v1/%s/%s' % (noun, verb), body, s[who])
            if code != 200:
                raise RuntimeError('%s.%s: %s' % (noun, verb, out))
            return out

        do('hbsw1', 'ledger', 'import', {'file': CSV_HEAD + ''.join('%s-%d,CAT-%s-%d,test,,自主采集,,否\r\n' % (prefix, i, prefix, i) for i in range(n))})
        ids, after = {}, ''
        while after is not None:
            page = self.api('GET', '/api/v1/ledger?limit=1000&after=' + after, None, s['hbsw1'])[1]
            ids.update({r['ledger_no']: r['id'] for r in page['items']})
            after = page.get('next')
        numbers = ['%s-%05d' % (prefix, i) for i in range(n)]
        for i, no in enumerate(numbers):
            lg = ids['%s-%d' % (prefix, i)]
            do('hbsw1', 'ledger', 'recognise', {'id': lg, 'result': 'ASSET', 'decision': 'x'})
            do('hb-fin1', 'ledger', 'confirm', {'id': lg})
            do('hbsw1', 'asset', 'card', {'ledger': lg, 'card': card(no)})
            rg = do('hbsw1', 'registration', 'submit', {'asset': no})['id']
            do('hb-fin3', 'registration', 'decide', {'id': rg, 'accept': True})
        return s, do, numbers

    def copy(self):
        """the same home in a folder of its own, not served"""
        h = object.__new__(Home)
        h.__dict__.update(self.__dict__)
        h.root = tempfile.mkdtemp(prefix='fujie-test-')
        h.d, h.proc, h.used = h.root + '/home', None, dict(self.used)
        h.p, h.v = free_port(), free_port()
        shutil.copytree(self.d, h.d, symlinks=True, ignore=shutil.ignore_patterns('*.sock'))
        return h

    def children(self):
        """pids of the appliance's processes by name"""
        out = {}
        for pid in filter(str.isdigit, os.listdir('/proc')):
            try:
                stat = open('/proc/%s/stat' % pid).read()
                name, rest = stat[stat.index('(') + 1:stat.rindex(')')], stat[stat.rindex(')') + 2:].split()
            except OSError:
                continue
            if int(rest[1]) == self.proc.pid:
                out[name] = int(pid)
        return out

    def root_crl_begin(self):
        """(the process that renews the root's CRLs, does it await the officers?)"""
        for n in os.listdir(self.d + '/ceremony'):
            if n.startswith('root-crl.'):
                os.unlink(self.d + '/ceremony/' + n)
        env = dict(os.environ, FUJIE_PASSWORD=self.login('mof1')['password'], FUJIE_TOTP=self.code('mof1'))
        p = subprocess.Popen([B + '/fujie', 'ceremony', 'root-crl', '--dir', self.d, '--as', 'mof1', '--json'], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
        return p, until(lambda: os.path.exists(self.d + '/ceremony/root-crl.challenges') or p.poll() is not None or None) and p.poll() is None

    def root_crl_approve(self, name):
        """what becomes of this officer's answer: taken, refused, None"""
        key, out = self.d + '/officers/' + name, self.d + '/officers/%s.tmp' % name
        subprocess.run([B + '/fujie-officer', 'approve', self.d + '/ceremony/root-crl.challenges', '--plan', self.d + '/ceremony/plan.json', '--key', key + '.key',
             '--passphrase-file', key + '.passphrase', '--out', out, '--yes'], check=True, capture_output=True, timeout=300)
        answer = self.d + '/ceremony/root-crl.%s.answers' % name
        os.rename(out, answer)
        return until(lambda: next((s for s in ('taken', 'refused') if os.path.exists(answer + '.' + s)), None))


def usci(body):
    """17 characters and their check character (GB 32100); the body is invented"""
    a = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    return body + a[(31 - sum(a.index(c) * pow(3, i, 31) for i, c in enumerate(body)) % 31) % 31]


class Officers:
    """The officers of a home at its API, each with one session."""

    def __init__(self, home):
        self.home, self.sessions = home, {}

    def token(self, who):
        if who not in self.sessions:
            self.sessions[who] = self.home.session(who)
        return self.sessions[who]

    def do(self, who, command, **body):
        """(status, answer) of a command; a file in the answer has its bytes under 'bytes'"""
        req = urllib.request.Request('http://127.0.0.1:%d/api/v1/%s' % (self.home.p, command.replace('.', '/')), json.dumps(body).encode(),
                                     {'Authorization': 'Bearer ' + str(self.token(who))})
        try:
            with urllib.request.urlopen(req, timeout=300) as r:
                data = r.read()
                if 'json' not in r.headers['Content-Type']:
                    return r.status, {'bytes': data}
                out = json.loads(data)
                if isinstance(out.get('file'), dict) and 'base64url' in out['file']:
                    text = out['file']['base64url']
                    out['bytes'] = base64.urlsafe_b64decode(text + '=' * (-len(text) % 4))
                return r.status, out
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b'{}')

    def done(self, who, command, **body):
        code, out = self.do(who, command, **body)
        if code != 200:
            raise RuntimeError('%s by %s: %s' % (command, who, out))
        return out

    def two(self, first, second, command, **body):
        """asked by the first, approved by the second; both answers"""
        asked = self.done(first, command, **body)
        return asked, self.done(second, 'approval.approve', id=asked['approval'])

    def get(self, who, path):
        return self.home.api('GET', '/api/v1/' + path, None, self.token(who))[1]


# --- authorised operation by the full course (domain.md 7.3); every text is an example ---

SHA = hashlib.sha256(b'').hexdigest()  # of a file that is not there
receipts = (hashlib.sha256(b'receipts %d' % n).hexdigest() for n in itertools.count())  # each of a file that no booking rests on yet
NO_REDEVELOPMENT = '运营机构不得直接或间接参与再开发'
FIVE = ('funds', 'management', 'technology', 'service', 'security')


def study(shared=False):
    s = {k: SHA for k in ('feasibility', 'due_diligence', 'risk_evaluation', 'security_rules', 'emergency_plan') + (('consent',) if shared else ())}
    return dict(s, covers={k: '示例' for k in ('life_cycle', 'social_need', 'market_size', 'expected_effect', 'risk_control')})


def twelve(mode, products):
    """products: {id: purpose}"""
    return {'name': '实施方案（示例）', 'necessity': '示例', 'conditions': {k: '示例' for k in FIVE}, 'mode': mode,
            'resources': {'catalogue': '示例', 'update_freq': '按天', 'quality': '示例'},
            'term': {k: '示例' for k in ('content', 'support', 'progress', 'evaluation', 'exit', 'asset_management')},
            'products': {'public': [p for p, u in products.items() if u in ('PUBGOV', 'WELFARE')], 'development': [p for p, u in products.items() if u in ('INDUSTRY', 'SECTOR')]},
            'accounting': '示例', 'security': '示例', 'obligations': '示例', 'supervision': '示例', 'other': '无'}


def selection(operator):
    return {'operator': operator, 'method': 'OPEN_TENDER', 'evidence': SHA, 'notice': {'place': '交易平台（示例）', 'address': 'https://tender.example/1'},
            'conditions': {k: '示例' for k in FIVE}, 'exclusive': False}


def thirteen(certificates, first, last, products, shares):
    """shares: [(party, role, basis points)], the remainder to the first"""
    return {'scope': certificates, 'term': {'from': first, 'to': last},
            'products': [{'id': p, 'name': '产品 ' + p, 'purpose': u, 'level': 'OPERATOR', 'standard': '示例', 'security_review': '示例', 'conformity': '示例'} for p, u in products.items()],
            'platform': '示例', 'ownership': [{'item': '产品和服务', 'owner': '运营机构'}], 'disclosure': {'text': '示例', 'no_redevelopment': NO_REDEVELOPMENT},
            'income': {'accounting': '示例', 'shares': [{'party': p, 'name': role + '方', 'role': role, 'bp': bp} for p, role, bp in shares], 'remainder': shares[0][0]},
            'security': SHA, 'evaluation': {'months': 12, 'renewal': '示例', 'exit': '示例'}, 'breach': '示例', 'disputes': '示例', 'termination': '示例', 'other': '无'}


def on_paper(body='本级人民政府（示例）', day='2026-01-05'):
    return {'body': body, 'doc_no': '示例〔2026〕1号', 'doc_date': day, 'scan': '扫描件（示例）'}


def course(plan, proposal, operator, who, holder, shared=None, products=None):
    """The steps after a proposal, in their order: [(name, who asks, command, body, who decides...)].
    who: {implementer, second, superior (None: none), fin1, fin2, operator}: logins; operator, holder: USCCs.  shared: with the supplying unit's consent; as proposed.
    products: {id: purpose} of the agreement; one for each purpose"""
    products = products or {'P-' + u: u for u in proposal['grant']['purposes']}
    shares = [(holder, '提供', 5500), (holder, '治理', 2500), (operator, '运营', 2000)]
    one, two = who['implementer'], who['second']
    return [('study', one, 'plan.study', {'id': plan, 'study': study(bool(proposal.get('shared')) if shared is None else shared)}),
            ('submit', one, 'plan.submit', {'id': plan}, *([who['superior']] if who.get('superior') else []), who['fin1']),
            ('deliberate', one, 'plan.deliberate', {'id': plan, 'items': twelve(proposal['grant']['mode'], products), **on_paper()}, two),
            ('select', one, 'plan.select', {'id': plan, 'selection': selection(operator)}),
            ('agree', one, 'plan.agree', {'id': plan, 'agreement': thirteen(proposal['certificates'], proposal['from'], proposal['to'], products, shares)}, who['operator']),
            ('file', one, 'plan.file', {'id': plan, 'filing_no': '备2026-1（示例）', **on_paper('省级数据管理部门（示例）')}, two),
            ('activate', one, 'plan.activate', {'id': plan, 'place': '门户网站（示例）', 'address': 'https://disclosure.example/1'}, who['fin2'])]


HUBEI_COURSE = {'implementer': 'hbsw1', 'second': 'hbsw2', 'superior': None, 'fin1': 'hb-fin1', 'fin2': 'hb-fin2', 'operator': 'jc1'}


def authorise(officers, proposal, operator='91420100DEMA001011', who=HUBEI_COURSE, holder='12420000DEMA00099D', shared=None, products=None):
    """the whole course; number of the authorisation, and its plan"""
    plan = officers.done(who['implementer'], 'authorisation.propose', proposal=proposal)['plan']
    out = {}
    for name, asker, command, body, *deciders in course(plan, proposal, operator, who, holder, shared, products):
        asked = officers.done(asker, command, **body)
        for d in deciders:
            out = officers.done(d, 'approval.approve', id=asked['approval'])
    return out['authorisation'], plan


def happened(home, half):
    """how many events of each kind there are in a half-year ("2026H1", of +08:00), by the register's own table"""
    import sqlite3
    y, h = int(half[:4]), int(half[5])
    bounds = [(calendar.timegm(time.strptime(d, '%Y-%m-%d')) - 8 * 3600) for d in (('%d-01-01' % y, '%d-07-01' % y) if h == 1 else ('%d-07-01' % y, '%d-01-01' % (y + 1)))]
    db = sqlite3.connect('file:%s/register.db?mode=ro' % home.d, uri=True, timeout=300)
    try:
        return dict(db.execute('SELECT kind, COUNT(*) FROM event WHERE at >= ? AND at < ? GROUP BY kind', bounds).fetchall())
    finally:
        db.close()
