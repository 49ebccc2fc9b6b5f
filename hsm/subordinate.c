/*
 * subordinate.c - one root, several appliances: what a root certifies of others, and what an
 * appliance takes whose root is elsewhere (docs/formats.md 27).
 *
 * The root's side.  After its ceremony it may certify the issuing key of another appliance, under its
 * officers or, without a plan, two approvals: a CA of path length 0, of our arc, kind and hierarchy,
 * no longer than the root, with limits; its name and its address are nobody else's here.  Each is
 * remembered, so that a second one can't take the place of the first; a newer key of one has its name when the one before has
 * signed that (FORMER).
 *
 * The other side.  A home that was opened with a parent makes no root key.  Its issuing keys sign one
 * text of their own before they are certified, the request; then CA_CERT brings the certificate: by
 * the root that the home was opened for, for our key, at our address, or it is refused.  From then on
 * its limits bound what is signed here; what is beyond them is refused even if register and officers agree.
 */
#include <openssl/x509.h>

#include "hsm/signer.h"

#define CITE "formats.md 27"
#define NOW_TOLERANCE 600
#define MUST(cond, cite, what) FJ_ENSURE(cond, policy_no(err, cite, what))

/* what limits.c refuses, as this process says it */
static enum fj_rc refused(enum fj_rc rc, struct fj_err *err)
{
	struct fj_err why;

	if (rc == FJ_OK || err == NULL)
		return rc;
	why = *err;
	(void)fj_fail(err, FJ_E_POLICY, HSM_LAYER, CITE, "the signer refuses: %.240s", why.en);
	fj_err_zh(err, "签名器拒绝：%.240s", why.zh);
	return FJ_E_POLICY;
}

enum fj_rc limits_asset(const struct hsm_job *j, const struct fj_asset *a, struct fj_err *err)
{
	return j->s->mem.limited ? refused(fj_limits_asset(&j->s->mem.limits, a, err), err) : FJ_OK;
}

enum fj_rc limits_claims(const struct hsm_job *j, const json_t *claims, struct fj_err *err)
{
	return j->s->mem.limited ? refused(fj_limits_claims(&j->s->mem.limits, claims, err), err) : FJ_OK;
}

/* --- the root certifies --- */

static bool nested(const char *a, const char *b)
{
	size_t n = strlen(a);

	return strncmp(a, b, n) == 0 && (b[n] == '\0' || b[n] == '/');
}

static EVP_PKEY *key_of(struct fj_slice spki)
{
	const uint8_t *p = spki.p;

	return d2i_PUBKEY(NULL, &p, (long)spki.len);
}

static bool signed_under(struct fj_slice spki, enum fj_alg alg, const struct fj_x509 *x)
{
	EVP_PKEY *key = key_of(spki);
	bool ok = key != NULL && signer_key_verifies(key, alg, x->tbs, x->sig);

	EVP_PKEY_free(key);
	return ok;
}

/* the CA's newest certificate, that is the last one with this address; beside the one of `key`, of which the answer may have been lost */
static const struct mem_sub *newest_sub(const struct hsm_memory *m, enum fj_alg alg, const char *base, const struct fj_hash *key)
{
	const struct mem_sub *found = NULL;

	for (size_t i = 0; i < m->n_subs; i++)
		if (m->sub[i].alg == alg && strcmp(m->sub[i].limits.base, base) == 0 && !fj_hash_eq(&m->sub[i].key, key))
			found = &m->sub[i];
	return found;
}

/* of an algorithm: the CA's newest key, which is not revoked, has signed that this one follows it */
static enum fj_rc check_former(struct hsm_signer *s, enum fj_alg alg, const struct fj_ca_request *r, struct fj_slice text, struct fj_err *err)
{
	struct fj_hash key;

	fj_sha256(fj_buf_slice(&r->spki[alg]), &key);
	const struct mem_sub *o = newest_sub(&s->mem, alg, r->base, &key);
	EVP_PKEY *former = o == NULL ? NULL : key_of(FJ_SLICE(o->spki, o->spki_len)), *own = key_of(fj_buf_slice(&r->spki[alg]));
	bool ok = former != NULL && own != NULL && fj_limits_same(&o->limits, &r->limits) && signer_key_verifies(former, alg, text, fj_buf_slice(&r->former[alg])) &&
	    signer_key_verifies(own, alg, fj_buf_slice(&r->text), fj_buf_slice(&r->sig[alg]));

	EVP_PKEY_free(former);
	EVP_PKEY_free(own);
	MUST(ok, CITE, "no CA of this address and these limits was certified whose newest key has signed the request");
	MUST(mem_revoked(&s->mem, o->serial) == NULL, CITE, "the CA whose key signed the request is revoked: a new CA is made");
	s->follows[alg] = key;
	return FJ_OK;
}

/* bytes text, u8 n, n x {bytes signature, bytes signature by the former key} */
enum fj_rc signer_former(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	FJ_AUTO(fj_ca_request) r = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_CA_REQUEST_MAX);
	struct fj_slice part, sig, former;
	struct fj_rd rd;
	uint8_t n;

	(void)from;
	(void)answer;
	memset(s->follows, 0, sizeof(s->follows));
	fj_rd_init(&rd, fj_buf_slice(&f->body));
	if (fj_get_bytes(&rd, FJ_CA_REQUEST_MAX, &part) != FJ_OK || fj_get_u8(&rd, &n) != FJ_OK)
		return signer_broken(err, "a former key's word is cut");
	FJ_TRY(fj_ca_request_read_text(part, &r, err));
	MUST(!r.by_former && n == (r.sm2 ? 2 : 1), CITE, "a former key's word comes with the request itself, and a signature for each key");
	for (enum fj_alg a = FJ_ES256; a < (enum fj_alg)(FJ_ES256 + n); a++) {
		if (fj_get_bytes(&rd, 80, &sig) != FJ_OK || fj_get_bytes(&rd, 80, &former) != FJ_OK)
			return signer_broken(err, "a former key's word is cut");
		if (fj_buf_put(&r.sig[a], sig.p, sig.len) != FJ_OK || fj_buf_put(&r.former[a], former.p, former.len) != FJ_OK)
			return fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
	}
	if (fj_rd_end(&rd) != FJ_OK)
		return signer_broken(err, "a former key's word is longer than it says");
	FJ_TRY(fj_ca_request_former_text(&r, &text, err));
	for (enum fj_alg a = FJ_ES256; a < (enum fj_alg)(FJ_ES256 + n); a++)
		FJ_TRY(check_former(s, a, &r, fj_buf_slice(&text), err));
	return FJ_OK;
}

/* address and name are ours and those that we certified before, each of one key, or of one that the CA's own key has named */
static enum fj_rc check_alone(const struct hsm_job *j, const struct fj_x509 *x, const struct fj_limits *l, struct fj_err *err)
{
	const struct hsm_memory *m = &j->s->mem;
	struct fj_hash key, name;
	struct fj_x509 own;

	fj_sha256(x->spki, &key);
	fj_sha256(x->subject, &name);
	const struct mem_sub *before = newest_sub(m, j->alg, l->base, &key);
	bool follows = before != NULL && mem_revoked(m, before->serial) == NULL && fj_hash_eq(&j->s->follows[j->alg], &key);
	FJ_TRY(fj_x509_read_tbs(ca_newest(m, j->alg), &own, err));
	MUST(!fj_slice_eq(x->subject, own.subject), "RFC 5280 4.2.1.1", "the subordinate CA has our own issuing CA's name");
	MUST(!nested(m->base, l->base) && !nested(l->base, m->base), CITE, "the subordinate's address is this appliance's, or one of the two lies below the other");
	for (size_t i = 0; i < m->n_subs; i++) {
		const struct mem_sub *o = &m->sub[i];
		if (o->alg != j->alg)
			continue;
		MUST(!fj_hash_eq(&o->key, &key), CITE, "this key was certified already, or a try was cut after it: the other appliance makes a new one (another certificate would be beside the first, which no list would name)");
		if (fj_hash_eq(&o->name, &name) && fj_limits_same(&o->limits, l) && follows) /* a newer key of that CA */
			continue;
		MUST(!fj_hash_eq(&o->name, &name), "RFC 5280 4.2.1.1", "another CA that this root certified has that name, and its key did not sign that this one follows it, or is revoked");
		MUST(!nested(o->limits.base, l->base) && !nested(l->base, o->limits.base), CITE, "another CA that this root certified has that address");
	}
	return FJ_OK;
}

static bool sub_signed(const struct hsm_memory *m, struct fj_slice tbs)
{
	struct fj_hash h;

	fj_sha256(tbs, &h);
	for (size_t i = 0; i < m->n_subs; i++)
		if (fj_hash_eq(&m->sub[i].tbs, &h))
			return true;
	return false;
}

enum fj_rc policy_subordinate(const struct hsm_job *j, struct fj_slice tbs, struct fj_buf *delta, struct fj_err *err)
{
	struct hsm_memory *m = &j->s->mem;
	struct fj_x509 x, root;
	struct fj_limits l;
	bool there;

	MUST(m->ceremony == MEM_CLOSED && !m->parent, CITE, m->parent ? "this appliance is a subordinate itself; the root above it certifies" : "others are certified when this ceremony is over");
	if (sub_signed(m, tbs))
		return FJ_OK; /* again, since the answer was lost: the same certificate */
	FJ_TRY(fj_x509_read_tbs(tbs, &x, err));
	FJ_TRY(policy_common(j, &x, err));
	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&m->root_tbs[j->alg]), &root, err));
	MUST(fj_slice_eq(x.issuer, root.subject) && fj_slice_eq(x.aki, root.ski), "RFC 5280 4.1.2.4", "the issuer is not our root");
	MUST(!fj_slice_eq(x.subject, root.subject), "RFC 5280 4.1.2.6", "the subordinate CA has the root's name");
	MUST(fj_alg_of(x.curve) == j->alg, CITE, "the subordinate's key is of another algorithm than the root's");
	MUST(!policy_own_key(j, &x), CITE, "the key is one of this appliance's own");
	MUST(x.seen == (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA | FJ_X_PRIVATE), "formats.md 2", "a subordinate CA has other extensions, or no limits");
	FJ_TRY(policy_ca_frame(j, &x, err));
	MUST(x.not_after <= root.not_after, "RFC 5280 6.1.3", "the subordinate CA outlives its root");
	FJ_TRY(refused(fj_limits_of(&x, &there, &l, err), err));
	FJ_TRY(check_alone(j, &x, &l, err));
	MUST(m->n_subs < HSM_MAX_SUBS, CITE, "this root has certified as many CAs as its list of revocations may name");
	return fj_put_u8(delta, MEM_OP_SUBORDINATE) == FJ_OK && fj_put_bytes(delta, tbs) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "a memory delta is too large");
}

enum fj_rc sub_apply(struct hsm_memory *m, struct fj_rd *r, struct fj_err *err)
{
	struct fj_slice tbs;
	struct fj_x509 x;
	struct fj_limits l;
	struct mem_sub s;
	bool there;
	size_t i = 0;

	if (fj_get_bytes(r, FJ_X509_MAX, &tbs) != FJ_OK || fj_x509_read_tbs(tbs, &x, NULL) != FJ_OK || fj_limits_of(&x, &there, &l, NULL) != FJ_OK || !there)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a memory delta is malformed");
	memset(&s, 0, sizeof(s));
	s.alg = x.alg;
	fj_sha256(x.spki, &s.key);
	fj_sha256(x.subject, &s.name);
	fj_sha256(tbs, &s.tbs);
	s.limits = l;
	if (x.spki.len > sizeof(s.spki) || x.serial.len != sizeof(s.serial))
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a memory delta is malformed");
	memcpy(s.spki, x.spki.p, x.spki.len);
	s.spki_len = x.spki.len;
	memcpy(s.serial, x.serial.p, sizeof(s.serial));
	while (i < m->n_subs && !fj_hash_eq(&m->sub[i].key, &s.key))
		i++;
	if (i == HSM_MAX_SUBS)
		return fj_fail(err, FJ_E_LIMIT, HSM_LAYER, NULL, "the signer's memory is full, or out of memory");
	m->n_subs += i == m->n_subs;
	m->sub[i] = s;
	return FJ_OK;
}

/* --- a home without a root --- */

static enum fj_rc read_root(struct hsm_memory *m, const json_t *v, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	const char *text = json_string_value(v);
	struct fj_x509 x;

	MUST(text != NULL && fj_b64_get(text, json_string_length(v), &der) == FJ_OK, CITE, "the parent's root is not base64");
	FJ_TRY(fj_x509_read(fj_buf_slice(&der), &x, err));
	MUST(x.alg == alg && fj_alg_of(x.curve) == alg && fj_slice_eq(x.issuer, x.subject) && signed_under(x.spki, alg, &x), "RFC 5280 3.2", "the parent's certificate is no root of this algorithm: it is not its own issuer, or does not verify");
	MUST(x.ca && x.pathlen != 0 && (x.ku & FJ_KU_CERT), "RFC 5280 4.2.1.9", "the parent's root may not certify an issuing CA");
	fj_sha256(fj_buf_slice(&der), &m->parent_root[alg]);
	fj_buf_clear(&m->root_tbs[alg]);
	return fj_buf_put(&m->root_tbs[alg], x.tbs.p, x.tbs.len) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_NOMEM, HSM_LAYER, NULL, "out of memory");
}

enum fj_rc sub_parent(struct hsm_memory *m, const json_t *policy, struct fj_err *err)
{
	const json_t *roots = json_object_get(policy, "parent");

	m->parent = roots != NULL;
	if (roots == NULL)
		return FJ_OK;
	MUST(!m->planned, CITE, "a home has officers for its root or a parent, and not both");
	MUST(json_is_array(roots) && json_array_size(roots) == (m->sm2 ? 2u : 1u), CITE, "the parent's roots are one for each algorithm of the home");
	FJ_TRY(read_root(m, json_array_get(roots, 0), FJ_ES256, err));
	return m->sm2 ? read_root(m, json_array_get(roots, 1), FJ_SM2, err) : FJ_OK;
}

/* In the ceremony, by the keys of the home; after it for newer ones that have no certificate yet, by each of them and the one before,
 * within the limits that there are. */
static enum fj_rc asks_in_time(const struct hsm_job *j, const struct fj_ca_request *r, struct fj_err *err)
{
	const struct hsm_memory *m = &j->s->mem;

	if (m->ceremony != MEM_CLOSED) {
		MUST(!r->by_former, CITE, "there is no former key in the ceremony");
		return FJ_OK;
	}
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(m->sm2); a++)
		MUST(ca_newest_key(m, a) >= HSM_ROLE_END && !ca_keeps_up(j->s, a), CITE, "each issuing key has to have a newer one that is not certified yet (key roll)");
	MUST(fj_limits_same(&r->limits, &m->limits), CITE, "a newer key is asked for within the limits that there are");
	return FJ_OK;
}

/* the request says what this home was opened with, and is of its keys */
enum fj_rc policy_ca_request(const struct hsm_job *j, struct fj_slice text, struct fj_buf *delta, struct fj_err *err)
{
	const struct hsm_memory *m = &j->s->mem;
	FJ_AUTO(fj_ca_request) r = {0};

	(void)delta;
	MUST(m->parent, CITE, "only a home without a root asks for a certificate");
	FJ_TRY(fj_ca_request_read_text(text, &r, err));
	FJ_TRY(asks_in_time(j, &r, err));
	MUST(r.demo == m->demo && r.sm2 == m->sm2 && strcmp(r.arc, m->arc) == 0 && strcmp(r.base, m->base) == 0 && strcmp(r.operator_, m->operator_) == 0, CITE, "the request is of another home");
	MUST(r.made - j->now <= NOW_TOLERANCE && j->now - r.made <= NOW_TOLERANCE, CITE, "the request was not made now");
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(m->sm2); a++)
		MUST(fj_slice_eq(fj_buf_slice(&r.spki[a]), signer_spki(j->s, ca_newest_key(m, a))) && fj_hash_eq(&r.root[a], &m->parent_root[a]), CITE, "the request is of other keys than the newest, or for another root");
	if (m->ceremony == MEM_CLOSED && !r.by_former)
		*j->key = HSM_NEWER(j->role);
	return FJ_OK;
}

/* C=CN, O=our operator as the profile cuts it */
static bool our_name(const struct hsm_memory *m, const struct fj_x509 *x)
{
	char o[260];

	return fj_x509_name(x->subject, FJ_OID_O, o, sizeof(o), NULL) == FJ_OK && fj_slice_eq(fj_slice_str(o), FJ_SLICE(m->operator_, fj_utf8_prefix(m->operator_, 64)));
}

/* a CA's certificate, and from the root that the home was made for on its newer generations, each by the one before */
struct given {
	uint8_t alg;
	struct fj_slice cert, newer[FJ_MAX_ROOTS - 1];
	size_t n;
};

static bool passes_on(const struct fj_x509 *root, const struct fj_x509 *newer, enum fj_alg alg, fj_time now)
{
	return newer->alg == alg && fj_alg_of(newer->curve) == alg && fj_slice_eq(newer->issuer, root->subject) && fj_slice_eq(newer->subject, root->subject) && fj_slice_eq(newer->aki, root->ski) &&
	    newer->ca && newer->pathlen != 0 && (newer->ku & FJ_KU_CERT) && now >= newer->not_before && now <= newer->not_after && signed_under(root->spki, alg, newer);
}

/* the generation of the root that signed: the one of the home, or the last of those that followed */
static enum fj_rc signing_root(const struct hsm_memory *m, const struct given *g, struct fj_x509 *root, struct fj_err *err)
{
	struct fj_x509 newer;

	FJ_TRY(fj_x509_read_tbs(fj_buf_slice(&m->root_tbs[g->alg]), root, err));
	for (size_t k = 0; k < g->n; k++) {
		FJ_TRY(fj_x509_read(g->newer[k], &newer, err));
		MUST(passes_on(root, &newer, g->alg, fj_now()), "formats.md 33", "a newer root is not by the root that this home was made for, or by one that followed it, or not valid now");
		*root = newer;
	}
	return FJ_OK;
}

static enum fj_rc check_certified(const struct hsm_signer *s, const struct given *g, const struct fj_x509 *x, struct fj_err *err)
{
	const struct hsm_memory *m = &s->mem;
	enum fj_alg alg = g->alg;
	struct fj_limits l;
	struct fj_x509 root;
	bool there;
	fj_time now = fj_now();
	char policy[80];

	FJ_TRY(signing_root(m, g, &root, err));
	snprintf(policy, sizeof(policy), "%s.3.%d", m->arc, m->demo ? 2 : 1);
	MUST(x->alg == alg && fj_slice_eq(x->issuer, root.subject) && fj_slice_eq(x->aki, root.ski) && signed_under(root.spki, alg, x), "RFC 5280 6.1.3", "the certificate was not issued by the root that this home was made for, or by one that followed it");
	MUST(fj_slice_eq(x->spki, signer_spki(s, ca_newest_key(m, alg))), CITE, "the certificate is for another key than this home's issuing key");
	if (m->n_ca[alg] > 0) {
		struct fj_x509 before;
		FJ_TRY(fj_x509_read_tbs(ca_newest(m, alg), &before, err));
		MUST(fj_slice_eq(x->subject, before.subject), "RFC 5280 6.3.3 (f)", "a newer key of the issuing CA is certified under another name");
	}
	MUST(x->ca && x->pathlen == 0 && x->ku == (FJ_KU_CERT | FJ_KU_CRL) && x->critical == (FJ_X_KU | FJ_X_BC), "RFC 5280 4.2.1.9", "the certificate is not of an issuing CA: flag, path length 0 or key usage differ");
	MUST(x->seen == (FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_BC | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA | FJ_X_PRIVATE), CITE, "the certificate has other extensions than a subordinate's, or no limits");
	MUST(strcmp(x->policy, policy) == 0, "RFC 5280 4.1.2.4", "the certificate's policy is of another arc or kind than this home's");
	MUST(now >= x->not_before && now <= x->not_after && now <= root.not_after, "RFC 5280 4.1.2.5", "the certificate, or its root, is not valid now");
	MUST(our_name(m, x), "RFC 5280 4.1.2.6", "the certificate names another operator than this home's");
	FJ_TRY(refused(fj_limits_of(x, &there, &l, err), err));
	MUST(strcmp(l.base, m->base) == 0, CITE, "the certificate is for another address than this home's");
	MUST(!m->limited || fj_limits_same(&l, &m->limits), CITE, "the certificate has other limits than those that there are: of the other hierarchy, or of the key before");
	return FJ_OK;
}

/* u8 algorithm, bytes certificate, to the end bytes newer root: AUDIT_CA's body too */
static enum fj_rc read_body(struct fj_slice body, struct given *g, struct fj_x509 *x, struct fj_err *err)
{
	struct fj_rd r;

	fj_rd_init(&r, body);
	if (fj_get_u8(&r, &g->alg) != FJ_OK || g->alg < FJ_ES256 || g->alg >= FJ_ALG_END || fj_get_bytes(&r, FJ_X509_MAX, &g->cert) != FJ_OK)
		return signer_broken(err, "a CA's certificate is malformed");
	for (g->n = 0; fj_rd_end(&r) != FJ_OK; g->n++)
		if (g->n == FJ_ARRAY_LEN(g->newer) || fj_get_bytes(&r, FJ_X509_MAX, &g->newer[g->n]) != FJ_OK)
			return signer_broken(err, "a CA's certificate is malformed, or more roots came with it than there can be");
	return fj_x509_read(g->cert, x, err);
}

enum fj_rc sub_replay(struct hsm_memory *m, struct fj_slice body, struct fj_err *err)
{
	struct given g;
	struct fj_x509 x;

	if (read_body(body, &g, &x, NULL) != FJ_OK || fj_limits_of(&x, &m->limited, &m->limits, NULL) != FJ_OK || !m->limited)
		return fj_fail(err, FJ_E_CORRUPT, HSM_LAYER, NULL, "a record of the audit log is malformed");
	return ca_put(m, g.alg, x.tbs, err);
}

bool sub_certified(const struct hsm_memory *m)
{
	return !m->parent || (m->n_ca[FJ_ES256] > 0 && (!m->sm2 || m->n_ca[FJ_SM2] > 0));
}

enum fj_rc signer_ca_cert(struct hsm_signer *s, enum hsm_socket from, const struct fj_frame *f, struct fj_buf *answer, struct fj_err *err)
{
	struct given g;
	struct fj_x509 x;

	(void)from;
	(void)answer;
	FJ_TRY(read_body(fj_buf_slice(&f->body), &g, &x, err));
	MUST(s->mem.parent && s->mem.ceremony != MEM_NONE && store_whole(&s->mem) && (g.alg == FJ_ES256 || s->mem.sm2), CITE, "no certificate of this algorithm is awaited here");
	if (ca_keeps_up(s, g.alg)) {
		MUST(fj_slice_eq(ca_newest(&s->mem, g.alg), x.tbs), CITE, "another certificate was taken already");
		return FJ_OK;
	}
	MUST(s->mem.n_ca[g.alg] < FJ_MAX_CAS, "formats.md 26", "the issuing CA has had as many keys as are remembered");
	FJ_TRY(counter_open(s, err));
	FJ_TRY(clock_check(s, err));
	FJ_TRY(check_certified(s, &g, &x, err));
	s->fatal = true;
	FJ_TRY(signer_record(s, AUDIT_CA, fj_buf_slice(&f->body), err));
	FJ_TRY(sub_replay(&s->mem, fj_buf_slice(&f->body), err));
	s->fatal = false;
	return FJ_OK;
}
