/*
 * token_sheet.c - lists of users for a job of license tokens (domain.md 4.10).
 *
 * A list names for each user code, name and binding with what the binding needs:
 * the SHA-256 of a gateway's client certificate, or a public key.  Every row is
 * checked as if its user had been licensed alone, and every fault is told by row
 * and column; a row with faults is left out and told as such, and never guessed at.
 * The binding may be said by its code or by the words of the form.
 */
#include "issuer/shape.h"
#include "issuer/sheet/sheet.h"
#include "issuer/token.h"

#define MAX_ROWS (2 * TOK_BULK) /* the faulty ones too */

static const struct {
	const char *key, *heading[4]; /* other headings, NULL-ended; the first is the template's */
} columns[TOK_PARTS] = {
	[TOK_USCI] = {"usci", {"统一社会信用代码", "用户代码", "usci", NULL}},
	[TOK_NAME] = {"name", {"用户名称", "名称", "name", NULL}},
	[TOK_BINDING] = {"binding", {"绑定方式（记名、持有人公钥或网关客户端证书）", "binding", NULL}},
	[TOK_X5T] = {"x5t", {"客户端证书指纹（网关客户端证书须填）", "x5t", NULL}},
	[TOK_JWK] = {"jwk", {"用户公钥（持有人公钥须填）", "jwk", NULL}},
};

struct reading {
	struct issuing *w;
	struct tok_list *l;
	json_t *seen;         /* users with their bindings */
	int of[TOK_PARTS];    /* column of the file, -1 absent */
};

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.10", en, zh);
}

void tok_list_release(struct tok_list *l)
{
	json_decref(l->lines);
	json_decref(l->faults);
	json_decref(l->left);
	l->lines = l->faults = l->left = NULL;
}

static enum fj_rc fault(struct reading *g, int64_t line, int64_t column, const struct fj_err *why, struct fj_err *err)
{
	g->l->n_faults++;
	if (json_array_size(g->l->faults) == TOK_MAX_TOLD)
		return FJ_OK;
	FJ_AUTO(json) one = fj_err_json(why);
	FJ_TRY(fj_json_set(one, "line", json_integer((json_int_t)line)));
	FJ_TRY(fj_json_set(one, "column", json_integer((json_int_t)column)));
	json_object_del(one, "layer");
	json_object_del(one, "error");
	return json_array_append(g->l->faults, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* the row gets no license: counted, and the first ones named */
static enum fj_rc leave_out(struct reading *g, int64_t line, const json_t *u, struct fj_err *err)
{
	if (g->l->n_left++ >= TOK_USERS_TOLD)
		return FJ_OK;
	json_t *one = json_pack("{s:I, s:s, s:s}", "line", (json_int_t)line, "usci", fj_json_text(u, "usci"), "name", fj_json_text(u, "name"));
	return json_array_append_new(g->l->left, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

/* A user with one binding stands in a list once: nobody is to get two tokens for one row too many.
 * What the binding does not take up tells no two rows apart. */
static enum fj_rc once(struct reading *g, const json_t *u, struct fj_err *err)
{
	const char *binding = tok_binding(g->w, u);
	bool by_key = strcmp(binding, "key") == 0, by_certificate = strcmp(binding, "mtls") == 0;
	char key[160];

	snprintf(key, sizeof(key), "%.18s %.8s %.44s", fj_json_text(u, "usci"), binding, by_key ? fj_json_text(json_object_get(u, "jwk"), "x") : by_certificate ? fj_json_text(u, "x5t") : "");
	if (json_object_get(g->seen, key) == NULL)
		return fj_json_set(g->seen, key, json_true());
	return fj_refuse(err, FJ_E_EXISTS, "issuer", "domain.md 4.10", "this user stands in the list already, with the same binding",
	    "该用户以同一绑定方式在清单中重复");
}

static enum fj_rc too_many(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.10", "one job has at most %d users; split the list", TOK_BULK);

	fj_err_zh(err, "一个批次至多 %d 个用户，请拆分清单", TOK_BULK);
	return rc;
}

static enum fj_rc told(struct reading *g, int64_t line, enum tok_part part, enum fj_rc rc, const struct fj_err *why, bool *good, struct fj_err *err)
{
	if (rc == FJ_OK)
		return FJ_OK;
	*good = false;
	if (fj_rc_exit(rc) == 3) { /* the machine failed, not the row */
		*err = *why;
		return rc;
	}
	return fault(g, line, g->of[part] + 1, why, err);
}

/* good, or every fault at the column that it is about */
static enum fj_rc take(struct reading *g, int64_t line, const json_t *u, struct fj_err *err)
{
	enum tok_part part;
	bool good = true;
	char name[24];

	for (int step = 0; step < TOK_USER_STEPS; step++) {
		struct fj_err why = {0};
		enum fj_rc rc = tok_user_step(g->w, u, step, &part, &why);
		FJ_TRY(told(g, line, part, rc, &why, &good, err));
	}
	if (good) {
		struct fj_err why = {0};
		FJ_TRY(told(g, line, TOK_USCI, once(g, u, &why), &why, &good, err));
	}
	if (!good)
		return leave_out(g, line, u, err);
	if (json_array_size(g->l->lines) == TOK_BULK)
		return too_many(err);
	snprintf(name, sizeof(name), "%lld", (long long)line);
	return json_array_append_new(g->l->lines, json_pack("{s:s, s:O}", "line", name, "user", u)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc start(struct reading *g, struct issuing *w, struct tok_list *out, const char *encoding, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	*g = (struct reading){.w = w, .l = out, .of = {-1, -1, -1, -1, -1}};
	out->encoding = encoding;
	out->lines = json_array();
	out->faults = json_array();
	out->left = json_array();
	g->seen = json_object();
	return out->lines != NULL && out->faults != NULL && out->left != NULL && g->seen != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* --- JSON --- */

enum fj_rc tok_read_json(struct issuing *w, const json_t *users, struct tok_list *out, struct fj_err *err)
{
	struct reading g;
	size_t i;
	json_t *u;

	enum fj_rc rc = start(&g, w, out, "JSON", err);
	FJ_AUTO(json) seen = g.seen;
	FJ_TRY(rc);
	if (json_array_size(users) > MAX_ROWS)
		return too_many(err);
	json_array_foreach(users, i, u)
		FJ_TRY(take(&g, (int64_t)i + 1, u, err));
	out->read = (int64_t)json_array_size(users);
	return FJ_OK;
}

/* --- tables --- */

/* the headings alone, with the mark by which spreadsheets know UTF-8 */
enum fj_rc cmd_token_template(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(512);
	enum fj_rc rc = fj_buf_puts(&text, "\xEF\xBB\xBF");

	for (int k = 0; k < TOK_PARTS && rc == FJ_OK; k++) {
		rc = fj_buf_puts(&text, columns[k].heading[0]);
		if (rc == FJ_OK)
			rc = fj_buf_puts(&text, k + 1 < TOK_PARTS ? "," : "\r\n");
	}
	c->answer = rc == FJ_OK ? json_pack("{s:s}", "csv", fj_buf_str(&text)) : NULL;
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc part_of(const char *title, int *out)
{
	FJ_AUTO(buf) key = FJ_BUF_INIT(1024);
	FJ_AUTO(buf) name = FJ_BUF_INIT(256);

	*out = -1;
	if (sheet_heading(title, &key) != FJ_OK)
		return FJ_OK;
	for (int k = 0; k < TOK_PARTS && *out < 0; k++)
		for (int h = 0; columns[k].heading[h] != NULL && *out < 0; h++) {
			fj_buf_clear(&name);
			FJ_TRY(sheet_heading(columns[k].heading[h], &name));
			if (strcmp(fj_buf_str(&name), fj_buf_str(&key)) == 0)
				*out = k;
		}
	return FJ_OK;
}

static enum fj_rc read_heading(void *arg, const struct sheet_row *row, bool *is, struct fj_err *err)
{
	struct reading *g = arg;
	int k;

	for (int i = 0; i < TOK_PARTS; i++)
		g->of[i] = -1;
	for (size_t i = 0; i < row->n; i++) {
		FJ_TRY(part_of(row->cell[i], &k));
		if (k >= 0)
			FJ_TRY(sheet_place(row, i, &g->of[k], err));
	}
	*is = g->of[TOK_USCI] >= 0 && g->of[TOK_NAME] >= 0;
	return FJ_OK;
}

static const char *cell(const struct reading *g, const struct sheet_row *row, enum tok_part k)
{
	return g->of[k] < 0 || (size_t)g->of[k] >= row->n ? "" : row->cell[g->of[k]];
}

/* "记名", "记名（最长 90 天）" and "named" are one binding; what is none is kept, and refused as what it is */
static enum fj_rc binding_of(const char *s, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) said = FJ_BUF_INIT(SHEET_MAX_CELL);
	FJ_AUTO(buf) word = FJ_BUF_INIT(256);

	FJ_TRY(sheet_heading(s, &said));
	for (const struct iss_choice *c = shp_bindings; c->code != NULL && *out == NULL; c++)
		for (const char *const *w = (const char *const[]){c->code, c->zh, c->en, NULL}; *w != NULL && *out == NULL; w++) {
			fj_buf_clear(&word);
			FJ_TRY(sheet_heading(*w, &word));
			if (strcmp(fj_buf_str(&word), fj_buf_str(&said)) == 0)
				*out = json_string(c->code);
		}
	if (*out == NULL)
		*out = json_string(s);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* a row as a user; *why when its key is no JSON */
static enum fj_rc user_of(const struct reading *g, const struct sheet_row *row, json_t *u, struct fj_err *why)
{
	for (int k = 0; k < TOK_PARTS; k++) {
		const char *s = cell(g, row, (enum tok_part)k);
		json_t *v = NULL;
		if (!iss_said(s))
			continue;
		if (k == TOK_BINDING)
			FJ_TRY(binding_of(s, &v, why));
		else if (k != TOK_JWK)
			v = json_string(s);
		else if (fj_json_parse(fj_slice_str(s), SHEET_MAX_CELL, &v, NULL) != FJ_OK)
			return bad(why, "the public key is a JSON Web Key, such as {\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":…,\"y\":…}", "用户公钥应为 JWK，如 {\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":…,\"y\":…}");
		if (fj_json_set(u, columns[k].key, v) != FJ_OK)
			return fj_no_memory(why, "issuer");
	}
	return FJ_OK;
}

static enum fj_rc take_row(void *arg, const struct sheet_row *row, const struct fj_err *broken, struct fj_err *err)
{
	struct reading *g = arg;
	FJ_AUTO(json) u = json_object();
	struct fj_err why = {0};

	if (broken != NULL) {
		FJ_TRY(fault(g, (int64_t)row->line, (int64_t)row->column, broken, err));
		return leave_out(g, (int64_t)row->line, u, err);
	}
	enum fj_rc rc = user_of(g, row, u, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "issuer");
	if (rc == FJ_OK)
		return take(g, (int64_t)row->line, u, err);
	FJ_TRY(fault(g, (int64_t)row->line, g->of[TOK_JWK] + 1, &why, err));
	return leave_out(g, (int64_t)row->line, u, err);
}

enum fj_rc tok_read(struct issuing *w, struct fj_slice file, struct tok_list *out, struct fj_err *err)
{
	FJ_AUTO(sheet) s = NULL;
	struct reading g;
	bool found;

	enum fj_rc rc = start(&g, w, out, "", err);
	FJ_AUTO(json) seen = g.seen;
	FJ_TRY(rc);
	FJ_TRY(sheet_open(file, &s, err));
	out->encoding = sheet_encoding(s);
	FJ_TRY(sheet_find_heading(s, read_heading, &g, &found, err));
	if (!found)
		return bad(err, "no heading with 统一社会信用代码 (usci) and 用户名称 (name) in the first ten rows", "前十行中没有含“统一社会信用代码”“用户名称”的标题行");
	return sheet_rows(s, MAX_ROWS, "domain.md 4.10", take_row, &g, &out->read, err);
}
