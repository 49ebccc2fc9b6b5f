/*
 * pem.c - PEM blocks (RFC 7468), as strict as base64 is elsewhere.
 */
#include "verifier/internal.h"

static const uint8_t *find_text(struct fj_slice in, const char *what)
{
	return in.len == 0 ? NULL : memmem(in.p, in.len, what, strlen(what));
}

static enum fj_rc pem_body(struct fj_slice body, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_CRL_MAX);

	for (size_t i = 0, from = 0; i <= body.len; i++) {
		if (i < body.len && body.p[i] != '\n' && body.p[i] != '\r')
			continue;
		enum fj_rc rc = fj_buf_put(&text, body.p + from, i - from);
		if (rc != FJ_OK)
			return fj_fail(err, rc, "verify", "RFC 7468", "a PEM block is too large");
		from = i + 1;
	}
	if (text.len == 0 || !ver_visible(fj_buf_slice(&text)) || fj_b64_get(fj_buf_str(&text), text.len, der) != FJ_OK)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7468 3", "a PEM block is not base64, or too large");
	return FJ_OK;
}

enum fj_rc ver_pem_next(struct fj_slice *in, const char *label, struct fj_buf *der, struct fj_err *err)
{
	char begin[64], end[64];

	snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	snprintf(end, sizeof(end), "-----END %s-----", label);
	const uint8_t *a = find_text(*in, begin);
	if (a == NULL)
		return fj_fail(err, FJ_E_NOTFOUND, "verify", "RFC 7468", "there is no PEM block \"%s\"", label);
	struct fj_slice rest = FJ_SLICE(a + strlen(begin), (size_t)(in->p + in->len - a) - strlen(begin));
	const uint8_t *b = find_text(rest, end);
	if (b == NULL)
		return fj_fail(err, FJ_E_PARSE, "verify", "RFC 7468 3", "a PEM block \"%s\" has no end", label);
	*in = FJ_SLICE(b + strlen(end), (size_t)(rest.p + rest.len - b) - strlen(end));
	return pem_body(FJ_SLICE(rest.p, (size_t)(b - rest.p)), der, err);
}
