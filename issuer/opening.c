/*
 * opening.c - what personal fields of events say (design.md 4).
 *
 * An event is permanent and everybody who reads events reads it, so it holds a
 * salted hash of a person's name and address, not the words.  The words lie in a
 * table of their own, are shown to whoever has to answer that person, and can be
 * erased without touching the chain; what was said can still be proved by whoever
 * kept salt and text.
 */
#include "issuer/opening.h"

#include "base/secret.h"

#define MAX_FIELDS 16384

enum fj_rc opn_keep(struct iss_call *c, const char *object, const json_t *fields, char commitment[65], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_FIELDS);
	FJ_AUTO(buf) both = FJ_BUF_INIT(MAX_FIELDS + OPN_SALT);
	uint8_t salt[OPN_SALT];
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(fields, &text, err));
	fj_random(salt, sizeof(salt));
	if (fj_buf_put(&both, salt, sizeof(salt)) != FJ_OK || fj_buf_put(&both, text.data, text.len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	fj_sha256(fj_buf_slice(&both), &h);
	fj_hex(h.b, FJ_SHA256_LEN, commitment);
	return sto_run(c->db, STO_OPENING_ADD, NULL, err, "tbt", object, FJ_SLICE(salt, sizeof(salt)), fj_buf_str(&text));
}

enum fj_rc opn_commitment(struct sto *db, const char *object, char commitment[65], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) both = FJ_BUF_INIT(MAX_FIELDS + OPN_SALT);
	struct fj_hash h;
	bool row;

	FJ_TRY(sto_query(db, STO_OPENING_GET, &q, err, "t", object));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return fj_refuse(err, FJ_E_STATE, "issuer", "design.md 4", "the words of this one were erased; it can only be declined", "相关个人信息已被清除，只能不予受理");
	struct fj_slice salt = sto_blob(&q, 0), text = fj_slice_str(sto_text(&q, 1));
	if (fj_buf_put(&both, salt.p, salt.len) != FJ_OK || fj_buf_put(&both, text.p, text.len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	fj_sha256(fj_buf_slice(&both), &h);
	fj_hex(h.b, FJ_SHA256_LEN, commitment);
	return FJ_OK;
}

enum fj_rc opn_read(struct sto *db, const char *object, json_t **fields, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	*fields = NULL;
	FJ_TRY(sto_query(db, STO_OPENING_GET, &q, err, "t", object));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? fj_json_parse(fj_slice_str(sto_text(&q, 1)), MAX_FIELDS, fields, err) : FJ_OK;
}

enum fj_rc opn_json(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	char salt[2 * OPN_SALT + 1];

	if (sto_blob(q, 1).len != OPN_SALT)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the opening of %.40s is malformed", sto_text(q, 0));
	fj_hex(sto_blob(q, 1).p, OPN_SALT, salt);
	*out = json_pack("{s:s, s:s, s:s}", "object", sto_text(q, 0), "salt", salt, "text", sto_text(q, 2));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
