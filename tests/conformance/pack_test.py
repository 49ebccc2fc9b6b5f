"""docs/vectors as another implementer has it: the files there are what cases.py makes, and the
tool gives every verdict that index.json expects."""
import concurrent.futures
from judge import *
from make_pack import pack

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'docs', 'vectors')


def there():
    out = {}
    for folder, _, files in os.walk(HERE):
        for f in files:
            path = os.path.join(folder, f)
            out[os.path.relpath(path, HERE)] = open(path, 'rb').read()
    out.pop('README.md')
    return out


def judge(v):
    return v, Verdict(os.path.join(HERE, v['trust']), os.path.join(HERE, v['file']), v['at'], v.get('use'), v.get('nonce'), v.get('x5t'))


files, made = there(), pack()
check('the pack is what the cases make (tests/conformance/make_pack.py makes it anew)', files == made, sorted(k for k in files.keys() | made.keys() if files.get(k) != made.get(k))[:5])
check('it is smaller than 1 MB', sum(len(d) for d in files.values()) < 1000000)
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    for v, got in pool.map(judge, json.loads(files['index.json'])['vectors']):
        want = v['expect']
        ok = got.permits() if want['verdict'] == 'permit' else got.says(want['verdict'], want['check']) if 'check' in want else got.verdict == want['verdict'] and got.code == 1
        check('%s: %s, %s' % (v['id'], want['verdict'], v['reason']['en']), ok, got)
finish()
