/*
 * crl.c - to-be-signed CRLs (RFC 5280 section 5), one for each shard.
 *
 * Entries come in order of revocation; the same serial twice is refused, not
 * merged.  A list may hold hundreds of thousands of entries, so it is written
 * with the small DER writer in one pass and read back by the strict reader.
 */
#include "ca/internal.h"

static enum fj_rc put_time(struct fj_buf *b, fj_time t)
{
	struct fj_date d = fj_date_of(t, 0);
	int s = (int)(t - fj_time_of(d, 0, 0, 0, 0));
	char text[32];

	if (d.y < 2050)
		snprintf(text, sizeof(text), "%02d%02d%02d%02d%02d%02dZ", d.y % 100, d.m, d.d, s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d%02dZ", d.y, d.m, d.d, s / 3600, s / 60 % 60, s % 60);
	return fj_der_put(b, d.y < 2050 ? FJ_DER_UTCTIME : FJ_DER_GENTIME, fj_slice_str(text));
}

static enum fj_rc put_entry(struct fj_buf *b, const struct ca_revoked *r)
{
	/* SEQUENCE { SEQUENCE { OID reasonCode, OCTET STRING { ENUMERATED } } } */
	uint8_t reason[] = {0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01, (uint8_t)r->reason};
	FJ_AUTO(buf) e = FJ_BUF_INIT(96);

	FJ_TRY(fj_der_put(&e, FJ_DER_INTEGER, FJ_SLICE(r->serial.b, sizeof(r->serial.b))));
	FJ_TRY(put_time(&e, r->at));
	FJ_TRY(fj_buf_put(&e, reason, sizeof(reason)));
	return fj_der_put(b, FJ_DER_SEQ, fj_buf_slice(&e));
}

static enum fj_rc put_ext(struct fj_buf *b, const char *oid, bool critical, const struct fj_buf *value)
{
	static const uint8_t yes = 0xff;
	FJ_AUTO(buf) e = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) o = FJ_BUF_INIT(64);

	FJ_TRY(fj_der_oid_encode(oid, &o));
	FJ_TRY(fj_der_put(&e, FJ_DER_OID, fj_buf_slice(&o)));
	if (critical)
		FJ_TRY(fj_der_put(&e, FJ_DER_BOOLEAN, FJ_SLICE(&yes, 1)));
	FJ_TRY(fj_der_put(&e, FJ_DER_OCTETS, fj_buf_slice(value)));
	return fj_der_put(b, FJ_DER_SEQ, fj_buf_slice(&e));
}

static enum fj_rc rewrap(struct fj_buf *b, int tag)
{
	FJ_AUTO(buf) tmp = FJ_BUF_INIT(4096);

	FJ_TRY(fj_der_put(&tmp, tag, fj_buf_slice(b)));
	fj_buf_clear(b);
	return fj_buf_put(b, tmp.data, tmp.len);
}

static enum fj_rc put_extensions(struct fj_buf *out, const struct ca_crl_in *in, struct fj_slice ski)
{
	FJ_AUTO(buf) list = FJ_BUF_INIT(4096);
	FJ_AUTO(buf) aki = FJ_BUF_INIT(256);
	FJ_AUTO(buf) number = FJ_BUF_INIT(64);
	FJ_AUTO(buf) idp = FJ_BUF_INIT(1024);

	FJ_TRY(fj_der_put(&aki, FJ_DER_CTXP(0), ski));
	FJ_TRY(rewrap(&aki, FJ_DER_SEQ));
	FJ_TRY(fj_der_put_uint(&number, in->number));
	FJ_TRY(fj_der_put(&idp, FJ_DER_CTXP(6), fj_slice_str(in->uri)));
	FJ_TRY(rewrap(&idp, FJ_DER_CTX(0)));
	FJ_TRY(rewrap(&idp, FJ_DER_CTX(0)));
	FJ_TRY(rewrap(&idp, FJ_DER_SEQ));
	FJ_TRY(put_ext(&list, "2.5.29.35", false, &aki));
	FJ_TRY(put_ext(&list, "2.5.29.20", false, &number));
	FJ_TRY(put_ext(&list, "2.5.29.28", true, &idp));
	FJ_TRY(rewrap(&list, FJ_DER_SEQ));
	return fj_der_put(out, FJ_DER_CTX(0), fj_buf_slice(&list));
}

static int by_serial(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct ca_serial));
}

static enum fj_rc no_doubles(const struct ca_crl_in *in, struct fj_err *err)
{
	FJ_AUTO(mem) mem = fj_alloc(in->n_revoked + 1, sizeof(struct ca_serial));
	struct ca_serial *s = mem;

	if (s == NULL)
		return fj_fail(err, FJ_E_NOMEM, "ca", NULL, "out of memory for a CRL");
	for (size_t i = 0; i < in->n_revoked; i++) {
		s[i] = in->revoked[i].serial;
		if (in->revoked[i].reason == 0 || in->revoked[i].reason > 10)
			return fj_fail(err, FJ_E_INVALID, "ca", "RFC 5280 5.3.1", "an entry has no reason");
	}
	qsort(s, in->n_revoked, sizeof(*s), by_serial);
	for (size_t i = 1; i < in->n_revoked; i++)
		if (by_serial(&s[i - 1], &s[i]) == 0)
			return fj_fail(err, FJ_E_INVALID, "ca", "RFC 5280 5.1.2.6", "a serial number stands twice in the CRL");
	return FJ_OK;
}

static enum fj_rc write_crl(const struct ca_crl_in *in, const struct fj_x509 *issuer, struct fj_buf *tbs)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(FJ_DER_MAX);
	FJ_AUTO(buf) list = FJ_BUF_INIT(FJ_DER_MAX);

	FJ_TRY(fj_der_put_uint(&body, 1));
	FJ_TRY(fj_buf_put(&body, ca_algorithm(fj_alg_of(issuer->curve)).p, ca_algorithm(fj_alg_of(issuer->curve)).len));
	FJ_TRY(fj_buf_put(&body, issuer->subject.p, issuer->subject.len));
	FJ_TRY(put_time(&body, in->this_update));
	FJ_TRY(put_time(&body, in->next_update));
	for (size_t i = 0; i < in->n_revoked; i++)
		FJ_TRY(put_entry(&list, &in->revoked[i]));
	if (in->n_revoked > 0)
		FJ_TRY(fj_der_put(&body, FJ_DER_SEQ, fj_buf_slice(&list)));
	FJ_TRY(put_extensions(&body, in, issuer->ski));
	return fj_der_put(tbs, FJ_DER_SEQ, fj_buf_slice(&body));
}

enum fj_rc ca_crl_tbs(const struct ca_crl_in *in, struct fj_buf *tbs, struct fj_err *err)
{
	struct fj_x509 issuer;
	struct fj_crl c;

	FJ_TRY(fj_x509_read(in->issuer_cert, &issuer, err));
	FJ_TRY(no_doubles(in, err));
	enum fj_rc rc = write_crl(in, &issuer, tbs);
	if (rc != FJ_OK)
		return fj_fail(err, rc, "ca", NULL, "the CRL is over %u octets, or memory is out", FJ_DER_MAX);
	FJ_TRY(fj_crl_read_tbs(fj_buf_slice(tbs), &c, err));
	if (c.n != in->n_revoked || c.number != in->number || !fj_slice_eq(c.uri, fj_slice_str(in->uri)) ||
	    c.next_update != in->next_update || c.this_update != in->this_update)
		return fj_fail(err, FJ_E_INVALID, "ca", "RFC 5280 5.1", "the CRL that was built is not the one that was asked for");
	return FJ_OK;
}
