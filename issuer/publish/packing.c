/*
 * packing.c - one package under construction: files and rows as they come, a
 * manifest over them, signed as the status signer, and the package written whole.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/package.h"
#include "issuer/publish/publish.h"

#define AIM (4u << 20)      /* octets of files, and of rows, that a package has without need */
#define AIM_FILES 2000

enum fj_rc pub_pack_init(struct pub_pack *k, struct fj_err *err)
{
	fj_buf_init(&k->data, FJ_PACKAGE_DATA_MAX);
	fj_buf_init(&k->rows, FJ_PACKAGE_DATA_MAX);
	k->files = json_array();
	return k->files != NULL ? FJ_OK : fj_no_memory(err, "publish");
}

void pub_pack_release(struct pub_pack *k)
{
	fj_buf_release(&k->data);
	fj_buf_release(&k->rows);
	json_decref(k->files);
	k->files = NULL;
}

bool pub_pack_empty(const struct pub_pack *k)
{
	return json_array_size(k->files) == 0 && k->rows.len == 0;
}

bool pub_pack_takes(const struct pub_pack *k, size_t n)
{
	return pub_pack_empty(k) || (k->data.len + k->rows.len + n <= AIM && json_array_size(k->files) < AIM_FILES);
}

static enum fj_rc hash_text(struct fj_slice data, struct fj_buf *out)
{
	struct fj_hash h;

	fj_sha256(data, &h);
	return fj_b64u_put(out, FJ_SLICE(h.b, sizeof(h.b)));
}

enum fj_rc pub_pack_file(struct pub_pack *k, const char *path, struct fj_slice data, struct fj_err *err)
{
	FJ_AUTO(buf) sha = FJ_BUF_INIT(64);

	if (fj_buf_put(&k->data, data.p, data.len) != FJ_OK || hash_text(data, &sha) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "publish", "formats.md 18", "%s is too large for a package", path);
	json_t *f = json_pack("{s:s, s:s, s:I}", "path", path, "sha256", fj_buf_str(&sha), "size", (json_int_t)data.len);
	return json_array_append_new(k->files, f) == 0 ? FJ_OK : fj_no_memory(err, "publish");
}

enum fj_rc pub_pack_row(struct pub_pack *k, const json_t *row, struct fj_err *err)
{
	FJ_TRY(fj_json_canonical(row, &k->rows, err));
	return fj_buf_puts(&k->rows, "\n") == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_LIMIT, "publish", "formats.md 18", "the rows are too many for a package");
}

static enum fj_rc manifest(struct iss *i, const struct pub_pack *k, const struct pub_pack_as *as, struct fj_buf *input, struct fj_err *err)
{
	FJ_AUTO(buf) rows = FJ_BUF_INIT(64);
	FJ_AUTO(buf) before = FJ_BUF_INIT(64);

	if (hash_text(fj_buf_slice(&k->rows), &rows) != FJ_OK || fj_b64u_put(&before, FJ_SLICE(as->before.b, FJ_SHA256_LEN)) != FJ_OK)
		return fj_no_memory(err, "publish");
	FJ_AUTO(json) p = json_pack("{s:s, s:s, s:I, s:s, s:I, s:I, s:b, s:I, s:{s:I, s:s}, s:O, s:{s:s, s:I}}", "iss", iss_base(i), "vct", FJ_VCT_PACKAGE,
	    "iat", (json_int_t)fj_now(), "kind", as->snapshot ? "snapshot" : "change", "seq", (json_int_t)as->seq, "part", (json_int_t)as->part, "last", as->last,
	    "generation", (json_int_t)as->generation, "previous", "seq", (json_int_t)as->previous, "sha256", fj_buf_str(&before), "files", k->files,
	    "rows", "sha256", fj_buf_str(&rows), "size", (json_int_t)k->rows.len);
	return p == NULL ? fj_no_memory(err, "publish") : iss_jws_input(i, FJ_ES256, INT64_MAX, FJ_TYP_PACKAGE, p, input, err);
}

static enum fj_rc sign(struct iss *i, struct fj_buf *jws, struct fj_err *err)
{
	struct hsm_item item = {.tbs = fj_buf_slice(jws)};
	struct hsm_request r = {.role = HSM_TOKEN, .kind = HSM_JWS_PACKAGE, .items = &item, .n_items = 1};

	FJ_TRY(iss_may_act(i, err));
	FJ_TRY(iss_signer(i, &i->pub.signer, err));
	enum fj_rc rc = hsm_sign(i->pub.signer, &r, err);
	if (rc == FJ_E_UNAVAILABLE || rc == FJ_E_PROTO || rc == FJ_E_TIMEOUT)
		iss_signer_drop(&i->pub.signer);
	FJ_TRY(rc);
	FJ_ENSURE(item.rc == FJ_OK, fj_fail(err, item.rc, "signer", NULL, "%s", item.why));
	rc = fj_buf_puts(jws, ".");
	return rc == FJ_OK ? fj_b64u_put(jws, FJ_SLICE(item.sig, item.sig_len)) : rc;
}

enum fj_rc pub_pack_write(struct iss *i, struct pub_pack *k, const struct pub_pack_as *as, const char *path, struct fj_hash *hash, struct fj_err *err)
{
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_PACKAGE_MANIFEST_MAX);
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);

	FJ_TRY(manifest(i, k, as, &jws, err));
	FJ_TRY(sign(i, &jws, err));
	if (fj_package_head(fj_buf_slice(&jws), &whole) != FJ_OK || fj_buf_put(&whole, k->data.data, k->data.len) != FJ_OK ||
	    fj_buf_put(&whole, k->rows.data, k->rows.len) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "publish", "formats.md 18", "a package is too large");
	FJ_TRY(fj_file_replace(AT_FDCWD, path, fj_buf_slice(&whole), 0644, err));
	fj_sha256(fj_buf_slice(&jws), hash);
	pub_pack_release(k);
	return pub_pack_init(k, err);
}
