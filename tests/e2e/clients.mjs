// Independent JavaScript clients on a running appliance: jose, @peculiar/x509, pkijs.  One line a
// case, as the other tests.  usage: node clients.mjs VERIFIER-URL GOOD.pem REVOKED.pem GOOD.jwt REVOKED.jwt
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { webcrypto } from 'node:crypto';
import * as jose from 'jose';
import * as x509 from '@peculiar/x509';
import * as pkijs from 'pkijs';

const [url, goodPem, revokedPem, goodJwt, revokedJwt] = process.argv.slice(2);
x509.cryptoProvider.set(webcrypto);
pkijs.setEngine('node', new pkijs.CryptoEngine({ name: 'node', crypto: webcrypto }));
let failed = 0;
const check = (sentence, ok, detail = '') => {
	failed += !ok;
	console.log((ok ? 'ok - ' : 'not ok - ') + sentence + (ok || detail === '' ? '' : '  # ' + detail));
};
const get = async (path, body) => Buffer.from(await (await fetch(url + path, body && { method: 'POST', body, headers: { 'Content-Type': 'application/ocsp-request' } })).arrayBuffer());
const attempt = async (fn) => { try { return await fn(); } catch (e) { return e; } };

// jose: the published key, tokens, and the entries of their status list
async function tokens() {
	const meta = JSON.parse(await get('/.well-known/jwt-vc-issuer'));
	const key = await jose.importJWK(meta.jwks.keys[0], 'ES256');
	const read = (path) => readFileSync(path, 'utf8').trim().replace(/~$/, '');
	const entry = async ({ idx, uri }) => {
		const list = await jose.compactVerify((await get(new URL(uri).pathname)).toString(), key, { algorithms: ['ES256'] });
		const p = JSON.parse(Buffer.from(list.payload));
		if (list.protectedHeader.typ !== 'statuslist+jwt' || p.sub !== uri || p.exp * 1000 < Date.now()) throw new Error('a list that is not right');
		return inflateSync(Buffer.from(p.status_list.lst, 'base64url'))[idx >> 2] >> 2 * (idx & 3) & 3;
	};
	for (const [path, good] of [[goodJwt, true], [revokedJwt, false]]) {
		const t = await jose.compactVerify(read(path), key, { algorithms: ['ES256'] });
		const p = JSON.parse(Buffer.from(t.payload));
		const states = await Promise.all([p.status.status_list, p.asset.status, p.parent.status].map(entry));
		check(`jose and zlib: the three entries of ${p.jti} say it is ${good ? 'in force' : 'not'}`, states.every((s) => s === 0) === good, states.join());
	}
	const bad = read(goodJwt).replace(/\.(.)/, (m, c) => '.' + (c === 'f' ? 'g' : 'f'));
	check('jose refuses a token that was changed', (await attempt(() => jose.compactVerify(bad, key))) instanceof Error);
	const x5c = jose.decodeProtectedHeader(read(goodJwt)).x5c;
	const leaf = await jose.importX509(new x509.X509Certificate(x5c[0]).toString('pem'), 'ES256');
	check('jose: the key of x5c verifies it too', (await jose.compactVerify(read(goodJwt), leaf)).payload.length > 0);
}

// @peculiar/x509: signature under the issuing CA, and the shard's CRL
async function certificates() {
	const issuing = new x509.X509Certificate(await get('/ca/issuing.cer')), root = new x509.X509Certificate(await get('/ca/root.cer'));
	const crl = new x509.X509Crl(await get('/crl/1.crl'));
	check('@peculiar/x509: the CRL verifies under the issuing CA, and not under the root', await crl.verify({ publicKey: issuing }) && !await crl.verify({ publicKey: root }));
	for (const [path, good] of [[goodPem, true], [revokedPem, false]]) {
		const c = new x509.X509Certificate(readFileSync(path, 'utf8'));
		check('@peculiar/x509: the signature verifies under the issuing CA', await c.verify({ publicKey: issuing, signatureOnly: true }));
		check(`@peculiar/x509: the CRL ${good ? 'does not name' : 'names'} it`, (crl.findRevoked(c.serialNumber) === null) === good);
	}
}

// pkijs: path with revocation, and OCSP
async function paths() {
	const der = (path) => pkijs.Certificate.fromBER(new x509.X509Certificate(readFileSync(path, 'utf8')).rawData);
	const root = pkijs.Certificate.fromBER(await get('/ca/root.cer')), issuing = pkijs.Certificate.fromBER(await get('/ca/issuing.cer'));
	const crls = [pkijs.CertificateRevocationList.fromBER(await get('/crl/1.crl')), pkijs.CertificateRevocationList.fromBER(await get('/crl/root.crl'))];
	for (const [path, good] of [[goodPem, true], [revokedPem, false]]) {
		const c = der(path);
		const way = await new pkijs.CertificateChainValidationEngine({ trustedCerts: [root], certs: [issuing, c], crls }).verify();
		check(`pkijs: the path ${good ? 'validates' : 'does not validate: revoked'}`, way.result === good, way.resultMessage);
		const ask = new pkijs.OCSPRequest();
		await ask.createForCertificate(c, { hashAlgorithm: 'SHA-256', issuerCertificate: issuing });
		const answer = pkijs.BasicOCSPResponse.fromBER(pkijs.OCSPResponse.fromBER(await get('/ocsp', ask.toSchema(true).toBER())).responseBytes.response.valueBlock.valueHexView);
		const state = await answer.getCertificateStatus(c, issuing);
		check(`pkijs: OCSP says ${good ? 'good' : 'revoked'}`, state.isForCertificate && state.status === (good ? 0 : 1), JSON.stringify(state));
		check('pkijs: its signature leads to the root', await answer.verify({ trustedCerts: [root, issuing] }));
	}
}

for (const part of [tokens, certificates, paths]) {
	const e = await attempt(part);
	if (e instanceof Error) check(part.name + ' came to its end', false, e.stack);
}
process.exit(failed ? 1 : 0);
