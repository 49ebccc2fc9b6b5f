"""The model of the log against known answers (the eight leaves of Certificate Transparency's tests, RFC 8032 7.1) and against
itself: each path is accepted, and none that is changed.  python3 tests/model/test_tlog.py"""
import unittest

from tlog import *

LEAVES = [bytes.fromhex(h) for h in ('', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f')]
ROOTS = ['6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d', 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
         'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77', 'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
         '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4', '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
         'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c', '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328']


class Known(unittest.TestCase):
    def test_roots(self):
        t = Tree(map(leaf_hash, LEAVES))
        self.assertEqual([t.root(n).hex() for n in range(1, 9)], ROOTS)

    def test_ed25519(self):
        secret = bytes.fromhex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
        self.assertEqual(public(secret).hex(), 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
        sig = sign(secret, b'')
        self.assertEqual(sig.hex(), 'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b')
        self.assertTrue(verifies(public(secret), b'', sig))
        self.assertFalse(verifies(public(secret), b'x', sig))


class Itself(unittest.TestCase):
    def test_paths(self):
        t = Tree(leaf_hash(word(i)) for i in range(70))
        for n in range(1, 71):
            for i in range(n):
                path = t.path(i, n)
                self.assertTrue(includes(i, n, t.h[i], path, t.root(n)))
                self.assertFalse(includes(i, n, t.h[i], path + [t.h[0]], t.root(n)))
                self.assertFalse(path and includes(i, n, t.h[i], path[1:], t.root(n)))
            self.assertTrue(consistent(0, t.root(0), n, t.root(n), t.proof(0, n)))
            self.assertFalse(consistent(0, t.root(0), n, t.root(n), [t.h[0]]))
            for m in range(1, n + 1):
                path = t.proof(m, n)
                self.assertTrue(consistent(m, t.root(m), n, t.root(n), path))
                self.assertFalse(consistent(m, leaf_hash(b''), n, t.root(n), path))
                self.assertFalse(path and consistent(m, t.root(m), n, t.root(n), path[:-1]))

    def test_tiles(self):
        for n in (0, 1, 255, 256, 257, 700, 66000):
            t = Tree(leaf_hash(word(i)) for i in range(n))
            files = tiles(t, n)
            self.assertEqual(tree_of_tiles(files.__getitem__, n).root(), t.root())
            for p in list(files)[:3]:
                self.assertEqual(tile_path(*read_path(p)), p)
                bad = dict(files, **{p: files[p][:-1] + bytes([files[p][-1] ^ 1])})
                with self.assertRaises(Bad):
                    if tree_of_tiles(bad.__getitem__, n).root() != t.root():
                        raise Bad
        for p in ('tile/00/000', 'tile/0/0', 'tile/0/x000/000', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/64/000', 'tile/0/001/000', 'tile/0/000/'):
            with self.assertRaises(Bad, msg=p):
                read_path(p)

    def test_bundles(self):
        entries = [b'', b'a', b'x' * 65535]
        self.assertEqual(read_bundle(bundle(entries)), entries)
        with self.assertRaises(Bad):
            read_bundle(bundle(entries)[:-1])

    def test_notes(self):
        v = vectors()['note']
        self.assertTrue(note_by(v['note'], v['vkey']) and note_by(v['note'], v['witness']))
        self.assertFalse(note_by(v['note'].replace('\n7\n', '\n8\n'), v['vkey']))
        self.assertIsNone(note_by(v['note'], vkey('log.example/log', ED25519, public(bytes(32)))))
        self.assertEqual(read_checkpoint(read_note(v['note'])[0])[1], 7)
        extra, index, path, note = read_log_proof(v['proof'])
        self.assertTrue(includes(index, 7, leaf_hash(word(index)), path, read_checkpoint(read_note(note)[0])[2]))
        for bad in ('a\n', 'a\n\n', 'a\n\n- x AAAAAAA=\n', 'a\n\n\u2014 x AAAAAAA\n', 'a\t\n\n\u2014 x AAAAAAA=\n', 'a\n\n\u2014 x AAAAAAA='):
            with self.assertRaises(Bad, msg=bad):
                read_note(bad)


if __name__ == '__main__':
    unittest.main()
