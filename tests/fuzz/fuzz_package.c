/*
 * The reader of packages: a magic line, a signed manifest, files and rows.
 *
 * Input: octets as they come; or, from "{" on, a manifest's payload in the first line
 * and the files' octets after it, under a header and signature of nobody's, so that
 * the reader's other half is reached.  "?" stands for the hash that belongs there.
 * Properties: what is accepted is of one spelling: its parts put together again are
 * the input; files and rows lie in it, hash to what the manifest says, and no path
 * leaves a publication.  A cut one is never accepted.
 */
#include "base/package.h"
#include "tests/fuzz/fuzz.h"

#define MAX 60000

static void put_hash(json_t *o, struct fj_slice data)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	const char *now = fj_json_peek(o, "sha256");
	struct fj_hash h;

	if (now == NULL || strcmp(now, "?") != 0)
		return;
	fj_sha256(data, &h);
	HOLDS(fj_b64u_put(&b64, FJ_SLICE(h.b, sizeof(h.b))) == FJ_OK && json_object_set_new(o, "sha256", json_string(fj_buf_str(&b64))) == 0);
}

/* the next so many octets of the data, as far as there are any */
static struct fj_slice cut(struct fj_slice *rest, const json_t *o)
{
	int64_t size = fj_json_num(o, "size");
	size_t n = size < 0 || (uint64_t)size > rest->len ? rest->len : (size_t)size;
	struct fj_slice out = FJ_SLICE(rest->p, n);

	*rest = FJ_SLICE(rest->p + n, rest->len - n);
	return out;
}

static void fill(json_t *payload, struct fj_slice rest)
{
	json_t *f;
	size_t i;

	json_array_foreach(json_object_get(payload, "files"), i, f)
		put_hash(f, cut(&rest, f));
	put_hash(json_object_get(payload, "rows"), cut(&rest, json_object_get(payload, "rows")));
	put_hash(json_object_get(payload, "previous"), FJ_SLICE("", 0));
}

static bool build(struct fj_slice in, struct fj_buf *out)
{
	static const uint8_t sig[64] = {1, [32] = 1};
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * MAX);
	FJ_AUTO(json) p = NULL;
	const struct fj_slice x5c[2] = {fj_slice_str("a"), fj_slice_str("b")};
	const uint8_t *end = memchr(in.p, '\n', in.len);
	size_t n = end == NULL ? in.len : (size_t)(end - in.p);
	struct fj_slice rest = end == NULL ? FJ_SLICE(in.p + in.len, 0) : FJ_SLICE(end + 1, in.len - n - 1);

	if (fj_json_parse(FJ_SLICE(in.p, n), MAX, &p, NULL) != FJ_OK || !json_is_object(p))
		return false;
	fill(p, rest);
	if (fj_jws_write_input(FJ_ES256, FJ_TYP_PACKAGE, "kid", x5c, p, &text, NULL) != FJ_OK || fj_buf_puts(&text, ".") != FJ_OK ||
	    fj_b64u_put(&text, FJ_SLICE(sig, sizeof(sig))) != FJ_OK)
		return false;
	return fj_package_head(fj_buf_slice(&text), out) == FJ_OK && fj_buf_put(out, rest.p, rest.len) == FJ_OK;
}

static void look(struct fj_slice in, const struct fj_package *p)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(8 * MAX);
	const char *path;
	struct fj_slice data;
	struct fj_package less;
	size_t at = 0;

	HOLDS(fj_package_check(p->jws.payload, NULL) == FJ_OK && p->previous <= p->seq && p->part >= 1);
	HOLDS(fj_package_head(p->compact, &again) == FJ_OK);
	for (size_t k = 0; fj_package_file(p, k, &at, &path, &data); k++) {
		HOLDS(within(data, in) && fj_package_path(path) && strstr(path, "..") == NULL && path[0] != '/');
		HOLDS(fj_buf_put(&again, data.p, data.len) == FJ_OK);
	}
	HOLDS(at == p->data.len && within(p->rows, in) && fj_buf_put(&again, p->rows.p, p->rows.len) == FJ_OK);
	HOLDS(fj_slice_eq(fj_buf_slice(&again), in));
	HOLDS(fj_package_read(FJ_SLICE(in.p, in.len - 1), &less, NULL) != FJ_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(buf) made = FJ_BUF_INIT(8 * MAX);
	FJ_AUTO(package) p = {.seq = 0};
	struct fj_slice in = FJ_SLICE(data, size);

	if (size > MAX)
		return 0;
	if (size > 0 && data[0] == '{') {
		if (!build(in, &made))
			return 0;
		in = fj_buf_slice(&made);
	}
	if (fj_package_read(in, &p, NULL) == FJ_OK)
		look(in, &p);
	return 0;
}
