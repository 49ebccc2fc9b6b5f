/*
 * leaf.c - the form of a leaf (docs/formats.md 19).
 *
 * A leaf is written once and hashed as it stands: one spelling, exactly the members of its
 * kind, and its own number.  What it says is not judged here.
 */
#include "base/leaf.h"

const char *const fj_leaf_events[] = {"issued", "suspended", "resumed", "superseded", "revoked", "published", NULL};

enum { HOLDER = 1, COMMITTED = 2, OPERATED = 4, PARENT = 8, LIST = 16 };
static const struct {
	const char *kind;
	unsigned has;
} kinds[] = {{"certificate", HOLDER}, {"authorisation", HOLDER | OPERATED | PARENT}, {"token", COMMITTED | PARENT}, {"status-list", LIST}, {"crl", LIST}};

static enum fj_rc party(const json_t *leaf, const char *key, struct fj_err *err)
{
	static const char *const only[] = {"name", "usci", NULL};
	json_t *p;
	const char *text;

	FJ_TRY(fj_json_obj(leaf, key, &p, err));
	FJ_TRY(fj_json_only(p, only, err));
	FJ_TRY(fj_json_str(p, "usci", 18, &text, err));
	return fj_json_str(p, "name", 200, &text, err);
}

/* base64url of 32 octets */
static enum fj_rc digest(const json_t *in, const char *key, struct fj_err *err)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);
	const char *text;

	FJ_TRY(fj_json_str(in, key, 43, &text, err));
	if (fj_b64u_get(text, strlen(text), &raw) == FJ_OK && raw.len == FJ_SHA256_LEN)
		return FJ_OK;
	return fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "\"%s\" is not base64url of a SHA-256", key);
}

static enum fj_rc commitment(const json_t *leaf, struct fj_err *err)
{
	static const char *const only[] = {"commitment", NULL};
	json_t *p;

	FJ_TRY(fj_json_obj(leaf, "holder", &p, err));
	FJ_TRY(fj_json_only(p, only, err));
	return digest(p, "commitment", err);
}

static enum fj_rc of_kind(const json_t *leaf, unsigned has, struct fj_err *err)
{
	size_t members = 7;
	const char *text;
	int64_t n;

	if (has & HOLDER)
		FJ_TRY(party(leaf, "holder", err));
	if (has & COMMITTED)
		FJ_TRY(commitment(leaf, err));
	if (has & OPERATED) {
		FJ_TRY(party(leaf, "operator", err));
		FJ_TRY(fj_json_int(leaf, "version", 1, INT32_MAX, &n, err));
		members += 2;
	}
	if (has & PARENT)
		FJ_TRY(fj_json_str(leaf, "parent", 200, &text, err));
	members += (has & (HOLDER | COMMITTED)) != 0;
	members += (has & PARENT) != 0;
	return json_object_size(leaf) == members ? FJ_OK : fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "a leaf has a member that its kind has not");
}

static enum fj_rc what(const json_t *leaf, struct fj_err *err)
{
	const char *event = fj_json_text(leaf, "event"), *kind = fj_json_text(leaf, "kind");
	bool known = false;

	for (size_t i = 0; fj_leaf_events[i] != NULL; i++)
		known = known || strcmp(event, fj_leaf_events[i]) == 0;
	for (size_t i = 0; i < FJ_ARRAY_LEN(kinds) && known; i++) {
		bool list = (kinds[i].has & LIST) != 0;
		if (strcmp(kind, kinds[i].kind) == 0 && list == (strcmp(event, "published") == 0))
			return of_kind(leaf, kinds[i].has, err);
	}
	return fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "a leaf has no such event of such a kind");
}

/* one spelling of one content */
static enum fj_rc canonical(const json_t *leaf, struct fj_slice entry, struct fj_err *err)
{
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_LEAF_MAX);

	FJ_TRY(fj_json_canonical(leaf, &again, err));
	return fj_slice_eq(fj_buf_slice(&again), entry) ? FJ_OK : fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "a leaf is not written canonically");
}

enum fj_rc fj_leaf_check(const json_t *j, uint64_t index, struct fj_err *err)
{
	const char *text;
	int64_t n;

	if (!json_is_object(j))
		return fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "a leaf is a JSON object");
	FJ_TRY(fj_json_int(j, "v", 1, 1, &n, err));
	FJ_TRY(fj_json_int(j, "at", 0, FJ_TIME_MAX, &n, err));
	FJ_TRY(fj_json_str(j, "id", 400, &text, err));
	FJ_TRY(digest(j, "sha256", err));
	FJ_TRY(what(j, err));
	FJ_TRY(fj_json_int(j, "seq", 0, INT64_MAX, &n, err));
	return (uint64_t)n == index ? FJ_OK : fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "a leaf says that it is number %lld", (long long)n);
}

enum fj_rc fj_leaf_read(struct fj_slice entry, uint64_t index, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;

	FJ_TRY(fj_json_parse(entry, FJ_LEAF_MAX, &j, err));
	FJ_TRY(canonical(j, entry, err));
	FJ_TRY(fj_leaf_check(j, index, err));
	*out = fj_move(j);
	return FJ_OK;
}
