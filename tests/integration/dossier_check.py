"""Checks an asset's dossier without the appliance, from docs/formats.md 9 alone.
    python3 dossier_check.py DOSSIER.tar      prints what is wrong, or "N checks passed"
Python's standard library; with the openssl command also signatures and chains."""
import base64, hashlib, json, os, shutil, struct, subprocess, sys, tarfile, tempfile, zlib


class Wrong(Exception):
    pass


class Dossier:
    def __init__(self, path):
        self.files, self.checks = {}, 0
        with tarfile.open(path) as t:
            for m in t.getmembers():
                if not m.isfile() or m.name.startswith('/') or '..' in m.name.split('/') or m.name in self.files:
                    raise Wrong('the archive holds %r' % m.name)
                self.files[m.name] = t.extractfile(m).read()
        self.json = lambda name: json.loads(self.files[name])

    def need(self, ok, sentence):
        if not ok:
            raise Wrong(sentence)
        self.checks += 1

    def manifest(self):
        m = self.json('manifest.json')
        self.need(m['format'] == 'urn:fujie:dossier:1', 'the format is unknown')
        named = {f['name'] for f in m['files']}
        self.need(named == set(self.files) - {'manifest.json'}, 'manifest and archive name other files')
        for f in m['files']:
            b = self.files[f['name']]
            self.need(len(b) == f['octets'] and hashlib.sha256(b).hexdigest() == f['sha256'], f['name'] + ' is not the file of the manifest')
        return m

    def events(self, m):
        out = [json.loads(l) for l in self.files['events.jsonl'].decode().split('\n') if l]
        self.need(len(out) == m['events'], 'events are missing')
        last = None
        for e in out:
            h = hashlib.sha256()
            parts = [bytes.fromhex(e['previous']), b'%d %d' % (e['seq'], e['at'])]
            parts += [e[k].encode() for k in ('actor', 'org', 'kind', 'object', 'approval', 'policy', 'body')]
            for p in parts:
                h.update(struct.pack('>I', len(p)) + p)
            self.need(h.hexdigest() == e['hash'], 'event %d does not have its hash' % e['seq'])
            self.need(last is None or e['seq'] > last['seq'], 'events are out of order')
            self.need(last is None or e['seq'] != last['seq'] + 1 or e['previous'] == last['hash'], 'event %d does not follow' % e['seq'])
            last = e
            e['json'] = json.loads(e['body'])
        self.need(last['seq'] < m['log']['seq'] or last['hash'] == m['log']['hash'], 'the log ends otherwise')
        return out

    def cards(self, events, asset):
        names = {asset} | {e['json']['from'] for e in events if e['kind'] == 'asset.numbered' and e['object'] == asset}
        said = {e['json'].get('version', 1): e['json']['hash'] for e in events
                if e['kind'] in ('asset.carded', 'asset.received', 'asset.numbered') and e['object'] in names}
        there = {int(n[6:-5]): n for n in self.files if n.startswith('cards/')}
        self.need(set(said) == set(there), 'cards and events tell other versions')
        for v, n in there.items():
            self.need(hashlib.sha256(self.files[n]).hexdigest() == said[v], n + ' is not the card of its event')
        return said

    def openings(self, events):
        said = {e['object']: e['json']['who'] for e in events if e['kind'] == 'objection.made'}
        for o in json.loads(self.files.get('openings.json', b'[]')):
            self.need(hashlib.sha256(bytes.fromhex(o['salt']) + o['text'].encode()).hexdigest() == said[o['object']], 'the opening of %s is not what was said' % o['object'])
        return said

    def approvals(self, events):
        for n in [n for n in self.files if n.startswith('approvals/') and not n.endswith('.payload.json')]:
            a = self.json(n)
            asked = [e for e in events if e['kind'] == 'approval.requested' and e['object'] == a['id']]
            self.need(len(asked) == 1 and all(asked[0]['json'][k] == a[k] for k in ('kind', 'object', 'org', 'applicant', 'role', 'digest')),
                      a['id'] + ' was asked for otherwise')
            payload = self.files[n[:-5] + '.payload.json']
            self.need(hashlib.sha256(payload).hexdigest() == a['digest'], 'what %s was asked for is not its payload' % a['id'])
            self.need(json.loads(payload) == asked[0]['json']['payload'], 'the event of %s has another payload' % a['id'])
            said = {(e['json']['officer'], e['json']['verdict']) for e in events if e['kind'] == 'approval.decided' and e['object'] == a['id']}
            self.need({(d['officer'], d['verdict']) for d in a['decisions']} == said, 'decisions on %s differ from the events' % a['id'])
            self.need(a['applicant'] not in {o for o, v in said if v == 'approve'}, 'who asked for %s approved it (R22)' % a['id'])

    def certificates(self, events, cards):
        issued = {e['object']: e['json']['sha256'] for e in events if e['kind'] == 'certificate.issued'}
        for c in self.json('certificates.json'):
            pem = self.files.get('certificates/%s.pem' % c['number'])
            if pem is None:
                self.need(c['number'] not in issued, c['number'] + ' was issued and is not here')
                continue
            der = base64.b64decode(b''.join(pem.split(b'\n')[1:-2]))
            self.need(hashlib.sha256(der).hexdigest() == issued[c['number']], c['number'] + ' is not the certificate of its event')
            self.need(bytes.fromhex(cards[c['card_version']]) in der, c['number'] + ' was not issued on card %d' % c['card_version'])
            self.need(bytes.fromhex(c['serial']) in der, c['number'] + ' has another serial')
            self.status(c)

    def operation(self, events):
        """plans are what their events add up to, products what their events say"""
        docs, versions = {}, {}
        for e in events:
            if e['kind'].startswith('plan.') and 'set' in e['json']:
                docs.setdefault(e['object'], {}).update(e['json']['set'])
            if e['kind'] in ('product.added', 'product.changed'):
                versions[e['object'], e['json']['n']] = e['json']['doc']
        plans = {p['id']: p['document'] for p in self.json('plans.json')}
        self.need(plans == docs, 'plans and events differ')
        self.need({(p['product'], p['n']): p['content'] for p in self.json('products.json')} == versions, 'products and events differ')

    def status(self, c):
        jwt = self.files.get('trust/status-%d.jwt' % c['list'])
        if jwt is None:
            return
        head, payload, sig = jwt.split(b'.')
        raw = lambda s: base64.urlsafe_b64decode(s + b'=' * (-len(s) % 4))
        bits = zlib.decompress(raw(json.loads(raw(payload))['status_list']['lst'].encode()))
        value = bits[c['idx'] // 4] >> 2 * (c['idx'] % 4) & 3
        self.need(value == c['status'], '%s has status %d in the signed list, not %d' % (c['number'], value, c['status']))

    def openssl(self):
        """signatures: certificates to the root, CRL and status list by their signers"""
        d = tempfile.mkdtemp(prefix='dossier-')
        run = lambda *a: subprocess.run(['openssl'] + list(a), cwd=d, capture_output=True, text=True)
        put = lambda name, b: open(os.path.join(d, name), 'wb').write(b)
        try:
            for n, b in self.files.items():
                put(n.replace('/', '_'), b)
            for c in self.json('certificates.json'):
                n = 'certificates_%s.pem' % c['number']
                if not os.path.exists(os.path.join(d, n)):
                    continue
                r = run('verify', '-no_check_time', '-CAfile', 'trust_root.pem', '-untrusted', 'trust_chain.pem', n)
                self.need(r.returncode == 0, c['number'] + ' does not lead to the root: ' + r.stderr)
                crl = 'trust_crl-%d.crl' % c['crl_shard']
                r = run('crl', '-inform', 'DER', '-in', crl, '-noout', '-text', '-CAfile', 'trust_chain.pem')
                self.need(r.returncode == 0 and 'verify OK' in r.stderr, 'the CRL is not the issuing CA\'s')
                self.need((c['serial'].upper() in r.stdout) == c['on_crl'], c['number'] + ' stands otherwise in the CRL')
            for n in [n for n in self.files if n.endswith('.jwt')]:
                head, payload, sig = self.files[n].split(b'.')
                raw = lambda s: base64.urlsafe_b64decode(s + b'=' * (-len(s) % 4))
                x5c = json.loads(raw(head))['x5c']
                for i, c in enumerate(x5c):
                    put('x5c%d.der' % i, base64.b64decode(c))
                    put('x5c%d.pem' % i, run('x509', '-inform', 'DER', '-in', 'x5c%d.der' % i).stdout.encode())
                put('key.pem', run('x509', '-in', 'x5c0.pem', '-noout', '-pubkey').stdout.encode())
                r = run('verify', '-no_check_time', '-CAfile', 'trust_root.pem', '-untrusted', 'x5c1.pem', 'x5c0.pem')
                self.need(r.returncode == 0, 'the signer of %s does not lead to the root: %s' % (n, r.stderr))
                half = lambda b: (lambda v: b'\x02' + bytes([len(v)]) + v)((b'\0' if b.lstrip(b'\0')[:1] >= b'\x80' else b'') + b.lstrip(b'\0'))
                s = half(raw(sig)[:32]) + half(raw(sig)[32:])
                put('sig', b'\x30' + bytes([len(s)]) + s)
                put('signed', head + b'.' + payload)
                r = run('dgst', '-sha256', '-verify', 'key.pem', '-signature', 'sig', 'signed')
                self.need(r.returncode == 0, n + ' is not signed by its signer')
        finally:
            shutil.rmtree(d)

    def check(self):
        m = self.manifest()
        events = self.events(m)
        cards = self.cards(events, m['asset'])
        self.need(self.json('asset.json')['asset_no'] == m['asset'], 'it is another asset\'s')
        self.openings(events)
        self.approvals(events)
        self.operation(events)
        self.certificates(events, cards)
        if shutil.which('openssl'):
            self.openssl()
        return self.checks


def check(path):
    """number of checks passed; Wrong says what is wrong"""
    try:
        return Dossier(path).check()
    except (KeyError, ValueError, IndexError, struct.error, tarfile.TarError, zlib.error) as e:
        raise Wrong('the dossier is malformed: %r' % e)


if __name__ == '__main__':
    try:
        print('%d checks passed' % check(sys.argv[1]))
    except Wrong as e:
        print('wrong: %s' % e)
        sys.exit(1)
