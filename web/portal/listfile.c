/*
 * listfile.c - any list as a file for people: CSV or XLSX, with all its pages.
 *
 * The list's own command reads the rows page by page, so nobody gets in a file what he would
 * not see.  Columns and cells are listcells.c's.  Programs have find.export, with codes.
 * A file is made in memory, twice for a moment, and takes a reader of the register: a person has
 * one made at a time, and all together FILES.
 */
#include <pthread.h>

#include "web/portal/internal.h"

#define PAGE 1000
#define FILES 4

/* --- how many at once --- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char making[FILES][64]; /* logins for whom; "" nobody */

enum fj_rc list_file_begin(const char *login, struct fj_err *err)
{
	size_t at = FILES;
	bool own = false;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < FILES; i++) {
		own = own || strcmp(making[i], login) == 0;
		at = making[i][0] == '\0' ? i : at;
	}
	if (!own && at < FILES)
		snprintf(making[at], sizeof(making[at]), "%s", login);
	pthread_mutex_unlock(&lock);
	if (own)
		return fj_refuse(err, FJ_E_BUSY, "portal", NULL, "a list is being downloaded for you; take the next one when its file is there", "您有一个列表正在下载，请待其完成后再下载下一个");
	if (at == FILES)
		return fj_refuse(err, FJ_E_BUSY, "portal", NULL, "others are downloading lists at this moment; try again in a minute", "当前下载列表的人较多，请稍后再试");
	return FJ_OK;
}

void list_file_end(const char *login)
{
	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < FILES; i++)
		if (strcmp(making[i], login) == 0)
			making[i][0] = '\0';
	pthread_mutex_unlock(&lock);
}

/* --- the file --- */

static enum fj_rc too_many(struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_LIMIT, "portal", NULL, "a file takes %d rows at most; narrow the filters and download in parts", SHEET_MAX_ROWS);

	fj_err_zh(err, "一个文件最多 %d 行；请缩小筛选范围，分批下载", SHEET_MAX_ROWS);
	return rc;
}

static enum fj_rc all_rows(struct web_req *q, const struct iss_command_info *c, json_t *params, enum sheet_format f, struct sheet_out **s, struct fj_err *err)
{
	const char *noun = web_param(q, "noun");
	FJ_AUTO(str) after = fj_strdup("");
	struct list_columns o = {.n = 0};
	size_t n = 0, i;
	json_t *row;

	const struct iss_field *limit = portal_field_of(c, "limit");
	if (limit != NULL) /* a short list has no pages */
		json_object_set_new(params, "limit", json_integer(limit->max < PAGE ? (json_int_t)limit->max : PAGE));
	while (after != NULL) {
		FJ_AUTO(json) page = NULL;
		if (after[0] != '\0')
			json_object_set_new(params, "after", json_string(after));
		FJ_TRY(portal_command(q, c->name, params, &page, err));
		json_array_foreach(json_object_get(page, "items"), i, row) {
			portal_own_words(q, c->name, row);
			if (*s == NULL)
				FJ_TRY(list_begin(q, noun, f, row, &o, s, err));
			if (n++ == SHEET_MAX_ROWS)
				return too_many(err);
			FJ_TRY(list_row(q, &o, row, *s, err));
		}
		fj_free(after);
		after = fj_json_peek(page, "next") == NULL ? NULL : fj_strdup(fj_json_peek(page, "next"));
	}
	if (*s == NULL)
		return list_begin(q, noun, f, NULL, &o, s, err);
	return FJ_OK;
}

static const struct {
	const char *name, *type;
	enum sheet_format format;
} formats[] = {
	{"csv", "text/csv; charset=utf-8", SHEET_CSV},
	{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", SHEET_XLSX},
};

static enum fj_rc make(struct web_req *q, const struct iss_command_info *c, enum sheet_format f, struct fj_buf *file, struct fj_err *err)
{
	FJ_AUTO(sheet_out) s = NULL;
	FJ_AUTO(json) params = NULL;

	FJ_TRY(portal_params(q, c, false, &params, err));
	json_object_del(params, "after");
	FJ_TRY(all_rows(q, c, params, f, &s, err));
	return sheet_out_finish(&s, file, err);
}

bool portal_list_file(struct web_req *q, struct web_res *r, const struct iss_command_info *c, const char *format)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(SHEET_MAX_FILE);
	struct fj_err err = {0};
	char name[120], day[FJ_TIME_CAP];
	const char *login = portal_session(q)->actor.login;
	size_t k = 0;

	while (k < FJ_ARRAY_LEN(formats) && strcmp(formats[k].name, format) != 0)
		k++;
	if (k == FJ_ARRAY_LEN(formats))
		return false;
	enum fj_rc rc = list_file_begin(login, &err);
	if (rc == FJ_OK) {
		rc = make(q, c, formats[k].format, &file, &err);
		list_file_end(login);
	}
	if (rc != FJ_OK) {
		web_fail(q, r, &err);
		return true;
	}
	fj_date_china(fj_now(), day);
	snprintf(name, sizeof(name), "%.60s-%.10s.%s", web_param(q, "noun"), day, formats[k].name);
	web_download(r, name, formats[k].type, fj_buf_slice(&file));
	return true;
}

void portal_list_files(struct web_req *q, struct fj_buf *b, const json_t *fill)
{
	const struct iss_field *f = portal_field_of(iss_command_find("find.export"), "format");

	web_print(b, "<p class=\"small\">%s", web_tr(q, "All that this list finds, as a file:"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(formats); i++) {
		web_print(b, " <a class=\"file\" href=\"?download=%s", formats[i].name);
		portal_query_of(b, fill);
		web_print(b, "\">%s</a>", portal_choice_word(q, f, formats[i].name));
	}
}
