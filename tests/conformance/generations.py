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
        self.new_root = Cert(None, self.keys['root 2'], self.root.subject, 21, NOW - 20 * DAY, NOW + 5000 * DAY, dict(self.root.ext))
        between = {**ids, 'bc': (True, bc(True, pathlen)), 'ku': ca_ku, 'policy': (False, policy(ARC + '.3.1')), **point}
        self.new_with_old = Cert(self.root, self.keys['root 2'], self.root.subject, 22, NOW - 20 * DAY, self.root.until, dict(between))
        self.old_with_new = Cert(self.new_root, self.keys['root'], self.root.subject, 23, NOW - 20 * DAY, self.root.until, dict(between))
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


# --- what is right, from docs/formats.md 31 alone; over every key, certificate and list that there is ---

PASS, UNKNOWN, FAIL = 0, 1, 2


class Model:
    """the verdict on a data asset certificate by these roots, this chain and these CRLs; the status list is the world's, under the
    former issuing CA's key"""

    def __init__(self, world, roots, chain, crls):
        self.w, self.crls, self.anchors = world, crls, [r.key for r in roots]
        self.named, self.every = {world.root.subject: 'root', world.issuing.subject: 'issuing'}, roots + chain
        self.placed, more = [], True
        while more:
            new = [c for c in chain if c.issuer is not c and c not in self.placed and self.known(c.issuer.key)]
            new = [c for c in new if c.subject != world.root.subject or c.pathlen >= 1]
            self.placed, more = self.placed + new, bool(new)

    def known(self, key):
        return key in self.anchors or any(c.key is key for c in self.placed)

    def path(self, key):
        """certificates from a CA's key up to below a trusted root, and that root's key"""
        out = []
        while key not in self.anchors:
            out.append(next(c for c in self.placed if c.key is key))
            key = out[-1].issuer.key
        return out, key

    def age(self, key):
        return min(c.since for c in self.every if c.key is key)

    def own(self, key):
        """when its self-signed certificate begins; 0: that lies nowhere"""
        return min((c.since for c in self.every if c.key is key and c.issuer is c), default=0)

    def passes_on(self, c):
        """a root's key, known to be younger than the one that signed it, to the end of that one's"""
        over = next(x for x in self.every if x.key is c.issuer.key and (x.issuer is x) == (x.key in self.anchors))
        return self.own(c.key) > self.own(c.issuer.key) and c.until >= over.until

    def follows(self, newer, key):
        reached, c = [key], key
        while c not in self.anchors and not self.passes_on(next(x for x in self.placed if x.key is c)):
            c = next(x for x in self.placed if x.key is c).issuer.key
            reached.append(c)
        for k in reached:
            reached += [c.key for c in self.placed if c.subject == self.w.root.subject and c.issuer.key is k and c.key not in reached and self.passes_on(c)]
        return newer in reached[1:]

    def leads(self, key, anchor, asked):
        return key is anchor or any(c.key is key and c.since <= NOW <= c.until and (self.status(c, asked) == PASS if c not in asked else self.passes_on(c)) and self.leads(c.issuer.key, anchor, asked | {c})
                                    for c in self.placed if len(asked) < 12)

    def counts(self, by, key, asked):
        name = lambda k: next(c.subject for c in self.every if c.key is k)
        newer = self.follows(by, key) if name(key) == self.w.root.subject else self.age(by) >= self.age(key)
        return by is key or (name(by) == name(key) and newer and self.leads(by, self.path(key)[1], asked))

    def status(self, cert, asked=frozenset()):
        where, ca = (SECOND if cert is self.w.new_dac else FIRST, False) if 'asset' in cert.ext or 'eku' in cert.ext else (ROOT_LIST, True)
        lists = [c for c in self.crls if c.where == where and self.known(c.issuer.key) and self.counts(c.issuer.key, cert.issuer.key, asked | {cert})]
        top = max((c.n for c in lists), default=None)
        names = lambda c: any(s == cert.serial for s, *_ in c.revoked)
        if any(names(c) for c in lists if ca or c.n == top):
            return FAIL
        return PASS if any(c.until >= NOW for c in lists if c.n == top) else UNKNOWN

    def standing(self, key):
        """(dates, status) of the path of a CA's key"""
        path = self.path(key)[0]
        return FAIL if any(not c.since <= NOW <= c.until for c in path) else PASS, max([self.status(c) for c in path], default=PASS)

    def refused(self):
        """no issuing CA stands under these roots: such a folder is none, and gives no verdict"""
        return not any(c.subject == self.w.issuing.subject for c in self.placed)

    def verdict(self, cert):
        if self.refused():
            return 'refused'
        if not self.known(cert.issuer.key):
            return 'deny'
        found = [*self.standing(cert.issuer.key), self.status(cert), UNKNOWN]
        signer = self.w.status_signer
        if self.known(signer.issuer.key) and max(*self.standing(signer.issuer.key), self.status(signer)) == PASS:
            found[-1] = PASS
        return ('permit', 'indeterminate', 'deny')[max(found)]


def by_chance(random):
    """a world in which any of it may be otherwise: (world, certificate, roots, chain, CRLs)"""
    w = Generations(under_new=random.random() < .6, pathlen=random.choice((1, 1, 1, 1, 2, 0)))
    for c in (w.new_root, w.root):
        c.pathlen = 1
    for c in (w.new_with_old, w.old_with_new):
        c.pathlen = int.from_bytes(c.ext['bc'][1][-1:], 'big')
        if random.random() < .15:
            c.until = NOW - 1
    if random.random() < .1:
        w.new_ca.until = NOW - 1
    roots = random.choice(([w.root], [w.new_root], [w.new_root, w.root]))
    chain = [c for c in w.all() if random.random() < .9]
    random.shuffle(chain)
    crls, used = [], set()
    for where, by in [(ROOT_LIST, k) for k in (w.root, w.new_root)] + [(p, k) for p in (FIRST, SECOND) for k in (w.issuing, w.new_ca)]:
        if random.random() < .3:
            continue
        of = {ROOT_LIST: (w.issuing, w.new_ca, w.new_with_old, w.old_with_new), FIRST: (w.dac, w.status_signer), SECOND: (w.new_dac,)}[where]
        crls.append(w.shard_by(by, random.choice((7, 8, 8, 9)), where, [(c, 4) for c in of if random.random() < .12], random.choice((DAY, DAY, DAY, DAY, -1))))
    return w, random.choice((w.dac, w.new_dac)), roots, chain, crls
