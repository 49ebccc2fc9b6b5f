/*
 * chain.c - leaf through issuing CA to root, as RFC 5280 section 6 has it for
 * our three levels: signatures, names, dates, CA flags, path length, key usage,
 * and the one purpose that the job asks for.  Revocation is the caller's.
 */
#include "ca/internal.h"

static enum fj_rc no(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_INVALID, "ca", cite, "%s", what);
}

static enum fj_rc link_check(struct fj_slice child_der, struct fj_slice parent_der, int below, fj_time now, struct fj_err *err)
{
	struct fj_x509 child, parent;

	FJ_TRY(fj_x509_read(child_der, &child, err));
	FJ_TRY(fj_x509_read(parent_der, &parent, err));
	FJ_ENSURE(fj_slice_eq(child.issuer, parent.subject), no(err, "RFC 5280 6.1.3", "a certificate was not issued by the next in the chain"));
	FJ_ENSURE(child.aki.len == 0 || fj_slice_eq(child.aki, parent.ski),
	    no(err, "RFC 5280 4.2.1.1", "an authority key identifier is not the issuer's"));
	FJ_ENSURE(parent.ca && (parent.ku & FJ_KU_CERT), no(err, "RFC 5280 4.2.1.9", "an issuer in the chain is no CA"));
	FJ_ENSURE(parent.pathlen < 0 || below <= parent.pathlen, no(err, "RFC 5280 4.2.1.9", "the chain is longer than a CA allows"));
	FJ_ENSURE(now >= child.not_before && now <= child.not_after, no(err, "RFC 5280 4.1.2.5", "a certificate in the chain is not valid at this time"));
	FJ_ENSURE(now >= parent.not_before && now <= parent.not_after, no(err, "RFC 5280 4.1.2.5", "a CA in the chain is not valid at this time"));
	return ca_verify_signed_by(child_der, parent_der, err);
}

enum fj_rc ca_chain_check(struct fj_slice leaf, const struct fj_slice *chain, size_t n_chain,
    struct fj_slice root, fj_time now, struct fj_err *err)
{
	struct fj_slice child = leaf;
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(leaf, &x, err));
	FJ_ENSURE(!x.ca, no(err, "RFC 5280 4.2.1.9", "the leaf is a CA"));
	for (size_t i = 0; i < n_chain; i++) {
		if (fj_slice_eq(chain[i], root))
			continue;
		FJ_TRY(link_check(child, chain[i], (int)i, now, err));
		child = chain[i];
	}
	FJ_TRY(link_check(child, root, (int)n_chain, now, err));
	return ca_verify_signed_by(root, root, err);
}
