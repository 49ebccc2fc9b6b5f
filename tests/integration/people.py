"""People with a key file of their own and fujie-officer.  All names are illustrative."""
from lib import *

OFFICER = B + '/fujie-officer'


class Person:
    def __init__(self, root, login):
        self.login, self.key, self.secret, self.public = login, '%s/%s.key' % (root, login), '%s/%s.pass' % (root, login), '%s/%s.pub' % (root, login)
        open(self.secret, 'w').write('correct horse battery %s\n' % login)
        json.dump(tool(OFFICER, 'new', *self.own[:4])[1], open(self.public, 'w'))

    @property
    def own(self):
        return ('--key', self.key, '--passphrase-file', self.secret, '--yes')

    def sign(self, plan):
        return tool(OFFICER, 'plan', 'sign', plan, *self.own)

    def approve(self, challenges, plan, out, *more):
        """(exit code, what it showed)"""
        if os.path.exists(out):
            os.unlink(out)
        r = subprocess.run([OFFICER, 'approve', challenges, '--plan', plan, *more, '--out', out, '--lang', 'en', *self.own], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return r.returncode, r.stdout + r.stderr


class DemoOfficer(Person):
    """one of a demo's own"""
    def __init__(self, home, login):
        self.login, self.key, self.secret = login, home + '/officers/%s.key' % login, home + '/officers/%s.passphrase' % login
