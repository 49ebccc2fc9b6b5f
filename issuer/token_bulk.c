/*
 * token_bulk.c - license tokens for up to 10,000 users as one job (domain.md 4.10).
 *
 * One officer hands in request and users; faulty rows are left out and named, and one
 * approval, whose digest covers the request and every good row, begins the job.
 * It runs behind, in steps: each takes some rows in a transaction of its own,
 * then their tokens are signed, so a suspension waits for one step at most.  How
 * many rows are taken stands in the table that the steps' own events change: after
 * a kill the next row is the next row, and what was intended is finished by the
 * pipeline, so nobody gets two and nobody none.  It has its number from the asking
 * on, so that people are told one: by it the approval is found while it waits, and
 * the job after that.  Before each step everything is
 * checked anew: where the authorisation or certificate is not in force the job is
 * held and goes on when it is again; a user who may not be licensed any more is
 * left out, with the reason.  The rows lie under their hash, and memory holds one
 * file of them.
 */
#include <unistd.h>

#include "hsm/proto.h"
#include "issuer/iss.h"
#include "issuer/life.h"
#include "issuer/profile.h"
#include "issuer/registration.h"
#include "issuer/signed.h"
#include "issuer/state.h"
#include "issuer/token.h"

#define MAX_FILE (8u << 20)   /* rows as they are kept */
#define MAX_ROW 4096
#define CHUNK 200             /* rows of a transaction */

/* --- a job's row --- */

void tok_job_release(struct tok_job *j)
{
	json_decref(j->request);
	json_decref(j->reason);
	j->request = j->reason = NULL;
}

static enum fj_rc from_row(const struct sto_q *q, struct tok_job *j, struct fj_err *err)
{
	const struct sto_copy texts[] = {STO_COPY(0, j->id), STO_COPY(1, j->authorisation), STO_COPY(2, j->operator_), STO_COPY(3, j->product), STO_COPY(4, j->state),
		STO_COPY(5, j->sha256), STO_COPY(6, j->digest), STO_COPY(7, j->approval), STO_COPY(8, j->applicant), STO_COPY(9, j->list_sha256)};

	FJ_TRY(sto_copy(q, texts, FJ_ARRAY_LEN(texts), "a job's row", err));
	j->total = sto_int(q, 10);
	j->taken = sto_int(q, 11);
	j->refused = sto_int(q, 12);
	j->at = sto_int(q, 13);
	j->done_at = sto_int(q, 14);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 15)), 65536, &j->request, err));
	if (sto_text(q, 16)[0] != '\0')
		return fj_json_parse(fj_slice_str(sto_text(q, 16)), 65536, &j->reason, err);
	j->reason = json_null();
	return FJ_OK;
}

enum fj_rc tok_job_get(struct sto *db, const char *id, struct tok_job *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool old = strncmp(id, "TB-", 3) == 0; /* what approvals were called by before */

	memset(out, 0, sizeof(*out));
	FJ_TRY(sto_first(db, old ? STO_JOB_APPROVED_AS : STO_JOB_GET, &q, id, err, "t", id));
	return from_row(&q, out, err);
}

enum fj_rc tok_job_reader(struct iss_call *c, const struct tok_job *j, struct fj_err *err)
{
	FJ_AUTO(dom_auth) a = {.body = NULL};
	enum iss_party party;

	if ((c->actor->roles & (ISS_AUDITOR | ISS_LOCAL)) || strcmp(c->actor->org, j->operator_) == 0)
		return FJ_OK;
	FJ_TRY(dom_auth_get(c->db, j->authorisation, &a, err));
	return dom_party(c, &a, &party, err);
}

struct counts {
	int64_t tokens, pending, abandoned;
};

static enum fj_rc count(struct sto *db, const char *id, struct counts *out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_first(db, STO_JOB_COUNTS, &q, "count", err, "t", id));
	*out = (struct counts){.tokens = sto_int(&q, 0), .pending = sto_int(&q, 1), .abandoned = sto_int(&q, 2)};
	return FJ_OK;
}

/* --- asking --- */

/* the request without its users: what every token of the job has in common */
static enum fj_rc common_of(const json_t *request, json_t **out, struct fj_err *err)
{
	*out = json_copy((json_t *)(uintptr_t)request);
	if (*out == NULL)
		return fj_no_memory(err, "issuer");
	json_object_del(*out, "users");
	return FJ_OK;
}

/* good rows, a line of JSON each: what is kept, and approved */
static enum fj_rc rows_of(const struct tok_list *l, struct fj_buf *out, struct fj_err *err)
{
	size_t i;
	json_t *v;

	json_array_foreach(l->lines, i, v) {
		FJ_AUTO(buf) one = FJ_BUF_INIT(MAX_ROW);
		if (fj_json_canonical(v, &one, err) != FJ_OK || fj_buf_puts(out, fj_buf_str(&one)) != FJ_OK || fj_buf_puts(out, "\n") != FJ_OK) {
			enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "issuer", "domain.md 4.10", "the rows take more than %zu octets; split the list", out->max);
			fj_err_zh(err, "清单内容超过 %zu 字节，请拆分", out->max);
			return rc;
		}
	}
	return FJ_OK;
}

/* over the request and every row */
static enum fj_rc digest_of(const json_t *common, const struct fj_buf *rows, char hex[65], struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(2 * MAX_FILE);
	struct fj_hash h;

	FJ_TRY(fj_json_canonical(common, &all, err));
	if (fj_buf_puts(&all, "\n") != FJ_OK || fj_buf_put(&all, rows->data, rows->len) != FJ_OK)
		return fj_no_memory(err, "issuer");
	fj_sha256(fj_buf_slice(&all), &h);
	fj_hex(h.b, FJ_SHA256_LEN, hex);
	return FJ_OK;
}

/* the same request for the same users once more, while the first tokens are valid, is a slip */
static enum fj_rc check_again(struct iss_call *c, const char *digest, int64_t days, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool there;

	FJ_TRY(sto_query(c->db, STO_JOB_SAME, &q, err, "ti", digest, (int64_t)(c->now - days * 86400)));
	FJ_TRY(sto_step(&q, &there, err));
	if (!there)
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "issuer", "domain.md 4.10", "these users got their tokens by %s, and those are valid still; change request or list if others are meant", sto_text(&q, 0));
	fj_err_zh(err, "该清单已由 %s 签发且仍在有效期内；如确需另行签发，请修改申请或清单", sto_text(&q, 0));
	return rc;
}

/* the first of the request's numbers that no job has; while it waits a second asking has the same, and is refused */
static enum fj_rc number_of(struct sto *db, const char *digest, char id[32], struct fj_err *err)
{
	char text[80], hex[65];
	struct fj_hash h;
	bool row = true;

	for (int n = 0; row; n++) {
		FJ_AUTO(sto_q) q = {0};
		snprintf(text, sizeof(text), "%s %d", digest, n);
		fj_sha256(fj_slice_str(text), &h);
		fj_hex(h.b, FJ_SHA256_LEN, hex);
		snprintf(id, 32, "TJ-%.12s", hex);
		FJ_TRY(sto_query(db, STO_JOB_GET, &q, err, "t", id));
		FJ_TRY(sto_step(&q, &row, err));
	}
	return FJ_OK;
}

struct asking {
	struct issuing *w;
	const struct tok_list *l;
	json_t *sealed; /* what officers sign of it, where they do */
};

static enum fj_rc ask(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct asking *a = arg;
	const struct issuing *w = a->w;
	const struct tok_list *l = a->l;
	FJ_AUTO(buf) rows = FJ_BUF_INIT(MAX_FILE);
	FJ_AUTO(json) common = NULL;
	struct dom_material m = {.holder = c->actor->org, .asset_no = "", .kind = "TOKENS", .name = "许可令牌批量签发清单"};
	char digest[65], id[32];

	FJ_TRY(common_of(w->r, &common, err));
	FJ_TRY(rows_of(l, &rows, err));
	FJ_TRY(digest_of(common, &rows, digest, err));
	FJ_TRY(check_again(c, digest, fj_json_num(w->r, "days"), err));
	FJ_TRY(dom_material_size(c, c->actor->org, rows.len, err));
	FJ_TRY(dom_material_room(c, &m, err));
	FJ_TRY(dom_material_file(c, &m, &rows, err));
	FJ_TRY(number_of(c->db, digest, id, err));
	FJ_AUTO(json) payload = json_pack("{s:s, s:s, s:O, s:s, s:s, s:s, s:I, s:I, s:O}", "authorisation", w->auth.number, "operator", w->auth.operator_, "request", common,
	    "sha256", m.sha256, "material", m.id, "digest", digest, "rows", (json_int_t)json_array_size(l->lines), "rows_left_out", (json_int_t)l->n_left, "users_left_out", l->left);
	if (payload == NULL)
		return fj_no_memory(err, "issuer");
	if (json_object_update(payload, a->sealed) != 0)
		return fj_no_memory(err, "issuer");
	FJ_TRY(apr_request(c, "token.bulk", id, c->actor->org, payload, err));
	FJ_TRY(fj_json_set(c->answer, "job", json_string(id)));
	FJ_TRY(fj_json_set(c->answer, "digest", json_string(digest)));
	return fj_json_set(c->answer, "material", json_string(m.id));
}

/* whom the tokens are for, the first ones of the list */
json_t *tok_users_told(const json_t *lines)
{
	json_t *out = json_array();

	for (size_t i = 0; i < json_array_size(lines) && i < TOK_USERS_TOLD; i++) {
		const json_t *row = json_array_get(lines, i), *u = json_object_get(row, "user");
		json_array_append_new(out, json_pack("{s:I, s:s, s:s}", "line", (json_int_t)strtoll(fj_json_text(row, "line"), NULL, 10), "usci", fj_json_text(u, "usci"), "name", fj_json_text(u, "name")));
	}
	return out;
}

/* the first rows of a job, as they are kept */
enum fj_rc tok_users_kept(const char *sha256, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) rows = FJ_BUF_INIT(MAX_FILE + 1);
	FJ_AUTO(json) lines = json_array();

	FJ_TRY(dom_material_read(sha256, &rows, err));
	const uint8_t *p = rows.data, *end = rows.data + rows.len, *stop;
	while (p < end && json_array_size(lines) < TOK_USERS_TOLD && (stop = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		json_t *row = NULL;
		FJ_TRY(fj_json_parse(FJ_SLICE(p, (size_t)(stop - p)), MAX_ROW, &row, err));
		if (json_array_append_new(lines, row) != 0)
			return fj_no_memory(err, "issuer");
		p = stop + 1;
	}
	*out = tok_users_told(lines);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc report(struct iss_call *c, const struct tok_list *l, bool dry, struct fj_err *err)
{
	bool refused = json_array_size(l->lines) == 0;
	FJ_AUTO(json) told = json_pack("{s:s, s:I, s:I, s:O, s:I, s:I, s:O, s:b, s:b}", "encoding", l->encoding, "rows", (json_int_t)l->read, "good",
	    (json_int_t)json_array_size(l->lines), "faults", l->faults, "faults_total", (json_int_t)l->n_faults, "rows_left_out", (json_int_t)l->n_left, "users_left_out", l->left, "dry_run", dry, "refused", refused);

	if (c->answer == NULL)
		c->answer = json_object();
	if (told != NULL && dry)
		FJ_TRY(fj_json_set(told, "users", tok_users_told(l->lines)));
	return told != NULL && json_object_update(c->answer, told) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc read_users(struct issuing *w, struct tok_list *l, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(16u << 20);
	const json_t *users = json_object_get(w->r, "users");
	bool given = json_object_get(w->c->params, "file") != NULL;

	if (given == (users != NULL)) {
		return fj_refuse(err, FJ_E_INVALID, "issuer", "domain.md 4.10", "the users stand in \"file\", or in the request's \"users\"; give one of them",
		    "用户清单应以文件（file）或申请中的 users 提供，二者择一");
	}
	if (users != NULL)
		return tok_read_json(w, users, l, err);
	FJ_TRY(iss_param_file(w->c, "file", &file, err));
	return tok_read(w, fj_buf_slice(&file), l, err);
}

/* what has to fit into one approval with the rest of it */
static enum fj_rc seal(struct issuing *w, const struct tok_list *l, json_t *out, struct fj_err *err)
{
	FJ_AUTO(json) users = json_array();
	FJ_AUTO(buf) text = FJ_BUF_INIT(HSM_MAX_PAYLOAD - 65536);
	size_t i;
	json_t *v;

	json_array_foreach(l->lines, i, v)
		if (json_array_append(users, json_object_get(v, "user")) != 0)
			return fj_no_memory(err, "issuer");
	FJ_TRY(tok_seal(w, users, 2, out, err));
	if (fj_json_canonical(out, &text, NULL) == FJ_OK)
		return FJ_OK;
	return fj_refuse(err, FJ_E_LIMIT, "issuer", "formats.md 25", "the list is longer than officers can sign at once (4 MB); split it", "清单超过一次可签名的长度（4 MB），请拆分");
}

/* the rows are read and checked while others write; only the request is a step */
static enum fj_rc bulk(struct issuing *w, struct fj_err *err)
{
	FJ_AUTO(tok_list) l = {.lines = NULL};
	FJ_AUTO(json) sealed = json_object();
	struct asking a = {w, &l, sealed};
	bool dry = json_is_true(json_object_get(w->c->params, "dry_run"));

	FJ_TRY(tok_check(w, err));
	FJ_TRY(read_users(w, &l, err));
	if (sgn_tokens(w->c->iss) > 0 && json_array_size(l.lines) > 0)
		FJ_TRY(seal(w, &l, sealed, err));
	if (!dry && json_array_size(l.lines) > 0)
		FJ_TRY(iss_step(w->c, ask, &a, err));
	return report(w->c, &l, dry, err);
}

enum fj_rc cmd_token_bulk(struct iss_call *c, struct fj_err *err)
{
	struct issuing w = {.c = c, .r = json_object_get(c->params, "request"), .by = c->actor->org};

	enum fj_rc rc = bulk(&w, err);
	tok_release(&w);
	return rc;
}

/* --- approved --- */

enum fj_rc apr_token_bulk(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	const json_t *p = a->payload, *common = json_object_get(p, "request");
	FJ_AUTO(buf) rows = FJ_BUF_INIT(MAX_FILE + 1);
	struct issuing w = {.c = c, .r = common, .by = fj_json_text(p, "operator")};
	char digest[65], id[32];

	FJ_TRY(dom_material_read(fj_json_text(p, "sha256"), &rows, err));
	FJ_TRY(digest_of(common, &rows, digest, err));
	if (strcmp(digest, fj_json_text(p, "digest")) != 0)
		return fj_fail(err, FJ_E_CORRUPT, "issuer", "R22", "the rows are not those that were asked for");
	enum fj_rc rc = tok_check(&w, err);
	tok_release(&w);
	FJ_TRY(rc);
	FJ_TRY(check_again(c, digest, fj_json_num(common, "days"), err));
	if (strncmp(a->object, "TJ-", 3) == 0)
		snprintf(id, sizeof(id), "%s", a->object);
	else
		iss_new_id("TJ-", 12, id); /* asked for before a job had its number at once */
	FJ_AUTO(json) body = json_pack("{s:O, s:O, s:O, s:O, s:s, s:O, s:s, s:s}", "authorisation", json_object_get(p, "authorisation"), "operator", json_object_get(p, "operator"),
	    "request", common, "sha256", json_object_get(p, "sha256"), "digest", digest, "total", json_object_get(p, "rows"), "applicant", a->applicant, "product",
	    fj_json_text(json_object_get(common, "product"), "id"));
	if (body == NULL)
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_append(c, "token.bulk-begun", id, body, err));
	c->has_job = true;
	c->answer = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O}", "id", a->id, "state", "APPROVED", "kind", a->kind, "object", a->object, "job", id, "total", json_object_get(p, "rows"));
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc apply_token_bulk_begun(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) request = FJ_BUF_INIT(65536);
	FJ_AUTO(tok_job) again = {.request = NULL};

	FJ_TRY(fj_json_canonical(json_object_get(b, "request"), &request, err));
	FJ_TRY(sto_run(e->db, STO_JOB_ADD, NULL, err, "tttttttt" "itii", e->object, fj_json_text(b, "authorisation"), fj_json_text(b, "operator"), fj_json_text(b, "product"),
	    fj_json_text(b, "sha256"), fj_json_text(b, "digest"), e->approval, fj_json_text(b, "applicant"), fj_json_num(b, "total"), fj_buf_str(&request), (int64_t)e->at, e->seq));
	return tok_job_get(e->db, e->object, &again, err); /* what can't be read could never be stopped */
}

/* --- running: a step of a job --- */

static enum fj_rc put_state(struct iss_call *c, const struct tok_job *j, const char *act, const char *event, const struct fj_err *why, struct fj_err *err)
{
	const char *to;

	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN_JOB, j->state, act, &to, err));
	FJ_AUTO(json) body = json_pack("{s:s}", "to", to);
	if (why != NULL)
		FJ_TRY(fj_json_set(body, "reason", json_pack("{s:s, s:s, s:s}", "rule", why->cite, "en", why->en, "zh", why->zh)));
	return evt_append(c, event, j->id, body, err);
}

/* who may not be licensed any more is left out, with the reason */
static enum fj_rc leave_out(struct iss_call *c, const struct tok_job *j, int64_t line, const json_t *user, const struct fj_err *why, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:I, s:s, s:s, s:s, s:{s:s, s:s}}", "line", (json_int_t)line, "usci", fj_json_text(user, "usci"), "name", fj_json_text(user, "name"),
	    "rule", why->cite, "reason", "en", why->en, "zh", why->zh);

	return body == NULL ? fj_no_memory(err, "issuer") : evt_append(c, "token.bulk-left-out", j->id, body, err);
}

static enum fj_rc take_row(struct issuing *w, const struct tok_job *j, struct fj_slice text, struct fj_err *err)
{
	FJ_AUTO(json) row = NULL;
	struct fj_err why = {0};
	char id[40];

	FJ_TRY(fj_json_parse(text, MAX_ROW, &row, err));
	const json_t *user = json_object_get(row, "user");
	w->line = strtoll(fj_json_text(row, "line"), NULL, 10);
	enum fj_rc rc = tok_user(w, user, &why);
	if (rc == FJ_OK)
		return tok_intend(w, user, id, err);
	if (fj_rc_exit(rc) == 1)
		return leave_out(w->c, j, w->line, user, &why, err);
	*err = why;
	return rc;
}

/* rows from the one that comes next; *n of them */
static enum fj_rc take_rows(struct issuing *w, const struct tok_job *j, int64_t *n, struct fj_err *err)
{
	FJ_AUTO(buf) rows = FJ_BUF_INIT(MAX_FILE + 1);

	FJ_TRY(dom_material_read(j->sha256, &rows, err));
	const uint8_t *p = rows.data, *end = rows.data + rows.len;
	for (int64_t at = 0; p < end && *n < CHUNK; at++) {
		const uint8_t *stop = memchr(p, '\n', (size_t)(end - p));
		if (stop == NULL)
			return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the rows of %s end in the middle of one", j->id);
		if (at >= j->taken) {
			FJ_TRY(take_row(w, j, FJ_SLICE(p, (size_t)(stop - p)), err));
			(*n)++;
		}
		p = stop + 1;
	}
	return FJ_OK;
}

static enum fj_rc step(struct iss_call *c, const char *id, bool *more, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	struct fj_err why = {0};
	int64_t n = 0;

	*more = false;
	FJ_TRY(tok_job_get(c->db, id, &j, err));
	bool held = strcmp(j.state, "HELD") == 0;
	if ((!held && strcmp(j.state, "RUNNING") != 0) || j.taken >= j.total)
		return FJ_OK;
	struct issuing w = {.c = c, .r = j.request, .by = j.operator_, .job = j.id};
	snprintf(c->approval, sizeof(c->approval), "%s", j.approval);
	enum fj_rc rc = tok_check(&w, &why);
	if (rc != FJ_OK && fj_rc_exit(rc) == 1)
		rc = held ? FJ_OK : put_state(c, &j, "hold", "token.bulk-held", &why, err);
	else if (rc != FJ_OK)
		*err = why;
	else {
		rc = held ? put_state(c, &j, "go-on", "token.bulk-resumed", NULL, err) : FJ_OK;
		if (rc == FJ_OK)
			rc = take_rows(&w, &j, &n, err);
		*more = rc == FJ_OK && j.taken + n < j.total;
	}
	tok_release(&w);
	return rc;
}

typedef enum fj_rc (*locked_fn)(struct iss_call *c, const char *id, bool *more, struct fj_err *err);

struct locked {
	locked_fn fn;
	const char *id;
	bool *more;
};

static enum fj_rc as_of_now(struct iss_call *c, void *arg, struct fj_err *err)
{
	const struct locked *l = arg;
	bool rest;

	FJ_TRY(iss_may_act(c->iss, err));
	FJ_TRY(dom_expire(c, SIZE_MAX, &rest, err));
	return l->fn(c, l->id, l->more, err);
}

static enum fj_rc locked(struct iss *i, locked_fn fn, const char *id, bool *more, struct fj_err *err)
{
	return iss_write(i, as_of_now, &(struct locked){fn, id, more}, err);
}

/* as many rows as are signed in about two seconds, then their tokens */
static enum fj_rc advance(struct iss *i, const char *id, bool *more, struct fj_err *err)
{
	size_t room = 2 * pipe_second(i);

	*more = true;
	for (size_t n = 0; *more && n < room; n += CHUNK) {
		FJ_TRY(locked(i, step, id, more, err));
		usleep(1000); /* the lock is not fair: whoever waits gets it now */
	}
	return pipe_make(i, INT64_MAX, err);
}

static enum fj_rc next_job(struct iss *i, char id[32], bool *there, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	pthread_mutex_lock(&i->lock);
	enum fj_rc rc = sto_query(i->db, STO_JOB_NEXT, &q, err, "t", id);
	if (rc == FJ_OK)
		rc = sto_step(&q, there, err);
	if (rc == FJ_OK && *there)
		snprintf(id, 32, "%s", sto_text(&q, 0));
	sto_done(&q);
	pthread_mutex_unlock(&i->lock);
	return rc;
}

/* a job that can't go on keeps no other from it; the first reason is told */
enum fj_rc tok_jobs_advance(struct iss *i, bool *more, struct fj_err *err)
{
	enum fj_rc first = FJ_OK;
	char id[32] = "";
	bool there, rest;

	*more = false;
	for (;;) {
		struct fj_err why = {0};
		FJ_TRY(next_job(i, id, &there, err));
		if (!there)
			return first;
		enum fj_rc rc = advance(i, id, &rest, &why);
		*more = *more || (rc == FJ_OK && rest);
		if (first == FJ_OK && rc != FJ_OK) {
			first = rc;
			*err = why;
		}
	}
}

/* all rows were taken and none of their tokens is still to be made: the covering list is fixed */
static enum fj_rc conclude(struct iss_call *c, const char *id, bool *more, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	FJ_AUTO(buf) list = FJ_BUF_INIT(TOK_MAX_LIST);
	struct counts n;
	char hex[65];
	const char *to;

	(void)more;
	FJ_TRY(tok_job_get(c->db, id, &j, err));
	FJ_TRY(count(c->db, id, &n, err));
	if (strcmp(j.state, "RUNNING") != 0 || j.taken < j.total || n.pending > 0)
		return FJ_OK;
	FJ_TRY(tok_list(c->db, &j, &list, hex, err));
	FJ_TRY(iss_state_next(ISS_OBJ_TOKEN_JOB, j.state, "finish", &to, err));
	FJ_AUTO(json) body = json_pack("{s:s, s:I, s:I, s:I, s:s}", "to", to, "issued", (json_int_t)(n.tokens - n.abandoned), "abandoned", (json_int_t)n.abandoned, "left_out",
	    (json_int_t)j.refused, "list_sha256", hex);
	snprintf(c->approval, sizeof(c->approval), "%s", j.approval);
	return evt_append(c, "token.bulk-done", id, body, err);
}

enum fj_rc tok_jobs_conclude(struct iss *i, struct fj_err *err)
{
	enum fj_rc first = FJ_OK;
	char id[32] = "";
	bool there, more;

	for (;;) {
		struct fj_err why = {0};
		FJ_TRY(next_job(i, id, &there, err));
		if (!there)
			return first;
		enum fj_rc rc = locked(i, conclude, id, &more, &why);
		if (first == FJ_OK && rc != FJ_OK) {
			first = rc;
			if (err != NULL)
				*err = why;
		}
	}
}

/* --- what steps change --- */

enum fj_rc apply_token_bulk_left_out(const struct evt *e, struct fj_err *err)
{
	const json_t *b = e->body;
	FJ_AUTO(buf) reason = FJ_BUF_INIT(4096);

	FJ_TRY(fj_json_canonical(json_object_get(b, "reason"), &reason, err));
	FJ_TRY(sto_run(e->db, STO_JOB_ASIDE_ADD, NULL, err, "titttt", e->object, fj_json_num(b, "line"), fj_json_text(b, "usci"), fj_json_text(b, "name"), fj_json_text(b, "rule"),
	    fj_buf_str(&reason)));
	return sto_run(e->db, STO_JOB_LEFT_OUT, NULL, err, "t", e->object);
}

static enum fj_rc apply_state(const struct evt *e, int64_t done_at, struct fj_err *err)
{
	FJ_AUTO(buf) reason = FJ_BUF_INIT(4096);
	const json_t *why = json_object_get(e->body, "reason");

	if (why != NULL)
		FJ_TRY(fj_json_canonical(why, &reason, err));
	return sto_run(e->db, STO_JOB_STATE, NULL, err, "ttitit", fj_json_text(e->body, "to"), fj_buf_str(&reason), done_at, fj_json_text(e->body, "list_sha256"), e->seq, e->object);
}

enum fj_rc apply_token_bulk_state(const struct evt *e, struct fj_err *err)
{
	return apply_state(e, 0, err);
}

enum fj_rc apply_token_bulk_ended(const struct evt *e, struct fj_err *err)
{
	return apply_state(e, (int64_t)e->at, err);
}

/* --- watching, stopping, carrying on --- */

static enum fj_rc job_json(struct sto *db, const struct tok_job *j, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP], done_at[FJ_TIME_CAP] = "";
	struct counts n;

	FJ_TRY(count(db, j->id, &n, err));
	fj_time_utc(j->at, at);
	if (j->done_at > 0)
		fj_time_utc(j->done_at, done_at);
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:O, s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:s}", "id", j->id, "state", j->state, "authorisation",
	    j->authorisation, "operator", j->operator_, "product", j->product, "total", (json_int_t)j->total, "taken", (json_int_t)j->taken, "issued",
	    (json_int_t)(n.tokens - n.pending - n.abandoned), "pending", (json_int_t)n.pending, "left_out", (json_int_t)j->refused, "abandoned", (json_int_t)n.abandoned,
	    "held_because", j->reason, "applicant", j->applicant, "approval", j->approval, "at", at, "done_at", done_at, "request", j->request, "digest", j->digest, "sha256", j->sha256,
	    "list_sha256", j->list_sha256);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* what waits for its approval under this number, as a job of which nothing is taken; *out stays NULL where nothing does */
static enum fj_rc waiting_json(struct iss_call *c, const char *id, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) payload = NULL;
	struct tok_job j = {.request = NULL};
	char open[32];

	FJ_TRY(apr_open_for(c, "token.bulk", id, open, err));
	if (open[0] == '\0')
		return FJ_OK;
	FJ_TRY(sto_first(c->db, STO_APPROVAL_GET, &q, open, err, "t", open));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 4)), HSM_MAX_PAYLOAD, &payload, err));
	const json_t *request = json_object_get(payload, "request"), *product = json_object_get(request, "product");
	snprintf(j.authorisation, sizeof(j.authorisation), "%s", fj_json_text(payload, "authorisation"));
	snprintf(j.operator_, sizeof(j.operator_), "%s", fj_json_text(payload, "operator"));
	FJ_TRY(tok_job_reader(c, &j, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:i, s:s, s:s, s:O*}", "id", id, "state", "OPEN", "authorisation", j.authorisation, "operator", j.operator_, "product",
	    fj_json_text(product, "id"), "total", json_object_get(payload, "rows"), "taken", 0, "applicant", sto_text(&q, 6), "approval", open, "request", request);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_bulk_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	const char *id = fj_json_peek(c->params, "id");

	FJ_TRY(waiting_json(c, id, &c->answer, err));
	if (c->answer != NULL)
		return FJ_OK;
	FJ_TRY(tok_job_get(c->db, id, &j, err));
	FJ_TRY(tok_job_reader(c, &j, err));
	return job_json(c->db, &j, &c->answer, err);
}

static json_t *job_row(const struct sto_q *q, fj_time now)
{
	char at[FJ_TIME_CAP];

	(void)now;
	fj_time_utc(sto_int(q, 13), at);
	return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s, s:s}", "id", sto_text(q, 0), "state", sto_text(q, 4), "authorisation", sto_text(q, 1), "product", sto_text(q, 3),
	    "total", (json_int_t)sto_int(q, 10), "taken", (json_int_t)sto_int(q, 11), "left_out", (json_int_t)sto_int(q, 12), "applicant", sto_text(q, 8), "at", at);
}

enum fj_rc cmd_bulk_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_JOB_LIST, &q, err, "tit", after, limit, fj_json_text(c->params, "operator")));
	return dom_list_page(c, &q, job_row, "id", limit, err);
}

static json_t *license_row(const struct sto_q *q, fj_time now)
{
	(void)now;
	return json_pack("{s:s, s:s, s:{s:s, s:s}, s:s}", "line", sto_text(q, 0), "id", sto_text(q, 1), "user", "usci", sto_text(q, 2), "name", sto_text(q, 3), "state", sto_text(q, 4));
}

/* what it has issued so far, by the rows of its list */
enum fj_rc cmd_bulk_tokens(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(tok_job_get(c->db, fj_json_peek(c->params, "id"), &j, err));
	FJ_TRY(tok_job_reader(c, &j, err));
	FJ_TRY(sto_query(c->db, STO_JOB_LICENSES, &q, err, "tii", j.id, (int64_t)strtoll(after, NULL, 10), limit));
	return dom_list_page(c, &q, license_row, "line", limit, err);
}

static enum fj_rc own_job(struct iss_call *c, struct tok_job *j, struct fj_err *err)
{
	FJ_TRY(tok_job_get(c->db, fj_json_peek(c->params, "id"), j, err));
	if (strcmp(j->operator_, c->actor->org) == 0)
		return FJ_OK;
	return fj_refuse(err, FJ_E_FORBIDDEN, "issuer", "domain.md 7.4", "this job is another operator's", "该批次属于其他运营机构");
}

/* what was issued stays; the rest is never issued */
enum fj_rc cmd_bulk_stop(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};
	struct fj_err why = {0};
	const char *reason = fj_json_peek(c->params, "reason");

	FJ_TRY(own_job(c, &j, err));
	fj_fail(&why, FJ_E_STATE, "issuer", "", "%s", reason);
	fj_err_zh(&why, "%s", reason);
	FJ_TRY(put_state(c, &j, "stop", "token.bulk-stopped", &why, err));
	tok_job_release(&j);
	FJ_TRY(own_job(c, &j, err));
	return job_json(c->db, &j, &c->answer, err);
}

/* In the caller's thread until nothing is left to do: where no service runs, nobody else does it.  One
 * that runs does it anyway, and a caller who kept a thread of it for each job would keep others out. */
static enum fj_rc carry_on(struct iss_call *c, const char *id, struct fj_err *err)
{
	bool more = true;

	if (c->iss->tending) {
		iss_jobs(c->iss);
		return FJ_OK;
	}
	while (more)
		FJ_TRY(advance(c->iss, id, &more, err));
	FJ_TRY(pub_publish(c->iss, INT64_MAX, err));
	return tok_jobs_conclude(c->iss, err);
}

enum fj_rc cmd_bulk_run(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(tok_job) j = {.request = NULL};

	FJ_TRY(own_job(c, &j, err));
	FJ_TRY(carry_on(c, j.id, err));
	tok_job_release(&j);
	FJ_TRY(own_job(c, &j, err));
	return job_json(c->db, &j, &c->answer, err);
}
