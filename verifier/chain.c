/*
 * chain.c - CAs of the trust, end entities under them, and the pool of signers
 * whose chain has been verified.
 *
 * A path: end entity, an issuing CA, as many certificates between generations of the root as it takes (RFC 4210 4.4), a
 * root that is trusted.  Such a certificate gives a root's key to another generation of the same name; it is self-issued,
 * so no path length counts it (RFC 5280 6.1.4 (l)), and nothing else of a chain may be.  All CAs that are believed are
 * placed under the roots when a trust is made; nothing is fetched then or later.  What does not change (names, flags,
 * policy, signatures) is checked once for each signer and kept; what does (dates, revocation) is asked at every verdict.
 * Only signers that carry one of our two purposes are kept, so a stranger can't fill the pool.
 */
#include "verifier/internal.h"

#define WANT(cond, cite, what) FJ_ENSURE(cond, fj_fail(err, FJ_E_INVALID, "verify", cite, "%s", what))

#define ANY_POLICY "2.5.29.32.0"

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
	struct fj_hash h;
	fj_sha256(der, &h);
	fj_hex(h.b, FJ_SHA256_LEN, out->sha256);
	if (fj_x509_name(out->x.subject, FJ_OID_CN, out->name, sizeof(out->name), NULL) != FJ_OK)
		out->name[0] = '\0';
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
	out->above = out;
	out->room = out->x.pathlen;
	out->since = out->x.not_before;
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

bool ver_same_key(const struct fj_x509 *a, const struct fj_x509 *b)
{
	return fj_slice_eq(a->subject, b->subject) && fj_slice_eq(a->spki, b->spki);
}

bool ver_same_ca(const struct ver_ca *a, const struct ver_ca *b)
{
	return a == b || ver_same_key(&a->x, &b->x);
}

/* one of a root's key, by another generation of the root */
static enum fj_rc check_between(const struct ver_ca *ca, struct fj_err *err)
{
	const struct fj_x509 *x = &ca->x;

	WANT(!(x->seen & FJ_X_PRIVATE), "formats.md 31", "a certificate between two generations of the root has an extension that is not in its profile");
	WANT(x->pathlen >= 1, "RFC 5280 4.2.1.9", "the path length of a certificate between two generations of the root has no room for an issuing CA");
	WANT(!fj_slice_eq(x->spki, ca->above->x.spki), "RFC 5280 6.1", "a certificate between two generations of the root is of the key that signed it");
	return FJ_OK;
}

static enum fj_rc check_issuing(struct ver_ca *ca, struct fj_err *err)
{
	WANT(ca->x.pathlen == 0, "RFC 5280 4.2.1.9", "an issuing CA's path length is not 0");
	WANT(ca->above->room >= 1, "RFC 5280 6.1.4 (l)", "the path length of what certified an issuing CA has no room for it");
	FJ_TRY(learn_arc(ca, err));
	for (const struct ver_ca *c = ca->above; c != c->above; c = c->above)
		WANT(c->x.policy[0] == '\0' || strcmp(c->x.policy, ANY_POLICY) == 0 || strcmp(c->x.policy, ca->x.policy) == 0, "RFC 5280 6.1.4 (b)", "an issuing CA's policy is none that the certificate between its root's generations allows");
	return fj_limits_of(&ca->x, &ca->limited, &ca->limits, err);
}

/* self-issued is nothing but a root's key: an issuing CA that certified its own name would escape its path length */
static enum fj_rc under(struct ver_ca *ca, struct fj_err *err)
{
	const struct ver_ca *above = ca->above;

	FJ_TRY(check_ca(&ca->x, err));
	WANT(above->arc[0] == '\0', "RFC 5280 6.1.4 (l)", "a CA was certified by an issuing CA: only a root's key certifies CAs");
	WANT(ca->x.crldp.len > 0, "formats.md 2", "a CA below the root names no CRL");
	WANT(fj_alg_of(ca->x.curve) == ca->x.alg && ca->x.alg == above->x.alg, "formats.md 2", "an issuing CA's key is of another algorithm than its root's");
	WANT(ver_signed_der(above->key, ca->x.alg, ca->x.tbs, ca->x.sig), "RFC 5280 6.1.3", "an issuing CA's signature does not verify under the root's key");
	ca->since = ca->x.not_before;
	bool between = fj_slice_eq(ca->x.subject, above->x.subject);
	ca->room = between ? ca->x.pathlen < above->room ? ca->x.pathlen : above->room : 0;
	return between ? check_between(ca, err) : check_issuing(ca, err);
}

const struct ver_ca *ver_ca_at(const struct ver_anchors *a, size_t i)
{
	return i < a->n_root ? &a->root[i] : i - a->n_root < a->n_ca ? &a->ca[i - a->n_root] : NULL;
}

const struct ver_ca *ver_ca_in(const struct ver_anchors *a, struct fj_slice der)
{
	for (size_t i = 0; i < a->n_ca; i++)
		if (fj_slice_eq(fj_buf_slice(&a->ca[i].der), der))
			return &a->ca[i];
	return NULL;
}

bool ver_any_issuing(const struct ver_anchors *a, size_t from)
{
	for (size_t i = from; i < a->n_ca; i++)
		if (a->ca[i].arc[0] != '\0')
			return true;
	return false;
}

bool ver_led_to(const struct ver_anchors *a, const struct fj_x509 *root)
{
	for (size_t i = 0; i < a->n_ca; i++)
		if (a->ca[i].arc[0] == '\0' && ver_same_key(&a->ca[i].x, root))
			return true;
	return false;
}

/* among the first n of all */
static const struct ver_ca *in_anchors(const struct ver_anchors *a, size_t n, struct fj_slice issuer, struct fj_slice aki)
{
	const struct ver_ca *ca;

	for (size_t i = 0; i < n && (ca = ver_ca_at(a, i)) != NULL; i++)
		if (fj_slice_eq(ca->x.ski, aki) && fj_slice_eq(ca->x.subject, issuer))
			return ca;
	return NULL;
}

const struct ver_ca *ver_ca_of(const struct ver_trust *t, struct fj_slice issuer, struct fj_slice aki)
{
	return in_anchors(t->a, SIZE_MAX, issuer, aki);
}

const struct ver_ca *ver_root(const struct ver_trust *t, enum fj_alg alg)
{
	for (size_t i = 0; i < t->a->n_root; i++)
		if (t->a->root[i].x.alg == alg)
			return &t->a->root[i];
	return NULL;
}

const struct ver_ca *ver_root_of(const struct ver_ca *ca)
{
	while (ca->above != ca)
		ca = ca->above;
	return ca;
}

/* as a text: which CA, under which root; by the first octets of their key identifiers */
static void say_path(struct ver_ca *ca)
{
	const struct ver_ca *of[2] = {ca, ver_root_of(ca)};
	char names[2][41], keys[2][9];
	bool led = false;

	for (int i = 0; i < 2; i++) {
		size_t n = strlen(of[i]->name);
		n = fj_utf8_prefix(of[i]->name, n < 40 ? n : 40);
		memcpy(names[i], of[i]->name, n);
		names[i][n] = '\0';
		fj_hex(of[i]->x.ski.p, of[i]->x.ski.len < 4 ? of[i]->x.ski.len : 4, keys[i]);
	}
	for (const struct ver_ca *c = ca->above; c != of[1]; c = c->above)
		led = true;
	if (ca == of[1])
		snprintf(ca->says, sizeof(ca->says), "%s (%s)", names[0], keys[0]);
	else
		snprintf(ca->says, sizeof(ca->says), "%s (%s) < %s%s (%s)%s%s", names[0], keys[0], led ? "cross-certified < " : "", names[1], keys[1], ca->demo ? "; DEMO policy, proves nothing / 演示策略，不具效力 " : "",
		    ca->demo ? ca->x.policy : "");
}

/* --- which of a root's keys passed on to which --- */

bool ver_passes_on(const struct ver_ca *ca)
{
	const struct ver_ca *above = ca->above;

	if (ca == above || ca->arc[0] != '\0' || ca->own == 0)
		return false;
	return ca->own > (above == above->above ? above->since : above->own) && ca->x.not_after >= above->x.not_after;
}

/* Who certified a root's key as an older one follows it; and whom it passed on to, and those.  A key's own word on its age is worth
 * nothing: what counts is always signed by the one that passed on, or by one that stands above it. */
bool ver_root_follows(const struct ver_anchors *a, const struct ver_ca *newer, const struct ver_ca *ca)
{
	const struct ver_ca *reached[VER_MAX_CA + VER_MAX_ALL_ROOTS] = {ca};
	bool taken[VER_MAX_CA] = {false};
	size_t n = 1;

	for (const struct ver_ca *c = ca; c != c->above && !ver_passes_on(c) && n < VER_MAX_ALL_ROOTS; c = c->above)
		reached[n++] = c->above;
	for (size_t k = 0; k < n; k++) {
		if (k > 0 && ver_same_ca(reached[k], newer))
			return true;
		for (size_t i = 0; i < a->n_ca; i++) {
			const struct ver_ca *e = &a->ca[i];
			if (taken[i] || !ver_passes_on(e) || !ver_same_ca(e->above, reached[k]) || ver_same_ca(e, ca))
				continue;
			taken[i] = true;
			reached[n++] = e;
		}
	}
	return false;
}

bool ver_followed(const struct ver_anchors *a, const struct ver_ca *ca)
{
	const struct ver_ca *other;

	for (size_t i = 0; (other = ver_ca_at(a, i)) != NULL; i++) {
		if (other->x.alg != ca->x.alg || !fj_slice_eq(other->x.subject, ca->x.subject) || ver_same_ca(other, ca))
			continue;
		if (ca->arc[0] == '\0' ? ver_root_follows(a, other, ca) : other->since > ca->since)
			return true;
	}
	return false;
}

static enum fj_rc too_many_roots(struct fj_err *err)
{
	return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 31", "there are more than %d roots of one algorithm", VER_MAX_ROOTS);
}

enum fj_rc ver_anchor_add(struct ver_anchors *a, struct fj_slice der, struct fj_err *err)
{
	struct ver_ca *r = &a->root[a->n_root];
	const struct ver_ca *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < a->n_root; i++)
		WANT(!fj_slice_eq(fj_buf_slice(&a->root[i].der), der), "formats.md 7", "a root is named twice");
	if (a->n_root == VER_MAX_ALL_ROOTS)
		return too_many_roots(err);
	enum fj_rc rc = ver_ca_root(der, r, err);
	for (size_t i = 0; i < a->n_root && rc == FJ_OK; i++)
		if (a->root[i].x.alg == r->x.alg && n++ == 0)
			first = &a->root[i];
	if (rc == FJ_OK && n == VER_MAX_ROOTS)
		rc = too_many_roots(err);
	if (rc == FJ_OK && first != NULL && !fj_slice_eq(first->x.subject, r->x.subject))
		rc = fj_fail(err, FJ_E_INVALID, "verify", "formats.md 31", "a further root has another name than the first: it is no other generation of it");
	if (rc == FJ_OK && first != NULL && in_anchors(a, SIZE_MAX, r->x.subject, r->x.ski) != NULL)
		rc = fj_fail(err, FJ_E_INVALID, "verify", "formats.md 31", "a further root has the key of one before");
	if (rc != FJ_OK) {
		ver_ca_release(r);
		return rc;
	}
	say_path(r);
	a->n_root++;
	return FJ_OK;
}

void ver_keep_why(void *to, const struct fj_err *why)
{
	struct fj_err *first = to;

	if (first->rc == FJ_OK)
		*first = *why;
}

void ver_pass_over(void *to, const struct fj_err *why)
{
	(void)to;
	(void)why;
}

/* one of many that does not hold */
static enum fj_rc left_out(enum fj_rc rc, const struct fj_err *why, void (*no)(void *, const struct fj_err *), void *to, struct fj_err *err)
{
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (no != NULL) {
		no(to, why);
		return FJ_OK;
	}
	if (err != NULL)
		*err = *why;
	return rc;
}

enum fj_rc ver_anchors_add(struct ver_anchors *a, const struct ver_blocks *b, void (*no)(void *, const struct fj_err *), void *to, struct fj_err *err)
{
	struct fj_err why;

	if (b->n == 0)
		return fj_fail(err, FJ_E_NOTFOUND, "verify", "RFC 7468", "root.pem has no PEM block \"CERTIFICATE\"");
	FJ_TRY(ver_anchor_add(a, fj_buf_slice(&b->der[0]), err));
	for (size_t i = 1; i < b->n; i++) {
		enum fj_rc rc = ver_anchor_add(a, fj_buf_slice(&b->der[i]), &why);
		if (rc != FJ_OK)
			FJ_TRY(left_out(rc, &why, no, to, err));
	}
	return FJ_OK;
}

/* --- what leads to the roots --- */

void ver_blocks_release(struct ver_blocks *b)
{
	while (b->n > 0)
		fj_buf_release(&b->der[--b->n]);
}

enum fj_rc ver_blocks_read(struct fj_slice pem, struct ver_blocks *out, void (*no)(void *, const struct fj_err *), void *to, struct fj_err *err)
{
	for (;;) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		struct fj_err why;
		const uint8_t *from = pem.p;
		enum fj_rc rc = ver_pem_next(&pem, "CERTIFICATE", &der, &why);
		if (rc == FJ_E_NOTFOUND)
			return FJ_OK;
		if (rc == FJ_OK && out->n == VER_MAX_BLOCKS)
			return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 7", "there are more than %d certificates in one file", VER_MAX_BLOCKS);
		if (rc != FJ_OK) {
			FJ_TRY(left_out(rc, &why, no, to, err));
			if (pem.p == from) /* it has no end */
				return FJ_OK;
			continue;
		}
		out->der[out->n++] = der;
		fj_buf_init(&der, 0);
	}
}

/* The one certificate of these octets: *placed when what it names as its issuer is among the first n. */
static enum fj_rc place(struct ver_anchors *a, size_t n, enum fj_alg alg, struct fj_slice der, bool *placed, struct fj_err *err)
{
	struct ver_ca *ca = &a->ca[a->n_ca];
	struct fj_x509 x;

	*placed = false;
	FJ_TRY(fj_x509_read(der, &x, err));
	const struct ver_ca *above = in_anchors(a, n, x.issuer, x.aki);
	if (above == NULL)
		return FJ_OK;
	*placed = true;
	WANT(above->x.alg == alg, "formats.md 21", "a CA stands under a root of the other hierarchy");
	if (a->n_ca == VER_MAX_CA)
		return fj_fail(err, FJ_E_LIMIT, "verify", NULL, "there are more than %d issuing CAs", VER_MAX_CA);
	if (ver_ca_in(a, der) != NULL)
		return FJ_OK;
	enum fj_rc rc = read_ca(der, ca, err);
	ca->above = above;
	if (rc == FJ_OK)
		rc = under(ca, err);
	if (rc != FJ_OK) {
		ver_ca_release(ca);
		return rc;
	}
	say_path(ca);
	a->n_ca++;
	return FJ_OK;
}

/* another generation has to lead to its key, where it is not trusted */
bool ver_self_signed(struct fj_slice der, struct fj_x509 *x)
{
	return fj_x509_read(der, x, NULL) == FJ_OK && x->aki.len == 0 && fj_slice_eq(x->issuer, x->subject);
}

/* of one key's beginnings, known or not */
static void begin(struct ver_ca *ca, fj_time own)
{
	ca->own = ca->own == 0 || own < ca->own ? own : ca->own;
	ca->since = own < ca->since ? own : ca->since;
}

/* The oldest certificate that there is of a key tells how old it is.  A certificate by another generation may begin later
 * than the key; its own does not, so its own is looked at where it lies beside, trusted or not. */
static void tell_age(struct ver_anchors *a, const struct ver_blocks *b)
{
	struct fj_x509 x;

	for (size_t i = 0; i < a->n_ca; i++) {
		struct ver_ca *ca = &a->ca[i];
		for (size_t k = 0; k < a->n_root; k++)
			if (ver_same_ca(ca, &a->root[k]))
				begin(ca, a->root[k].since);
		for (size_t k = 0; k < b->n; k++)
			if (ver_self_signed(fj_buf_slice(&b->der[k]), &x) && ver_same_key(&x, &ca->x) && ver_signed_der(ca->key, x.alg, x.tbs, x.sig))
				begin(ca, x.not_before);
		for (size_t k = 0; k < a->n_ca; k++)
			if (ver_same_ca(ca, &a->ca[k]) && a->ca[k].x.not_before < ca->since)
				ca->since = a->ca[k].x.not_before;
	}
}

/* Round by round, each under what those before have placed: so the shortest way to a root, whatever the order of the file. */
static enum fj_rc place_all(struct ver_anchors *a, enum fj_alg alg, const struct ver_blocks *b, bool done[], void (*no)(void *, const struct fj_err *), void *to, struct fj_err *err)
{
	for (bool more = true; more;) {
		size_t n = a->n_root + a->n_ca;
		more = false;
		for (size_t i = 0; i < b->n; i++) {
			struct fj_err why = {.rc = FJ_OK};
			struct fj_x509 x;
			if (done[i] || (done[i] = ver_self_signed(fj_buf_slice(&b->der[i]), &x)))
				continue;
			bool placed;
			enum fj_rc rc = place(a, n, alg, fj_buf_slice(&b->der[i]), &placed, &why);
			if (rc != FJ_OK)
				FJ_TRY(left_out(rc, &why, no, to, err));
			done[i] = placed || rc != FJ_OK;
			more = more || (placed && rc == FJ_OK);
		}
	}
	return FJ_OK;
}

enum fj_rc ver_chain_add(struct ver_anchors *a, enum fj_alg alg, const struct ver_blocks *b, void (*no)(void *, const struct fj_err *), void *to, struct fj_err *err)
{
	bool done[VER_MAX_BLOCKS] = {false};
	struct fj_err why;

	FJ_TRY(place_all(a, alg, b, done, no, to, err));
	tell_age(a, b);
	enum fj_rc rc = fj_fail(&why, FJ_E_INVALID, "verify", "RFC 5280 6.1.3", "an issuing CA was not issued by the root");
	for (size_t i = 0; i < b->n; i++)
		if (!done[i])
			FJ_TRY(left_out(rc, &why, no, to, err));
	return FJ_OK;
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

/* A root's key that a newer one certified was a root's key before that: its own beginning counts (RFC 4210 4.4.1).  And who
 * trusts a root trusts it for what is older than it, if it leads there (RFC 5280 6.1.1 (d) asks for no dates of a trust anchor). */
static fj_time begin_of(const struct ver_ca *ca, bool led)
{
	if (ca == ca->above)
		return led ? INT64_MIN : ca->x.not_before;
	return ca->arc[0] == '\0' && ca->since < ca->above->since ? ca->since : ca->x.not_before;
}

bool ver_ca_in_time(const struct ver_ca *ca, bool led, fj_time now)
{
	return now >= begin_of(ca, led) && now <= ca->x.not_after;
}

/* the first from the root down whose time it is not; *led: is there a certificate between generations of the root? */
static const struct ver_ca *out_of_time(const struct ver_ca *ca, fj_time now, bool *led)
{
	const struct ver_ca *root = ver_root_of(ca), *bad = NULL;

	*led = false;
	for (const struct ver_ca *c = ca; c != root; c = c->above) {
		*led = *led || c->arc[0] == '\0';
		bad = ver_ca_in_time(c, false, now) ? bad : c;
	}
	return ver_ca_in_time(root, *led, now) ? bad : root;
}

static bool leaf_in_time(const struct fj_x509 *leaf, fj_time now)
{
	return leaf == NULL || (now >= leaf->not_before && now <= leaf->not_after);
}

static void say_dates(fj_time from, fj_time to, const char *en, const char *zh, struct ver_finding *f)
{
	char a[FJ_TIME_CAP], b[FJ_TIME_CAP];

	ver_find(f, VER_FAIL, "RFC 5280 4.1.2.5", en, zh);
	fj_time_utc(from, a);
	fj_time_utc(to, b);
	snprintf(f->evidence, sizeof(f->evidence), "%s to %s", a, b);
}

void ver_dates(const struct fj_x509 *leaf, const struct ver_ca *ca, fj_time now, struct ver_finding *f)
{
	bool led;
	const struct ver_ca *bad = out_of_time(ca, now, &led);

	if (bad == NULL && leaf_in_time(leaf, now)) {
		ver_find(f, VER_PASS, "RFC 5280 6", "leads through an issuing CA to the trusted root; flags, path length and dates hold", "经签发机构上溯至受信根，标志、路径长度与日期均成立");
		memcpy(f->evidence, ca->says, sizeof(ca->says));
	} else if (bad == NULL) {
		say_dates(leaf->not_before, leaf->not_after, "the signer's certificate is not valid at this time", "签名证书此时不在有效期内", f);
	} else if (bad == bad->above) {
		say_dates(bad->x.not_before, bad->x.not_after, "the root is not valid at this time", "根证书此时不在有效期内", f);
	} else if (bad->arc[0] == '\0') {
		say_dates(begin_of(bad, false), bad->x.not_after, "a certificate between two generations of the root is not valid at this time", "新旧根证书之间的交叉证书此时不在有效期内", f);
	} else {
		say_dates(bad->x.not_before, bad->x.not_after, "the issuing CA is not valid at this time", "签发机构证书此时不在有效期内", f);
	}
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
	struct ver_signer *s = NULL;

	*out = (struct ver_signer_ref){pool_find(t->a->pool, leaf, issuing), NULL};
	if (out->s != NULL)
		return FJ_OK;
	const struct ver_ca *ca = ver_ca_in(t->a, issuing);
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
	bool led;

	return leaf_in_time(&s->x, now) && out_of_time(s->ca, now, &led) == NULL && ver_path_good(t, &s->x, s->ca, now);
}
