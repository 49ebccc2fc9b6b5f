"""The life of keys: the calendar of the appliance's own, and what a key that was reported compromised
stops.  All names and numbers are illustrative."""
import html

from lib import *

h = Home(own=True)
KINDS = ['ISSUING_CA', 'LOG_SIGNER', 'OCSP_SIGNER', 'ROOT_CA', 'ROOT_CRL', 'STATUS_SIGNER', 'TOKEN_SIGNER']


def calendar_of(who=None):
    code, out = h.cli('key', 'list', who=who)
    return {r['id']: r for r in out['items']} if code == 0 else out


def healthz():
    try:
        return json.load(urllib.request.urlopen(h.url('/healthz'), timeout=20))
    except urllib.error.HTTPError as e:
        return json.loads(e.read())


def by_openssl(name):
    """serial and end of a published certificate, by another reader"""
    r = subprocess.run(['openssl', 'x509', '-in', h.d + '/publish/' + name, '-noout', '-serial', '-enddate', '-dateopt', 'iso_8601'], capture_output=True, text=True).stdout
    f = dict(line.split('=', 1) for line in r.strip().splitlines())
    return f['serial'].lower(), f['notAfter'].replace(' ', 'T')


def calendar_tells():
    rows = calendar_of()
    check('the calendar has every key of both hierarchies, and the one log', sorted(r['kind'] for r in rows.values() if r['algorithm'] == 'P-256') == KINDS
          and sorted(r['kind'] for r in rows.values() if r['algorithm'] == 'SM2') == [k for k in KINDS if k != 'LOG_SIGNER'], rows)
    same = [(n, f) for n, f in (('token', 'signer/token.pem'), ('status', 'signer/status.pem'), ('ocsp', 'signer/ocsp.pem'), ('log', 'signer/log.pem'), ('root', 'trust/root.pem'), ('root-sm2', 'trust/root-sm2.pem'), ('token-sm2', 'signer/token-sm2.pem'))
            if (rows[n]['serial'], rows[n]['not_after']) != by_openssl(f)]
    check('serial and end are those of the published certificates', not same, [(rows[n], by_openssl(f)) for n, f in same])
    ends = [r['not_after'] for r in h.cli('key', 'list')[1]['items']]
    check('what ends first stands first', ends == sorted(ends), ends)
    check('now none is to be renewed', {r['state'] for r in rows.values()} == {'FINE'} and h.cli('status', 'show')[1]['keys_ending'] == [], rows)
    check('each says what renews it', {r['kind']: r['renewed_by'] for r in rows.values()} == dict(ROOT_CA='CEREMONY', ISSUING_CA='CEREMONY', ROOT_CRL='CEREMONY', OCSP_SIGNER='ITSELF',
                                                                                               TOKEN_SIGNER='NOTHING', STATUS_SIGNER='NOTHING', LOG_SIGNER='NOTHING'), rows)


def page(who, path, lang='zh-CN'):
    """a page as the officer has it"""
    import http.cookiejar
    jar = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    jar.addheaders = [('Accept-Language', lang)]
    base = 'http://127.0.0.1:%d' % h.p
    l = h.login(who)
    form = jar.open(base + '/login', timeout=20).read().decode()
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
    fields.update(login=who, password=l['password'], totp=h.code(who))
    jar.open(base + '/login', urllib.parse.urlencode(fields).encode(), timeout=20).read()
    return jar.open(base + path + ('&' if '?' in path else '?') + 'lang=' + lang[:2], timeout=20).read().decode()


def moved(when, state, days):
    h.at(when)
    row = calendar_of()['root.crl']
    check('on %s the root CRL is %s, with %d days left' % (when[:10], state, days), row['state'] == state and row['days_left'] == days, row)
    ending = {r['id']: r['state'] for r in h.cli('status', 'show')[1]['keys_ending']}
    check('the state of the appliance names it, of both hierarchies', ending.get('root.crl') == state and ending.get('root-sm2.crl') == state, ending)
    causes = {c['what']: c['text'] for c in healthz()['causes']}
    check('and so does the health of the public service', 'root-crl' in causes and re.search('[\u4e00-\u9fff]', causes['root-crl']['zh']), causes)


def calendar_moves():
    moved('2027-01-20T00:00:00Z', 'SOON', 20)
    zh, en = page('mof1', '/'), page('mof1', '/', 'en')
    check('the page of whoever runs the appliance says it, in both languages', '本机密钥：根 CA 吊销列表' in zh and '天后到期，须更新' in zh and 'of the appliance\'s own keys: root ca\'s revocation list' in html.unescape(en).lower(), zh[2000:4000])
    check('other departments\' home pages do not', '本机密钥：' not in page('hb-fin1', '/'))
    zh, en = page('mof1', '/list/key'), page('mof1', '/list/key', 'en')
    check('and the list has it in words', '应着手更新' in zh and '密钥仪式' in zh and 'To be renewed' in en and 'a ceremony' in en, zh[2000:4000])
    moved('2027-02-05T00:00:00Z', 'URGENT', 4)
    check('urgent is an alarm', re.search('role="alert">本机密钥：', page('mof1', '/')) is not None)
    moved('2027-02-12T00:00:00Z', 'OVER', -3)
    check('and over says since when', '已于 3 天前到期' in page('mof1', '/'))


try:
    check('a demo home that serves', h.made and h.serve(), h.made_err)
    calendar_tells()
    calendar_moves()
    rebuilt(h)
finally:
    h.close()
finish()
