/*
 * test_ver_generations.c - several keys of one CA name (docs/formats.md 31): issuing CAs of two generations, whose newer
 * key speaks for what the older one certified, and roots of two or three, which certify each other.  Each thing that
 * counts, and each that must not.
 */
#include "tests/unit/test.h"
#include "tests/unit/ver_pki.h"
#include "verifier/bundle.h"
#include "verifier/internal.h"

#define BETWEEN(n) {.cn = "Fujie Root", .bc = "critical,CA:TRUE,pathlen:1", .ku = "critical,keyCertSign,cRLSign", .crldp = "URI:" BASE "/crl/root.crl", \
	.from = NOW - 20 * DAY, .to = NOW + 4000 * DAY /* the older root's end */, .serial = n}

/* beside the world's own root and issuing CA (the first generation) a second one of each */
struct gens {
	struct world *w;
	EVP_PKEY *root_key, *ca_key;
	X509 *root, *ca, *root_with_old, *old_with_root;
	struct spec root_s, ca_s, with_old_s, with_new_s;
	bool under_new; /* the second issuing CA is the second root's */
	struct bytes root_b, ca_b, with_old_b, with_new_b, dac;
};

static void gens_certs(struct gens *g)
{
	struct world *w = g->w;

	X509_free(g->root);
	X509_free(g->ca);
	X509_free(g->root_with_old);
	X509_free(g->old_with_root);
	g->root = cert(&g->root_s, g->root_key, NULL, g->root_key);
	g->root_with_old = cert(&g->with_old_s, g->root_key, w->root_x, w->root_key);
	g->old_with_root = cert(&g->with_new_s, w->root_key, g->root, g->root_key);
	g->ca = g->under_new ? cert(&g->ca_s, g->ca_key, g->root, g->root_key) : cert(&g->ca_s, g->ca_key, w->root_x, w->root_key);
	der_of(g->root, &g->root_b);
	der_of(g->ca, &g->ca_b);
	der_of(g->root_with_old, &g->with_old_b);
	der_of(g->old_with_root, &g->with_new_b);
	X509 *dac = cert(&w->dac_s, w->holder_key, g->ca, g->ca_key);
	der_of(dac, &g->dac);
	X509_free(dac);
}

static struct gens *gens_make(bool under_new)
{
	struct gens *g = fj_alloc(1, sizeof(*g));

	g->w = world_make();
	g->root_key = new_key();
	g->ca_key = new_key();
	g->under_new = under_new;
	g->root_s = g->w->root_s;
	g->root_s.from = NOW - 20 * DAY;
	g->root_s.to = NOW + 5000 * DAY;
	g->root_s.serial = 11;
	g->ca_s = g->w->issuing_s;
	g->ca_s.from = NOW - 10 * DAY;
	g->ca_s.serial = 12;
	g->with_old_s = (struct spec)BETWEEN(13);
	g->with_new_s = (struct spec)BETWEEN(14);
	gens_certs(g);
	return g;
}

static void gens_free(struct gens *g)
{
	X509_free(g->root);
	X509_free(g->ca);
	X509_free(g->root_with_old);
	X509_free(g->old_with_root);
	EVP_PKEY_free(g->root_key);
	EVP_PKEY_free(g->ca_key);
	world_free(g->w);
	fj_free(g);
}

FJ_DEFINE_AUTO_PTR(gens, struct gens, gens_free)

#define PEMS(w, name, ...) pems(w, name, (const struct bytes *const[]){__VA_ARGS__, NULL})
static void pems(const struct world *w, const char *name, const struct bytes *const *b)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	for (; *b != NULL; b++)
		pem_of("CERTIFICATE", slice(*b), &pem);
	put_file(w, name, fj_buf_slice(&pem));
}

static enum fj_rc load(struct world *w, const struct fj_hash *root, struct fj_err *err)
{
	ver_trust_free(w->trust);
	w->trust = NULL;
	json_decref(w->notes);
	w->notes = NULL;
	struct ver_pins pins = {.has_sm2 = false};
	if (root != NULL)
		pins.root = *root;
	return ver_trust_load_under(AT_FDCWD, w->dir, root != NULL ? &pins : NULL, &w->trust, &w->notes, err);
}

/* one root, both issuing CAs, and this list of the first one's shard by the second */
static const char *by_second(struct gens *g, const struct crl_spec *s)
{
	struct bytes list;
	static struct fj_err err;
	struct world *w = g->w;

	world_write(w);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &w->root);
	crl(s, g->ca, g->ca_key, &list);
	put_file(w, "crl/1.crl", slice(&list));
	return load(w, NULL, &err) == FJ_OK ? verdict(w, slice(&w->dac), &(struct asked){.use = NULL}) : err.en;
}

static struct crl_spec shard(long number, uint8_t revoked)
{
	return (struct crl_spec){.uri = BASE "/crl/1.crl", .number = number, .from = NOW - 3600, .to = NOW + DAY, .revoked = revoked, .reason = 1};
}

static struct crl_spec root_list(long number, uint8_t revoked)
{
	return (struct crl_spec){.uri = BASE "/crl/root.crl", .number = number, .from = NOW - 3600, .to = NOW + 300 * DAY, .revoked = revoked, .reason = 4};
}

static const char *of(const struct world *w, const struct bytes *b)
{
	return verdict(w, slice(b), &(struct asked){.use = NULL});
}

static void put_crl(const struct world *w, const char *name, const struct crl_spec *s, X509 *issuer, EVP_PKEY *key)
{
	struct bytes list;

	crl(s, issuer, key, &list);
	put_file(w, name, slice(&list));
}

/* --- issuing CAs of one name --- */

TEST("a newer key of the issuing CA's name speaks for what the former one certified: good, revoked, and over")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct crl_spec s = shard(8, 0);

	CHECK_STR(by_second(g, &s), "permit");
	s.revoked = 5;
	CHECK_STR(by_second(g, &s), "deny status");
	s.revoked = 3; /* the signer of its status list */
	CHECK(strcmp(by_second(g, &s), "permit") == 0);
	s.revoked = 4;
	CHECK_STR(by_second(g, &s), "indeterminate status");
	s = shard(8, 0);
	s.to = NOW - 1;
	CHECK_STR(by_second(g, &s), "indeterminate status");
	s = shard(8, 0);
	s.uri = BASE "/crl/2.crl";
	CHECK_STR(by_second(g, &s), "indeterminate status");
}

TEST("of two lists of one address the greater number counts, whoever signed")
{
	static const struct {
		long first, second;
		uint8_t of_first, of_second;
		const char *want;
	} rows[] = {{7, 8, 0, 5, "deny status"}, {7, 8, 5, 0, "permit"}, {9, 8, 0, 5, "permit"}, {9, 8, 5, 0, "deny status"}, {8, 8, 0, 5, "deny status"}, {8, 8, 5, 0, "deny status"}};

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++)
		for (int order = 0; order < 2; order++) {
			FJ_AUTO(gens) g = gens_make(false);
			struct world *w = g->w;
			struct fj_err err;
			struct crl_spec a = shard(rows[i].first, rows[i].of_first), b = shard(rows[i].second, rows[i].of_second);
			world_write(w);
			PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &w->root);
			put_crl(w, order == 0 ? "crl/1.crl" : "crl/9.crl", &a, w->issuing_x, w->issuing_key);
			put_crl(w, order == 0 ? "crl/9.crl" : "crl/1.crl", &b, g->ca, g->ca_key);
			CHECK_OK(load(w, NULL, &err));
			CHECK(json_array_size(w->notes) == 0);
			CHECK_STR(of(w, &w->dac), rows[i].want);
		}
}

TEST("a former key does not speak for what a newer one certified")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec s = shard(8, 0);

	world_write(w);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "indeterminate status");
	put_crl(w, "crl/1.crl", &s, g->ca, g->ca_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "permit");
}

TEST("a newer key that is revoked, over, not yet begun or without a list of its root does not speak")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct world *w = g->w;
	struct crl_spec s = shard(8, 0), was = w->root_crl_s;

	w->root_crl_s.revoked = 12;
	w->root_crl_s.reason = 4;
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	w->root_crl_s.to = NOW - 1; /* an old list that names it still counts */
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	CHECK_STR(by_second(g, &s), "indeterminate signer status");
	w->root_crl_s = was;
	crl(&w->root_crl_s, w->root_x, w->root_key, &w->root_crl);
	CHECK_STR(by_second(g, &s), "permit");
	g->ca_s.to = NOW - 1;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	g->ca_s.to = NOW + 3000 * DAY;
	g->ca_s.from = NOW + 1;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
}

TEST("a CA with limits, of another name, of another root or of another address does not speak for it")
{
	struct fj_limits l = {.division = "44", .holders = 1u << 1, .base = BASE};
	struct crl_spec s = shard(8, 0);
	struct fj_err err;

	FJ_AUTO(gens) g = gens_make(false);
	g->ca_s.limits = &l;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	g->ca_s.limits = NULL;
	g->ca_s.cn = "Fujie Issuing CA 2";
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	g->ca_s.cn = "Fujie Issuing CA 1";
	g->under_new = true; /* another root of the same name, to which nothing leads */
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	CHECK(json_array_size(g->w->notes) == 2);
	PEMS(g->w, "root.pem", &g->w->root, &g->root_b); /* and is trusted, too: still another anchor */
	CHECK_OK(load(g->w, NULL, &err));
	CHECK(json_array_size(g->w->notes) == 0);
	CHECK_STR(of(g->w, &g->w->dac), "indeterminate status");
	CHECK_STR(of(g->w, &g->dac), "indeterminate signer status");
}

TEST("of a subordinate CA the newer key of the same name and address speaks, one of another address does not")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct fj_limits l = {.division = "44", .holders = 1u << 1, .base = BASE}, other = {.division = "44", .holders = 1u << 1, .base = "http://127.0.0.1:9"};
	struct crl_spec s = shard(8, 0);

	g->w->issuing_s.limits = &l;
	world_certs(g->w);
	world_sign(g->w);
	g->ca_s.limits = &l;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "permit");
	s.revoked = 5;
	CHECK_STR(by_second(g, &s), "deny status");
	s.revoked = 0;
	g->ca_s.limits = &other;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
	g->ca_s.limits = NULL;
	gens_certs(g);
	CHECK_STR(by_second(g, &s), "indeterminate status");
}

TEST("in the past the key of then counts, and a later list by the newer one tells of a key that was lost")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec then = shard(5, 0), s = shard(8, 5);
	const fj_time at = NOW - 20 * DAY;

	then.from = at - 3600;
	then.to = at + DAY;
	w->root_crl_s.from = at - 3600;
	world_certs(w);
	world_sign(w);
	json_object_set_new(w->list, "iat", json_integer(at - 600));
	world_sign_list(w);
	world_write(w);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &w->root);
	put_crl(w, "crl/1.crl", &then, w->issuing_x, w->issuing_key);
	CHECK_OK(load(w, NULL, &err));
	struct asked past = {.now = at, .past = true};
	CHECK_STR(verdict(w, slice(&w->dac), &past), "permit");
	put_crl(w, "crl/9.crl", &s, g->ca, g->ca_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(verdict(w, slice(&w->dac), &past), "deny status");
	s.reason = 4; /* superseded since: it counted then */
	put_crl(w, "crl/9.crl", &s, g->ca, g->ca_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(verdict(w, slice(&w->dac), &past), "permit");
}

TEST("a CA that is the CRL's own subject: judged by itself, a list names the key that signed it")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct crl_spec s = shard(8, 0);
	struct bytes list;
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_err err;

	CHECK_STR(by_second(g, &s), "permit");
	crl(&s, g->ca, g->ca_key, &list);
	CHECK_OK(judge(g->w, slice(&list), &(struct asked){.use = NULL}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	CHECK(r.n_path == 2);
	struct fj_hash h;
	char hex[65];
	fj_sha256(slice(&g->ca_b), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	CHECK_STR(r.path[0].sha256, hex);
	fj_sha256(slice(&g->w->root), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	CHECK_STR(r.path[1].sha256, hex);
}

TEST("a license token of the newer key under an authorisation of the former one permits; x5c has to be the CA of its key")
{
	FJ_AUTO(gens) g = gens_make(false);
	struct world *w = g->w;
	struct fj_err err;
	struct bytes token_cert;
	EVP_PKEY *key = new_key();

	X509 *x = cert(&w->token_s, key, g->ca, g->ca_key);
	der_of(x, &token_cert);
	X509_free(x);
	struct crl_spec s = shard(8, 0);
	CHECK_STR(by_second(g, &s), "permit");
	jws(FJ_TYP_TOKEN, w->token, &token_cert, &g->ca_b, key, &w->token_jwt);
	CHECK_OK(fj_buf_puts(&w->token_jwt, "~"));
	CHECK_STR(token_verdict(w, NULL), "permit");
	jws(FJ_TYP_TOKEN, w->token, &token_cert, &w->issuing, key, &w->token_jwt);
	CHECK_OK(fj_buf_puts(&w->token_jwt, "~"));
	CHECK_STR(token_verdict(w, NULL), "deny chain");
	EVP_PKEY_free(key);
}

/* --- roots of several generations --- */

/* both issuing CAs, both certificates between the roots, and both roots' lists by the newer root */
static void write_roots(struct gens *g)
{
	struct world *w = g->w;
	struct crl_spec s = shard(8, 0), roots = root_list(2, 0);

	world_write(w);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_old_b, &g->with_new_b, &g->root_b, &w->root);
	put_crl(w, "crl/root.crl", &roots, g->root, g->root_key);
	put_crl(w, "crl/1.crl", &s, g->ca, g->ca_key);
}

TEST("who trusts either root verifies what is under either, and is told by which")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	const struct bytes *roots[] = {&w->root, &g->root_b};

	for (int old = 0; old < 2; old++) {
		write_roots(g);
		PEMS(w, "root.pem", roots[old]);
		CHECK_OK(load(w, NULL, &err));
		CHECK(json_array_size(w->notes) == 0);
		CHECK_STR(of(w, &w->dac), "permit");
		CHECK_STR(of(w, &g->dac), "permit");
		CHECK_STR(token_verdict(w, NULL), "permit");
		FJ_AUTO(ver_report) r = {.subject = NULL};
		CHECK_OK(judge(w, slice(old == 0 ? &g->dac : &w->dac), &(struct asked){.use = NULL}, &r, &err));
		CHECK(r.n_path == 3); /* issuing CA, between, root */
		FJ_AUTO(json) doc = ver_report_json(&r);
		const json_t *path = json_object_get(doc, "path");
		struct fj_hash h;
		char hex[65];
		fj_sha256(slice(roots[old]), &h);
		fj_hex(h.b, FJ_SHA256_LEN, hex);
		CHECK(json_array_size(path) == 3);
		CHECK_STR(fj_json_peek(json_array_get(path, 2), "sha256"), hex);
		CHECK_STR(fj_json_peek(json_array_get(path, 0), "name"), "Fujie Issuing CA 1");
	}
	PEMS(w, "root.pem", &g->root_b, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK(json_array_size(w->notes) == 0 && w->trust->a->n_root == 2);
	CHECK_STR(of(w, &w->dac), "permit");
	CHECK_STR(of(w, &g->dac), "permit");
}

TEST("without the certificate that leads there nothing under the other root counts, though its own lies beside")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;

	write_roots(g);
	PEMS(w, "root.pem", &w->root);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_new_b, &g->root_b, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
	CHECK_STR(of(w, &w->dac), "indeterminate signer status");
	PEMS(w, "root.pem", &g->root_b);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_old_b, &g->root_b, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &w->dac), "deny chain");
	CHECK_STR(of(w, &g->dac), "indeterminate status"); /* its status list is signed under the former CA */
}

TEST("a certificate between roots counts in its time, and until some list names it: the newer root can't lift that")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec named = root_list(1, 13);

	write_roots(g);
	put_crl(w, "crl/root-1.crl", &named, w->root_x, w->root_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny signer status");
	CHECK_STR(of(w, &w->dac), "indeterminate status"); /* its shard's list is by a key under the newer root */
	write_roots(g);
	put_crl(w, "crl/root-1.crl", &(struct crl_spec){.uri = BASE "/crl/root.crl", .number = 1, .from = NOW - DAY, .to = NOW + DAY}, w->root_x, w->root_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "permit");
	g->with_old_s.to = NOW - 1;
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
	g->with_old_s.to = NOW + DAY;
	g->with_old_s.from = NOW + 1;
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
}

TEST("the former root does not speak for what the newer one certified, however great its number")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec revoked = root_list(5, 12), lifted = root_list(6, 0);

	for (int old = 0; old < 2; old++) {
		write_roots(g);
		PEMS(w, "root.pem", old == 0 ? &g->root_b : &w->root);
		put_crl(w, "crl/root.crl", &revoked, g->root, g->root_key);
		put_crl(w, "crl/root-1.crl", &lifted, w->root_x, w->root_key);
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(of(w, &g->dac), "deny signer status");
	}
	write_roots(g); /* alone it says nothing of it */
	put_crl(w, "crl/root.crl", &lifted, w->root_x, w->root_key);
	PEMS(w, "root.pem", &g->root_b);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "indeterminate signer status");
}

TEST("an issuing CA that a list of either root names is revoked for good")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec named = root_list(1, 2);

	write_roots(g);
	put_crl(w, "crl/root-1.crl", &named, w->root_x, w->root_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &w->dac), "deny signer status");
	CHECK_STR(of(w, &g->dac), "indeterminate status"); /* its status list is signed under the former CA */
}

TEST("path lengths by RFC 5280: self-issued certificates are not counted, what they allow is, and nobody else self-issues")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;

	g->with_old_s.bc = "critical,CA:TRUE,pathlen:0";
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
	g->with_old_s.bc = "critical,CA:TRUE";
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain"); /* not as the profile has it */
	g->with_old_s.bc = "critical,CA:TRUE,pathlen:2";
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "permit");
	/* an issuing CA certifies its own name */
	X509 *x = cert(&g->ca_s, g->ca_key, w->issuing_x, w->issuing_key);
	der_of(x, &g->ca_b);
	X509 *dac = cert(&w->dac_s, w->holder_key, x, g->ca_key);
	der_of(dac, &g->dac);
	X509_free(dac);
	X509_free(x);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK(json_array_size(w->notes) > 0);
	CHECK_STR(of(w, &g->dac), "deny chain");
}

TEST("flags, extensions, key and signature of a certificate between roots")
{
	static const struct {
		const char *bc, *ku, *policy, *crldp, *critical, *want;
	} rows[] = {
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", NULL, "URI:" BASE "/crl/root.crl", NULL, "permit"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", "2.5.29.32.0", "URI:" BASE "/crl/root.crl", NULL, "permit"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", POLICY, "URI:" BASE "/crl/root.crl", NULL, "permit"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", ARC ".3.2", "URI:" BASE "/crl/root.crl", NULL, "deny chain"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign", NULL, "URI:" BASE "/crl/root.crl", NULL, "deny chain"},
		{"critical,CA:TRUE,pathlen:1", "critical,digitalSignature", NULL, "URI:" BASE "/crl/root.crl", NULL, "deny chain"},
		{"critical,CA:FALSE", "critical,keyCertSign,cRLSign", NULL, "URI:" BASE "/crl/root.crl", NULL, "deny chain"},
		{"CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", NULL, "URI:" BASE "/crl/root.crl", NULL, "deny chain"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", NULL, NULL, NULL, "deny chain"},
		{"critical,CA:TRUE,pathlen:1", "critical,keyCertSign,cRLSign", NULL, "URI:" BASE "/crl/root.crl", "1.2.3.4", "deny chain"},
	};
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;

	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		g->with_old_s.bc = rows[i].bc;
		g->with_old_s.ku = rows[i].ku;
		g->with_old_s.policy = rows[i].policy;
		g->with_old_s.crldp = rows[i].crldp;
		g->with_old_s.extra_critical = rows[i].critical;
		gens_certs(g);
		write_roots(g);
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(of(w, &g->dac), rows[i].want);
	}
	g->with_old_s = (struct spec)BETWEEN(13);
	gens_certs(g);
	g->with_old_b.p[g->with_old_b.n - 1] ^= 1;
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK(json_array_size(w->notes) >= 2);
	CHECK_STR(of(w, &g->dac), "deny chain");
	g->with_old_s.cn = "Fujie Root 2"; /* not self-issued: it is a CA below the root, and none of ours */
	gens_certs(g);
	write_roots(g);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
}

TEST("three generations: the oldest root leads to the newest and the newest to the oldest; a circle ends")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	EVP_PKEY *key = new_key(), *ca_key = new_key();
	struct spec root_s = g->root_s, ca_s = g->ca_s, a_s = BETWEEN(23), b_s = BETWEEN(24);
	struct bytes root, ca, a, b, dac;
	struct crl_spec s = shard(9, 0), roots = root_list(3, 0);

	root_s.from = NOW - 5 * DAY;
	root_s.to = NOW + 6000 * DAY;
	a_s.to = b_s.to = g->root_s.to;
	ca_s.from = NOW - 4 * DAY;
	root_s.serial = 21;
	ca_s.serial = 22;
	X509 *r = cert(&root_s, key, NULL, key), *c = cert(&ca_s, ca_key, r, key), *ra = cert(&a_s, key, g->root, g->root_key), *rb = cert(&b_s, g->root_key, r, key);
	X509 *d = cert(&w->dac_s, w->holder_key, c, ca_key);
	der_of(r, &root);
	der_of(c, &ca);
	der_of(ra, &a);
	der_of(rb, &b);
	der_of(d, &dac);
	const struct bytes *anchors[] = {&w->root, &g->root_b, &root};
	for (size_t i = 0; i < FJ_ARRAY_LEN(anchors); i++) {
		world_write(w);
		PEMS(w, "root.pem", anchors[i]);
		PEMS(w, "chain.pem", &ca, &g->ca_b, &w->issuing, &a, &b, &g->with_old_b, &g->with_new_b, &root, &g->root_b, &w->root);
		put_crl(w, "crl/root.crl", &roots, r, key);
		put_crl(w, "crl/1.crl", &s, c, ca_key);
		CHECK_OK(load(w, NULL, &err));
		CHECK(json_array_size(w->notes) == 0);
		CHECK_STR(of(w, &w->dac), "permit");
		CHECK_STR(of(w, &g->dac), "permit");
		CHECK_STR(of(w, &dac), "permit");
		put_file(w, "crl/root.crl", FJ_SLICE("", 0));
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(of(w, &dac), "indeterminate signer status");
	}
	X509_free(r);
	X509_free(c);
	X509_free(ra);
	X509_free(rb);
	X509_free(d);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

TEST("of two ways to a root's key the shorter one is taken, wherever in the file it stands")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	EVP_PKEY *key = new_key(), *ca_key = new_key();
	struct spec ca_s = g->ca_s, long_s = BETWEEN(23), short_s = BETWEEN(24);
	struct bytes ca, way, direct, dac;

	g->root_s.serial = 21;
	X509 *r = cert(&g->root_s, key, NULL, key), *c = cert(&ca_s, ca_key, r, key), *l = cert(&long_s, key, g->root, g->root_key), *s = cert(&short_s, key, w->root_x, w->root_key);
	X509 *d = cert(&w->dac_s, w->holder_key, c, ca_key);
	der_of(c, &ca);
	der_of(l, &way);
	der_of(s, &direct);
	der_of(d, &dac);
	for (int order = 0; order < 2; order++) {
		FJ_AUTO(ver_report) report = {.subject = NULL};
		world_write(w);
		if (order == 0)
			PEMS(w, "chain.pem", &g->with_old_b, &way, &direct, &ca, &w->issuing);
		else
			PEMS(w, "chain.pem", &w->issuing, &ca, &direct, &way, &g->with_old_b);
		CHECK_OK(load(w, NULL, &err));
		CHECK_OK(judge(w, slice(&dac), &(struct asked){.use = NULL}, &report, &err));
		CHECK(report.n_path == 3 && json_array_size(w->notes) == 0);
	}
	X509_free(r);
	X509_free(c);
	X509_free(l);
	X509_free(s);
	X509_free(d);
	EVP_PKEY_free(key);
	EVP_PKEY_free(ca_key);
}

TEST("eight generations of a root are trusted, and no ninth")
{
	FJ_AUTO(gens) g = gens_make(true);
	FJ_AUTO(ver_trust) t = NULL;
	struct fj_err err;

	CHECK_OK(ver_trust_new(&t, &err));
	for (int i = 0; i < 9; i++) {
		EVP_PKEY *key = new_key();
		struct bytes der;
		g->root_s.serial = 30 + i;
		X509 *x = cert(&g->root_s, key, NULL, key);
		der_of(x, &der);
		CHECK_RC(ver_anchor_add(t->a, slice(&der), &err), i < 8 ? FJ_OK : FJ_E_LIMIT);
		X509_free(x);
		EVP_PKEY_free(key);
	}
	CHECK(t->a->n_root == 8);
}

TEST("root.pem: a further root of another name, or that does not hold, is left out and told; the first has to hold")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;

	g->root_s.cn = "Another Root";
	gens_certs(g);
	write_roots(g);
	PEMS(w, "root.pem", &w->root, &g->root_b);
	CHECK_OK(load(w, NULL, &err));
	CHECK(w->trust->a->n_root == 1 && json_array_size(w->notes) > 0);
	PEMS(w, "root.pem", &w->root, &w->issuing);
	CHECK_OK(load(w, NULL, &err));
	CHECK(w->trust->a->n_root == 1);
	PEMS(w, "root.pem", &w->root, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK(w->trust->a->n_root == 1);
	PEMS(w, "root.pem", &w->issuing, &w->root);
	CHECK_RC(load(w, NULL, &err), FJ_E_INVALID);
}

TEST("by a root's fingerprint that root alone is trusted, wherever in the file it stands")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct fj_hash old, new, ca;

	fj_sha256(slice(&w->root), &old);
	fj_sha256(slice(&g->root_b), &new);
	fj_sha256(slice(&w->issuing), &ca);
	write_roots(g);
	PEMS(w, "root.pem", &g->root_b, &w->root);
	CHECK_OK(load(w, &old, &err));
	CHECK(w->trust->a->n_root == 1 && ver_root(w->trust, FJ_ES256)->x.not_before == w->root_s.from);
	CHECK_STR(of(w, &g->dac), "permit");
	CHECK_OK(load(w, &new, &err));
	CHECK(ver_root(w->trust, FJ_ES256)->x.not_before == g->root_s.from);
	CHECK_STR(of(w, &w->dac), "permit");
	CHECK_RC(load(w, &ca, &err), FJ_E_SIGNATURE);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &w->root); /* a root that somebody put beside it */
	CHECK_OK(load(w, &old, &err));
	CHECK_STR(of(w, &g->dac), "deny chain");
}

TEST("does the root that was named lead to every root of a file?")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct fj_hash old;
	FJ_AUTO(buf) both = FJ_BUF_INIT(65536);
	struct crl_spec named = root_list(3, 13), over = root_list(3, 0);

	over.to = NOW - 1;
	fj_sha256(slice(&w->root), &old);
	pem_of("CERTIFICATE", slice(&g->root_b), &both);
	pem_of("CERTIFICATE", slice(&w->root), &both);
	write_roots(g);
	CHECK_OK(load(w, &old, &err));
	CHECK_OK(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW, &err));
	CHECK_RC(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW + 4001 * DAY, &err), FJ_E_SIGNATURE);
	put_file(w, "crl/root.crl", FJ_SLICE("", 0)); /* who leaves the list out in which it may be revoked gains nothing */
	CHECK_OK(load(w, &old, &err));
	CHECK_RC(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW, &err), FJ_E_SIGNATURE);
	put_crl(w, "crl/root-1.crl", &over, w->root_x, w->root_key);
	CHECK_OK(load(w, &old, &err));
	CHECK_RC(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW, &err), FJ_E_SIGNATURE);
	write_roots(g);
	put_crl(w, "crl/root-1.crl", &named, w->root_x, w->root_key);
	CHECK_OK(load(w, &old, &err));
	CHECK_RC(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW, &err), FJ_E_SIGNATURE);
	write_roots(g);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_new_b, &w->root);
	CHECK_OK(load(w, &old, &err));
	CHECK_RC(ver_roots_led_to(w->trust, fj_buf_slice(&both), NOW, &err), FJ_E_SIGNATURE);
}

TEST("a trust in memory is brought the CA of a list, and the certificates between roots")
{
	FJ_AUTO(gens) g = gens_make(true);
	FJ_AUTO(ver_trust) t = NULL;
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec s = shard(8, 0), roots = root_list(2, 0);
	struct bytes list, of_roots;

	crl(&s, g->ca, g->ca_key, &list);
	crl(&roots, g->root, g->root_key, &of_roots);
	CHECK_OK(ver_trust_of(slice(&w->root), slice(&w->issuing), &t, &err));
	CHECK_RC(ver_trust_add(t, VER_CRL, "", slice(&list), &err), FJ_E_INVALID);
	pem_of("CERTIFICATE", slice(&g->ca_b), &pem);
	CHECK_RC(ver_trust_add(t, VER_CA, "", fj_buf_slice(&pem), &err), FJ_E_INVALID); /* nothing leads to its root */
	CHECK(t->a->n_ca == 1);
	pem_of("CERTIFICATE", slice(&g->with_old_b), &pem);
	pem_of("CERTIFICATE", slice(&g->root_b), &pem); /* how old its key is */
	CHECK_OK(ver_trust_add(t, VER_CA, "", fj_buf_slice(&pem), &err));
	CHECK_RC(ver_trust_add(t, VER_CA, "", fj_buf_slice(&pem), &err), FJ_E_EXISTS);
	CHECK(t->a->n_ca == 3);
	CHECK_OK(ver_trust_add(t, VER_CRL, "", slice(&list), &err));
	CHECK_OK(ver_trust_add(t, VER_CRL, "", slice(&of_roots), &err));
	CHECK_OK(ver_trust_add(t, VER_STATUS_LIST, "", fj_buf_slice(&w->list_jwt), &err));
	FJ_AUTO(ver_report) r = {.subject = NULL};
	CHECK_OK(ver_verify(t, &(struct ver_input){.credential = slice(&w->dac), .now = NOW}, &r, &err));
	CHECK_STR(brief(&r), "permit");
	FJ_AUTO(ver_trust) over = NULL;
	CHECK_OK(ver_trust_over(t, &over, &err));
	CHECK_RC(ver_trust_add(over, VER_CA, "", fj_buf_slice(&pem), &err), FJ_E_INVALID);
}

TEST("of a time before the newer root its certificate of the older one counts as far back as that root's own")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	const fj_time at = NOW - 30 * DAY; /* the newer root is 20 days old */
	struct crl_spec then = shard(5, 0), named = root_list(3, 14), root_then = root_list(1, 0);
	struct asked past = {.now = at, .past = true};

	then.from = root_then.from = at - 3600;
	then.to = at + DAY;
	json_object_set_new(w->list, "iat", json_integer(at - 600));
	json_object_set_new(w->list, "exp", json_integer(at + DAY));
	world_sign_list(w);
	for (int order = 0; order < 3; order++) {
		write_roots(g);
		PEMS(w, "root.pem", order == 0 ? &w->root : &g->root_b);
		if (order == 2)
			PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_old_b, &g->with_new_b); /* how old its key is lies not beside */
		put_crl(w, "crl/1.crl", &then, w->issuing_x, w->issuing_key);
		put_crl(w, "crl/root-1.crl", &root_then, w->root_x, w->root_key);
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(verdict(w, slice(&w->dac), &past), order < 2 ? "permit" : "deny chain");
	}
	write_roots(g);
	PEMS(w, "root.pem", &g->root_b);
	put_crl(w, "crl/1.crl", &then, w->issuing_x, w->issuing_key);
	put_crl(w, "crl/root-1.crl", &root_then, w->root_x, w->root_key);
	put_crl(w, "crl/root.crl", &named, g->root, g->root_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(verdict(w, slice(&w->dac), &past), "deny signer status");
	past.now = w->root_s.from - 1;
	CHECK_STR(verdict(w, slice(&w->dac), &past), "deny chain");
}

TEST("who stole the older root's key says nothing of the newer one's certificates, whatever certificates of it he leaves out or makes")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec named = root_list(5, 14), ca_named = root_list(5, 12), thief = root_list(60, 0), s = shard(8, 0);
	struct spec younger_s = w->root_s;
	struct bytes younger;

	younger_s.from = NOW - DAY; /* his own certificate of his key, younger than the newer root */
	younger_s.to = NOW + 9000 * DAY;
	younger_s.serial = 99;
	X509 *x = cert(&younger_s, w->root_key, NULL, w->root_key);
	der_of(x, &younger);
	X509_free(x);
	const struct bytes *beside[] = {&w->root, &g->root_b, &younger};
	for (size_t self = 0; self < FJ_ARRAY_LEN(beside); self++)
		for (int by_newer = 0; by_newer < 3; by_newer++) {
			world_write(w);
			PEMS(w, "root.pem", &g->root_b);
			PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_new_b, beside[self]);
			put_crl(w, "crl/root.crl", &thief, w->root_x, w->root_key);
			put_crl(w, "crl/2.crl", &s, g->ca, g->ca_key);
			if (by_newer > 0)
				put_crl(w, "crl/root-2.crl", by_newer == 1 ? &named : &ca_named, g->root, g->root_key);
			else
				put_file(w, "crl/root-2.crl", FJ_SLICE("", 0));
			CHECK_OK(load(w, NULL, &err));
			CHECK_STR(of(w, &w->dac), by_newer == 0 ? "indeterminate signer status" : by_newer == 1 ? "deny signer status" : "permit"); /* its own root may still speak for it */
			CHECK_STR(of(w, &g->dac), by_newer == 0 ? "indeterminate signer status" : by_newer == 1 ? "indeterminate status" : "deny signer status");
		}
}

TEST("a key that the older root certified after it passed on says nothing of the newer root's certificates")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	EVP_PKEY *key = new_key();
	struct spec own_s = w->root_s, by_old_s = BETWEEN(44), of_new_s = BETWEEN(45);
	struct bytes own, by_old, of_new;
	struct crl_spec thief = root_list(60, 0), s = shard(8, 0);

	own_s.from = NOW - DAY;
	own_s.to = NOW + 9000 * DAY;
	X509 *x = cert(&own_s, key, NULL, key), *y = cert(&by_old_s, key, w->root_x, w->root_key), *z = cert(&of_new_s, g->root_key, x, key);
	der_of(x, &own);
	der_of(y, &by_old);
	der_of(z, &of_new);
	for (int both = 0; both < 2; both++) {
		world_write(w);
		if (both)
			PEMS(w, "root.pem", &g->root_b, &w->root);
		else
			PEMS(w, "root.pem", &g->root_b);
		PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_new_b, &by_old, &of_new, &own, &g->root_b, &w->root);
		put_crl(w, "crl/root.crl", &thief, x, key);
		put_crl(w, "crl/2.crl", &s, g->ca, g->ca_key);
		CHECK_OK(load(w, NULL, &err));
		CHECK(json_array_size(w->notes) == 0);
		CHECK_STR(of(w, &g->dac), "indeterminate signer status");
	}
	X509_free(x);
	X509_free(y);
	X509_free(z);
	EVP_PKEY_free(key);
}

TEST("how old the newer root's key is has to be known: without its own certificate the older root alone speaks")
{
	FJ_AUTO(gens) g = gens_make(true);
	struct world *w = g->w;
	struct fj_err err;
	struct crl_spec by_old = root_list(1, 0);

	write_roots(g);
	PEMS(w, "root.pem", &w->root);
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_old_b, &g->with_new_b, &w->root);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "indeterminate signer status");
	put_crl(w, "crl/root-1.crl", &by_old, w->root_x, w->root_key);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "permit");
	put_file(w, "crl/root-1.crl", FJ_SLICE("", 0));
	PEMS(w, "chain.pem", &g->ca_b, &w->issuing, &g->with_old_b, &g->with_new_b, &w->root, &g->root_b);
	CHECK_OK(load(w, NULL, &err));
	CHECK_STR(of(w, &g->dac), "permit");
}

TEST("a CA that is revoked because its key is lost: no other certificate of the key is worth anything, in whatever order")
{
	static const struct {
		uint8_t reason;
		const char *first, *other;
	} rows[] = {{1, "deny signer status", "deny signer status"}, {2, "deny signer status", "deny signer status"}, {4, "deny signer status", "indeterminate status"}}; /* the status list names the revoked one in its x5c */
	FJ_AUTO(gens) g = gens_make(false);
	struct world *w = g->w;
	struct fj_err err;
	struct spec twice = w->issuing_s;
	struct bytes second;

	twice.serial = 77;
	X509 *x = cert(&twice, w->issuing_key, w->root_x, w->root_key);
	der_of(x, &second);
	X509_free(x);
	for (size_t i = 0; i < FJ_ARRAY_LEN(rows); i++) {
		struct crl_spec named = root_list(9, 2);
		named.reason = rows[i].reason;
		world_write(w);
		put_crl(w, "crl/root.crl", &named, w->root_x, w->root_key);
		PEMS(w, "chain.pem", &w->issuing, &second, &w->root);
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(of(w, &w->dac), rows[i].first);
		PEMS(w, "chain.pem", &second, &w->issuing, &w->root);
		CHECK_OK(load(w, NULL, &err));
		CHECK_STR(of(w, &w->dac), rows[i].other);
		struct asked past = {.now = NOW - 20 * DAY, .past = true};
		if (rows[i].reason != 4) /* at any time */
			CHECK_STR(verdict(w, slice(&w->dac), &past), "deny signer status");
	}
}

/* --- bundles --- */

static enum fj_rc bundle_of(const struct world *w, struct fj_slice credential, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(fd) dir = -1;

	fj_buf_clear(out);
	FJ_TRY(fj_dir_open(AT_FDCWD, w->dir, &dir, err));
	return ver_bundle_make(dir, credential, FJ_SLICE(NULL, 0), NOW, false, out, err);
}

static const char *read_by(const struct bytes *root, struct fj_slice bundle)
{
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct fj_hash h;
	static struct fj_err err;

	fj_sha256(slice(root), &h);
	return ver_bundle_verify(&h, &(struct ver_input){.credential = bundle, .now = NOW}, &r, &err) == FJ_OK ? brief(&r) : err.en;
}

static const char *format_of(struct fj_slice bundle, json_t **doc)
{
	return fj_json_parse(bundle, VER_BUNDLE_MAX, doc, NULL) == FJ_OK ? fj_json_peek(*doc, "format") : NULL;
}

TEST("a bundle brings the CA of its CRL where it is another than the credential's, and only there")
{
	FJ_AUTO(gens) g = gens_make(false);
	FJ_AUTO(buf) b = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(json) doc = NULL;
	FJ_AUTO(json) second = NULL;
	struct crl_spec s = shard(8, 0);
	struct fj_err err;

	CHECK_STR(by_second(g, &s), "permit");
	CHECK_OK(bundle_of(g->w, slice(&g->w->dac), &b, &err));
	CHECK_STR(format_of(fj_buf_slice(&b), &doc), VER_FORMAT_BUNDLE_3);
	CHECK(json_array_size(json_object_get(doc, "chain")) == 1);
	CHECK_STR(read_by(&g->w->root, fj_buf_slice(&b)), "permit");
	CHECK_STR(read_by(&g->w->issuing, fj_buf_slice(&b)), "deny chain");
	put_crl(g->w, "crl/1.crl", &g->w->shard_s, g->w->issuing_x, g->w->issuing_key);
	CHECK_OK(bundle_of(g->w, slice(&g->w->dac), &b, &err));
	CHECK_STR(format_of(fj_buf_slice(&b), &second), VER_FORMAT_BUNDLE);
	CHECK_STR(read_by(&g->w->root, fj_buf_slice(&b)), "permit");
}

TEST("a bundle of a home with two roots is read by either fingerprint, and by no third")
{
	FJ_AUTO(gens) g = gens_make(true);
	FJ_AUTO(buf) b = FJ_BUF_INIT(VER_BUNDLE_MAX);
	struct world *w = g->w;
	struct fj_err err;
	const struct fj_slice of_both[] = {slice(&w->dac), slice(&g->dac), fj_buf_slice(&w->token_jwt)};

	for (int order = 0; order < 4; order++)
		for (size_t i = 0; i < FJ_ARRAY_LEN(of_both); i++) {
			write_roots(g);
			if (order == 0)
				PEMS(w, "root.pem", &g->root_b, &w->root);
			else if (order == 1)
				PEMS(w, "root.pem", &w->root, &g->root_b);
			else if (order == 2)
				PEMS(w, "root.pem", &g->root_b, &w->issuing, &w->root); /* one that is no root is left out */
			CHECK_OK(bundle_of(w, of_both[i], &b, &err));
			CHECK_STR(read_by(&w->root, fj_buf_slice(&b)), "permit");
			CHECK_STR(read_by(&g->root_b, fj_buf_slice(&b)), "permit");
			CHECK_STR(read_by(&g->with_old_b, fj_buf_slice(&b)), "deny chain");
		}
}

TEST("whoever puts a root, a CA or nothing into a bundle's chain is found out")
{
	FJ_AUTO(gens) g = gens_make(true);
	FJ_AUTO(gens) other = gens_make(true);
	FJ_AUTO(buf) b = FJ_BUF_INIT(VER_BUNDLE_MAX);
	FJ_AUTO(json) doc = NULL;
	struct world *w = g->w;
	struct fj_err err;
	const struct bytes *more[] = {&other->w->root, &other->with_old_b, &other->ca_b, &w->dac};

	write_roots(g);
	PEMS(w, "root.pem", &g->root_b, &w->root);
	CHECK_OK(bundle_of(w, slice(&w->dac), &b, &err));
	CHECK_STR(format_of(fj_buf_slice(&b), &doc), VER_FORMAT_BUNDLE_3);
	for (int i = -1; i < (int)FJ_ARRAY_LEN(more); i++) {
		FJ_AUTO(json) with = json_deep_copy(doc);
		FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
		if (i >= 0) {
			CHECK_OK(fj_b64_put(&text, slice(more[i])));
			json_array_append_new(json_object_get(with, "chain"), json_string(fj_buf_str(&text)));
		}
		fj_buf_clear(&b);
		CHECK_OK(fj_json_canonical(with, &b, &err));
		CHECK_STR(read_by(&g->root_b, fj_buf_slice(&b)), i < 0 ? "permit" : "deny chain");
		CHECK_STR(read_by(&w->root, fj_buf_slice(&b)), i < 0 ? "permit" : "deny chain");
	}
	static const char *const want[] = {"deny form", "deny form", "deny form", "deny chain"};
	for (int i = 0; i < 4; i++) {
		FJ_AUTO(json) with = json_deep_copy(doc);
		if (i == 0)
			json_object_del(with, "chain");
		else if (i == 1)
			json_array_clear(json_object_get(with, "chain"));
		else if (i == 2)
			json_object_set_new(with, "format", json_string(VER_FORMAT_BUNDLE));
		else
			json_array_remove(json_object_get(with, "chain"), 0);
		fj_buf_clear(&b);
		CHECK_OK(fj_json_canonical(with, &b, &err));
		const char *got = read_by(&w->root, fj_buf_slice(&b));
		CHECK(i < 3 ? strcmp(got, want[i]) == 0 : strncmp(got, "deny", 4) == 0);
	}
}

TEST_MAIN
