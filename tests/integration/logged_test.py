"""The check `logged` where people meet it: the tool and the file beside, a trust folder's own proofs,
and a gateway's door, by a certificate authority and a public log of the tests' own (conformance/world.py,
log.py) at this machine's time.  What must never pass is conformance/logged.py's."""
import io, os, sys, tarfile, tempfile
from gateway import *
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'conformance'))
import world
world.NOW = int(time.time())
from log import *

TMP = tempfile.mkdtemp(prefix='fujie-logged-')
FOLDER = TMP + '/trust'
X5T = b64u(b'1' * 32)


def token_world():
    w = World()
    w.edit['token'] = lambda p: p.update(binding='mtls', cnf={'x5t#S256': X5T})
    w.more = {'log.pem': pem(w.log.der()), 'log.vkey': (ed_vkey(ORIGIN, LOG_KEY) + '\n').encode(), 'log.policy': policy_of('group g 2 w0 w1 w2\nquorum g\n')}
    return w


def proof_of(what='token', by=(0, 1)):
    p = Proof(w, what)
    p.cosigned_by = by
    return p.seal().octets()


def put(path, data):
    path = os.path.join(TMP, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as f:
        f.write(data.encode() if isinstance(data, str) else data)
    return path


def tool(*args, stdin=None):
    """(exit code, verdict, outcome of logged)"""
    r = subprocess.run([B + '/fujie-verify', '--trust', FOLDER, '--json', *args], input=stdin, capture_output=True, timeout=300)
    doc = json.loads(r.stdout) if r.stdout else {}
    return r.returncode, doc.get('verdict'), next((c['outcome'] for c in doc.get('checks', []) if c['name'] == 'logged'), None)


def beside():
    good, false, token = proof_of(), Proof(w, 'authorisation').seal().octets(), put('mine/t.jwt', w.token())
    check('without a proof it is not requested', tool(token) == (0, 'permit', 'not requested'), tool(token))
    check('asked for it is unknown', tool('--logged', token) == (1, 'indeterminate', 'unknown'))
    given = put('given', good)
    check('a proof that is named', tool('--log-proof', given, '--logged', token) == (0, 'permit', 'pass'))
    check('also for standard input', tool('--log-proof', given, '--logged', '-', stdin=w.token().encode()) == (0, 'permit', 'pass'))
    put('mine/t.tlog-proof', good)
    check('the file beside, its last suffix another', tool('--logged', token) == (0, 'permit', 'pass') and tool(token) == (0, 'permit', 'pass'))
    check('of a name with other dots too', tool('--logged', put('mine/t.a.jwt', w.token())) == (1, 'indeterminate', 'unknown'))
    put('mine/t.a.tlog-proof', good)
    check('and then it is there', tool('--logged', TMP + '/mine/t.a.jwt') == (0, 'permit', 'pass'))
    check('standard input has no file beside', tool('-', stdin=w.token().encode()) == (0, 'permit', 'not requested'))
    put('mine/t.tlog-proof', false)
    check('a false one beside is a deny, though nobody asked', tool(token) == (1, 'deny', 'fail'))
    check('what is named goes before what lies beside', tool('--log-proof', given, token) == (0, 'permit', 'pass'))
    check('one that is named and not there is no verdict', tool('--log-proof', TMP + '/none', token)[0] == 3)
    check('an empty one is a slip', tool('--log-proof', put('empty', b''), token)[0] == 2)
    put('mine/t.tlog-proof', proof_of(by=(0,)))
    check('with too few witnesses it passes until it is asked for', tool(token) == (0, 'permit', 'pass') and tool('--logged', token) == (1, 'indeterminate', 'unknown'))
    os.remove(TMP + '/mine/t.tlog-proof')
    os.mkdir(TMP + '/mine/t.tlog-proof')
    check('what is there and can\'t be read is not taken for what is not there', tool(token)[0] == 3)
    os.rmdir(TMP + '/mine/t.tlog-proof')
    text = subprocess.run([B + '/fujie-verify', '--trust', FOLDER, '--log-proof', given, token], capture_output=True, text=True).stdout
    check('the text says where it stands and who saw it', 'leaf 5 of 11' in text and '3 个见证方中 2 个已副署' in text and '第 5 叶，共 11 叶' in text, text[-600:])


def published():
    auth, certificate = FOLDER + '/authorisations/%s.jwt' % DAU, FOLDER + '/certificates/%s.pem' % DAC
    check('a trust folder without proofs', tool('--logged', auth) == (1, 'indeterminate', 'unknown') and tool(auth) == (0, 'permit', 'not requested'))
    put('trust/authorisations/%s.tlog-proof' % DAU, proof_of('authorisation'))
    put('trust/certificates/%s.tlog-proof' % DAC, proof_of('certificate'))
    check('with them its own files are logged', tool('--logged', auth) == (0, 'permit', 'pass') and tool('--logged', certificate) == (0, 'permit', 'pass'))
    check('and a copy elsewhere', tool('--logged', put('copy', w.auth())) == (0, 'permit', 'pass') and tool('--logged', put('copy.der', w.dac.der())) == (0, 'permit', 'pass'))
    old = World()
    old.edit['auth'] = lambda p: p.update(version=2, previous=b64u(hashlib.sha256(w.auth().encode()).digest()))
    check('another version of it has none there', tool(put('v2.jwt', old.auth())) == (0, 'permit', 'not requested') and tool('--logged', TMP + '/v2.jwt') == (1, 'indeterminate', 'unknown'))
    put('v2.tlog-proof', proof_of('authorisation'))
    check('given with it, the same proof denies', tool(TMP + '/v2.jwt') == (1, 'deny', 'fail'))
    put('trust/log.policy', policy_of('quorum w9\n'))
    r = subprocess.run([B + '/fujie-verify', '--trust', FOLDER, auth], capture_output=True, text=True)
    check('a policy that can\'t be read is told, and is not as good as none', 'log.policy' in r.stderr and r.returncode == 1 and tool(auth) == (1, 'indeterminate', 'unknown'), r.stderr)
    put('trust/log.policy', w.more['log.policy'])


def archive():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w', format=tarfile.USTAR_FORMAT) as t:
        for folder, _, files in os.walk(FOLDER):
            for f in files:
                i = tarfile.TarInfo('trust' + os.path.join(folder, f)[len(FOLDER):])
                data = open(os.path.join(folder, f), 'rb').read()
                i.size = len(data)
                t.addfile(i, io.BytesIO(data))
    return out.getvalue()


def says(sentence, answer, status, reason=''):
    code, headers, _ = answer
    check(sentence, code == status and headers['X-Fujie-Reason'].startswith(reason), (code, dict(headers)))


def door():
    bent.answer = archive()
    proof = lambda octets: base64.b64encode(octets).decode()
    good, root = proof(proof_of()), hashlib.sha256(w.root.der()).hexdigest()
    free = Gateway(bent.base, root, TMP + '/free', *OPTIONS)
    strict = Gateway(bent.base, root, TMP + '/strict', *OPTIONS, '--logged')
    running.extend([free, strict])
    ask = lambda g, p=None, **more: g.ask(token=w.token(), X_Fujie_X5T=X5T, X_Fujie_Log_Proof=p, **more)
    check('a door that does not ask', ask(free)[0] == 204, ask(free))
    says('one that does', ask(strict), 403, 'logged [formats.md 19]')
    check('with the proof both open', ask(free, good)[0] == 204 and ask(strict, good)[0] == 204, ask(strict, good))
    check('Envoy\'s way too', ask(strict, good, path='/envoy/x')[0] == 200)
    other = proof(Proof(w, 'authorisation').seal().octets())
    says('another\'s proof is a deny at both', ask(free, other), 403, 'logged')
    says('at the strict one as well', ask(strict, other), 403, 'logged')
    says('too few witnesses', ask(strict, proof(proof_of(by=(2,)))), 403, 'logged [C2SP tlog-policy]')
    for bad in ('!', good[:-2], good.replace('=', '') + '====', proof_of().decode().split('\n')[0], '%20'):
        says('what is no base64 of a proof: %.10s' % bad, ask(free, bad), 403, 'logged')
    c = http.client.HTTPConnection('127.0.0.1', strict.port, timeout=300)
    c.putrequest('GET', '/auth')
    for k, v in (('Authorization', 'Bearer ' + w.token()), ('X-Fujie-X5T', X5T), ('X-Fujie-Log-Proof', good), ('X-Fujie-Log-Proof', good)):
        c.putheader(k, v)
    c.endheaders()
    r = c.getresponse()
    check('the header twice is refused', r.status == 403 and r.headers['X-Fujie-Reason'].startswith('form'), dict(r.headers))
    c.close()
    post = lambda g, **body: g.ask('/v1/verify', method='POST', body=json.dumps({'credential': w.token(), **body}))
    logged = lambda answer: [c['outcome'] for c in answer[2]['checks'] if c['name'] == 'logged']
    check('a question without a proof', logged(post(free)) == ['not requested'] and logged(post(strict)) == ['unknown'] and logged(post(free, logged=True)) == ['unknown'])
    check('with one', logged(post(free, log_proof=proof_of().decode())) == ['pass'] and post(strict, log_proof=proof_of().decode())[2]['verdict'] == 'permit')
    check('the gateway\'s demand can\'t be taken back', logged(post(strict, logged=False)) == ['unknown'])
    check('an authorisation\'s is published', logged(strict.ask('/v1/verify', method='POST', body=json.dumps({'credential': w.auth()}))) == ['pass'])
    for wrong in ({'log_proof': ''}, {'log_proof': 1}, {'log_proof': None}, {'logged': 'yes'}, {'logged': 1}, {'log_prof': 'x'}):
        check('refused as wrong use: %s' % wrong, post(free, **wrong)[0] == 400, post(free, **wrong))
    r = subprocess.run([B + '/fujie-gateway', 'watch', put('list', DAU + '\n'), '--issuer', bent.base, '--root', root, '--dir', TMP + '/watch', '--once', '--logged'], capture_output=True, text=True, timeout=300)
    check('watch takes no --logged', r.returncode == 2 and 'watch' in r.stderr, r)


OPTIONS = ('--use', USE)
running, bent = [], Issuer('http://127.0.0.1:9')
w = token_world()
try:
    for path, data in w.files().items():
        put('trust/' + path, data)
    for part in (beside, published, door):
        part()
except Exception as e:
    import traceback
    traceback.print_exc()
    check('the test ran to its end', False, e)
finally:
    for g in running:
        g.proc.kill()
    bent.close()
    shutil.rmtree(TMP, ignore_errors=True)
finish()
