"""A home whose issuing CA and root have keys of two generations (docs/formats.md 31), on world.py: what it takes to verify what is
under either, and what must not.  cases() gives each: id, sentence, the certificate, the trusted roots, the chain, the CRLs, and the
verdict that is right."""
from world import *

ROOT_LIST, FIRST, SECOND = BASE + '/crl/root.crl', BASE + '/crl/1.crl', BASE + '/crl/2.crl'


class Generations(World):
    """old: root and issuing CA; new_root, new_ca: the newer keys of the same names; new_with_old, old_with_new: between the roots; ca:
    the newer issuing CA under which root"""

    def __init__(self, under_new=False, pathlen=1):
        super().__init__()
        for k in ('root 2', 'issuing 2'):
            self.keys[k] = Key(k)
        ids = {k: self.issuing.ext[k] for k in ('ski', 'aki')}
        ca_ku, point = self.root.ext['ku'], {'crldp': (False, crldp(ROOT_LIST)), 'aia': (False, aia(None, BASE + '/ca/root.cer'))}
        self.new_root = Cert(None, self.keys['root 2'], self.root.subject, 21, NOW - 20 * DAY, NOW + 4000 * DAY, dict(self.root.ext))
        between = {**ids, 'bc': (True, bc(True, pathlen)), 'ku': ca_ku, 'policy': (False, policy(ARC + '.3.1')), **point}
        self.new_with_old = Cert(self.root, self.keys['root 2'], self.root.subject, 22, NOW - 20 * DAY, NOW + 3000 * DAY, dict(between))
        self.old_with_new = Cert(self.new_root, self.keys['root'], self.root.subject, 23, NOW - 20 * DAY, NOW + 3000 * DAY, dict(between))
        self.new_ca = Cert(self.new_root if under_new else self.root, self.keys['issuing 2'], self.issuing.subject, 24, NOW - 10 * DAY, NOW + 3000 * DAY, dict(self.issuing.ext))
        self.new_dac = Cert(self.new_ca, self.keys['holder'], self.dac.subject, 25, NOW - 9 * DAY, NOW + 900 * DAY,
                            {**self.dac.ext, 'crldp': (False, crldp(SECOND)), 'aia': (False, aia(BASE + '/ocsp', BASE + '/ca/issuing-2.cer'))})

    def all(self):
        return [self.new_ca, self.issuing, self.new_with_old, self.old_with_new, self.new_root, self.root]

    def shard_by(self, ca, n=8, where=FIRST, revoked=(), until=DAY):
        c = Crl(ca, where, n, NOW - 3600, NOW + until)
        for cert, reason in revoked:
            c.revoke(cert, reason)
        return c

    def roots_by(self, ca, n=2, revoked=()):
        return self.shard_by(ca, n, ROOT_LIST, revoked, 300 * DAY)

    def folder(self, roots, chain, crls):
        """trust folder, by path"""
        out = self.files()
        for path in ('crl/root.crl', 'crl/1.crl'):
            del out[path]
        out['root.pem'] = b''.join(pem(c.der()) for c in roots)
        out['chain.pem'] = b''.join(pem(c.der()) for c in chain)
        out.update({'crl/%d.crl' % (n + 1): c.der() for n, c in enumerate(crls)})
        return out


class Case:
    def __init__(self, id, sentence, world, cert, roots, chain, crls, right):
        self.id, self.sentence, self.world, self.cert, self.roots, self.chain, self.crls, self.right = id, sentence, world, cert, roots, chain, crls, right

    def folder(self):
        return self.world.folder(self.roots, self.chain, self.crls)


def cases():
    rows = []

    def case(id, sentence, w, cert, roots, chain, crls, right):
        rows.append(Case(id, sentence, w, cert, roots, chain, crls, right))

    w = Generations()
    one = [w.root], [w.new_ca, w.issuing, w.root]
    rl = w.roots_by(w.root)
    case('own', 'a list by the key that certified', w, w.dac, *one, [rl, w.shard], 'permit')
    case('newer', 'a list by the newer key of the name', w, w.dac, *one, [rl, w.shard_by(w.new_ca)], 'permit')
    case('newer-revoked', 'a list by the newer key that names it', w, w.dac, *one, [rl, w.shard_by(w.new_ca, revoked=[(w.dac, 4)])], 'deny')
    case('newer-ca-revoked', 'a list by a newer key that the root revoked', w, w.dac, *one, [w.roots_by(w.root, revoked=[(w.new_ca, 4)]), w.shard_by(w.new_ca)], 'indeterminate')
    case('older', 'a list by the former key for what the newer certified', w, w.new_dac, *one, [rl, w.shard, w.shard_by(w.issuing, where=SECOND)], 'indeterminate')
    case('newer-own', 'what the newer one certified, by its own list', w, w.new_dac, *one, [rl, w.shard, w.shard_by(w.new_ca, where=SECOND)], 'permit')
    case('not-there', 'a list by a key whose certificate is not there', w, w.dac, [w.root], [w.issuing, w.root], [rl, w.shard_by(w.new_ca)], 'indeterminate')
    case('both', 'of two the greater number: the former key names it, the newer one does not', w, w.dac, *one, [rl, w.shard_by(w.issuing, 7, revoked=[(w.dac, 6)]), w.shard_by(w.new_ca, 8)], 'permit')
    case('both-revoked', 'of two the greater number: the newer key names it, the former one does not', w, w.dac, *one, [rl, w.shard_by(w.issuing, 7), w.shard_by(w.new_ca, 8, revoked=[(w.dac, 4)])], 'deny')
    v = Generations(under_new=True)
    case('other-anchor', 'a list by a key of the name under another root of the name, both trusted', v, v.dac, [v.root, v.new_root], [v.new_ca, v.issuing, v.root], [v.roots_by(v.root), v.roots_by(v.new_root), v.shard_by(v.new_ca)], 'indeterminate')
    lists = [v.roots_by(v.new_root), v.shard_by(v.new_ca), v.shard_by(v.new_ca, where=SECOND)]
    case('old-root', 'what is under the newer root, by the older alone', v, v.new_dac, [v.root], v.all(), lists, 'permit')
    case('old-root-own', 'what is under the older root, by the older alone, lists by the newer', v, v.dac, [v.root], v.all(), lists, 'permit')
    case('new-root', 'what is under the older root, by the newer alone', v, v.dac, [v.new_root], v.all(), lists, 'permit')
    case('new-root-own', 'what is under the newer root, by the newer alone', v, v.new_dac, [v.new_root], v.all(), lists, 'permit')
    case('both-roots', 'what is under the older root, by both', v, v.dac, [v.new_root, v.root], v.all(), lists, 'permit')
    case('no-way', 'what is under the newer root, by the older alone, without the certificate between', v, v.new_dac, [v.root], [c for c in v.all() if c is not v.new_with_old], lists, 'deny')
    named = [v.roots_by(v.root, 1, revoked=[(v.new_with_old, 4)]), *lists]
    case('between-revoked', 'the older root revoked the certificate between, the newer one\'s list does not say so', v, v.new_dac, [v.root], v.all(), named, 'deny')
    u = Generations(under_new=True, pathlen=0)
    case('path-length', 'the certificate between allows no further CA', u, u.new_dac, [u.root], u.all(), [u.roots_by(u.new_root), u.shard_by(u.new_ca), u.shard_by(u.new_ca, where=SECOND)], 'deny')
    return rows
