/*
 * watch.c - `fujie-verify watch LIST`: which of the credentials on a list changed.
 *
 * Judged here, by published lists alone: the issuer does not learn what is on the
 * list.  What was told last is kept in the cache (watch.json), so that a run from
 * cron tells each change once.
 */
#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/jws.h"
#include "verifier/gateway/gateway.h"

#define MAX_ITEMS 100000
#define LIST_OCTETS (8u << 20)
#define CREDENTIAL 65536
#define TOLD_OCTETS (64u << 20)
#define TOLD "watch.json"

struct item {
	char *name;
	struct fj_buf credential; /* empty: looked up by its number in the trust */
};
struct gw_watch {
	struct item *item;
	size_t n;
	json_t *told; /* name to {"verdict", "en"} */
};

static bool is_number(const char *s)
{
	return strncmp(s, "DAC-", 4) == 0 || strncmp(s, "DAU-", 4) == 0;
}

/* a unified social credit code: all authorisations that name this organisation */
static bool is_organisation(const char *s)
{
	return strlen(s) == 18 && strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 18;
}

static enum fj_rc add_item(struct gw_watch *w, const char *line, size_t len, struct fj_err *err)
{
	struct item *it = &w->item[w->n];

	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	if (len == 0 || line[0] == '#')
		return FJ_OK;
	if (w->n == MAX_ITEMS)
		return fj_fail(err, FJ_E_LIMIT, "gateway", NULL, "the list has more than %d lines", MAX_ITEMS);
	it->name = fj_strndup(line, len);
	fj_buf_init(&it->credential, CREDENTIAL);
	w->n++;
	if (it->name == NULL)
		return fj_no_memory(err, "gateway");
	if (!fj_utf8_valid(fj_slice_str(it->name)))
		return fj_fail(err, FJ_E_PARSE, "gateway", NULL, "line %zu of the list is not UTF-8", w->n);
	if (strncmp(it->name, "LT-", 3) == 0)
		return fj_refuse(err, FJ_E_USAGE, "gateway", "formats.md 7", "tokens are not published, so a token's number can't be looked up; name its file", "令牌不公开，无法按编号查询，请给出令牌文件");
	return is_number(it->name) || is_organisation(it->name) ? FJ_OK : fj_file_read(AT_FDCWD, it->name, &it->credential, err);
}

static enum fj_rc read_list(struct gw_watch *w, const char *file, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(LIST_OCTETS);

	FJ_TRY(fj_file_read(AT_FDCWD, file, &text, err));
	const char *p = fj_buf_str(&text), *end = p + text.len;
	w->item = fj_alloc(MAX_ITEMS + 1, sizeof(*w->item));
	if (w->item == NULL)
		return fj_no_memory(err, "gateway");
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = nl == NULL ? (size_t)(end - p) : (size_t)(nl - p);
		FJ_TRY(add_item(w, p, len, err));
		p += len + 1;
	}
	return w->n > 0 ? FJ_OK : fj_fail(err, FJ_E_USAGE, "gateway", NULL, "the list is empty");
}

enum fj_rc gw_watch_open(const char *file, struct gw_watch **out, struct fj_err *err)
{
	struct gw_watch *w = fj_alloc(1, sizeof(*w));

	if (w == NULL)
		return fj_no_memory(err, "gateway");
	enum fj_rc rc = read_list(w, file, err);
	if (rc != FJ_OK) {
		gw_watch_close(w);
		return rc;
	}
	*out = w;
	return FJ_OK;
}

void gw_watch_close(struct gw_watch *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->n; i++) {
		fj_free(w->item[i].name);
		fj_buf_release(&w->item[i].credential);
	}
	fj_free(w->item);
	json_decref(w->told);
	fj_free(w);
}

/* --- one round --- */

static json_t *line_of(const struct item *it, const struct ver_report *r, const json_t *was)
{
	const struct ver_check *c = ver_report_worst(r);
	char at[FJ_TIME_CAP], as_of[FJ_TIME_CAP];

	fj_time_utc(r->at, at);
	fj_time_utc(r->as_of, as_of);
	return json_pack("{s:s, s:s, s:s, s:o, s:s, s:{s:s, s:s}, s:o}", "item", it->name, "at", at, "verdict", ver_verdict_name(r->verdict),
	    "was", was == NULL ? json_null() : json_incref(json_object_get(was, "verdict")), "reason", c == NULL ? "" : c->name,
	    "text", "en", c == NULL ? "" : c->en, "zh", c == NULL ? "" : c->zh, "as_of", r->as_of == 0 ? json_null() : json_string(as_of));
}

static enum fj_rc tell(struct gw_watch *w, const struct item *it, const struct ver_report *r, struct fj_err *err)
{
	const struct ver_check *c = ver_report_worst(r);
	const json_t *was = json_object_get(w->told, it->name);
	FJ_AUTO(buf) text = FJ_BUF_INIT(65536);

	if (was != NULL && strcmp(fj_json_text(was, "verdict"), ver_verdict_name(r->verdict)) == 0 && strcmp(fj_json_text(was, "en"), c == NULL ? "" : c->en) == 0)
		return FJ_OK;
	FJ_AUTO(json) line = line_of(it, r, was);
	if (line == NULL)
		return fj_no_memory(err, "gateway");
	FJ_TRY(fj_json_canonical(line, &text, err));
	if (puts(fj_buf_str(&text)) == EOF || fflush(stdout) != 0)
		return fj_fail_errno(err, "gateway", "write a line");
	return fj_json_set(w->told, it->name, json_pack("{s:s, s:s}", "verdict", ver_verdict_name(r->verdict), "en", c == NULL ? "" : c->en)) == FJ_OK
	    ? FJ_OK : fj_no_memory(err, "gateway");
}

/* a number that is not published here is an unknown, not a failure: it may be by the next round */
static enum fj_rc judge(const struct item *it, struct gw_view *v, struct ver_report *r, struct fj_err *err)
{
	FJ_AUTO(buf) found = FJ_BUF_INIT(CREDENTIAL);
	struct ver_input in = {.now = fj_now(), .credential = fj_buf_slice(&it->credential)};

	if (is_number(it->name) || is_organisation(it->name)) {
		if (ver_folder_find(v->dir, it->name, &found, NULL) != FJ_OK) {
			*r = (struct ver_report){.verdict = VER_INDETERMINATE, .kind = "unknown", .at = in.now, .n = 1,
				.check = {{.name = "form", .outcome = VER_UNKNOWN, .clause = "formats.md 7", .en = "nothing is published in the trust folder under this number or of this organisation", .zh = "信任资料中没有该编号或该机构的凭证"}}};
			return FJ_OK;
		}
		in.credential = fj_buf_slice(&found);
		in.number = it->name;
	}
	return gw_judge(v, &in, r, err);
}

static enum fj_rc judge_one(struct gw_watch *w, const struct item *it, struct gw_view *v, bool *good, struct fj_err *err)
{
	FJ_AUTO(ver_report) r = {.n = 0};

	FJ_TRY(judge(it, v, &r, err));
	*good = *good && r.verdict == VER_PERMIT;
	return tell(w, it, &r, err);
}

static bool names(int folder, const char *file, const char *usci)
{
	static const char *const roles[] = {"holder", "implementer", "operator"};
	FJ_AUTO(buf) text = FJ_BUF_INIT(CREDENTIAL);
	FJ_AUTO(jws) j = {.payload = NULL};

	if (fj_file_read(folder, file, &text, NULL) != FJ_OK)
		return false;
	struct fj_slice jwt = FJ_SLICE(text.data, strcspn(fj_buf_str(&text), "~\n")); /* an SD-JWT ends with ~ */
	if (fj_jws_read(jwt, CREDENTIAL, &j, NULL) != FJ_OK)
		return false;
	for (size_t i = 0; i < FJ_ARRAY_LEN(roles); i++)
		if (strcmp(fj_json_text(json_object_get(j.payload, roles[i]), "usci"), usci) == 0)
			return true;
	return false;
}

/* each authorisation of the trust folder that names it, by its own number; one that names nobody's
 * is an unknown, as a number is that is not published */
static enum fj_rc judge_organisation(struct gw_watch *w, const struct item *org, struct gw_view *v, bool *good, struct fj_err *err)
{
	FJ_AUTO(fd) folder = openat(v->dir, "authorisations", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int scanned = folder < 0 ? -1 : fcntl(folder, F_DUPFD_CLOEXEC, 0);
	DIR *d = scanned < 0 ? NULL : fdopendir(scanned);
	const struct dirent *e;
	enum fj_rc rc = FJ_OK;
	size_t found = 0;

	while (d != NULL && rc == FJ_OK && (e = readdir(d)) != NULL) {
		char number[64];
		size_t len = strlen(e->d_name);
		if (len < 5 || len >= sizeof(number) || strcmp(e->d_name + len - 4, ".jwt") != 0 || !names(folder, e->d_name, org->name))
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)len - 4, e->d_name);
		found++;
		rc = judge_one(w, &(struct item){.name = number}, v, good, err);
	}
	if (d != NULL)
		closedir(d);
	else
		fj_fd_close(&scanned);
	return rc == FJ_OK && found == 0 ? judge_one(w, org, v, good, err) : rc;
}

static enum fj_rc judge_all(struct gw_watch *w, struct gw_view *v, bool *good, struct fj_err *err)
{
	for (size_t i = 0; i < w->n; i++)
		FJ_TRY((is_organisation(w->item[i].name) ? judge_organisation : judge_one)(w, &w->item[i], v, good, err));
	return FJ_OK;
}

static enum fj_rc load_told(struct gw_watch *w, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(TOLD_OCTETS);

	if (w->told != NULL)
		return FJ_OK;
	enum fj_rc rc = fj_file_read(AT_FDCWD, TOLD, &text, err);
	if (rc == FJ_OK)
		return fj_json_parse(fj_buf_slice(&text), TOLD_OCTETS, &w->told, err);
	w->told = rc == FJ_E_NOTFOUND ? json_object() : NULL;
	return w->told != NULL ? FJ_OK : rc;
}

enum fj_rc gw_watch_round(struct gw_watch *w, struct gw_keep *k, bool *good, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(TOLD_OCTETS);
	struct gw_view *v;

	*good = true;
	FJ_TRY(load_told(w, err));
	FJ_TRY(gw_view_take(k, &v, err));
	enum fj_rc rc = judge_all(w, v, good, err);
	gw_view_give(k, v);
	FJ_TRY(rc);
	FJ_TRY(fj_json_canonical(w->told, &text, err));
	return fj_file_replace(AT_FDCWD, TOLD, fj_buf_slice(&text), 0600, err);
}
