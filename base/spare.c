/*
 * spare.c - the spare's request and the moved keys, read and written.
 *
 * Exactly the members, each once; base64url of bounded length; P-256 before SM2, each algorithm
 * once; a parent that is no storage key of our form is refused here already.
 */
#include "base/spare.h"

#define CITE "formats.md 28"

static enum fj_rc bad(struct fj_err *err, const char *field, const char *en, const char *zh)
{
	return fj_err_at(err, fj_refuse(err, FJ_E_INVALID, "spare", CITE, en, zh), field);
}

static enum fj_rc octets(const json_t *o, const char *key, struct fj_buf *out, struct fj_err *err)
{
	const char *s;

	FJ_TRY(fj_json_str(o, key, out->max / 3 * 4 + 4, &s, err));
	return fj_b64u_get(s, strlen(s), out) == FJ_OK ? FJ_OK : bad(err, key, "a member is not base64url of at most as many octets as it may have", "成员不是长度允许的 base64url");
}

enum fj_rc fj_spare_request_read(struct fj_slice file, struct fj_buf *parent, json_t **doc, json_t **attestation, struct fj_err *err)
{
	static const char *const keys[] = {"version", "parent", "attestation", NULL};
	int64_t version;

	FJ_TRY(fj_json_parse(file, FJ_SPARE_REQUEST_MAX, doc, err));
	FJ_TRY(fj_json_only(*doc, keys, err));
	FJ_TRY(fj_json_int(*doc, "version", 1, 1, &version, err));
	FJ_TRY(octets(*doc, "parent", parent, err));
	if (!fj_tpm_storage_public(fj_buf_slice(parent)))
		return bad(err, "parent", "the request's key is no storage key that is fixed to its TPM; take what `fujie spare prepare` wrote", "请求中的密钥不是固定于其 TPM 的存储密钥；请使用 fujie spare prepare 所写的文件");
	return fj_json_obj(*doc, "attestation", attestation, err);
}

void fj_moved_init(struct fj_moved *m)
{
	memset(m, 0, sizeof(*m));
	fj_buf_init(&m->public, FJ_ROOT_PUBLIC_LEN);
	fj_buf_init(&m->private, FJ_MOVED_PART);
	fj_buf_init(&m->seed, FJ_MOVED_PART);
}

void fj_moved_clear(struct fj_moved *m)
{
	fj_buf_clear(&m->public);
	fj_buf_clear(&m->private);
	fj_buf_clear(&m->seed);
}

void fj_moved_release(struct fj_moved *m)
{
	fj_buf_release(&m->public);
	fj_buf_release(&m->private);
	fj_buf_release(&m->seed);
}

void fj_move_file_init(struct fj_move_file *f)
{
	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < FJ_MOVED_MAX; i++)
		fj_moved_init(&f->m[i]);
}

void fj_move_file_release(struct fj_move_file *f)
{
	for (size_t i = 0; i < FJ_MOVED_MAX; i++)
		fj_moved_release(&f->m[i]);
	f->n = 0;
}

static enum fj_rc read_one(const json_t *o, struct fj_move_file *f, struct fj_err *err)
{
	static const char *const keys[] = {"alg", "public", "private", "seed", NULL};
	struct fj_moved *m = &f->m[f->n];
	const char *alg;

	FJ_TRY(fj_json_only(o, keys, err));
	FJ_TRY(fj_json_str(o, "alg", 16, &alg, err));
	m->alg = strcmp(alg, fj_alg_name(FJ_SM2)) == 0 ? FJ_SM2 : FJ_ES256;
	if (strcmp(alg, fj_alg_name(m->alg)) != 0 || (f->n > 0 && m->alg <= f->m[f->n - 1].alg))
		return bad(err, "alg", "the moved keys are one of P-256, or one of P-256 and one of SM2, in this order", "迁移的密钥应为一个 P-256 密钥，或依次为 P-256 与 SM2 密钥各一个");
	FJ_TRY(octets(o, "public", &m->public, err));
	FJ_TRY(octets(o, "private", &m->private, err));
	FJ_TRY(octets(o, "seed", &m->seed, err));
	f->n++;
	return FJ_OK;
}

enum fj_rc fj_move_file_read(struct fj_slice file, struct fj_move_file *out, struct fj_err *err)
{
	static const char *const keys[] = {"version", "plan", "moved", NULL};
	FJ_AUTO(json) j = NULL;
	const char *hex;
	json_t *list, *o;
	int64_t version;
	size_t i;

	FJ_TRY(fj_json_parse(file, FJ_MOVE_FILE_MAX, &j, err));
	FJ_TRY(fj_json_only(j, keys, err));
	FJ_TRY(fj_json_int(j, "version", 1, 1, &version, err));
	FJ_TRY(fj_json_str(j, "plan", 64, &hex, err));
	if (strlen(hex) != 64 || fj_unhex(hex, 64, out->plan.b) != FJ_OK)
		return bad(err, "plan", "a hash is 64 hexadecimal digits", "散列值应为 64 位十六进制数字");
	FJ_TRY(fj_json_arr(j, "moved", FJ_MOVED_MAX, &list, err));
	json_array_foreach(list, i, o)
		FJ_TRY(read_one(o, out, err));
	return out->n > 0 && out->m[0].alg == FJ_ES256 ? FJ_OK : bad(err, "moved", "the file has no P-256 key", "文件中没有 P-256 密钥");
}

static json_t *one_json(const struct fj_moved *m)
{
	FJ_AUTO(buf) public = FJ_BUF_INIT(2048);
	FJ_AUTO(buf) private = FJ_BUF_INIT(2048);
	FJ_AUTO(buf) seed = FJ_BUF_INIT(2048);

	if (fj_b64u_put(&public, fj_buf_slice(&m->public)) != FJ_OK || fj_b64u_put(&private, fj_buf_slice(&m->private)) != FJ_OK || fj_b64u_put(&seed, fj_buf_slice(&m->seed)) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:s}", "alg", fj_alg_name(m->alg), "public", fj_buf_str(&public), "private", fj_buf_str(&private), "seed", fj_buf_str(&seed));
}

enum fj_rc fj_move_file_put(const struct fj_move_file *f, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	char plan[65];

	for (size_t i = 0; i < f->n; i++)
		if (json_array_append_new(list, one_json(&f->m[i])) != 0)
			return fj_no_memory(err, "spare");
	fj_hex(f->plan.b, sizeof(f->plan.b), plan);
	FJ_AUTO(json) j = json_pack("{s:i, s:s, s:O}", "version", 1, "plan", plan, "moved", list);
	if (j == NULL)
		return fj_no_memory(err, "spare");
	FJ_TRY(fj_json_canonical(j, out, err));
	return fj_buf_puts(out, "\n") == FJ_OK ? FJ_OK : fj_no_memory(err, "spare");
}
