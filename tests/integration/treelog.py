"""A public log of the tests' own that grows: leaves, their tiles in a folder, signed checkpoints.  Tree, tiles and notes are the
model's (tests/model/tlog.py); texts and notes are octets here, as they go over the wire."""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'model'))
from tlog import ED25519, Tree, checkpoint, leaf_hash, log_files, public, signed, vkey


class Key:
    """an Ed25519 key of a log, or of a witness (kind COSIGNATURE); of one name it is another each time"""

    def __init__(self, name, kind=ED25519):
        self.name, self.kind, self.secret = name, kind, os.urandom(32)

    def vkey(self):
        return vkey(self.name, self.kind, public(self.secret))

    def line(self, text, at=0):
        return signed(self.name, self.kind, self.secret, text.decode(), at).encode()


class Log(Tree):
    def __init__(self, key):
        super().__init__([])
        self.key, self.leaves = key, []

    def add(self, *leaves):
        self.leaves += leaves
        self.h += map(leaf_hash, leaves)

    def text(self, n=None, root=None):
        n = len(self.h) if n is None else n
        return checkpoint(self.key.name, n, root or self.root(n)).encode()

    def note(self, n=None, root=None):
        t = self.text(n, root)
        return t + b'\n' + self.key.line(t)

    def write(self, folder, n=None):
        """tiles, bundles and then the checkpoint of the first n leaves"""
        for path, data in log_files(self, self.leaves[:n]).items():
            replace(folder + '/' + path, data)
        replace(folder + '/checkpoint', self.note(n))


def replace(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + '.tmp', 'wb') as f:
        f.write(data)
    os.rename(path + '.tmp', path)
