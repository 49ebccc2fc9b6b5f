/*
 * iss.c - opening and closing the register, and the thread that tends it.
 *
 * Opening lints a canary of every certificate profile, finishes or gives up what
 * was PENDING and publishes what is behind, before anybody is answered.  The
 * tender then wakes every minute, or when a publication was left unfinished,
 * and renews what expires: lists, CRLs, the OCSP responder's certificate.
 */
#include "issuer/ceremony.h"
#include "issuer/iss.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/jws.h"
#include "base/log.h"
#include "base/package.h"
#include "issuer/find.h"
#include "issuer/life.h"
#include "issuer/operation.h"
#include "issuer/profile.h"
#include "issuer/paper/paper.h"
#include "issuer/sheet/sheet.h"

#define TEND_S 60
#define RETRY_S 2 /* doubled up to TEND_S while it goes on failing */

const char *iss_base(const struct iss *i)
{
	return i->home.base;
}

const struct fj_limits *iss_limits(const struct iss *i)
{
	return i != NULL && i->limited ? &i->limits : NULL;
}

bool iss_demo_home(const struct iss *i)
{
	return i->home.demo;
}

const struct ca_home *iss_ca_home(const struct iss *i)
{
	return &i->home;
}

const struct iss_issuing *iss_issuing_newest(const struct iss *i, enum fj_alg alg)
{
	const struct iss_ca *ca = &i->ca[alg];

	return &ca->issuing[ca->n_issuing > 0 ? ca->n_issuing - 1 : 0]; /* init has one before it is counted */
}

const struct iss_issuing *iss_issuing_at(const struct iss *i, enum fj_alg alg, int64_t seq)
{
	const struct iss_ca *ca = &i->ca[alg];
	size_t k = ca->n_issuing;

	while (k > 1 && ca->issuing[k - 1].since > seq)
		k--;
	return &ca->issuing[k > 0 ? k - 1 : 0];
}

const struct iss_issuing *iss_issuing_for(const struct iss *i, enum fj_alg alg, int64_t shard)
{
	const struct iss_ca *ca = &i->ca[alg];
	size_t k = ca->n_issuing;

	while (k > 1 && ca->issuing[k - 1].shard > shard)
		k--;
	return k == 0 || ca->issuing[k - 1].ocsp.len == 0 ? iss_issuing_newest(i, alg) : &ca->issuing[k - 1];
}

unsigned iss_issuing_generation(const struct iss *i, enum fj_alg alg, const struct iss_issuing *g)
{
	return (unsigned)(g - i->ca[alg].issuing) + 1;
}

struct fj_slice iss_issuing_cert(const struct iss *i, enum fj_alg alg)
{
	return fj_buf_slice(&iss_issuing_newest(i, alg)->cert);
}

enum fj_rc iss_issuing_verify(const struct iss *i, enum fj_alg alg, struct fj_slice signed_, struct fj_err *err)
{
	const struct iss_ca *ca = &i->ca[alg];

	for (size_t k = 0; k + 1 < ca->n_issuing; k++)
		if (ca_verify_signed_by(signed_, fj_buf_slice(&ca->issuing[k].cert), NULL) == FJ_OK)
			return FJ_OK;
	return ca_verify_signed_by(signed_, iss_issuing_cert(i, alg), err);
}

static const struct iss_actor system_actor = {.login = "system", .name = "system", .roles = ISS_SYSTEM, .via = "system"};

void iss_system_call(struct iss *i, struct iss_call *c)
{
	static const json_t *none;

	memset(c, 0, sizeof(*c));
	c->iss = i;
	c->actor = &system_actor;
	c->params = none;
	c->db = i->db;
	c->now = fj_now();
}

enum fj_rc iss_write(struct iss *i, iss_step_fn fn, void *arg, struct fj_err *err)
{
	struct iss_call c;

	pthread_mutex_lock(&i->lock);
	iss_system_call(i, &c);
	enum fj_rc rc = sto_begin(i->db, err);
	if (rc == FJ_OK) {
		rc = fn(&c, arg, err);
		if (rc == FJ_OK)
			rc = sto_commit(i->db, err);
		if (rc != FJ_OK)
			sto_rollback(i->db);
	}
	prf_release(&c);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

void iss_signer_drop(struct hsm_conn **conn)
{
	hsm_close(*conn);
	*conn = NULL;
}

enum fj_rc iss_signer(struct iss *i, struct hsm_conn **conn, struct fj_err *err)
{
	if (*conn != NULL && hsm_ended(*conn)) /* the signer was started anew since it was last asked */
		iss_signer_drop(conn);
	if (*conn == NULL)
		FJ_TRY(hsm_connect(i->run, HSM_SOCK_REGISTRY, conn, err));
	return FJ_OK;
}

static enum fj_rc load_cert(struct iss *i, const char *what, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	fj_buf_release(out);
	fj_buf_init(out, FJ_X509_MAX);
	FJ_TRY(sto_first(i->db, STO_KEYRING_GET, &q, what, err, "t", what));
	struct fj_slice s = sto_blob(&q, 0);
	return fj_buf_put(out, s.p, s.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc load_setting(struct iss *i, const char *key, char *out, size_t cap, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(i->db, STO_SETTING_GET, &q, key, err, "t", key));
	return fj_strcopy(out, cap, sto_text(&q, 0)) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the setting %s is too long", key);
}

enum fj_rc iss_issuer_of(const struct iss_ca *ca, struct fj_slice aki, struct fj_slice *out, struct fj_err *err)
{
	struct fj_x509 of;

	for (size_t k = 0; k < ca->n_issuing; k++) {
		*out = fj_buf_slice(&ca->issuing[k].cert);
		FJ_TRY(fj_x509_read(*out, &of, err));
		if (fj_slice_eq(of.ski, aki))
			return FJ_OK;
	}
	return fj_fail(err, FJ_E_CORRUPT, "issuer", "RFC 5280 4.2.1.1", "a certificate of the keyring is under no CA of the keyring");
}

static enum fj_rc set_heads(struct iss_signing *g, const struct iss_ca *ca, enum fj_alg alg, struct fj_err *err)
{
	static const char *const typs[] = {FJ_TYP_TOKEN, FJ_TYP_MANIFEST, FJ_TYP_STATUS, FJ_TYP_PACKAGE};
	_Static_assert(FJ_ARRAY_LEN(typs) == FJ_ARRAY_LEN(g->head), "one header for each typ");
	struct fj_x509 x;

	for (size_t k = 0; k < FJ_ARRAY_LEN(typs); k++) {
		bool status = strcmp(typs[k], FJ_TYP_STATUS) == 0 || strcmp(typs[k], FJ_TYP_PACKAGE) == 0;
		const struct fj_buf *own = status ? &g->status : &g->token;
		struct fj_slice x5c[2] = {fj_buf_slice(own)};
		FJ_TRY(fj_x509_read(x5c[0], &x, err));
		FJ_TRY(iss_issuer_of(ca, x.aki, &x5c[1], err));
		g->head[k].typ = typs[k];
		fj_buf_init(&g->head[k].text, FJ_TOKEN_MAX);
		FJ_TRY(fj_jws_write_head(alg, typs[k], g->kid, x5c, &g->head[k].text, err));
	}
	return FJ_OK;
}

static void signing_release(struct iss_signing *g)
{
	ca_key_close(g->key);
	fj_buf_release(&g->token);
	fj_buf_release(&g->status);
	for (size_t k = 0; k < FJ_ARRAY_LEN(g->head); k++)
		fj_buf_release(&g->head[k].text);
}

static void ca_release(struct iss_ca *ca)
{
	signing_release(&ca->now);
	signing_release(&ca->before);
	fj_buf_release(&ca->root);
	for (size_t k = 0; k < FJ_ARRAY_LEN(ca->former); k++) {
		fj_buf_release(&ca->former[k].cert);
		fj_buf_release(&ca->former[k].new_with_old);
		fj_buf_release(&ca->former[k].old_with_new);
		fj_buf_release(&ca->newer[k]);
	}
	for (size_t k = 0; k < FJ_ARRAY_LEN(ca->issuing); k++) {
		ca_trust_close(ca->issuing[k].trust);
		fj_buf_release(&ca->issuing[k].cert);
		fj_buf_release(&ca->issuing[k].ocsp);
	}
	memset(ca, 0, sizeof(*ca));
}
FJ_DEFINE_AUTO(iss_ca, struct iss_ca, ca_release)

/* its certificates are there */
static enum fj_rc load_signing(struct iss_signing *g, const struct iss_ca *ca, enum fj_alg alg, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(fj_buf_slice(&g->token), &x, err));
	FJ_TRY(fj_jws_kid(x.spki, g->kid, err));
	g->from = x.not_before;
	FJ_TRY(set_heads(g, ca, alg, err));
	return ca_key_open(fj_buf_slice(&g->token), &g->key, err);
}

/* the certificate of the key before this one; *until stays when there was none */
static enum fj_rc load_past(struct iss *i, const char *what, struct fj_buf *out, int64_t *until, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	fj_buf_init(out, FJ_X509_MAX);
	FJ_TRY(sto_query(i->db, STO_PAST_KEYS, &q, err, "t", what));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return FJ_OK;
	*until = sto_int(&q, 2);
	struct fj_slice s = sto_blob(&q, 1);
	return fj_buf_put(out, s.p, s.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc load_before(struct iss *i, struct iss_ca *ca, enum fj_alg alg, struct fj_err *err)
{
	char token[24], status[24];

	snprintf(token, sizeof(token), "token%s", fj_alg_suffix(alg));
	snprintf(status, sizeof(status), "status%s", fj_alg_suffix(alg));
	FJ_TRY(load_past(i, token, &ca->before.token, &ca->since, err));
	FJ_TRY(load_past(i, status, &ca->before.status, &ca->since, err));
	return ca->before.token.len > 0 ? load_signing(&ca->before, ca, alg, err) : FJ_OK;
}

/* Of a hierarchy what is the same for ever, and the root: read without a lock by whoever asks.  A root that passes on stays where it is. */
static enum fj_rc load_fixed(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	FJ_AUTO(buf) issuing = FJ_BUF_INIT(0);
	struct fj_x509 x;
	char what[24];

	snprintf(what, sizeof(what), "root%s", fj_alg_suffix(alg));
	FJ_TRY(load_cert(i, what, &i->ca[alg].root, err));
	snprintf(what, sizeof(what), "issuing%s", fj_alg_suffix(alg));
	FJ_TRY(load_cert(i, what, &issuing, err));
	FJ_TRY(fj_x509_read(fj_buf_slice(&issuing), &x, err));
	return fj_limits_of(&x, &i->limited, &i->limits, err);
}

void iss_shard_setting(enum fj_alg alg, unsigned generation, char out[40])
{
	snprintf(out, 40, "shard.issuing%s.%u", fj_alg_suffix(alg), generation);
}

void iss_responder_row(enum fj_alg alg, unsigned former, char out[24])
{
	int n = snprintf(out, 24, "ocsp%s", fj_alg_suffix(alg));

	if (former > 0)
		snprintf(out + n, 24 - (size_t)n, "-%u", former);
}

void iss_cross_row(const char *which, unsigned generation, enum fj_alg alg, char out[40])
{
	snprintf(out, 40, "cross-%s-%u%s", which, generation, fj_alg_suffix(alg));
}

const char *iss_ca_key(enum fj_alg alg)
{
	return alg == FJ_SM2 ? "issuing-sm2" : "issuing";
}

/* the k-th generation, from 0 */
static unsigned former_number(const struct iss_ca *ca, size_t k)
{
	return k + 1 == ca->n_issuing ? 0 : (unsigned)k + 1;
}

static enum fj_rc load_responder(struct iss *i, enum fj_alg alg, const struct iss_ca *ca, size_t k, struct fj_buf *out, struct fj_err *err)
{
	char what[24];

	iss_responder_row(alg, former_number(ca, k), what);
	enum fj_rc rc = load_cert(i, what, out, err);
	return rc == FJ_E_NOTFOUND && k + 1 < ca->n_issuing ? FJ_OK : rc;
}

static enum fj_rc load_cross(struct iss *i, enum fj_alg alg, const char *what, unsigned generation, struct fj_buf *out, struct fj_err *err)
{
	char row[40];

	iss_cross_row(what, generation, alg, row);
	return load_cert(i, row, out, err);
}

/* the root, those that it followed, and what each says of the next */
static enum fj_rc load_roots(struct iss *i, enum fj_alg alg, struct iss_ca *ca, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;
	char what[24];

	snprintf(what, sizeof(what), "root%s", fj_alg_suffix(alg));
	FJ_TRY(load_cert(i, what, &ca->root, err));
	FJ_TRY(sto_query(i->db, STO_PAST_KEYS_RISING, &q, err, "t", what));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (ca->n_former + 1 == FJ_MAX_ROOTS)
			return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "a root has at most %d generations", FJ_MAX_ROOTS);
		struct iss_root *r = &ca->former[ca->n_former++];
		struct fj_slice der = sto_blob(&q, 1);
		fj_buf_init(&r->cert, FJ_X509_MAX);
		if (fj_buf_put(&r->cert, der.p, der.len) != FJ_OK)
			return fj_no_memory(err, "issuer");
		FJ_TRY(load_cross(i, alg, "new", (unsigned)ca->n_former + 1, &r->new_with_old, err));
		FJ_TRY(load_cross(i, alg, "old", (unsigned)ca->n_former + 1, &r->old_with_new, err));
	}
}

static enum fj_rc load_newer(struct iss *i, enum fj_alg alg, struct iss_ca *ca, struct fj_err *err)
{
	enum fj_rc rc = FJ_OK;

	while (i->limited && rc == FJ_OK && ca->n_newer + 1 < FJ_MAX_ROOTS) {
		rc = load_cross(i, alg, "new", (unsigned)ca->n_newer + 2, &ca->newer[ca->n_newer], err);
		ca->n_newer += rc == FJ_OK;
	}
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc;
}

/* from a root that is trusted to the generation that signed a CA's certificate */
static size_t roots_over(const struct iss_ca *ca, struct fj_slice cert, struct fj_slice roots[FJ_MAX_ROOTS])
{
	size_t n = 0;

	for (size_t k = 0; k < ca->n_former; k++)
		if (ca_verify_signed_by(cert, fj_buf_slice(&ca->former[k].cert), NULL) == FJ_OK) {
			roots[0] = fj_buf_slice(&ca->former[k].cert);
			return 1;
		}
	roots[n++] = fj_buf_slice(&ca->root);
	while (n <= ca->n_newer && ca_verify_signed_by(cert, roots[n - 1], NULL) != FJ_OK) {
		roots[n] = fj_buf_slice(&ca->newer[n - 1]);
		n++;
	}
	return n;
}

static enum fj_rc load_generation(struct iss *i, enum fj_alg alg, struct fj_slice der, int64_t since, struct iss_ca *ca, struct fj_err *err)
{
	struct iss_issuing *g = &ca->issuing[ca->n_issuing];
	struct fj_slice roots[FJ_MAX_ROOTS];
	FJ_AUTO(sto_q) q = {0};
	char key[40];
	size_t n;

	if (ca->n_issuing == FJ_MAX_CAS)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "an issuing CA has at most %d keys, one after the other", FJ_MAX_CAS);
	ca->n_issuing++;
	g->since = since;
	g->shard = 1;
	fj_buf_init(&g->cert, FJ_X509_MAX);
	if (fj_buf_put(&g->cert, der.p, der.len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	if (ca->n_issuing > 1) {
		iss_shard_setting(alg, (unsigned)ca->n_issuing, key);
		FJ_TRY(sto_first(i->db, STO_SETTING_GET, &q, key, err, "t", key));
		g->shard = strtoll(sto_text(&q, 0), NULL, 10);
	}
	n = roots_over(ca, der, roots);
	return ca_trust_open(fj_buf_slice(&g->cert), roots, n, &g->trust, err);
}

static enum fj_rc load_issuing(struct iss *i, enum fj_alg alg, struct iss_ca *ca, struct fj_err *err)
{
	FJ_AUTO(buf) newest = FJ_BUF_INIT(0);
	FJ_AUTO(sto_q) q = {0};
	int64_t since = 0;
	bool row;
	char what[24];

	snprintf(what, sizeof(what), "issuing%s", fj_alg_suffix(alg));
	FJ_TRY(sto_query(i->db, STO_PAST_KEYS_RISING, &q, err, "t", what));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			break;
		FJ_TRY(load_generation(i, alg, sto_blob(&q, 1), since, ca, err));
		since = sto_int(&q, 2);
	}
	FJ_TRY(load_cert(i, what, &newest, err));
	FJ_TRY(load_generation(i, alg, fj_buf_slice(&newest), since, ca, err));
	for (size_t k = 0; k < ca->n_issuing; k++)
		FJ_TRY(load_responder(i, alg, ca, k, &ca->issuing[k].ocsp, err));
	return FJ_OK;
}

/* what a rollover changes */
static enum fj_rc load_rolling(struct iss *i, enum fj_alg alg, struct fj_err *err)
{
	struct iss_ca *ca = &i->ca[alg];
	FJ_AUTO(iss_ca) fresh = {.since = 0};
	char what[24];

	FJ_TRY(load_roots(i, alg, &fresh, err));
	FJ_TRY(load_newer(i, alg, &fresh, err));
	FJ_TRY(load_issuing(i, alg, &fresh, err));
	snprintf(what, sizeof(what), "token%s", fj_alg_suffix(alg));
	FJ_TRY(load_cert(i, what, &fresh.now.token, err));
	snprintf(what, sizeof(what), "status%s", fj_alg_suffix(alg));
	FJ_TRY(load_cert(i, what, &fresh.now.status, err));
	FJ_TRY(load_signing(&fresh.now, &fresh, alg, err));
	FJ_TRY(load_before(i, &fresh, alg, err));
	struct iss_ca old = *ca;
	bool same = fj_slice_eq(fj_buf_slice(&old.root), fj_buf_slice(&fresh.root));
	struct fj_buf *stays = same ? &fresh.root : &fresh.former[old.n_former].cert; /* what is read without a lock stays where it is, as the root or as the former one that it is now */
	struct fj_buf copy = *stays;
	*stays = old.root;
	old.root = copy;
	*ca = fresh;
	fresh = old; /* released */
	return FJ_OK;
}

static enum fj_rc load_keys(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) log_before = FJ_BUF_INIT(0);

	FJ_TRY(load_cert(i, "log", &i->log_signer, err));
	FJ_TRY(load_past(i, "log", &log_before, &i->log_since, err));
	FJ_TRY(load_rolling(i, FJ_ES256, err));
	return i->sm2 ? load_rolling(i, FJ_SM2, err) : FJ_OK;
}

enum fj_rc iss_take_keys(struct iss *i, bool making, struct fj_err *err)
{
	enum fj_rc rc = FJ_OK;

	if (!i->rolled)
		return FJ_OK;
	if (!making)
		pthread_mutex_lock(&i->make.lock);
	pthread_mutex_lock(&i->pub.lock);
	pthread_mutex_lock(&i->lock);
	if (i->rolled)
		rc = load_keys(i, err);
	if (rc == FJ_OK && i->rolled) {
		i->pub.keys = i->pub.attest = true; /* the TPM states the newer key too */
		i->pub.attest_at = 0;
	}
	i->rolled = rc != FJ_OK;
	pthread_mutex_unlock(&i->lock);
	pthread_mutex_unlock(&i->pub.lock);
	if (!making)
		pthread_mutex_unlock(&i->make.lock);
	return rc;
}

enum fj_rc iss_token_verify(const struct iss *i, enum fj_alg alg, struct fj_slice input, struct fj_slice der, struct fj_err *err)
{
	const struct iss_ca *ca = &i->ca[alg];

	if (ca->before.key != NULL && ca_key_verify(ca->before.key, input, der, NULL) == FJ_OK)
		return FJ_OK;
	return ca_key_verify(ca->now.key, input, der, err);
}

enum fj_rc iss_load_keyring(struct iss *i, struct fj_err *err)
{
	char demo[8], sm2[8];

	FJ_TRY(load_setting(i, "arc", i->home.arc, sizeof(i->home.arc), err));
	FJ_TRY(load_setting(i, "base", i->home.base, sizeof(i->home.base), err));
	FJ_TRY(load_setting(i, "operator", i->home.operator_, sizeof(i->home.operator_), err));
	FJ_TRY(load_setting(i, "keeper", i->keeper, sizeof(i->keeper), err));
	FJ_TRY(load_setting(i, "demo", demo, sizeof(demo), err));
	i->home.demo = strcmp(demo, "true") == 0;
	FJ_TRY(load_setting(i, "sm2", sm2, sizeof(sm2), err));
	i->sm2 = strcmp(sm2, "true") == 0;
	FJ_TRY(load_fixed(i, FJ_ES256, err));
	if (i->sm2)
		FJ_TRY(load_fixed(i, FJ_SM2, err));
	FJ_TRY(load_keys(i, err));
	i->pub.keys = i->ca[FJ_ES256].since > 0 || i->ca[FJ_SM2].since > 0 || i->log_since > 0 || i->ca[FJ_ES256].n_issuing > 1 || i->ca[FJ_SM2].n_issuing > 1 || i->ca[FJ_ES256].n_former > 0; /* a rollover may not be shown yet */
	return FJ_OK;
}

enum fj_rc iss_jws_input(struct iss *i, enum fj_alg alg, int64_t seq, const char *typ, const json_t *payload, struct fj_buf *out, struct fj_err *err)
{
	const struct iss_ca *ca = &i->ca[alg];
	const struct iss_signing *g = seq < ca->since ? &ca->before : &ca->now;

	for (size_t k = 0; k < FJ_ARRAY_LEN(g->head); k++)
		if (g->head[k].typ != NULL && strcmp(g->head[k].typ, typ) == 0)
			return fj_jws_write_under(fj_buf_slice(&g->head[k].text), payload, out, err);
	return fj_fail(err, FJ_E_INTERNAL, "issuer", NULL, "nothing is signed with typ \"%s\"", typ);
}

enum fj_rc iss_demo_clock(struct iss *i, fj_time t, struct fj_err *err)
{
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the two that there are belong to other locks */
	int64_t offset = t == 0 ? 0 : t - fj_real_ms() / 1000;

	if (!i->conf.demo)
		return fj_fail(err, FJ_E_REFUSED, "issuer", "design.md 4", "only a demo home may run on an offset clock");
	FJ_TRY(iss_signer(i, &conn, err));
	FJ_TRY(hsm_clock_offset(conn, offset, err));
	fj_clock_set_offset(offset);
	return FJ_OK;
}

enum fj_rc iss_demo_clock_keep(struct iss *i, fj_time t, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(32);

	FJ_TRY(iss_demo_clock(i, t, err));
	FJ_TRY(fj_buf_printf(&text, "%lld\n", (long long)fj_clock_offset()));
	return fj_file_replace(AT_FDCWD, FJ_DEMO_CLOCK, fj_buf_slice(&text), 0600, err);
}

/* a demo home that was left on an offset clock goes on with it */
static enum fj_rc take_up_clock(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(32);

	if (!i->conf.demo || access(FJ_DEMO_CLOCK, F_OK) != 0)
		return FJ_OK;
	FJ_TRY(fj_file_read(AT_FDCWD, FJ_DEMO_CLOCK, &text, err));
	if (!i->conf.with_signer) {
		fj_clock_set_offset(strtoll(fj_buf_str(&text), NULL, 10));
		return FJ_OK;
	}
	return iss_demo_clock(i, fj_real_ms() / 1000 + strtoll(fj_buf_str(&text), NULL, 10), err);
}

/* --- tending --- */

#define EXPIRE_STEP 200 /* certificates a transaction: those of one batch end in the same second */

static enum fj_rc expire_step(struct iss_call *c, void *more, struct fj_err *err)
{
	FJ_TRY(iss_may_act(c->iss, err)); /* a clock that has jumped ends nothing */
	return dom_expire(c, EXPIRE_STEP, more, err);
}

/* what the clock has ended, while nobody waits for it */
static void expire(struct iss *i)
{
	struct fj_err err = {0};
	enum fj_rc rc = FJ_OK;

	for (bool more = true; rc == FJ_OK && more;)
		rc = iss_write(i, expire_step, &more, &err);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "certificates that are over are not noted as such", &err);
}

/* a step of each job: what else is to be tended comes between two steps */
static enum fj_rc advance_jobs(struct iss *i, struct fj_err *err)
{
	bool more = false;

	i->jobs = false; /* one that is begun from now on sets it again */
	enum fj_rc rc = tok_jobs_advance(i, &more, err);
	if (more)
		i->jobs = true;
	return rc;
}

/* the first failure is the one that is told */
static void also(enum fj_rc *rc, struct fj_err *err, enum fj_rc next, const struct fj_err *why)
{
	if (*rc != FJ_OK || next == FJ_OK)
		return;
	*rc = next;
	*err = *why;
}

/* what fails is no reason to leave the rest: lists must not grow old */
static void tend_once(struct iss *i, bool jobs)
{
	struct fj_err err = {0}, why = {0};

	pthread_mutex_lock(&i->lock);
	const unsigned fell = i->fell_behind;
	pthread_mutex_unlock(&i->lock);
	expire(i);
	enum fj_rc rc = jobs ? advance_jobs(i, &err) : FJ_OK;
	enum fj_rc made = pipe_make(i, INT64_MAX, &why);
	also(&rc, &err, made, &why);
	enum fj_rc published = pub_publish(i, INT64_MAX, &why);
	also(&rc, &err, published, &why);
	if (made == FJ_OK && published == FJ_OK && jobs) /* a job that can't go on keeps no other from its end */
		also(&rc, &err, tok_jobs_conclude(i, &why), &why);
	pthread_mutex_lock(&i->lock);
	/* each cause once: another one needs another remedy */
	if (rc != FJ_OK && strcmp(err.en, i->waits_for.en) != 0)
		fj_log_err(FJ_LOG_ERROR, "issuing or publication waits", &err);
	i->waits_for = rc != FJ_OK ? err : (struct fj_err){.rc = FJ_OK};
	i->retry_s = rc == FJ_OK || i->retry_s == 0 ? RETRY_S : i->retry_s * 2 < TEND_S ? i->retry_s * 2 : TEND_S;
	i->behind = rc != FJ_OK || i->fell_behind != fell; /* what failed meanwhile is not what this made good */
	pthread_mutex_unlock(&i->lock);
}

void iss_waits_for(struct iss *i, struct fj_err *why)
{
	pthread_mutex_lock(&i->lock);
	*why = i->waits_for;
	pthread_mutex_unlock(&i->lock);
}

void iss_behind(struct iss *i)
{
	pthread_mutex_lock(&i->lock);
	i->behind = true;
	i->fell_behind++;
	pthread_cond_signal(&i->wake);
	pthread_mutex_unlock(&i->lock);
}

void iss_jobs(struct iss *i)
{
	i->jobs = true;
	if (!i->tending) {
		while (i->jobs)
			tend_once(i, true);
		return;
	}
	pthread_mutex_lock(&i->lock);
	pthread_cond_signal(&i->wake);
	pthread_mutex_unlock(&i->lock);
}

/* Between two and five in the morning, a step a minute: the search index into one piece.  The
 * writer's lock is held. */
static void tidy_at_night(struct iss *i)
{
	struct fj_err err = {0};
	int64_t hour = (fj_now() + FJ_CHINA_OFFSET) % 86400 / 3600;
	bool done;

	if (hour >= 2 && hour < 5 && fnd_tidy(i->db, &done, &err) != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "the search index is left in several pieces", &err);
}

static void *tend(void *arg)
{
	struct iss *i = arg;
	struct timespec until;

	opn_watch(i);
	pthread_mutex_lock(&i->lock);
	while (!i->ending) {
		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += !i->behind ? TEND_S : i->retry_s > 0 ? i->retry_s : RETRY_S;
		if (!i->jobs && pthread_cond_timedwait(&i->wake, &i->lock, &until) == 0)
			i->retry_s = 0; /* whoever has just acted waits no longer than the first did */
		if (i->ending)
			break;
		tidy_at_night(i);
		pthread_mutex_unlock(&i->lock);
		opn_watch(i);
		tend_once(i, true);
		pthread_mutex_lock(&i->lock);
	}
	pthread_mutex_unlock(&i->lock);
	return NULL;
}

static enum fj_rc start(struct iss *i, struct fj_err *err)
{
	FJ_TRY(iss_load_keyring(i, err));
	if (strcmp(i->home.base, i->conf.base) != 0)
		return fj_fail(err, FJ_E_INVALID, "issuer", NULL,
		    "the public base address is %s, and %s stands in the certificates; put it back into fujie.ini", i->conf.base, i->home.base);
	i->conf.demo = i->home.demo;
	FJ_TRY(take_up_clock(i, err));
	FJ_TRY(log_open(i, err));
	FJ_TRY(pub_rows_there(i, err));
	if (!i->conf.with_signer)
		return FJ_OK;
	FJ_TRY(ca_canary(&i->home, err));
	FJ_TRY(pub_log_policy(i, err));
	pub_attest_due(i);
	tend_once(i, false);
	return FJ_OK;
}

enum fj_rc iss_tend_start(struct iss *i, struct fj_err *err)
{
	if (!i->conf.with_signer || pthread_create(&i->tender, NULL, tend, i) == 0) {
		i->tending = i->conf.with_signer;
		return FJ_OK;
	}
	return fj_fail(err, FJ_E_NOMEM, "issuer", NULL, "no thread can be started");
}

enum fj_rc iss_new(const struct iss_conf *conf, struct iss **out, struct fj_err *err)
{
	struct iss *i = fj_alloc(1, sizeof(*i));

	if (i == NULL)
		return fj_no_memory(err, "issuer");
	i->conf = *conf;
	i->run = i->leaks.fd = -1;
	i->pub.files = true;
	i->jobs = true; /* one may have been broken off */
	iss_clock_trust(i);
	pthread_mutex_t *locks[] = {&i->lock, &i->make.lock, &i->pub.lock, &i->readers_lock, &i->opn.lock};
	for (size_t k = 0; k < FJ_ARRAY_LEN(locks); k++)
		pthread_mutex_init(locks[k], NULL);
	pthread_cond_init(&i->wake, NULL);
	*out = i;
	return FJ_OK;
}

enum fj_rc iss_prepare(struct fj_err *err)
{
	FJ_TRY(sheet_room_start(err));
	FJ_TRY(rep_prepare(err));
	return ppr_sealed_prepare(err);
}

enum fj_rc iss_open(const struct iss_conf *conf, struct iss **out, struct fj_err *err)
{
	struct iss *i;
	struct stat st;

	if (stat("register.db", &st) != 0)
		return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no register in this home");
	FJ_TRY(iss_new(conf, &i, err));
	enum fj_rc rc = fj_dir_open(AT_FDCWD, "run", &i->run, err);
	if (rc == FJ_OK && conf->leaked != NULL) /* before the sandbox: it may lie anywhere */
		rc = pwd_leaks_open(conf->leaked, &i->leaks, err);
	if (rc == FJ_OK)
		rc = sto_open("register.db", true, &i->db, err);
	if (rc == FJ_OK) /* what was erased just before a process ended does not stay in the log */
		(void)!sto_checkpoint(i->db, NULL);
	if (rc == FJ_OK)
		rc = start(i, err);
	if (rc != FJ_OK) {
		iss_close(i);
		return rc;
	}
	*out = i;
	return FJ_OK;
}

void iss_close(struct iss *i)
{
	if (i->tending) {
		pthread_mutex_lock(&i->lock);
		i->ending = true;
		pthread_cond_signal(&i->wake);
		pthread_mutex_unlock(&i->lock);
		pthread_join(i->tender, NULL);
	}
	for (size_t k = 0; k < ISS_READERS; k++)
		sto_close(i->reader[k]);
	pub_release(i);
	log_close(&i->log);
	sto_close(i->db);
	fj_fd_close(&i->leaks.fd);
	iss_signer_drop(&i->make.signer);
	for (size_t a = 0; a < FJ_ARRAY_LEN(i->ca); a++)
		ca_release(&i->ca[a]);
	fj_buf_release(&i->log_signer);
	crm_renewal_free(i->renewal);
	crm_unsealing_free(i->unsealing);
	fj_fd_close(&i->run);
	pthread_mutex_t *locks[] = {&i->lock, &i->make.lock, &i->pub.lock, &i->readers_lock, &i->opn.lock};
	for (size_t k = 0; k < FJ_ARRAY_LEN(locks); k++)
		pthread_mutex_destroy(locks[k]);
	pthread_cond_destroy(&i->wake);
	fj_free(i);
}
