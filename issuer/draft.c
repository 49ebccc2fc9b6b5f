/*
 * draft.c - drafts: a form that somebody began to fill in, kept until it is sent,
 * thrown away or ninety days old.
 *
 * They are no acts, so they stand beside the record as sessions do: no event, no
 * replay, no rule.  A draft is its owner's while he acts for the same organisation;
 * for anybody else it is not there, whatever his role.  Its id is random, and still
 * never enough by itself.  Number, size and days are bounded.  Which fields the
 * command had is noted as a hash, so that a draft of older fields can say so.
 */
#include "base/secret.h"
#include "issuer/iss.h"

#define DAY 86400

void iss_draft_release(struct iss_draft *d)
{
	json_decref(d->fill);
	d->fill = NULL;
}

/* --- which fields a command has --- */

static enum fj_rc put_field(const struct iss_field *f, int depth, struct fj_buf *b)
{
	FJ_TRY(fj_buf_printf(b, "%d %s %d %d %lld %u\n", depth, f->name, (int)f->type, f->required ? 1 : 0, (long long)f->max, f->as));
	for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
		FJ_TRY(fj_buf_printf(b, "=%s\n", *c));
	for (const struct iss_choice *c = f->words; c != NULL && c->code != NULL; c++)
		FJ_TRY(fj_buf_printf(b, "=%s\n", c->code));
	for (const struct iss_field *m = f->members; m != NULL && m->name != NULL && depth < FJ_JSON_DEPTH; m++)
		FJ_TRY(put_field(m, depth + 1, b));
	return FJ_OK;
}

static enum fj_rc fields_hash(const char *command, char hex[65], struct fj_err *err)
{
	const struct iss_command_info *c = iss_command_find(command);
	FJ_AUTO(buf) text = FJ_BUF_INIT(1u << 18);
	struct fj_hash h;

	if (c == NULL)
		return fj_fail(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no command \"%.60s\"", command);
	for (const struct iss_field *f = c->fields; f != NULL && f->name != NULL; f++)
		if (put_field(f, 0, &text) != FJ_OK)
			return fj_no_memory(err, "issuer");
	fj_sha256(fj_buf_slice(&text), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* --- keeping --- */

/* the first of what a form is about */
static void about_of(const json_t *fill, char out[81])
{
	static const char *const keys[] = {"number", "id", "asset", "ledger", "product", "authorisation", "usci", "login", "name", "request.authorisation"};
	const char *s = NULL;

	for (size_t i = 0; i < FJ_ARRAY_LEN(keys) && (s == NULL || s[0] == '\0'); i++)
		s = fj_json_peek(fill, keys[i]);
	if (s == NULL || fj_strcopy(out, 81, s) != FJ_OK)
		out[0] = '\0';
}

static enum fj_rc too_many(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "there are %d drafts of yours already; send some or throw them away", ISS_DRAFTS);

	fj_err_zh(err, "草稿已达 %d 份上限，请先提交或删除部分草稿", ISS_DRAFTS);
	return rc;
}

static enum fj_rc not_there(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_NOTFOUND, "issuer", NULL, "there is no such draft of yours; it was sent, thrown away, or is over", "没有该草稿：可能已提交、已删除或已过期");
}

struct kept {
	const struct iss_actor *a;
	struct iss_draft *d;
	const char *text, *hex; /* of its fields */
};

static enum fj_rc save(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct kept *k = arg;
	const struct iss_actor *a = k->a;
	struct iss_draft *d = k->d;
	struct sto *db = c->db;
	int64_t n = 0;

	FJ_TRY(sto_run(db, STO_DRAFT_CLEAN, NULL, err, "i", d->saved - ISS_DRAFT_DAYS * DAY));
	if (d->id[0] != '\0') {
		FJ_TRY(sto_run(db, STO_DRAFT_SET, &n, err, "tttitttt", d->about, k->hex, k->text, d->saved, d->id, a->login, a->org, d->command));
		return n == 1 ? FJ_OK : not_there(err);
	}
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(db, STO_DRAFT_COUNT, &q, "count", err, "t", a->login));
		if (sto_int(&q, 0) >= ISS_DRAFTS)
			return too_many(err);
	}
	iss_new_id("DR-", 16, d->id);
	return sto_run(db, STO_DRAFT_ADD, NULL, err, "tttttt" "ti", d->id, a->login, a->org, d->command, d->about, k->hex, k->text, d->saved);
}

enum fj_rc iss_draft_save(struct iss *i, const struct iss_actor *a, struct iss_draft *d, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(ISS_DRAFT_MAX);
	char hex[65];

	if (!i->conf.with_signer)
		return fj_fail(err, FJ_E_UNAVAILABLE, "issuer", NULL, "this register was opened for reading only");
	FJ_TRY(fields_hash(d->command, hex, err));
	if (fj_json_canonical(d->fill, &text, err) != FJ_OK)
		return fj_refuse(err, FJ_E_LIMIT, "issuer", NULL, "this is too much for a draft (128 KiB); enter it as a file, or in parts", "内容超过草稿容量（128 KiB），请以文件导入或分次填报");
	d->saved = acc_now();
	d->ends = d->saved + ISS_DRAFT_DAYS * DAY;
	d->changed = false;
	about_of(d->fill, d->about);
	return iss_write(i, save, &(struct kept){a, d, fj_buf_str(&text), hex}, err);
}

struct dropped {
	const struct iss_actor *a;
	const char *id;
};

static enum fj_rc drop(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct dropped *d = arg;

	return sto_run(c->db, STO_DRAFT_DROP, NULL, err, "tt", d->id, d->a->login);
}

enum fj_rc iss_draft_drop(struct iss *i, const struct iss_actor *a, const char *id, struct fj_err *err)
{
	if (!i->conf.with_signer)
		return fj_fail(err, FJ_E_UNAVAILABLE, "issuer", NULL, "this register was opened for reading only");
	return iss_write(i, drop, &(struct dropped){a, id}, err);
}

/* --- reading --- */

static enum fj_rc get(struct sto *db, const struct iss_actor *a, const char *id, struct iss_draft *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char fields[65], now[65] = "";
	const struct sto_copy texts[] = {STO_COPY(0, out->id), STO_COPY(1, out->command), STO_COPY(2, out->about), STO_COPY(3, fields)};

	if (sto_first(db, STO_DRAFT_GET, &q, id, NULL, "ttti", id, a->login, a->org, acc_now() - ISS_DRAFT_DAYS * DAY) != FJ_OK)
		return not_there(err);
	FJ_TRY(sto_copy(&q, texts, FJ_ARRAY_LEN(texts), "a draft", err));
	out->saved = sto_int(&q, 5);
	out->ends = out->saved + ISS_DRAFT_DAYS * DAY;
	if (fields_hash(out->command, now, NULL) != FJ_OK) /* a command that there is not any more */
		return not_there(err);
	out->changed = strcmp(now, fields) != 0;
	return fj_json_parse(fj_slice_str(sto_text(&q, 4)), ISS_DRAFT_MAX, &out->fill, err);
}

enum fj_rc iss_draft_get(struct iss *i, const struct iss_actor *a, const char *id, struct iss_draft *out, struct fj_err *err)
{
	struct sto *db;

	memset(out, 0, sizeof(*out));
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = get(db, a, id, out, err);
	iss_reader_give(i, db);
	return rc;
}

static enum fj_rc list(struct sto *db, const struct iss_actor *a, json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;
	char saved[FJ_TIME_CAP], ends[FJ_TIME_CAP];

	FJ_TRY(sto_query(db, STO_DRAFT_LIST, &q, err, "tti", a->login, a->org, acc_now() - ISS_DRAFT_DAYS * DAY));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		fj_time_utc(sto_int(&q, 3), saved);
		fj_time_utc(sto_int(&q, 3) + ISS_DRAFT_DAYS * DAY, ends);
		if (iss_command_find(sto_text(&q, 1)) != NULL)
			json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:s, s:s}", "id", sto_text(&q, 0), "command", sto_text(&q, 1), "about", sto_text(&q, 2), "saved", saved, "ends", ends));
	}
}

enum fj_rc iss_draft_list(struct iss *i, const struct iss_actor *a, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();
	struct sto *db;

	if (items == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(iss_reader_take(i, &db, err));
	enum fj_rc rc = list(db, a, items, err);
	iss_reader_give(i, db);
	FJ_TRY(rc);
	*out = fj_move(items);
	return FJ_OK;
}
