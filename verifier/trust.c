/*
 * trust.c - what a verdict may rest on, in memory: the anchors, lists, and the
 * published parents of credentials.
 *
 * Whatever is added is checked under the root before it is kept, but for data asset
 * certificates: their bytes are read and hashed, and whoever uses them verifies
 * them or compares the hash with a signed one.  Of a list, a CRL or an authorisation
 * there may be several versions: at the time of a verdict counts the newest that had
 * begun, so a trust can answer for the past.
 */
#include "verifier/attestation.h"
#include "verifier/internal.h"
#include "verifier/log_policy.h"

/* --- making and ending one --- */

static void anchors_free(struct ver_anchors *a)
{
	if (a == NULL)
		return;
	ver_pool_free(a->pool);
	for (size_t i = 0; i < a->n_ca; i++)
		ver_ca_release(&a->ca[i]);
	for (size_t i = 0; i < a->n_root; i++)
		ver_ca_release(&a->root[i]);
	if (a->attestation != NULL)
		ver_attestation_release(a->attestation);
	fj_free(a->attestation);
	fj_free(a);
}

static void auth_release(struct ver_auth *a)
{
	fj_buf_release(&a->compact);
	json_decref(a->payload);
}

void ver_trust_free(struct ver_trust *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->n_crl; i++)
		ver_crl_release(&t->crl[i]);
	for (size_t i = 0; i < t->n_list; i++)
		ver_list_release(&t->list[i]);
	for (size_t i = 0; i < t->n_auth; i++)
		auth_release(&t->auth[i]);
	for (size_t i = 0; i < t->n_cert; i++)
		fj_buf_release(&t->cert[i].der);
	fj_free(t->crl);
	fj_free(t->list);
	fj_free(t->auth);
	fj_free(t->cert);
	for (size_t i = 0; i < t->log.n; i++)
		ver_log_signer_free(t->log.signer[i]);
	ver_policy_free(t->log.policy);
	if (t->base == NULL)
		anchors_free(t->a);
	fj_free(t);
}

enum fj_rc ver_trust_new(struct ver_trust **out, struct fj_err *err)
{
	FJ_AUTO(ver_trust) t = fj_alloc(1, sizeof(*t));

	if (t == NULL || (t->a = fj_alloc(1, sizeof(*t->a))) == NULL || ver_pool_new(&t->a->pool) != FJ_OK)
		return fj_no_memory(err, "verify");
	*out = fj_move(t);
	return FJ_OK;
}

enum fj_rc ver_trust_over(const struct ver_trust *base, struct ver_trust **out, struct fj_err *err)
{
	struct ver_trust *t = fj_alloc(1, sizeof(*t));

	if (t == NULL)
		return fj_no_memory(err, "verify");
	t->a = base->a;
	t->base = base;
	*out = t;
	return FJ_OK;
}

enum fj_rc ver_trust_under(struct fj_slice root, const struct ver_blocks *chain, void (*no)(void *, const struct fj_err *), void *to, struct ver_trust **out, struct fj_err *err)
{
	struct ver_trust *made = NULL;

	FJ_TRY(ver_trust_new(&made, err));
	FJ_AUTO(ver_trust) t = made;
	FJ_TRY(ver_anchor_add(t->a, root, err));
	FJ_TRY(ver_chain_add(t->a, t->a->root[0].x.alg, chain, no, to, err));
	*out = fj_move(t);
	return FJ_OK;
}

enum fj_rc ver_trust_of(struct fj_slice root, struct fj_slice issuing, struct ver_trust **out, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) b = {.n = 0};
	struct ver_trust *made = NULL;

	fj_buf_init(&b.der[b.n++], FJ_X509_MAX);
	FJ_TRY(fj_buf_put(&b.der[0], issuing.p, issuing.len));
	FJ_TRY(ver_trust_under(root, &b, NULL, NULL, &made, err));
	FJ_AUTO(ver_trust) t = made;
	if (!ver_any_issuing(t->a, 0))
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 5280 6.1.3", "this is no issuing CA under the root");
	*out = fj_move(t);
	return FJ_OK;
}

/* what was read of a hierarchy that does not hold is let go */
static void without(struct ver_anchors *a, size_t n_root, size_t n_ca)
{
	while (a->n_ca > n_ca)
		ver_ca_release(&a->ca[--a->n_ca]);
	while (a->n_root > n_root)
		ver_ca_release(&a->root[--a->n_root]);
}

static enum fj_rc add_sm2_root(struct ver_anchors *a, struct fj_slice der, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(der, &x, err));
	if (x.alg != FJ_SM2)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "the root in the SM2 root's place is of another algorithm");
	return ver_anchor_add(a, der, err);
}

static enum fj_rc add_sm2_roots(struct ver_anchors *a, struct fj_slice pem, const struct fj_hash *only, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) roots = {.n = 0};
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	if (only != NULL) {
		FJ_TRY(ver_root_is(pem, only, &der, err));
		return add_sm2_root(a, fj_buf_slice(&der), err);
	}
	FJ_TRY(ver_blocks_read(pem, &roots, NULL, NULL, err));
	for (size_t i = 0; i < roots.n; i++)
		FJ_TRY(add_sm2_root(a, fj_buf_slice(&roots.der[i]), err));
	return roots.n > 0 ? FJ_OK : fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "there is no SM2 root");
}

static enum fj_rc read_sm2(struct ver_anchors *a, struct fj_slice root, const struct fj_hash *only, struct fj_slice chain, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) cas = {.n = 0};
	size_t before = a->n_ca;

	FJ_TRY(add_sm2_roots(a, root, only, err));
	FJ_TRY(ver_blocks_read(chain, &cas, NULL, NULL, err));
	FJ_TRY(ver_chain_add(a, FJ_SM2, &cas, NULL, NULL, err));
	return ver_any_issuing(a, before) ? FJ_OK : fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "there is no issuing CA under the SM2 root");
}

enum fj_rc ver_trust_sm2(struct ver_trust *t, struct fj_slice root, const struct fj_hash *only, struct fj_slice chain, struct fj_err *err)
{
	size_t n_root = t->a->n_root, n_ca = t->a->n_ca;
	enum fj_rc rc = read_sm2(t->a, root, only, chain, err);

	if (rc != FJ_OK)
		without(t->a, n_root, n_ca);
	return rc;
}

enum fj_rc ver_root_read(struct fj_slice pem, struct fj_buf *der, struct fj_err *err)
{
	struct ver_ca root;

	FJ_TRY(ver_pem_next(&pem, "CERTIFICATE", der, err));
	enum fj_rc rc = ver_ca_root(fj_buf_slice(der), &root, err);
	ver_ca_release(&root);
	return rc;
}

enum fj_rc ver_fingerprint_read(const char *text, struct fj_hash *out, struct fj_err *err)
{
	char hex[2 * FJ_SHA256_LEN + 1];
	size_t n = 0;

	for (; *text != '\0' && n < sizeof(hex); text++)
		if (*text != ':' && *text != ' ')
			hex[n++] = *text;
	if (n == 2 * FJ_SHA256_LEN && *text == '\0' && fj_unhex(hex, n, out->b) == FJ_OK)
		return FJ_OK;
	return fj_refuse(err, FJ_E_USAGE, "verify", "formats.md 7", "a root's fingerprint is SHA-256 of its DER in 64 hex digits: openssl x509 -in root.pem -noout -fingerprint -sha256",
	    "根证书指纹为其 DER 的 SHA-256，共 64 位十六进制数字");
}

enum fj_rc ver_root_is(struct fj_slice pem, const struct fj_hash *fingerprint, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) b = {.n = 0};
	struct fj_hash is;
	struct ver_ca root;

	FJ_TRY(ver_blocks_read(pem, &b, NULL, NULL, err));
	for (size_t i = 0; i < b.n; i++) {
		fj_sha256(fj_buf_slice(&b.der[i]), &is);
		if (!fj_hash_eq(&is, fingerprint))
			continue;
		enum fj_rc rc = ver_ca_root(fj_buf_slice(&b.der[i]), &root, err);
		ver_ca_release(&root);
		FJ_TRY(rc);
		return fj_buf_put(der, b.der[i].data, b.der[i].len) == FJ_OK ? FJ_OK : fj_no_memory(err, "verify");
	}
	if (b.n == 0)
		return fj_fail(err, FJ_E_NOTFOUND, "verify", "RFC 7468", "there is no certificate where a root is expected");
	return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 7", "this is another root than the one whose fingerprint was named; nothing under it is used", "根证书与指定的指纹不符，不予采用");
}

/* a certificate of its key by another generation, which holds at this time and is known not to be revoked: who leaves a list out gains nothing */
static bool led_to(const struct ver_trust *t, const struct ver_ca *root, fj_time at)
{
	struct ver_finding f;

	for (size_t i = 0; i < t->a->n_ca; i++) {
		const struct ver_ca *ca = &t->a->ca[i];
		if (ca->arc[0] != '\0' || !ver_same_ca(ca, root))
			continue;
		ver_dates(NULL, ca, at, &f);
		if (f.outcome == VER_FAIL)
			continue;
		ver_path_revoked(t, NULL, ca, at, &f);
		if (f.outcome == VER_PASS)
			return true;
	}
	return false;
}

enum fj_rc ver_roots_led_to(const struct ver_trust *t, struct fj_slice pem, fj_time at, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) b = {.n = 0};

	FJ_TRY(ver_blocks_read(pem, &b, NULL, NULL, err));
	for (size_t i = 0; i < b.n; i++) {
		struct ver_ca root;
		enum fj_rc rc = ver_ca_root(fj_buf_slice(&b.der[i]), &root, err);
		bool good = false;
		for (size_t k = 0; rc == FJ_OK && k < t->a->n_root; k++)
			good = good || fj_slice_eq(fj_buf_slice(&t->a->root[k].der), fj_buf_slice(&root.der));
		good = good || (rc == FJ_OK && led_to(t, &root, at));
		ver_ca_release(&root);
		FJ_TRY(rc);
		if (!good)
			return fj_refuse(err, FJ_E_SIGNATURE, "verify", "formats.md 31", "root.pem names a root to which no certificate by the one that was named leads that a current list of revoked certificates shows to hold; a snapshot has both", "root.pem 中有未经指定的根证书交叉认证的根证书，或没有现行吊销列表表明其交叉认证有效，不予采用；快照中二者俱全");
	}
	return FJ_OK;
}

bool ver_trust_demo(const struct ver_trust *t)
{
	bool any = false;

	for (size_t i = 0; i < t->a->n_ca; i++) {
		if (t->a->ca[i].arc[0] == '\0')
			continue;
		if (!t->a->ca[i].demo)
			return false;
		any = true;
	}
	return any;
}

/* --- adding --- */

size_t ver_first(const void *v, size_t n, size_t size, const void *key, int (*order)(const void *, const void *))
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (order((const char *)v + mid * size, key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* one more of `size` octets into the sorted *v; FJ_E_EXISTS when it has an equal one */
static enum fj_rc place(void **v, size_t *n, size_t *cap, size_t size, size_t max, const void *item,
    int (*order)(const void *, const void *), struct fj_err *err)
{
	size_t lo = ver_first(*v, *n, size, item, order);

	if (lo < *n && order((char *)*v + lo * size, item) == 0)
		return fj_fail(err, FJ_E_EXISTS, "verify", "formats.md 7", "the trust has this version already");
	if (*n >= max)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 7", "the trust holds more than can be kept");
	if (*n == *cap) {
		size_t want = *cap == 0 ? 16 : *cap * 2;
		void *p = fj_realloc(*v, want, size);
		if (p == NULL)
			return fj_no_memory(err, "verify");
		*v = p;
		*cap = want;
	}
	memmove((char *)*v + (lo + 1) * size, (char *)*v + lo * size, (*n - lo) * size);
	memcpy((char *)*v + lo * size, item, size);
	++*n;
	return FJ_OK;
}

/* a macro, since each kind has an array of its own type */
#define PLACER(kind) \
	static enum fj_rc place_##kind(struct ver_trust *t, const struct ver_##kind *item, size_t max, struct fj_err *err) \
	{ \
		void *v = t->kind; \
		enum fj_rc rc = place(&v, &t->n_##kind, &t->cap_##kind, sizeof(*item), max, item, kind##_order, err); \
		t->kind = v; \
		return rc; \
	}

static int crl_order(const void *a, const void *b)
{
	const struct ver_crl *x = a, *y = b;
	int c = strcmp(x->uri, y->uri);

	if (c == 0 && x->ca != y->ca)
		c = x->ca < y->ca ? -1 : 1;
	return c != 0 ? c : x->number < y->number ? -1 : x->number > y->number;
}

PLACER(crl)

static enum fj_rc add_crl(struct ver_trust *t, struct fj_slice der, struct fj_err *err)
{
	struct ver_crl c;

	FJ_TRY(ver_crl_read(t, der, &c, err));
	enum fj_rc rc = place_crl(t, &c, VER_MAX_CRLS, err);
	if (rc != FJ_OK)
		ver_crl_release(&c);
	return rc;
}

static int list_order(const void *a, const void *b)
{
	const struct ver_list *x = a, *y = b;
	int c = strcmp(x->uri, y->uri);

	return c != 0 ? c : x->from < y->from ? -1 : x->from > y->from;
}

PLACER(list)

static enum fj_rc add_list(struct ver_trust *t, struct fj_slice jwt, struct fj_err *err)
{
	struct ver_list l;

	FJ_TRY(ver_list_read(t, jwt, &l, err));
	enum fj_rc rc = place_list(t, &l, VER_MAX_LISTS, err);
	if (rc != FJ_OK)
		ver_list_release(&l);
	return rc;
}

/* signature, signer and payload of a published authorisation credential */
static enum fj_rc check_auth(const struct ver_trust *t, struct fj_slice data, struct ver_auth *a, struct fj_err *err)
{
	FJ_AUTO(jws) jws = {.payload = NULL};
	FJ_AUTO(ver_signer) ref = {NULL, NULL};
	struct fj_err chain = {.rc = FJ_OK};

	if (data.len == 0 || data.p[data.len - 1] != '~')
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 9901 4", "an authorisation credential does not end in ~");
	FJ_TRY(ver_jws_read(t, FJ_SLICE(data.p, data.len - 1), FJ_TOKEN_MAX, &jws, &ref, &chain, err));
	FJ_TRY(fj_authorisation_check(jws.payload, err));
	if (ref.s == NULL)
		return fj_fail(err, chain.rc, "verify", chain.cite, "%s", chain.en);
	if (jws.alg != FJ_ES256)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 21", "authorisation credentials are signed under P-256 alone");
	if (strcmp(jws.typ, FJ_TYP_TOKEN) != 0 || strcmp(fj_json_peek(jws.payload, "vct"), FJ_VCT_AUTHORISATION) != 0 || !ver_signer_is(ref.s, ".2.3") ||
	    strcmp(ref.s->iss, fj_json_peek(jws.payload, "iss")) != 0 || strcmp(ref.s->kid, jws.kid) != 0)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 5.2", "type, signer or issuer of an authorisation credential are not right");
	if (ref.s->ca->limited)
		FJ_TRY(fj_limits_claims(&ref.s->ca->limits, jws.payload, err));
	if (!ver_jws_verify(t, &jws, &ref))
		return fj_fail(err, FJ_E_SIGNATURE, "verify", "RFC 7515 5.2", "an authorisation credential's signature does not verify");
	if (ref.owned != NULL)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 7", "the trust has more signers than can be kept");
	a->signer = ref.s;
	a->payload = fj_move(jws.payload);
	return FJ_OK;
}

static enum fj_rc keep_bytes(struct fj_slice data, size_t max, struct fj_buf *out, char sha256[44], struct fj_err *err)
{
	fj_buf_init(out, max);
	enum fj_rc rc = fj_buf_put(out, data.p, data.len);
	if (rc == FJ_OK)
		rc = ver_sha256_b64u(data, sha256);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "verify", "formats.md 7", "a published credential is too large, or memory is short");
}

static int auth_order(const void *a, const void *b)
{
	const struct ver_auth *x = a, *y = b;
	int c = strcmp(x->number, y->number);
	int64_t m = fj_json_num(x->payload, "version"), n = fj_json_num(y->payload, "version");

	return c != 0 ? c : m < n ? -1 : m > n;
}

PLACER(auth)

static enum fj_rc add_auth(struct ver_trust *t, const char *number, struct fj_slice data, struct fj_err *err)
{
	struct ver_auth a = {.payload = NULL};

	FJ_TRY(check_auth(t, data, &a, err));
	enum fj_rc rc = keep_bytes(data, FJ_TOKEN_MAX, &a.compact, a.sha256, err);
	if (rc == FJ_OK && (strcmp(number, fj_json_peek(a.payload, "jti")) != 0 || fj_strcopy(a.number, sizeof(a.number), number) != FJ_OK))
		rc = fj_fail(err, FJ_E_INVALID, "verify", "formats.md 7", "an authorisation credential's file bears another number");
	if (rc == FJ_OK)
		rc = place_auth(t, &a, VER_MAX_AUTHORISATIONS, err);
	if (rc != FJ_OK)
		auth_release(&a);
	return rc;
}

static int cert_order(const void *a, const void *b)
{
	return strcmp(((const struct ver_cert *)a)->number, ((const struct ver_cert *)b)->number);
}

PLACER(cert)

static enum fj_rc add_cert(struct ver_trust *t, const char *number, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct ver_cert c = {.number = ""};

	FJ_TRY(ver_pem_next(&pem, "CERTIFICATE", &der, err));
	if (fj_strcopy(c.number, sizeof(c.number), number) != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 7", "a certificate's file name is no number");
	enum fj_rc rc = keep_bytes(fj_buf_slice(&der), FJ_X509_MAX, &c.der, c.sha256, err);
	if (rc == FJ_OK)
		rc = place_cert(t, &c, VER_MAX_CERTIFICATES, err);
	if (rc != FJ_OK)
		fj_buf_release(&c.der);
	return rc;
}

/* --- the public log --- */

enum fj_rc ver_trust_add_log(struct ver_trust *t, struct fj_slice der, struct fj_err *err)
{
	struct ver_log *l = &t->log;

	for (size_t i = 0; i < l->n; i++)
		if (fj_slice_eq(fj_buf_slice(&l->signer[i]->der), der))
			return fj_fail(err, FJ_E_EXISTS, "verify", "formats.md 19", "the trust has this certificate of the log already");
	if (l->n == VER_MAX_LOGS)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 19", "the trust has %d certificates of the log already", VER_MAX_LOGS);
	FJ_TRY(ver_log_signer(t, der, &l->signer[l->n], err));
	l->n++;
	return FJ_OK;
}

static enum fj_rc add_log(struct ver_trust *t, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);

	enum fj_rc rc = ver_pem_next(&pem, "CERTIFICATE", &der, err);
	if (rc == FJ_E_NOTFOUND)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 7468 2", "a log's certificate is a PEM block");
	FJ_TRY(rc);
	return ver_trust_add_log(t, fj_buf_slice(&der), err);
}

/* one line, its newline may be missing */
static enum fj_rc add_log_key(struct ver_trust *t, struct fj_slice text, struct fj_err *err)
{
	struct fj_vkey key;

	if (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	FJ_TRY(fj_vkey_read(text, &key, err));
	if (key.type != FJ_NOTE_ED25519)
		return fj_fail(err, FJ_E_INVALID, "verify", "formats.md 19", "a log's key is an Ed25519 key of type 1");
	if (t->log.has_key)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 19", "the trust has the key of a log already");
	t->log.key = key;
	t->log.has_key = true;
	return FJ_OK;
}

static enum fj_rc add_log_policy(struct ver_trust *t, struct fj_slice text, struct fj_err *err)
{
	if (t->log.policy != NULL)
		return fj_fail(err, FJ_E_LIMIT, "verify", "formats.md 19", "the trust has a policy of a log already");
	return ver_policy_read(text, &t->log.policy, err);
}

/* all of them or none */
static enum fj_rc add_cas(struct ver_trust *t, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(ver_blocks) b = {.n = 0};
	size_t n_ca = t->a->n_ca;

	FJ_TRY(ver_blocks_read(pem, &b, NULL, NULL, err));
	if (b.n == 0 || t->base != NULL)
		return fj_fail(err, FJ_E_INVALID, "verify", "RFC 7468", "CA certificates are PEM blocks, and are added to a trust of its own anchors");
	enum fj_rc rc = ver_chain_add(t->a, t->a->root[0].x.alg, &b, NULL, NULL, err);
	if (rc == FJ_OK)
		return t->a->n_ca > n_ca ? FJ_OK : fj_fail(err, FJ_E_EXISTS, "verify", "formats.md 31", "the trust has these CAs already");
	without(t->a, t->a->n_root, n_ca);
	return rc;
}

enum fj_rc ver_trust_add(struct ver_trust *t, enum ver_item kind, const char *name, struct fj_slice data, struct fj_err *err)
{
	switch (kind) {
	case VER_STATUS_LIST:
		return add_list(t, data, err);
	case VER_CRL:
		return add_crl(t, data, err);
	case VER_AUTHORISATION:
		return add_auth(t, name, data, err);
	case VER_LOG:
		return add_log(t, data, err);
	case VER_LOG_KEY:
		return add_log_key(t, data, err);
	case VER_LOG_POLICY:
		return add_log_policy(t, data, err);
	case VER_CA:
		return add_cas(t, data, err);
	default:
		return add_cert(t, name, data, err);
	}
}

/* --- looking up; what lies over a trust first --- */

static int list_at(const void *l, const void *uri)
{
	return strcmp(((const struct ver_list *)l)->uri, uri);
}

/* the newest of these of the address that has begun by now, the oldest when none has; NULL */
static const struct ver_list *list_in(const struct ver_trust *t, const char *uri, fj_time now)
{
	const struct ver_list *best = NULL;

	for (size_t i = ver_first(t->list, t->n_list, sizeof(*t->list), uri, list_at); i < t->n_list && strcmp(t->list[i].uri, uri) == 0; i++)
		if (best == NULL || t->list[i].from <= now + VER_SKEW)
			best = &t->list[i];
	return best;
}

const struct ver_list *ver_trust_list(const struct ver_trust *t, const char *uri, fj_time now)
{
	const struct ver_list *a = list_in(t, uri, now), *b = t->base != NULL ? list_in(t->base, uri, now) : NULL;

	if (a == NULL || b == NULL)
		return a != NULL ? a : b;
	bool begun_a = a->from <= now + VER_SKEW, begun_b = b->from <= now + VER_SKEW;
	if (begun_a != begun_b)
		return begun_a ? a : b;
	return (begun_a ? a->from >= b->from : a->from <= b->from) ? a : b;
}

static int auth_at(const void *a, const void *number)
{
	return strcmp(((const struct ver_auth *)a)->number, number);
}

static const struct ver_auth *auth_in(const struct ver_trust *t, const char *number, fj_time now)
{
	const struct ver_auth *best = NULL;

	for (size_t i = ver_first(t->auth, t->n_auth, sizeof(*t->auth), number, auth_at); i < t->n_auth && strcmp(t->auth[i].number, number) == 0; i++)
		if (best == NULL || fj_json_num(t->auth[i].payload, "iat") <= now + VER_SKEW)
			best = &t->auth[i];
	return best;
}

const struct ver_auth *ver_trust_auth(const struct ver_trust *t, const char *number, fj_time now)
{
	const struct ver_auth *a = auth_in(t, number, now);

	return a != NULL || t->base == NULL ? a : auth_in(t->base, number, now);
}

static const struct ver_cert *cert_in(const struct ver_trust *t, const char *number)
{
	struct ver_cert key = {.number = ""};

	if (t->n_cert == 0 || fj_strcopy(key.number, sizeof(key.number), number) != FJ_OK)
		return NULL;
	return bsearch(&key, t->cert, t->n_cert, sizeof(*t->cert), cert_order);
}

const struct ver_cert *ver_trust_cert(const struct ver_trust *t, const char *number)
{
	const struct ver_cert *c = cert_in(t, number);

	return c != NULL || t->base == NULL ? c : cert_in(t->base, number);
}

const struct ver_signer *ver_trust_log(const struct ver_trust *t, size_t i)
{
	for (; t != NULL; t = t->base) {
		if (i < t->log.n)
			return t->log.signer[i];
		i -= t->log.n;
	}
	return NULL;
}

const struct fj_vkey *ver_trust_log_key(const struct ver_trust *t)
{
	while (t != NULL && !t->log.has_key)
		t = t->base;
	return t == NULL ? NULL : &t->log.key;
}

const struct ver_policy *ver_trust_log_policy(const struct ver_trust *t)
{
	while (t != NULL && t->log.policy == NULL)
		t = t->base;
	return t == NULL ? NULL : t->log.policy;
}

bool ver_trust_log_unreadable(const struct ver_trust *t)
{
	for (; t != NULL; t = t->base)
		if (t->log.unreadable)
			return true;
	return false;
}

const struct ver_attestation *ver_trust_attestation(const struct ver_trust *t)
{
	return t->a->attestation;
}

enum ver_tpm ver_trust_attested(const struct ver_trust *t)
{
	return t->a->attestation != NULL ? t->a->attestation->tpm : VER_TPM_NONE;
}

enum ver_tpm ver_trust_tpm(const struct ver_trust *t, const struct ver_ca *ca, const struct ver_signer *signer)
{
	const struct ver_attestation *a = t->a->attestation;
	bool all = a != NULL && ca != NULL && (signer == NULL || ver_attested_key(a, &signer->x, "")), former = false;

	for (; all; ca = ca->above) {
		all = ver_attested_key(a, &ca->x, ca->arc[0] != '\0' ? "issuing" : "root");
		former = former || (ca->arc[0] == '\0' && ver_followed(t->a, ca) /* the plan that was asked of says nothing of it */);
		if (ca == ca->above)
			break;
	}
	return !all ? VER_TPM_NONE : former && a->stated == VER_TPM_HARDWARE ? VER_TPM_SOFTWARE : a->stated;
}
