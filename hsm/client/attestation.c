/*
 * attestation.c - what a TPM says of its keys as one document (docs/formats.md 23): of a home for its trust folder, of a
 * spare for its request.  Statements are copied, not looked at: whoever reads the document judges them.
 */
#include "hsm/client/client.h"

#define PART_MAX (1u << 20)

static json_t *base64(struct fj_slice data)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(PART_MAX);

	return fj_b64_put(&text, data) == FJ_OK ? json_string(fj_buf_str(&text)) : NULL;
}

json_t *hsm_attestation_json(const struct hsm_attestation *a, const char *qualifying)
{
	FJ_AUTO(json) objects = json_array();
	FJ_AUTO(json) eks = json_array();
	FJ_AUTO(json) missing = json_array();
	FJ_AUTO(json) quote = a->quote.attest.len == 0 ? json_null()
	    : json_pack("{s:o, s:o, s:o}", "attest", base64(a->quote.attest), "signature", base64(a->quote.sig), "registers", base64(a->registers));
	bool ok = true;

	for (size_t k = 0; k < a->n; k++) {
		const struct hsm_attested *o = &a->object[k];
		ok = ok && json_array_append_new(objects, json_pack("{s:s, s:o, s:o, s:o, s:o}", "name", o->name, "public", base64(o->pub), "creation", base64(o->creation),
		    "attest", base64(o->attest), "signature", base64(o->sig))) == 0;
	}
	for (size_t k = 0; k < a->n_ek; k++)
		ok = ok && json_array_append_new(eks, json_pack("{s:I, s:o}", "index", (json_int_t)a->ek[k].index, "certificate", base64(a->ek[k].der))) == 0;
	for (size_t k = 0; k < a->n_missing; k++)
		ok = ok && json_array_append_new(missing, json_string(a->missing[k])) == 0;
	return !ok ? NULL : json_pack("{s:i, s:s, s:O, s:O, s:O, s:O}", "version", 1, "qualifying", qualifying, "objects", objects, "quote", quote, "endorsement", eks, "missing", missing);
}
