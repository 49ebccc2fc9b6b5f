/*
 * The certificate reader (RFC 5280 as this house uses it), whole and TBS alone.
 *
 * Properties: an accepted certificate, put together again from what was read, is
 * the input; the TBS alone reads to the same; fields are in the bounds of
 * base/x509.h and lie in the input.
 */
#include "base/x509.h"
#include "tests/fuzz/fuzz.h"

static void rebuild(struct fj_slice in, const struct fj_x509 *x)
{
	static const uint8_t algorithm[] = {0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02};
	FJ_AUTO(buf) body = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) bits = FJ_BUF_INIT(256);
	FJ_AUTO(buf) out = FJ_BUF_INIT(2 * FJ_X509_MAX);

	HOLDS(fj_buf_put(&body, x->tbs.p, x->tbs.len) == FJ_OK && fj_buf_put(&body, algorithm, sizeof(algorithm)) == FJ_OK);
	HOLDS(fj_put_u8(&bits, 0) == FJ_OK && fj_buf_put(&bits, x->sig.p, x->sig.len) == FJ_OK);
	HOLDS(fj_der_put(&body, FJ_DER_BITS, fj_buf_slice(&bits)) == FJ_OK && fj_der_put(&out, FJ_DER_SEQ, fj_buf_slice(&body)) == FJ_OK);
	HOLDS(fj_slice_eq(fj_buf_slice(&out), in));
}

static void names(struct fj_slice name)
{
	static const char *const oids[] = {FJ_OID_CN, FJ_OID_SERIALNUMBER, FJ_OID_C, FJ_OID_O, FJ_OID_ORGID};
	char text[128];

	for (size_t i = 0; i < FJ_ARRAY_LEN(oids); i++)
		if (fj_x509_name(name, oids[i], text, sizeof(text), NULL) == FJ_OK)
			HOLDS(strlen(text) < sizeof(text) && fj_utf8_valid(fj_slice_str(text)));
}

static void look(struct fj_slice in, const struct fj_x509 *x)
{
	const struct fj_slice parts[] = {x->tbs, x->sig, x->serial, x->issuer, x->subject, x->spki, x->key, x->ski, x->aki,
		x->crldp, x->ocsp, x->ca_issuers, x->san, x->private_value};
	struct fj_asset a;

	for (size_t i = 0; i < FJ_ARRAY_LEN(parts); i++)
		HOLDS(within(parts[i], in));
	HOLDS(x->serial.len >= 1 && x->serial.len <= 20 && x->serial.p[0] < 0x80);
	HOLDS(x->not_after >= x->not_before && (x->critical & ~x->seen) == 0);
	HOLDS(x->pathlen < 0 || x->ca);
	names(x->issuer);
	names(x->subject);
	if (fj_asset_read(x->private_value, &a, NULL) == FJ_OK)
		HOLDS(a.status_index <= 1048575);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fj_slice in = FJ_SLICE(data, size);
	struct fj_x509 x, tbs;

	if (fj_x509_read(in, &x, NULL) == FJ_OK) {
		look(in, &x);
		rebuild(in, &x);
		HOLDS(fj_x509_read_tbs(x.tbs, &tbs, NULL) == FJ_OK);
		HOLDS(tbs.seen == x.seen && tbs.sig.len == 0 && fj_slice_eq(tbs.serial, x.serial) && fj_slice_eq(tbs.key, x.key));
	}
	if (fj_x509_read_tbs(in, &x, NULL) == FJ_OK)
		look(in, &x);
	return 0;
}
