"""A public log as files, made by the model (tlog.py): leaves of every kind, tiles, checkpoint with both lines.  For tests
of what reads a log, apart from what writes one in the product."""
import base64
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from tlog import *

ORIGIN = 'log.example/log'
T0 = 1800000000


def b64u(b):
    return base64.urlsafe_b64encode(b).decode().rstrip('=')


def canonical(j):
    return json.dumps(j, sort_keys=True, ensure_ascii=False, separators=(',', ':')).encode()


def usci(i):
    return '91420100DEMA%06d' % i


def leaf_json(i):
    """every kind and event comes by"""
    h = lambda s: b64u(hashlib.sha256(('%s %d' % (s, i)).encode()).digest())
    out = {'v': 1, 'seq': i, 'at': T0 + i, 'sha256': h('credential')}
    event = ('issued', 'suspended', 'resumed', 'superseded', 'revoked')[i // 8 % 5]
    kind = i % 8
    if kind < 3:
        return {**out, 'event': event, 'kind': 'certificate', 'id': 'DAC-420000-202604-%06d-2' % i, 'holder': {'usci': usci(i), 'name': '数据单位%d' % i}}
    if kind == 3:
        return {**out, 'event': event, 'kind': 'authorisation', 'id': 'DAU-420000-202604-%06d-1' % i, 'holder': {'usci': usci(i), 'name': '甲'}, 'operator': {'usci': usci(i + 1), 'name': '乙'},
                'version': 1 + i % 3, 'parent': 'DAC-420000-202604-%06d-2' % (i - 3)}
    if kind < 6:
        return {**out, 'event': event, 'kind': 'token', 'id': 'LT-%06d' % i, 'holder': {'commitment': h('holder')}, 'parent': 'DAU-420000-202604-%06d-1' % (i - kind + 3)}
    return {**out, 'event': 'published', 'kind': ('status-list', 'crl')[kind - 6], 'id': 'http://log.example/%s/%d' % (('status', 'crl')[kind - 6], i % 5)}


class Maker:
    """folder/log and folder/trust; grown step by step as a log is"""

    def __init__(self, folder, make=leaf_json):
        self.at, self.make, self.entries, self.hashes = folder, make, [], []
        self.secret = sha(b'a log of tests')
        for d in ('/log/tile', '/trust'):
            os.makedirs(folder + d, exist_ok=True)
        self.pem, self.key = folder + '/trust/log.pem', folder + '/log.key'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-sha256', '-keyout', self.key, '-out', self.pem, '-days', '3650',
                        '-subj', '/CN=Fujie Log Signer'], check=True, capture_output=True)
        self.spki = subprocess.run('openssl x509 -in %s -pubkey -noout | openssl pkey -pubin -outform DER' % self.pem, shell=True, check=True, capture_output=True).stdout
        self.vkey = vkey(ORIGIN, ED25519, public(self.secret))
        self.write('../trust/log.vkey', self.vkey.encode() + b'\n')

    def write(self, path, data):
        path = self.at + '/log/' + path
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, 'wb').write(data)

    def ecdsa(self, text):
        open(self.at + '/text', 'w').write(text)
        return subprocess.run(['openssl', 'dgst', '-sha256', '-sign', self.key, self.at + '/text'], check=True, capture_output=True).stdout

    def sign(self, size, root, secret=None):
        text = checkpoint(ORIGIN, size, root)
        return text + '\n' + signed(ORIGIN, ED25519, secret or self.secret, text) + line(ORIGIN, ecdsa_id(self.spki), self.ecdsa(text))

    def grow(self, size):
        """to so many leaves: what a log of this size has, former partial files stay; returns the checkpoint"""
        for i in range(len(self.entries), size):
            self.entries.append(canonical(self.make(i)))
            self.hashes.append(leaf_hash(self.entries[-1]))
        self.tree = Tree(self.hashes)
        for path, data in log_files(self.tree, self.entries).items():
            self.write(path, data)
        note = self.sign(size, self.tree.root())
        self.write('checkpoint', note.encode())
        return note
