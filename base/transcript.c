/*
 * transcript.c - the officers' signatures under a ceremony's transcript.
 *
 * Each line holds the hash of the line before, and the first one that of the plan; so what is signed
 * is the last line's hash, with the plan's beside it.  It can't pass for a plan's signature nor for an
 * approval: those are over octets with another beginning.
 */
#include "base/transcript.h"

#include <sodium.h>

#define CITE "formats.md 29"
#define PREFIX "fujie-transcript-1\n"

void fj_transcript_to_sign(const struct fj_plan *p, const struct fj_hash *last, struct fj_hash *out)
{
	crypto_hash_sha256_state h;

	crypto_hash_sha256_init(&h);
	crypto_hash_sha256_update(&h, (const uint8_t *)PREFIX, strlen(PREFIX));
	crypto_hash_sha256_update(&h, p->hash.b, sizeof(p->hash.b));
	crypto_hash_sha256_update(&h, last->b, sizeof(last->b));
	crypto_hash_sha256_final(&h, out->b);
}

static enum fj_rc hash_is(const json_t *o, const char *key, const struct fj_hash *want, const char *en, const char *zh, struct fj_err *err)
{
	const char *s;
	struct fj_hash h;

	FJ_TRY(fj_json_str(o, key, 64, &s, err));
	if (strlen(s) != 64 || fj_unhex(s, 64, h.b) != FJ_OK)
		return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "transcript", CITE, "a hash is 64 hexadecimal digits", "散列值应为 64 位十六进制数字"), key);
	return fj_hash_eq(&h, want) ? FJ_OK : fj_err_at(err, fj_refuse(err, FJ_E_REFUSED, "transcript", CITE, en, zh), key);
}

enum fj_rc fj_transcript_signatures_read(struct fj_slice file, const struct fj_plan *p, const struct fj_hash *last,
    fj_verify_fn verify, void *ctx, unsigned *by, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "last", "signatures", NULL};
	FJ_AUTO(json) j = NULL;
	struct fj_hash to_sign;
	json_t *list;
	int64_t version;

	*by = 0;
	FJ_TRY(fj_json_parse(file, FJ_TRANSCRIPT_SIGNATURES_MAX, &j, err));
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_int(j, "version", 1, 1, &version, err));
	FJ_TRY(hash_is(j, "plan", &p->hash, "the signatures are under the transcript of another plan's ceremony; take the file that lies beside this transcript",
	    "这些签名属于另一方案的仪式记录；请取用与本记录放在一起的签名文件", err));
	FJ_TRY(hash_is(j, "last", last, "the signatures are under another transcript: the lines were changed after the officers had signed, or the file belongs elsewhere. Don't rely on it; ask the officers for theirs",
	    "这些签名所签的是另一份记录：记录在官员签名后被改动，或者签名文件不属于本记录。请勿采信，并向官员索取其所签的记录", err));
	FJ_TRY(fj_json_arr(j, "signatures", FJ_QUORUM_MAX, &list, err));
	fj_transcript_to_sign(p, last, &to_sign);
	return fj_officers_signed(list, p, &to_sign, verify, ctx, by, err);
}

/* a file that was read, or one without signatures */
static enum fj_rc begin(struct fj_slice file, const struct fj_plan *p, const struct fj_hash *last, json_t **out, struct fj_err *err)
{
	char plan[65], hex[65];

	if (file.len > 0)
		return fj_json_parse(file, FJ_TRANSCRIPT_SIGNATURES_MAX, out, err);
	fj_hex(p->hash.b, sizeof(p->hash.b), plan);
	fj_hex(last->b, sizeof(last->b), hex);
	*out = json_pack("{s:i, s:s, s:s, s:[]}", "version", 1, "plan", plan, "last", hex, "signatures");
	return *out != NULL ? FJ_OK : fj_no_memory(err, "transcript");
}

static enum fj_rc write_file(const json_t *j, struct fj_buf *out, struct fj_err *err)
{
	FJ_TRY(fj_json_canonical(j, out, err));
	return fj_buf_puts(out, "\n") == FJ_OK ? FJ_OK : fj_no_memory(err, "transcript");
}

enum fj_rc fj_transcript_add_signature(struct fj_slice file, const struct fj_plan *p, const struct fj_hash *last,
    unsigned officer, const uint8_t sig[64], struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;

	FJ_TRY(begin(file, p, last, &j, err));
	if (fj_officer_signature_put(json_object_get(j, "signatures"), p, officer, sig) != FJ_OK)
		return fj_no_memory(err, "transcript");
	return write_file(j, out, err);
}

enum fj_rc fj_transcript_join(struct fj_slice file, struct fj_slice more, const struct fj_plan *p, const struct fj_hash *last, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;
	FJ_AUTO(json) with = NULL;

	FJ_TRY(begin(file, p, last, &j, err));
	FJ_TRY(begin(more, p, last, &with, err));
	if (fj_officers_join(json_object_get(j, "signatures"), json_object_get(with, "signatures"), p) != FJ_OK)
		return fj_no_memory(err, "transcript");
	return write_file(j, out, err);
}

enum fj_rc fj_transcript_quorum(const struct fj_plan *p, unsigned by, struct fj_err *err)
{
	unsigned n = (unsigned)__builtin_popcount(by);
	FJ_AUTO(buf) who = FJ_BUF_INIT(1024);

	if (n >= p->root)
		return FJ_OK;
	for (unsigned i = 0; i < p->n; i++)
		if (by >> i & 1)
			FJ_TRY(fj_buf_printf(&who, "%s%s", who.len > 0 ? ", " : "", p->officer[i].login));
	(void)!fj_fail(err, FJ_E_SIGNATURE, "transcript", CITE, "the transcript is signed by %u of the plan's officers%s%s%s, and %u are needed: `fujie-officer transcript sign` adds a signature", n,
	    n > 0 ? " (" : "", n > 0 ? fj_buf_str(&who) : "", n > 0 ? ")" : "", p->root);
	fj_err_zh(err, "仪式记录仅有方案中 %u 名官员签名%s%s%s，须有 %u 名：请以 fujie-officer transcript sign 补签", n, n > 0 ? "（" : "", n > 0 ? fj_buf_str(&who) : "", n > 0 ? "）" : "", p->root);
	return FJ_E_SIGNATURE;
}
