/*
 * answer.c - what a command answered, for people: what waits for whom, fields, one
 * table for each list of objects (what was set aside, faults, versions), files to
 * keep, and what only machines read folded away.
 *
 * It knows conventions, not commands: {"approval"}, "published", "refused",
 * "set_aside", an object with "base64url" is a file, a text named csv is one too.
 */
#include "web/portal/internal.h"

bool portal_refused(const json_t *answer, struct fj_err *err)
{
	const json_t *detail = json_object_get(answer, "detail");
	const char *name = fj_json_peek(answer, "error"), *en = fj_json_peek(detail, "en"), *zh = fj_json_peek(detail, "zh");
	const char *rule = fj_json_peek(answer, "rule"), *basis = fj_json_peek(answer, "basis"), *clause = fj_json_peek(answer, "clause");
	enum fj_rc rc = FJ_E_INVALID;

	if (!json_is_true(json_object_get(answer, "refused")))
		return false;
	for (int k = FJ_OK + 1; name != NULL && k < FJ_RC_COUNT; k++)
		if (strcmp(fj_rc_name((enum fj_rc)k), name) == 0)
			rc = (enum fj_rc)k;
	const char *list = json_array_size(json_object_get(answer, "faults")) > 0 ? "faults" : "set_aside";
	if (rule == NULL)
		rule = fj_json_peek(json_array_get(json_object_get(answer, list), 0), "rule");
	fj_fail(err, rc, "issuer", rule, en != NULL ? "%s" : "it has faults and nothing of it was taken: correct what \"%s\" names", en != NULL ? en : list);
	fj_err_zh(err, zh != NULL ? "%s" : "存在错误，全部未办理：请更正 %s 所列内容", zh != NULL ? zh : list);
	snprintf(err->basis, sizeof(err->basis), "%s", basis == NULL ? "" : basis);
	snprintf(err->clause, sizeof(err->clause), "%s", clause == NULL ? "" : clause);
	return true;
}

static bool is_rows(const json_t *v)
{
	return json_is_array(v) && json_is_object(json_array_get(v, 0));
}

static bool is_file(const char *key, const json_t *v)
{
	return fj_json_peek(v, "base64url") != NULL || (strcmp(key, "csv") == 0 && json_is_string(v));
}

bool portal_answer_is_plain(const json_t *answer)
{
	const char *key;
	json_t *v;

	struct fj_err err = {0};

	if (portal_refused(answer, &err) || !json_is_object(answer))
		return false;
	json_object_foreach((json_t *)(uintptr_t)answer, key, v)
		if (portal_is_secret(key) || is_file(key, v) || (json_is_array(v) && json_array_size(v) > 0))
			return false;
	return true;
}

/* --- files --- */

static const char *type_of(const char *name)
{
	static const struct {
		const char *end, *type;
	} types[] = {{".csv", "text/csv; charset=utf-8"}, {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{".json", "application/json; charset=utf-8"}, {".xml", "application/xml"}, {".zip", "application/zip"}, {".tar", "application/x-tar"},
		{".txt", "text/plain; charset=utf-8"}, {".pdf", "application/pdf"}, {".ics", "text/calendar; charset=utf-8"},
		{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"}, {".pem", "application/x-pem-file"}};
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < FJ_ARRAY_LEN(types); i++)
		if (strcmp(types[i].end, dot) == 0)
			return types[i].type;
	return "application/octet-stream";
}

static void file_name(const char *command, const char *member, const json_t *v, char out[161])
{
	const char *name = json_is_object(v) ? fj_json_peek(v, "name") : NULL;

	if (name == NULL)
		name = json_is_object(v) ? fj_json_peek(v, "filename") : NULL;
	if (name != NULL && strlen(name) <= 160)
		snprintf(out, 161, "%s", name);
	else
		snprintf(out, 161, "%.60s%s%.60s", command, strcmp(member, "csv") == 0 ? "." : "-", member);
}

bool portal_answer_file(struct web_res *r, const char *command, const json_t *answer, const char *member)
{
	const json_t *v = strcmp(member, ".") == 0 ? answer : json_object_get(answer, member);
	const char *b64 = fj_json_peek(v, "base64url");
	char name[161];

	if (!is_file(member, v))
		return false;
	file_name(command, member, v, name);
	if (b64 == NULL) {
		web_download(r, name, type_of(name), fj_slice_str(json_string_value(v)));
		return true;
	}
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(strlen(b64));
	if (fj_b64u_get(b64, strlen(b64), &bytes) != FJ_OK)
		return false;
	web_download(r, name, type_of(name), fj_buf_slice(&bytes));
	return true;
}

static void file_link(struct web_req *q, struct fj_buf *b, const char *command, const char *member, const json_t *v, const char *again)
{
	char name[161];

	file_name(command, member, v, name);
	web_html(b, "<p><a class=\"file\" href=\"");
	web_text(b, again);
	web_html(b, strchr(again, '?') == NULL ? "?download=" : "&amp;download=");
	web_url(b, member);
	web_html(b, "\">");
	web_say(q, b, "Download ");
	web_html(b, "<bdi>");
	web_text(b, name);
	web_html(b, "</bdi></a></p>");
}

/* --- what has to be said first --- */

static void notice(struct fj_buf *b, const char *class, const char *text)
{
	web_print(b, "<p class=\"%s\" role=\"status\">%s</p>", class, text);
}

static void asked_of(struct web_req *q, struct fj_buf *b, const json_t *answer)
{
	char office[PORTAL_NAME];

	web_html(b, "<p class=\"notice ok\" role=\"status\">");
	if (portal_decider(q, json_object_get(answer, "waiting_for"), office))
		web_say(q, b, "Handed in: %s decides.", office);
	else
		web_say(q, b, "Requested: another officer has to approve.");
	web_html(b, "</p>");
}

static void notices(struct web_req *q, struct fj_buf *b, const json_t *answer)
{
	const json_t *aside = json_object_get(answer, "set_aside");
	struct fj_err err = {0};

	if (portal_refused(answer, &err) && json_object_get(answer, "detail") != NULL)
		portal_error(q, b, &err);
	else if (err.rc != FJ_OK)
		notice(b, "error", fj_json_num(json_object_get(answer, "kinds"), "changed") > 0 ? web_tr(q, "Entries were changed by somebody after the preview: nothing was taken. The table names them; preview the file again.")
		    : web_tr(q, "The file has faults: nothing was taken. Correct what the table names and send it again."));
	if (json_array_size(aside) > 0)
		notice(b, "notice", web_tr(q, "These items were set aside; the others were done."));
	if (fj_json_peek(answer, "approval") != NULL && json_object_get(answer, "pending") == NULL) /* a batch that runs names the one it had */
		asked_of(q, b, answer);
	if (fj_json_peek(answer, "code_first") != NULL)
		notice(b, "notice", web_tr(q, "This is the first half of the one-time code: hand it to the user in person. Whoever approves has the second. It can't be shown again."));
	if (json_is_false(json_object_get(answer, "published")))
		notice(b, "notice", web_tr(q, "Done; the status isn't published yet, the appliance tries again by itself."));
}

/* --- the body --- */

/* column 7 is G, as programs for tables say, with its heading where it is known; 0: no column of a table */
static void column_text(int64_t column, const char *heading, char out[200])
{
	char letters[16] = "";
	size_t n = sizeof(letters) - 1;

	letters[n] = '\0';
	for (; column > 0 && n > 0; column = (column - 1) / 26)
		letters[--n] = (char)('A' + (column - 1) % 26);
	snprintf(out, 200, "%s%s%.150s", letters + n, letters[n] != '\0' && heading != NULL ? " " : "", heading == NULL ? "" : heading);
}

/* rows that carry their label as "zh" and "en" show it in the page's language */
static json_t *with_detail(const json_t *list)
{
	json_t *out = json_array(), *row;
	size_t i;

	json_array_foreach(list, i, row) {
		json_t *copy = json_copy(row), *en = json_object_get(row, "en"), *zh = json_object_get(row, "zh");
		if (json_is_string(en) && json_is_string(zh)) {
			json_object_set_new(copy, "detail", json_pack("{s:O, s:O}", "en", en, "zh", zh));
			json_object_del(copy, "en");
			json_object_del(copy, "zh");
		}
		if (json_is_integer(json_object_get(copy, "line")) && json_is_integer(json_object_get(copy, "column"))) {
			char place[200];
			column_text(fj_json_num(copy, "column"), fj_json_peek(copy, "heading"), place);
			json_object_set_new(copy, "column", json_string(place));
		}
		json_array_append_new(out, copy);
	}
	return out;
}

static bool any_value(const json_t *list)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (json_object_get(v, "value") != NULL)
			return true;
	return false;
}

/* rows that name objects of several nouns, as a search finds them: each leads to its page, by its name */
static bool is_found(const json_t *list)
{
	const json_t *row = json_array_get(list, 0);

	return fj_json_peek(row, "key") != NULL && portal_key_of(fj_json_text(row, "noun")) != NULL;
}

static void found(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	static const char *const cols[] = {"name", "noun", "state", "holder"};
	size_t i;
	json_t *row;

	web_html(b, "<table class=\"list\"><thead><tr>");
	web_heads(q, b, cols, FJ_ARRAY_LEN(cols));
	web_html(b, "</tr></thead><tbody>");
	json_array_foreach(list, i, row) {
		const char *noun = fj_json_text(row, "noun"), *key = fj_json_text(row, "key"), *name = fj_json_text(row, "name");
		const char *state = portal_state_of(noun, fj_json_text(row, "state"));
		FJ_AUTO(json) rest = json_pack("{s:s, s:s*, s:O*}", "noun", portal_noun_word(q, noun, true), "state", state[0] != '\0' ? state : NULL, "holder", json_object_get(row, "holder"));
		web_print(b, "<tr><td data-label=\"%s\"><div>", web_label(q, cols[0]));
		web_print(b, "<a href=\"/show/%s/%s\"><bdi>%s</bdi></a> <span class=\"mono small\">%s</span>", noun, key, name[0] != '\0' ? name : key, key);
		web_html(b, "</div></td>");
		web_cells(q, b, rest, portal_links, cols + 1, FJ_ARRAY_LEN(cols) - 1);
		web_html(b, "</tr>");
	}
	web_html(b, "</tbody></table>");
}

static void rows(struct web_req *q, struct fj_buf *b, const char *key, const json_t *list)
{
	static const char *const aside[] = {"item", "rule", "basis", "clause", "detail", NULL}, *const faults[] = {"line", "column", "rule", "detail", NULL}, *const values[] = {"line", "column", "value", "rule", "detail", NULL};
	const char *const *columns = NULL;

	if (strcmp(key, "items") != 0) {
		web_html(b, "<h2>");
		web_text(b, web_label(q, key));
		web_html(b, "</h2>");
	}
	if (is_found(list)) {
		found(q, b, list);
		return;
	}
	FJ_AUTO(json) shown = with_detail(list);
	if (strcmp(key, "set_aside") == 0)
		columns = aside;
	else if (strcmp(key, "faults") == 0 || (strcmp(key, "warnings") == 0 && json_object_get(json_array_get(list, 0), "column") != NULL))
		columns = any_value(list) ? values : faults;
	web_table(q, b, shown, portal_links, columns);
}

static bool is_no_fault(const char *key, const json_t *v)
{
	return json_is_array(v) && json_array_size(v) == 0 && (strcmp(key, "faults") == 0 || strcmp(key, "warnings") == 0 || strcmp(key, "set_aside") == 0);
}

/* who decides, in a word */
static void say_waiting(struct web_req *q, json_t *fields)
{
	const char *role = fj_json_peek(json_object_get(fields, "waiting_for"), "role");

	if (role != NULL)
		json_object_set_new(fields, "waiting_for", json_string(web_word(q, WEB_ROLE, role)));
}

/* the members that stand apart are taken out of the object that is shown as fields */
static void split(const json_t *answer, json_t *fields, json_t *lists, json_t *files)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)answer, key, v) {
		if (is_file(key, v))
			json_object_set(files, key, v);
		else if (is_rows(v))
			json_object_set(lists, key, v);
		else if (!is_no_fault(key, v) && strcmp(key, "card") != 0 && strcmp(key, "refused") != 0 && !(json_is_null(v) && strcmp(key, "next") == 0))
			json_object_set(fields, key, v);
	}
	if (fj_json_num(fields, "reason") == 0 && json_is_integer(json_object_get(fields, "reason")))
		json_object_del(fields, "reason"); /* of a certificate that nobody took back */
}

void portal_answer(struct web_req *q, struct fj_buf *b, const char *command, const json_t *answer, const char *again)
{
	FJ_AUTO(json) fields = json_object();
	FJ_AUTO(json) lists = json_object();
	FJ_AUTO(json) files = json_object();
	const char *key;
	json_t *v;

	if (json_is_string(answer)) {
		web_html(b, "<pre tabindex=\"0\">");
		web_text(b, json_string_value(answer));
		web_html(b, "</pre>");
		return;
	}
	if (portal_is_report(answer)) {
		portal_report(q, b, answer);
		return;
	}
	notices(q, b, answer);
	portal_batch(q, b, command, answer);
	if (is_file(".", answer) && again != NULL) {
		file_link(q, b, command, ".", answer, again);
		return;
	}
	split(answer, fields, lists, files);
	say_waiting(q, fields);
	portal_own_words(q, command, fields);
	if (json_is_true(json_object_get(answer, "refused")) && json_object_get(answer, "detail") != NULL)
		json_object_clear(fields); /* it is the refusal, and was told */
	web_fields(q, b, fields, portal_links);
	json_object_foreach(files, key, v)
		if (again != NULL)
			file_link(q, b, command, key, v, again);
	portal_card(q, b, json_object_get(answer, "card"));
	json_object_foreach(lists, key, v)
		if (portal_is_profile(v))
			portal_profile(q, b, v);
		else
			rows(q, b, key, v);
	if (json_is_array(json_object_get(answer, "items")) && json_object_size(lists) == 0)
		notice(b, "notice", web_tr(q, "There are none."));
	web_technical(q, b, fields);
}
