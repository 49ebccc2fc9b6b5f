"""A world of verdict_cases.py made real: certificates, CRLs, status lists, authorisations and a trust
folder with its history (docs/formats.md 2, 3, 5, 7), and each case's credential as it would be presented.
What is placeholder in the world (hashes) is filled in bottom up."""
import base64
import hashlib
import os
import sys
import zlib

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "conformance"))
import world as pki  # noqa: E402
from world import ARC, Cert, Crl, Key, b64u, bc, canonical, crldp, eku, flags, integer, name, octets, oid, pem, policy, seq, tlv, uri, utf8  # noqa: E402

EKU = {"token": ARC + ".2.3", "status": ARC + ".2.4", "data-asset": ARC + ".2.1", "ocsp": pki.OCSP_SIGNING}
KINDS = ["admin", "inst", "mass", "soe", "util", "ent"]
RIGHTS, MODES = ["hold", "use", "oper"], ["whole", "domain", "scene"]
RESTRICTIONS = ["noCollateral", "noSubLicence", "noExport", "noResale", "noRawDelivery"]


pki.P256.window = 8  # a hundred thousand signatures in a minute


class Scalar:
    curve, point = pki.P256, None

    def __init__(self, d):
        self.d = d


STRANGER = Scalar(7)


def bits_of(names, order):
    return flags(*[order.index(n) for n in names])


def data_asset(a):
    """docs/formats.md 3"""
    return seq(integer(1), utf8(a["certificateNumber"]), utf8(a["assetNumber"]), utf8(a["assetName"]), integer(a["cardVersion"]), octets(bytes.fromhex(a["cardHash"])),
               utf8(a["classScheme"]), utf8(a["classCode"]), integer(KINDS.index(a["holderKind"]), 10), bits_of(a["rights"], RIGHTS), bits_of(a["modes"], MODES),
               bits_of(a["restrictions"], RESTRICTIONS), utf8(a["region"]), integer(["none", "holder"].index(a["keyOrigin"]), 10), integer(a["statusIndex"]),
               tlv(22, a["statusUri"].encode()))


KEY_IDS = {"ski": (False, lambda c: octets(c.ski())), "aki": (False, lambda c: pki.aki(c.issuer))}


class Made:
    """One world on disk: home/trust, home/history; credential(case) for what is presented."""

    packed = {}     # status lists by what they say

    def __init__(self, w, home, past):
        self.w, self.home, self.past, self.hashes, self.headers = w, home, past, {}, {}
        self.base = w["base"]
        self._authorities()
        self.signers = {}
        for number, c in self._certificates().items():
            if number in w["certificates"]:
                self.write("trust/certificates/%s.pem" % number, pem(c))
        self._lines()
        for where, versions in w["crls"].items():
            if where != w["cas"]["issuing"]["crldp"]:
                self._versions("crl", where, [(v, Crl(self.issuing, where, v["number"], v["from"], v["to"], self._revoked(v)).der()) for v in versions])
        for where, versions in w["lists"].items():
            self._versions("status", where, [(v, self._list(where, v)) for v in versions])

    def write(self, path, data):
        path = os.path.join(self.home, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as f:
            f.write(data)

    def _versions(self, kind, where, made):
        """the newest in the folder, all in the history where there are others"""
        if not made:
            return
        n, suffix = where.rsplit("/", 1)[1].replace(".crl", ""), ".crl" if kind == "crl" else ".jwt"
        for v, data in made if len(made) > 1 else []:
            self.write("history/%s/%s/%d%s" % (kind, n, v["from"], suffix), data)
        newest = in_folder(self.w, [v for v, _ in made], self.past)
        self.write("trust/%s/%s%s" % (kind, n, suffix), next(data for v, data in made if v is newest))

    @staticmethod
    def _revoked(v):
        return [(s, e["at"], e["reason"]) for s, e in sorted(v["revoked"].items(), key=lambda x: x[1]["at"])]

    # --- certificates ---

    def _authorities(self):
        cas, ca_ku = self.w["cas"], (True, flags(5, 6))

        def ca(issuer, who, cn, ext):
            c = Cert(issuer, Key(who), name(("C", "CN"), ("O", "某数据中心"), ("CN", cn)), 1, cas[who]["from"], cas[who]["to"], ext)
            c.serial = cas[who]["serial"]
            return c
        self.root = ca(None, "root", "Fujie Root", {"ski": KEY_IDS["ski"], "bc": (True, bc(True, 1)), "ku": ca_ku})
        at = cas["issuing"]["crldp"]
        self.issuing = ca(self.root, "issuing", "Fujie Issuing CA 1", {
            **KEY_IDS, "bc": (True, bc(True, 0)), "ku": ca_ku, "policy": (False, policy(ARC + ".3.1")), "crldp": (False, crldp(at)),
            "aia": (False, pki.aia(None, self.base + "/ca/root.cer"))})
        self.x5c = base64.b64encode(self.issuing.der()).decode()
        self.write("trust/root.pem", pem(self.root.der()))
        self.write("trust/chain.pem", pem(self.issuing.der()))
        self._versions("crl", at, [(v, Crl(self.root, at, v["number"], v["from"], v["to"], self._revoked(v)).der()) for v in self.w["crls"][at]])

    def _leaf(self, key, subject, serial, since, until, at, purpose, more):
        ext = {**KEY_IDS, "ku": (True, flags(0)), "policy": (False, policy(ARC + ".3.1")), "crldp": (False, crldp(at)),
               "aia": (False, pki.aia(self.base + "/ocsp", self.base + "/ca/issuing.cer")), **more}
        if purpose:
            ext["eku"] = (False, eku(EKU[purpose]))
        c = Cert(self.issuing, key, subject, 1, since, until, ext)
        c.serial = serial
        return c

    def _signer(self, n):
        if n in self.signers:
            return self.signers[n]
        s = self.w["signers"][n]
        self.signers[n] = self._leaf(Key(n), name(("C", "CN"), ("O", "某数据中心"), ("CN", n)), s["serial"], s["from"], s["to"], s["crldp"], s["eku"],
                                     {"san": (False, seq(uri(s["iss"])))})
        return self.signers[n]

    def _asset(self, x, signed=True):
        s = x["subject"]
        c = self._leaf(Key("holder"), name(("C", s["C"]), ("O", s["O"]), ("orgid", s["organizationIdentifier"]), ("serialNumber", s["serialNumber"]), ("CN", s["CN"])),
                       x["serial"], x["notBefore"], x["notAfter"], x["crldp"], x["eku"], {"asset": (False, data_asset(x["dataAsset"]))})
        if not signed:
            c.by = STRANGER
        return c.der()

    def _certificates(self):
        out = {}
        for c in self.w["all certificates"]:
            number = c["x509"]["dataAsset"]["certificateNumber"]
            out[number] = self._asset(c["x509"])
            self.hashes[c["sha256"]] = b64u(hashlib.sha256(out[number]).digest())
        return out

    # --- signed JSON ---

    def _jws(self, typ, signer, payload, signed=True):
        c = self._signer(signer)
        if (typ, signer) not in self.headers:
            self.headers[typ, signer] = canonical({"alg": "ES256", "typ": typ, "kid": c.key.kid(), "x5c": [base64.b64encode(c.der()).decode(), self.x5c]})
        return pki.jws(self.headers[typ, signer], payload, c.key if signed else STRANGER)

    def _real(self, v):
        """placeholders of hashes, at any depth"""
        if isinstance(v, dict):
            return {k: self._real(x) for k, x in v.items()}
        if isinstance(v, list):
            return [self._real(x) for x in v]
        return self.hashes.get(v, v) if isinstance(v, str) else v

    def _lines(self):
        for line in self.w["all lines"]:
            for v in line:
                text = (self._jws("dc+sd-jwt", v["signer"], self._real(v["payload"])) + "~").encode()
                self.hashes[v["sha256"]] = b64u(hashlib.sha256(text).digest())
                number = v["payload"]["jti"]
                if number in self.w["authorisations"]:
                    self.write("history/authorisations/%s/%d.jwt" % (number, v["payload"]["iat"]), text)
                    self.write("trust/authorisations/%s.jwt" % number, text)    # the last one stays

    def _list(self, where, v):
        key = tuple(sorted(v["values"].items()))
        if key not in Made.packed:
            entries = bytearray(1 << 18)
            for i, value in key:
                entries[i // 4] |= value << 2 * (i % 4)
            Made.packed[key] = b64u(zlib.compress(bytes(entries), 1))
        return self._jws("statuslist+jwt", v["signer"], {"iss": v["iss"], "sub": where, "iat": v["from"], "exp": v["to"], "ttl": 300,
                                                         "status_list": {"bits": 2, "lst": Made.packed[key]}}).encode()

    # --- what is presented ---

    def credential(self, c):
        if c["kind"] == "certificate":
            return pem(self._asset(c["x509"], c["signed"])).decode()
        text = self._jws("dc+sd-jwt", c["signer"], self._real(c["payload"]), c["signed"]) + "~"
        kb = c.get("proof")
        if kb is None:
            return text
        body = {"iat": kb["iat"], "aud": kb["aud"], "nonce": kb["nonce"],
                "sd_hash": b64u(hashlib.sha256(text.encode() if kb["sd_hash"] == "ok" else b"another").digest())}
        key = self.w["keys"].get(c["payload"].get("cnf", {}).get("jwk", {}).get("x"), 7)
        return text + pki.jws({"alg": "ES256", "typ": "kb+jwt"}, body, Scalar(key if kb["signed"] else 7 + (key == 7)))


def in_folder(w, versions, past):
    """The version that the trust folder holds: the newest at the world's own time, or one from after it
    where the world's time is the past of the folder."""
    begun = [v for v in versions if v["from"] <= w["now"] + 60]
    return (versions if past or not begun else begun)[-1]


def seen(w, past, now):
    """What the folder lets one know at a time (docs/formats.md 7, decision 191): the newest of everything,
    and the history only for a time that is said to be past."""
    out = dict(w)
    for kind in ("crls", "lists"):
        out[kind] = {u: vs if past else [in_folder(w, vs, past)] for u, vs in w[kind].items() if vs}
    out["authorisations"] = {}
    for number, line in w["authorisations"].items():
        versions = line.get("previous", []) + [line]
        begun = [v for v in versions if v["payload"]["iat"] <= now + 60]
        out["authorisations"][number] = (begun if past and begun else versions)[-1]
    return out
