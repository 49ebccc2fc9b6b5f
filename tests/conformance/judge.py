"""What the conformance tests share: the tool on a trust folder, and one line a case."""
import json, os, shutil, subprocess, sys, tempfile, threading

B = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'build')
passed = failed = 0
folders, making = {}, threading.Lock()
root = tempfile.mkdtemp(prefix='fujie-conformance-')


def check(sentence, ok, detail=''):
    global passed, failed
    passed, failed = passed + bool(ok), failed + (not ok)
    print(('ok - ' if ok else 'not ok - ') + sentence + ('' if ok or detail == '' else '  # ' + str(detail)[:400]), flush=True)


def finish():
    shutil.rmtree(root, ignore_errors=True)
    print('%d passed, %d failed' % (passed, failed), flush=True)
    sys.exit(1 if failed else 0)


def folder(files):
    """a trust folder with these files (../history/… stand beside it); the same files, the same folder"""
    key = tuple(sorted(files.items()))
    with making:  # two threads may want the same one
        if key not in folders:
            at = os.path.join(root, str(len(folders)), 'trust')
            for path, data in files.items():
                path = os.path.join(at, path)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, 'wb') as f:
                    f.write(data)
            folders[key] = at
        return folders[key]


def chinese(text):
    return any('\u4e00' <= c <= '\u9fff' for c in text)


def explained(c):
    return bool(c['text']['en']) and chinese(c['text']['zh'])


class Verdict:
    """verdict, the names of the checks that failed or stayed unknown, the document, exit code and stderr"""

    def __init__(self, trust, credential, at, use=None, nonce=None, x5t=None, log_proof=None, logged=False, root=None):
        """credential: octets, or the path of a file; trust: files, or a path; log_proof: octets; root: fingerprint,
        of a bundle, which is its own trust"""
        trusted = ['--root', root] if root else ['--trust', trust if isinstance(trust, str) else folder(trust)]
        cmd = [B + '/fujie-verify', *trusted, '--json', '--at', at]
        for k, v in (('--use', use), ('--nonce', nonce), ('--x5t', x5t)):
            cmd += [k, v] if v is not None else []
        if log_proof is not None:
            fd, path = tempfile.mkstemp(dir=root)
            os.write(fd, log_proof)
            os.close(fd)
            cmd += ['--log-proof', path]
        cmd += ['--logged'] * logged
        by_name = isinstance(credential, str)
        r = subprocess.run(cmd + [credential if by_name else '-'], input=None if by_name else credential, capture_output=True, timeout=300)
        self.code, self.err = r.returncode, r.stderr.decode(errors='replace')
        try:
            self.doc = json.loads(r.stdout)
        except ValueError:
            self.doc = {'verdict': 'no document', 'checks': []}
        self.verdict = self.doc['verdict']
        self.wrong = [c for c in self.doc['checks'] if c['outcome'] == 'fail'] or [c for c in self.doc['checks'] if c['outcome'] == 'unknown']

    def __str__(self):
        return '%s (%d) %s %s' % (self.verdict, self.code, '; '.join('%s: %s [%s]' % (c['name'], c['text']['en'], c['evidence']) for c in self.wrong[:3]), self.err)

    def permits(self):
        return self.verdict == 'permit' and self.code == 0

    def says(self, verdict, name):
        """not permitted, by this verdict, this check among the wrong ones, with a reason in both languages"""
        hit = [c for c in self.wrong if c['name'] == name]
        return self.verdict == verdict and self.code == 1 and bool(hit) and explained(hit[0])

    def refuses(self):
        """not permitted, whatever check says it, with a reason in both languages; or no verdict could be given"""
        return not self.permits() and self.code in (1, 3) and (explained(self.wrong[0]) if self.wrong else chinese(self.err))
