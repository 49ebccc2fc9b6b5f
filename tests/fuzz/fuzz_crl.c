/*
 * The CRL reader.
 *
 * Properties: an accepted list has exactly the entries that were counted, each
 * with a serial number of ours and a reason that is given here; the TBS alone
 * reads to the same.
 */
#include "base/x509.h"
#include "tests/fuzz/fuzz.h"

static void look(struct fj_slice in, const struct fj_crl *c)
{
	struct fj_der walk = c->entries;
	struct fj_crl_entry e;
	size_t n = 0;

	while (fj_crl_next(&walk, &e)) {
		HOLDS(within(e.serial, in) && e.serial.len >= 1 && e.serial.len <= 20);
		HOLDS(e.reason >= 1 && e.reason <= 10 && e.reason != 7 && e.reason != 8);
		n++;
	}
	HOLDS(n == c->n && !fj_der_more(&walk));
	HOLDS(within(c->tbs, in) && within(c->sig, in) && within(c->issuer, in) && within(c->aki, in));
	HOLDS(within(c->uri, in) && c->uri.len >= 1 && c->uri.len <= 200);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);
	struct fj_crl c, tbs;

	if (fj_crl_read(in, &c, NULL) == FJ_OK) {
		look(in, &c);
		HOLDS(fj_crl_read_tbs(c.tbs, &tbs, NULL) == FJ_OK && tbs.n == c.n && tbs.number == c.number);
	}
	if (fj_crl_read_tbs(in, &c, NULL) == FJ_OK)
		look(in, &c);
	return 0;
}
