/*
 * chain.c - leaf through issuing CA to root, as RFC 5280 section 6 has it for
 * our three levels: signatures, names, dates, CA flags, path length, key usage.
 * Revocation is the caller's.
 *
 * The CAs are read, checked against each other and their keys decoded once, in
 * ca_trust_open; each leaf then costs one signature check.  Dates are compared at
 * every leaf, so a CA that ends while a process runs ends here too.
 */
#include "ca/internal.h"

struct ca_trust {
	struct fj_buf issuing_der, root_der;
	struct fj_x509 issuing, root; /* borrow from the two above */
	struct ca_key *issuing_key, *root_key;
};

static enum fj_rc no(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_INVALID, "ca", cite, "%s", what);
}

void ca_trust_close(struct ca_trust *t)
{
	if (t == NULL)
		return;
	fj_buf_release(&t->issuing_der);
	fj_buf_release(&t->root_der);
	ca_key_close(t->issuing_key);
	ca_key_close(t->root_key);
	fj_free(t);
}

static enum fj_rc take(struct fj_slice der, struct fj_buf *keep, struct fj_x509 *x, struct ca_key **key, struct fj_err *err)
{
	fj_buf_init(keep, FJ_X509_MAX);
	if (fj_buf_put(keep, der.p, der.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "ca", NULL, "a certificate is over %d octets, or memory is out", FJ_X509_MAX);
	FJ_TRY(fj_x509_read(fj_buf_slice(keep), x, err));
	return ca_key_open(der, key, err);
}

/* `below`: CA certificates between the parent and the leaf */
static enum fj_rc link_check(const struct fj_x509 *child, const struct fj_x509 *parent, const struct ca_key *key, int below, struct fj_err *err)
{
	FJ_ENSURE(fj_slice_eq(child->issuer, parent->subject), no(err, "RFC 5280 6.1.3", "a certificate was not issued by the next in the chain"));
	FJ_ENSURE(child->aki.len == 0 || fj_slice_eq(child->aki, parent->ski),
	    no(err, "RFC 5280 4.2.1.1", "an authority key identifier is not the issuer's"));
	FJ_ENSURE(parent->ca && (parent->ku & FJ_KU_CERT), no(err, "RFC 5280 4.2.1.9", "an issuer in the chain is no CA"));
	FJ_ENSURE(parent->pathlen < 0 || below <= parent->pathlen, no(err, "RFC 5280 4.2.1.9", "the chain is longer than a CA allows"));
	FJ_ENSURE(child->alg == ca_key_alg(key), no(err, "RFC 5280 4.1.1.2", "a certificate names another signature algorithm than its issuer's key has"));
	return ca_key_verify(key, child->tbs, child->sig, err);
}

/* the first by itself, each other one by the one before */
static enum fj_rc roots_check(const struct fj_slice *roots, size_t n, struct fj_err *err)
{
	struct fj_x509 root, by;

	for (size_t k = 0; k < n; k++) {
		struct fj_slice before = roots[k == 0 ? 0 : k - 1];
		FJ_AUTO(ca_key) key = NULL;
		FJ_TRY(fj_x509_read(roots[k], &root, err));
		FJ_TRY(fj_x509_read(before, &by, err));
		FJ_TRY(ca_key_open(before, &key, err));
		FJ_TRY(link_check(&root, &by, key, 1, err));
	}
	return FJ_OK;
}

enum fj_rc ca_trust_open(struct fj_slice issuing, const struct fj_slice *roots, size_t n, struct ca_trust **out, struct fj_err *err)
{
	FJ_AUTO(ca_trust) t = fj_alloc(1, sizeof(*t));

	if (t == NULL)
		return fj_no_memory(err, "ca");
	FJ_TRY(roots_check(roots, n, err));
	FJ_TRY(take(roots[n - 1], &t->root_der, &t->root, &t->root_key, err));
	FJ_TRY(take(issuing, &t->issuing_der, &t->issuing, &t->issuing_key, err));
	FJ_TRY(link_check(&t->issuing, &t->root, t->root_key, 1, err));
	*out = fj_move(t);
	return FJ_OK;
}

static bool valid_at(const struct fj_x509 *x, fj_time now)
{
	return now >= x->not_before && now <= x->not_after;
}

enum fj_rc ca_trust_check(const struct ca_trust *t, struct fj_slice leaf, fj_time now, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(leaf, &x, err));
	FJ_ENSURE(!x.ca, no(err, "RFC 5280 4.2.1.9", "the leaf is a CA"));
	FJ_ENSURE(valid_at(&x, now), no(err, "RFC 5280 4.1.2.5", "a certificate in the chain is not valid at this time"));
	FJ_ENSURE(valid_at(&t->issuing, now) && valid_at(&t->root, now), no(err, "RFC 5280 4.1.2.5", "a CA in the chain is not valid at this time"));
	return link_check(&x, &t->issuing, t->issuing_key, 0, err);
}
