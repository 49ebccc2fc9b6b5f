/*
 * chain.c - CAs of the trust, end entities under them, and the pool of signers
 * whose chain has been verified.
 *
 * The path is fixed: end entity, an issuing CA of the trust's chain.pem, the
 * root.  Nothing is fetched and no other path is tried.  What does not change
 * (names, flags, policy, signatures) is checked once for each signer and kept;
 * what does (dates, revocation) is asked at every verdict.  Only signers that
 * carry one of our two purposes are kept, so a stranger can't fill the pool.
 */
#include "verifier/internal.h"

#define WANT(cond, cite, what) FJ_ENSURE(cond, fj_fail(err, FJ_E_INVALID, "verify", cite, "%s", what))

/* --- CAs --- */

void ver_ca_release(struct ver_ca *ca)
{
	fj_buf_release(&ca->der);
	EVP_PKEY_free(ca->key);
	ca->key = NULL;
}

static enum fj_rc read_ca(struct fj_slice der, struct ver_ca *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	fj_buf_init(&out->der, FJ_X509_MAX);
	enum fj_rc rc = fj_buf_put(&out->der, der.p, der.len);
	if (rc != FJ_OK)
		return fj_fail(err, rc, "verify", NULL, "a CA certificate does not fit into %d octets", FJ_X509_MAX);
	FJ_TRY(fj_x509_read(fj_buf_slice(&out->der), &out->x, err));
	return ver_key_read(out->x.spki, &out->key, err);
}

static enum fj_rc check_ca(const struct fj_x509 *x, struct fj_err *err)
{
	WANT(x->ca, "RFC 5280 4.2.1.9", "a certificate of the chain is no CA");
	WANT(x->ku == (FJ_KU_CERT | FJ_KU_CRL), "RFC 5280 4.2.1.3", "a CA's key usage is not keyCertSign and cRLSign");
	WANT((x->critical & FJ_X_BC) && (x->critical & FJ_X_KU), "RFC 5280 4.2.1", "a CA's basic constraints or key usage are not critical");
	WANT(!(x->critical & ~(unsigned)(FJ_X_BC | FJ_X_KU)), "RFC 5280 4.2", "a CA has another critical extension");
	WANT(!(x->seen & (FJ_X_EKU | FJ_X_SAN | FJ_X_NOCHECK)), "formats.md 2", "a CA has an extension that is not in its profile");
	WANT(x->ski.len > 0, "RFC 5280 4.2.1.2", "a CA has no key identifier");
	return FJ_OK;
}

enum fj_rc ver_ca_root(struct fj_slice der, struct ver_ca *out, struct fj_err *err)
{
	FJ_TRY(read_ca(der, out, err));
	FJ_TRY(check_ca(&out->x, err));
	WANT(fj_slice_eq(out->x.issuer, out->x.subject), "RFC 5280 3.2", "the root is not its own issuer");
	WANT(!(out->x.seen & FJ_X_PRIVATE), "formats.md 2", "a root has an extension that is not in its profile");
	WANT(out->x.pathlen >= 1, "RFC 5280 4.2.1.9", "the root's path length has no room for an issuing CA");
	out->root = out;
	WANT(ver_signed_der(out->key, out->x.alg, out->x.tbs, out->x.sig), "RFC 5280 6.1", "the root's signature does not verify under its own key");
	return FJ_OK;
}

/* ARC.3.1 production, ARC.3.2 demo */
static enum fj_rc learn_arc(struct ver_ca *ca, struct fj_err *err)
{
	size_t n = strlen(ca->x.policy);

	WANT(n > 4 && n < sizeof(ca->arc), "formats.md 1", "an issuing CA has no certificate policy to learn the arc from");
	const char *end = ca->x.policy + n - 4;
	ca->demo = strcmp(end, ".3.2") == 0;
	WANT(ca->demo || strcmp(end, ".3.1") == 0, "formats.md 1", "an issuing CA's policy is neither production nor demo");
	memcpy(ca->arc, ca->x.policy, n - 4);
	ca->arc[n - 4] = '\0';
	return FJ_OK;
}

enum fj_rc ver_ca_issuing(struct fj_slice der, const struct ver_ca *root, struct ver_ca *out, struct fj_err *err)
{
	FJ_TRY(read_ca(der, out, err));
	FJ_TRY(check_ca(&out->x, err));
	WANT(out->x.pathlen == 0, "RFC 5280 4.2.1.9", "an issuing CA's path length is not 0");
	WANT(fj_slice_eq(out->x.issuer, root->x.subject) && fj_slice_eq(out->x.aki, root->x.ski), "RFC 5280 6.1.3", "an issuing CA was not issued by the root");
	WANT(!fj_slice_eq(out->x.subject, root->x.subject), "RFC 5280 6.1.3", "an issuing CA bears the root's name");
	WANT(out->x.crldp.len > 0, "formats.md 2", "an issuing CA names no CRL");
	WANT(fj_alg_of(out->x.curve) == out->x.alg, "formats.md 2", "an issuing CA's key is of another algorithm than its root's");
	out->root = root;
	WANT(ver_signed_der(root->key, out->x.alg, out->x.tbs, out->x.sig), "RFC 5280 6.1.3", "an issuing CA's signature does not verify under the root's key");
	FJ_TRY(learn_arc(out, err));
	return fj_limits_of(&out->x, &out->limited, &out->limits, err);
}

const struct ver_ca *ver_ca_of(const struct ver_trust *t, struct fj_slice issuer, struct fj_slice aki)
{
	for (size_t i = 0; i < t->a->n_ca; i++)
		if (fj_slice_eq(t->a->ca[i].x.subject, issuer) && fj_slice_eq(t->a->ca[i].x.ski, aki))
			return &t->a->ca[i];
	for (size_t a = 1; a < FJ_ALG_END; a++)
		if (t->a->root[a].key != NULL && fj_slice_eq(t->a->root[a].x.subject, issuer) && fj_slice_eq(t->a->root[a].x.ski, aki))
			return &t->a->root[a];
	return NULL;
}

/* --- end entities --- */

enum fj_rc ver_leaf_check(const struct fj_x509 *x, const struct ver_ca *ca, unsigned extra, struct fj_err *err)
{
	unsigned wants = FJ_X_SKI | FJ_X_AKI | FJ_X_KU | FJ_X_EKU | FJ_X_POLICY | FJ_X_CRLDP | FJ_X_AIA | extra;

	WANT(ca->arc[0] != '\0', "RFC 5280 6.1.3", "the issuer is not an issuing CA of this trust");
	WANT(fj_slice_eq(x->issuer, ca->x.subject) && fj_slice_eq(x->aki, ca->x.ski), "RFC 5280 6.1.3", "the certificate was not issued by this CA");
	WANT(!x->ca && !(x->seen & FJ_X_BC), "RFC 5280 4.2.1.9", "the certificate may not be a CA");
	WANT(x->ku == FJ_KU_SIGN, "RFC 5280 4.2.1.3", "the certificate's key usage is not digitalSignature alone");
	WANT(x->critical == FJ_X_KU, "RFC 5280 4.2", "the certificate's critical extensions are not key usage alone");
	WANT(x->seen == wants, "formats.md 2", "an extension is missing or is not in the profile");
	WANT(strcmp(x->policy, ca->x.policy) == 0, "RFC 5280 4.2.1.4", "the certificate's policy is not its issuing CA's");
	return ca->limited ? fj_limits_address(&ca->limits, x->crldp, err) : FJ_OK;
}

bool ver_leaf_signed(const struct fj_x509 *x, const struct ver_ca *ca)
{
	return ver_signed_der(ca->key, x->alg, x->tbs, x->sig);
}

static void one_date(const struct fj_x509 *x, fj_time now, const char *en, const char *zh, struct ver_finding *f)
{
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	if (f->outcome != VER_PASS || (now >= x->not_before && now <= x->not_after))
		return;
	ver_find(f, VER_FAIL, "RFC 5280 4.1.2.5", en, zh);
	fj_time_utc(x->not_before, a);
	fj_time_utc(x->not_after, b);
	snprintf(f->evidence, sizeof(f->evidence), "%s to %s", a, b);
}

void ver_dates(const struct ver_trust *t, const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, struct ver_finding *f)
{
	ver_find(f, VER_PASS, "RFC 5280 6", "leads through an issuing CA to the trusted root; flags, path length and dates hold", "经签发机构上溯至受信根，标志、路径长度与日期均成立");
	one_date(ca != NULL ? &ca->root->x : &t->a->root[FJ_ES256].x, now, "the root is not valid at this time", "根证书此时不在有效期内", f);
	if (ca != NULL && ca != ca->root)
		one_date(&ca->x, now, "the issuing CA is not valid at this time", "签发机构证书此时不在有效期内", f);
	if (leaf != NULL)
		one_date(leaf, now, "the signer's certificate is not valid at this time", "签名证书此时不在有效期内", f);
	if (f->outcome == VER_PASS && ca != NULL && ca->demo)
		snprintf(f->evidence, sizeof(f->evidence), "DEMO policy %s: proves nothing / 演示策略，不具效力", ca->x.policy);
}

/* --- signers --- */

struct ver_pool {
	pthread_mutex_t lock;
	struct ver_signer *s[VER_MAX_SIGNERS + VER_MAX_LIMITED * VER_MAX_CA]; /* only appended to: pointers stay good */
	size_t n;
};

static void signer_free(struct ver_signer *s)
{
	if (s == NULL)
		return;
	fj_buf_release(&s->der);
	fj_buf_release(&s->header);
	EVP_PKEY_free(s->key);
	fj_free(s);
}

FJ_DEFINE_AUTO_PTR(signer, struct ver_signer, signer_free)

enum fj_rc ver_pool_new(struct ver_pool **out)
{
	*out = fj_alloc(1, sizeof(**out));
	if (*out == NULL || pthread_mutex_init(&(*out)->lock, NULL) != 0)
		return FJ_E_NOMEM;
	return FJ_OK;
}

void ver_pool_free(struct ver_pool *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->n; i++)
		signer_free(p->s[i]);
	pthread_mutex_destroy(&p->lock);
	fj_free(p);
}

void ver_signer_release(struct ver_signer_ref *ref)
{
	signer_free(ref->owned);
	*ref = (struct ver_signer_ref){NULL, NULL};
}

bool ver_signer_is(const struct ver_signer *s, const char *suffix)
{
	size_t n = strlen(s->ca->arc);

	return strncmp(s->x.eku, s->ca->arc, n) == 0 && strcmp(s->x.eku + n, suffix) == 0;
}

static enum fj_rc build_signer(struct fj_slice leaf, const struct ver_ca *ca, struct ver_signer **out, struct fj_err *err)
{
	FJ_AUTO(signer) s = fj_alloc(1, sizeof(*s));

	if (s == NULL)
		return fj_no_memory(err, "verify");
	fj_buf_init(&s->der, FJ_X509_MAX);
	fj_buf_init(&s->header, FJ_TOKEN_MAX);
	s->ca = ca;
	FJ_TRY(fj_buf_put(&s->der, leaf.p, leaf.len));
	FJ_TRY(fj_x509_read(fj_buf_slice(&s->der), &s->x, err));
	FJ_TRY(ver_leaf_check(&s->x, ca, s->x.seen & (FJ_X_SAN | FJ_X_PRIVATE), err));
	WANT(ver_leaf_signed(&s->x, ca), "RFC 5280 6.1.3", "the signer's certificate does not verify under the issuing CA's key");
	if (ca->limited) /* nobody signs for another address than the CA's own */
		FJ_TRY(fj_limits_address(&ca->limits, s->x.san, err));
	WANT(!ca->limited || s->x.san.len == strlen(ca->limits.base), "formats.md 27", "beyond the limits that the root set for this issuing CA: a signer of it has another address than the CA's");
	WANT(fj_alg_of(s->x.curve) == s->x.alg, "formats.md 2", "the signer's key is of another algorithm than its issuing CA's");
	FJ_TRY(ver_key_read(s->x.spki, &s->key, err));
	FJ_TRY(fj_jws_kid(s->x.spki, s->kid, err));
	if (s->x.san.len < sizeof(s->iss) && s->x.san.len > 0)
		memcpy(s->iss, s->x.san.p, s->x.san.len);
	*out = fj_move(s);
	return FJ_OK;
}

static const struct ver_signer *pool_find(struct ver_pool *p, struct fj_slice leaf, struct fj_slice issuing)
{
	const struct ver_signer *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && found == NULL; i++)
		if (fj_slice_eq(fj_buf_slice(&p->s[i]->der), leaf) && fj_slice_eq(fj_buf_slice(&p->s[i]->ca->der), issuing))
			found = p->s[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

/* two threads may bring the same one: the second copy does no harm */
static bool pool_add(struct ver_pool *p, struct ver_signer *s)
{
	size_t beside = 0;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++)
		beside += s->ca->limited ? p->s[i]->ca == s->ca : !p->s[i]->ca->limited;
	bool room = beside < (s->ca->limited ? VER_MAX_LIMITED : VER_MAX_SIGNERS);
	if (room)
		p->s[p->n++] = s;
	pthread_mutex_unlock(&p->lock);
	return room;
}

enum fj_rc ver_signer_get(const struct ver_trust *t, struct fj_slice leaf, struct fj_slice issuing,
    struct ver_signer_ref *out, struct fj_err *err)
{
	const struct ver_ca *ca = NULL;
	struct ver_signer *s = NULL;

	*out = (struct ver_signer_ref){pool_find(t->a->pool, leaf, issuing), NULL};
	if (out->s != NULL)
		return FJ_OK;
	for (size_t i = 0; i < t->a->n_ca; i++)
		if (fj_slice_eq(fj_buf_slice(&t->a->ca[i].der), issuing))
			ca = &t->a->ca[i];
	WANT(ca != NULL, "RFC 7515 4.1.6", "x5c names an issuing CA that is not in this trust");
	FJ_TRY(build_signer(leaf, ca, &s, err));
	out->s = s;
	bool ours = (ver_signer_is(s, ".2.3") || ver_signer_is(s, ".2.4")) && s->iss[0] != '\0';
	if (!ours || !pool_add(t->a->pool, s))
		out->owned = s;
	return FJ_OK;
}

enum fj_rc ver_log_signer(const struct ver_trust *t, struct fj_slice der, struct ver_signer **out, struct fj_err *err)
{
	struct ver_signer *made = NULL;
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(der, &x, err));
	const struct ver_ca *ca = ver_ca_of(t, x.issuer, x.aki);
	WANT(ca != NULL, "RFC 5280 6.1.3", "the log's certificate was issued by no CA of this trust");
	FJ_TRY(build_signer(der, ca, &made, err));
	FJ_AUTO(signer) s = made;
	WANT(ver_signer_is(s, ".2.5"), "RFC 5280 4.2.1.12", "the certificate is not a public log's");
	WANT(s->iss[0] != '\0' && !(s->x.seen & FJ_X_PRIVATE), "formats.md 19", "the log's certificate does not name its issuer's address alone");
	*out = fj_move(s);
	return FJ_OK;
}

void ver_log_signer_free(struct ver_signer *s)
{
	signer_free(s);
}

const struct ver_signer *ver_signer_by_header(const struct ver_trust *t, struct fj_slice header)
{
	struct ver_pool *p = t->a->pool;
	const struct ver_signer *found = NULL;

	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n && found == NULL; i++)
		if (p->s[i]->header.len > 0 && fj_slice_eq(fj_buf_slice(&p->s[i]->header), header))
			found = p->s[i];
	pthread_mutex_unlock(&p->lock);
	return found;
}

void ver_signer_learn(const struct ver_trust *t, const struct ver_signer_ref *ref, const struct fj_jws *jws)
{
	const uint8_t *dot = memchr(jws->input.p, '.', jws->input.len);
	struct ver_pool *p = t->a->pool;

	/* a kid that is not this key's must be found again each time */
	if (dot == NULL || ref->owned != NULL || strcmp(jws->kid, ref->s->kid) != 0)
		return;
	pthread_mutex_lock(&p->lock);
	for (size_t i = 0; i < p->n; i++) {
		struct ver_signer *s = p->s[i];
		if (s != ref->s || s->header.len > 0)
			continue;
		memcpy(s->typ, jws->typ, sizeof(s->typ));
		if (fj_buf_put(&s->header, jws->input.p, (size_t)(dot - jws->input.p)) != FJ_OK)
			fj_buf_clear(&s->header); /* no memory: it is only slower */
	}
	pthread_mutex_unlock(&p->lock);
}

bool ver_signer_good(const struct ver_trust *t, const struct ver_signer *s, fj_time now)
{
	const struct fj_x509 *path[] = {&s->x, &s->ca->x, &s->ca->root->x};

	for (size_t i = 0; i < FJ_ARRAY_LEN(path); i++)
		if (now < path[i]->not_before || now > path[i]->not_after)
			return false;
	return ver_path_good(t, &s->x, s->ca, now);
}
