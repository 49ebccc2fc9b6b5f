/*
 * ver_log.h - a public log beside the world of ver_pki.h: its keys and certificate, and proofs
 * of logging in a tree of two leaves, for what only the C interface shows.  The cases of what
 * must never pass are conformance/logged.py's.
 */
#ifndef FJ_TEST_VER_LOG_H
#define FJ_TEST_VER_LOG_H

#include <sodium.h>

#include "base/note.h"
#include "tests/unit/ver_pki.h"

#define LOG_ORIGIN "127.0.0.1:8444/log"

struct log {
	EVP_PKEY *key;
	struct spec spec;
	struct bytes cert;
	struct fj_vkey vkey, witness;
	uint8_t secret[64], witness_secret[64];
	struct fj_buf pem, vkey_text, policy, proof; /* files; proof: of the last log_prove */
};

static UNUSED void log_free(struct log *l)
{
	EVP_PKEY_free(l->key);
	fj_buf_release(&l->pem);
	fj_buf_release(&l->vkey_text);
	fj_buf_release(&l->policy);
	fj_buf_release(&l->proof);
	fj_free(l);
}

FJ_DEFINE_AUTO_PTR(log, struct log, log_free)

static void ed_make(const char *name, enum fj_note_type type, struct fj_vkey *k, uint8_t secret[64])
{
	uint8_t public[32];

	crypto_sign_keypair(public, secret);
	if (fj_vkey_make(name, type, public, k, NULL) != FJ_OK)
		exit(1);
}

/* with a policy of one witness, who is the quorum */
static UNUSED struct log *log_make(struct world *w)
{
	struct log *l = fj_alloc(1, sizeof(*l));

	fj_buf_init(&l->pem, 65536);
	fj_buf_init(&l->vkey_text, 1000);
	fj_buf_init(&l->policy, 4000);
	fj_buf_init(&l->proof, FJ_LOG_PROOF_MAX);
	l->key = new_key();
	l->spec = (struct spec)SPEC_SIGNER("Fujie Log Signer", ARC ".2.5", 6);
	X509_free(world_cert(w, &l->spec, l->key, &l->cert));
	pem_of("CERTIFICATE", slice(&l->cert), &l->pem);
	ed_make(LOG_ORIGIN, FJ_NOTE_ED25519, &l->vkey, l->secret);
	ed_make("w.example/witness", FJ_NOTE_COSIGNATURE, &l->witness, l->witness_secret);
	if (fj_vkey_put(&l->vkey_text, &l->vkey) != FJ_OK || fj_buf_puts(&l->vkey_text, "\n") != FJ_OK || fj_buf_puts(&l->policy, "witness w ") != FJ_OK ||
	    fj_vkey_put(&l->policy, &l->witness) != FJ_OK || fj_buf_puts(&l->policy, "\nquorum w\n") != FJ_OK)
		exit(1);
	return l;
}

/* into the trust folder, before world_load */
static UNUSED void log_put(const struct world *w, const struct log *l, bool policy)
{
	put_file(w, "log.pem", fj_buf_slice(&l->pem));
	put_file(w, "log.vkey", fj_buf_slice(&l->vkey_text));
	if (policy)
		put_file(w, "log.policy", fj_buf_slice(&l->policy));
}

static void log_lines(const struct log *l, struct fj_slice text, bool cosigned, struct fj_buf *note)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t der[128], ed[64], id[4], spki[200], *p = spki;
	size_t n = sizeof(der);

	fj_ecdsa_id(FJ_SLICE(spki, (size_t)i2d_PUBKEY(l->key, &p)), id);
	crypto_sign_detached(ed, NULL, text.p, text.len, l->secret);
	if (EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, l->key) != 1 || EVP_DigestSign(ctx, der, &n, text.p, text.len) != 1 ||
	    fj_note_line_put(note, LOG_ORIGIN, l->vkey.id, FJ_SLICE(ed, 64)) != FJ_OK || fj_note_line_put(note, LOG_ORIGIN, id, FJ_SLICE(der, n)) != FJ_OK ||
	    (cosigned && fj_cosign(note, &l->witness, l->witness_secret, NOW, text, NULL) != FJ_OK))
		exit(1);
	EVP_MD_CTX_free(ctx);
}

/* extra becomes the document's; its leaf is leaf 1 of 2 */
static UNUSED void log_prove_extra(struct log *l, const json_t *extra, bool cosigned)
{
	FJ_AUTO(buf) leaf = FJ_BUF_INIT(FJ_LEAF_MAX);
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	FJ_AUTO(log_proof) p = {.index = 1, .path = {.n = 1}};
	struct fj_checkpoint c = {.origin = LOG_ORIGIN, .size = 2};
	struct fj_hash h;

	fj_buf_init(&p.extra, FJ_LOG_PROOF_MAX);
	fj_buf_clear(&l->proof);
	if (fj_json_canonical(extra, &p.extra, NULL) != FJ_OK || fj_json_canonical(json_object_get(extra, "leaf"), &leaf, NULL) != FJ_OK)
		exit(1);
	fj_leaf_hash(fj_slice_str("the leaf before"), &p.path.h[0]);
	fj_leaf_hash(fj_buf_slice(&leaf), &h);
	fj_node_hash(&p.path.h[0], &h, &c.root);
	if (fj_checkpoint_put(&note, &c) != FJ_OK)
		exit(1);
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	if (fj_buf_put(&text, note.data, note.len) != FJ_OK || fj_buf_puts(&note, "\n") != FJ_OK)
		exit(1);
	log_lines(l, fj_buf_slice(&text), cosigned, &note);
	p.note = fj_buf_slice(&note);
	if (fj_log_proof_put(&l->proof, &p) != FJ_OK)
		exit(1);
}

static json_t *party(const json_t *payload, const char *key)
{
	const json_t *p = json_object_get(payload, key);

	return json_pack("{s:s, s:s}", "usci", fj_json_text(p, "usci"), "name", fj_json_text(p, "name"));
}

/* of the world's authorisation, as it is signed now */
static UNUSED void log_prove_auth(const struct world *w, struct log *l, bool cosigned)
{
	FJ_AUTO(json) extra = json_pack("{s:{s:i, s:i, s:I, s:s, s:s, s:s, s:s, s:o, s:o, s:I, s:s}}", "leaf", "v", 1, "seq", 1, "at", (json_int_t)(NOW - 100), "event", "issued",
	    "kind", "authorisation", "id", DAU, "sha256", hash_b64u(fj_buf_slice(&w->auth_jwt)), "holder", party(w->auth, "holder"), "operator", party(w->auth, "operator"),
	    "version", (json_int_t)fj_json_num(w->auth, "version"), "parent", DAC);

	log_prove_extra(l, extra, cosigned);
}

/* of the world's token */
static UNUSED void log_prove_token(const struct world *w, struct log *l, bool cosigned)
{
	uint8_t salt[16] = {7};
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	FJ_AUTO(json) who = party(w->token, "holder");

	if (fj_buf_put(&text, salt, sizeof(salt)) != FJ_OK || fj_json_canonical(who, &text, NULL) != FJ_OK)
		exit(1);
	FJ_AUTO(json) extra = json_pack("{s:{s:i, s:i, s:I, s:s, s:s, s:s, s:s, s:{s:s}, s:s}, s:s}", "leaf", "v", 1, "seq", 1, "at", (json_int_t)(NOW - 100), "event", "issued",
	    "kind", "token", "id", fj_json_text(w->token, "jti"), "sha256", hash_b64u(fj_buf_slice(&w->token_jwt)), "holder", "commitment", hash_b64u(fj_buf_slice(&text)),
	    "parent", DAU, "salt", b64u(FJ_SLICE(salt, sizeof(salt))));

	log_prove_extra(l, extra, cosigned);
}

#endif
