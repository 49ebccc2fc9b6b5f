/*
 * compare.c - two versions of an asset's card side by side: what differs, in its block,
 * old beside new, said in words and marked; what stays is folded; with a chooser of versions.
 */
#include "web/portal/internal.h"

static const char *const blocks[][2] = {{"basic", "basic"}, {"rights", "rights{}"}, {"use", "use"}, {"management", "management"}};

static const char *text_in(const json_t *lines, const char *block, const char *key)
{
	size_t i;
	json_t *v;

	json_array_foreach(lines, i, v)
		if (strcmp(fj_json_text(v, "block"), block) == 0 && strcmp(fj_json_text(v, "key"), key) == 0)
			return fj_json_text(v, "text");
	return "";
}

struct sides { /* two cards, and their lines */
	const json_t *old_card, *new_card, *old, *new;
	const char *const *heads;
};

static void row(struct web_req *q, struct fj_buf *b, const char *label, const char *old, const char *new, bool same, const char *const *heads)
{
	const char *what = same ? "" : old[0] == '\0' ? web_tr(q, "added") : new[0] == '\0' ? web_tr(q, "removed") : web_tr(q, "changed");

	web_print(b, same ? "<tr><th scope=\"row\">%s</th>" : "<tr class=\"differs\"><th scope=\"row\">%s</th>", label);
	web_print(b, same ? "<td data-label=\"%s\"><bdi>%s</bdi></td>" : "<td data-label=\"%s\"><del>%s</del></td>", heads[0], old);
	web_print(b, "<td data-label=\"%s\">", heads[1]);
	if (!same)
		web_print(b, "<strong class=\"mark\">%s</strong> ", what);
	web_print(b, same ? "<bdi>%s</bdi></td></tr>" : "<ins>%s</ins></td></tr>", new);
}

/* of a block what is the same, or what differs, also of what only the old card has; b NULL: counted only */
static size_t rows(struct web_req *q, struct fj_buf *b, const struct sides *s, const char *block, bool same)
{
	const json_t *const of[] = {s->new, s->old};
	size_t i, n = 0;
	json_t *v;

	for (size_t k = 0; k < 2; k++)
		json_array_foreach(of[k], i, v) {
			const char *key = fj_json_text(v, "key"), *now = text_in(s->new, block, key);
			if (strcmp(fj_json_text(v, "block"), block) != 0 || (k == 1 && now[0] != '\0') || iss_card_same(s->old_card, s->new_card, block, key) != same)
				continue;
			if (b != NULL)
				row(q, b, fj_json_text(v, "label"), text_in(s->old, block, key), now, same, s->heads);
			n++;
		}
	return n;
}

static void tables(struct web_req *q, struct fj_buf *b, const struct sides *s, bool same)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(blocks); i++) {
		if (rows(q, NULL, s, blocks[i][0], same) == 0)
			continue;
		web_print(b, "<table class=\"versions\"><caption>%s</caption><thead><tr><th scope=\"col\">%s</th><th scope=\"col\">%s</th><th scope=\"col\">%s</th></tr></thead><tbody>",
		    web_label(q, blocks[i][1]), web_tr(q, "Field"), s->heads[0], s->heads[1]);
		rows(q, b, s, blocks[i][0], same);
		web_html(b, "</tbody></table>");
	}
}

/* what differs; folded below it what does not */
static void table(struct web_req *q, struct fj_buf *b, const json_t *old_card, const json_t *new_card, const char *heads[2])
{
	bool en = web_lang(q)[0] == 'e';
	FJ_AUTO(json) old = iss_card_lines(old_card, en);
	FJ_AUTO(json) new = iss_card_lines(new_card, en);
	const struct sides s = {old_card, new_card, old, new, heads};

	tables(q, b, &s, false);
	web_print(b, "<details><summary>%s</summary>", web_tr(q, "What stays as it is"));
	tables(q, b, &s, true);
	web_html(b, "</details>");
}

static json_t *card_of(struct web_req *q, const char *asset, int64_t version, struct fj_err *err)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "asset", asset);
	json_t *answer = NULL;

	if (version > 0)
		json_object_set_new(params, "version", json_integer(version));
	return portal_command(q, "asset.show", params, &answer, err) == FJ_OK ? answer : NULL;
}

void portal_card_against(struct web_req *q, struct fj_buf *b, const char *asset_no, const json_t *card)
{
	struct fj_err err = {0};
	FJ_AUTO(json) shown = card_of(q, asset_no, 0, &err);
	FJ_AUTO(json) now = shown == NULL ? NULL : card_of(q, asset_no, fj_json_num(shown, "newest"), &err);
	char was[80];

	if (now == NULL)
		return; /* the first one */
	snprintf(was, sizeof(was), web_tr(q, "Version %lld"), (long long)fj_json_num(now, "card_version"));
	const char *heads[2] = {was, web_tr(q, "This form")};
	web_print(b, "<h2>%s</h2>", web_tr(q, "Differences"));
	table(q, b, json_object_get(now, "card"), card, heads);
}

/* --- the page --- */

static void version_select(struct web_req *q, struct fj_buf *b, const char *name, const char *label, const json_t *versions, int64_t chosen)
{
	size_t i;
	json_t *v;

	web_print(b, "<span class=\"find\"><label for=\"%s\">%s</label> <select name=\"%s\" id=\"%s\">", name, label, name, name);
	json_array_foreach(versions, i, v) {
		int64_t n = fj_json_num(v, "version");
		web_print(b, n == chosen ? "<option value=\"%lld\" selected>" : "<option value=\"%lld\">", (long long)n);
		web_say(q, b, "Version %lld", (long long)n);
		if (json_is_true(json_object_get(v, "in_force")))
			web_print(b, " · %s", web_tr(q, "in force"));
		if (json_is_true(json_object_get(v, "draft")))
			web_print(b, " · %s", web_tr(q, "draft of a change"));
		web_html(b, " · ");
		web_text_times(b, fj_json_text(v, "at"));
		web_html(b, "</option>");
	}
	web_html(b, "</select></span> ");
}

static void chooser(struct web_req *q, struct fj_buf *b, const char *asset, const json_t *versions, int64_t from, int64_t to)
{
	web_print(b, "<form class=\"find\" method=\"get\" action=\"/compare/asset/%s\">", asset);
	version_select(q, b, "from", web_tr(q, "Older"), versions, from);
	version_select(q, b, "to", web_tr(q, "Newer"), versions, to);
	web_print(b, "<button>%s</button></form>", web_tr(q, "Compare"));
}

void portal_get_compare(struct web_req *q, struct web_res *r)
{
	const char *asset = web_param(q, "asset");
	FJ_AUTO(json) params = json_pack("{s:s}", "asset", asset);
	FJ_AUTO(json) history = NULL;
	FJ_AUTO(json) diff = NULL;
	struct fj_err err = {0};
	struct fj_buf *b = &r->body;
	char heads[2][80];

	if (portal_command(q, "asset.history", params, &history, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	if (strtoll(web_field(q, "from"), NULL, 10) > 0)
		json_object_set_new(params, "from", json_integer(strtoll(web_field(q, "from"), NULL, 10)));
	if (strtoll(web_field(q, "to"), NULL, 10) > 0)
		json_object_set_new(params, "to", json_integer(strtoll(web_field(q, "to"), NULL, 10)));
	if (portal_command(q, "asset.diff", params, &diff, &err) != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	int64_t from = fj_json_num(diff, "from"), to = fj_json_num(diff, "to");
	FJ_AUTO(json) old = card_of(q, asset, from, &err);
	FJ_AUTO(json) new = card_of(q, asset, to, &err);
	portal_top(q, b, web_tr(q, "Versions of a card, side by side"));
	web_print(b, "<p><a href=\"/show/asset/%s\" class=\"mono\">%s</a> <bdi>%s</bdi></p>", asset, asset, fj_json_text(new, "name"));
	chooser(q, b, asset, json_object_get(history, "items"), from, to);
	web_html(b, "<p class=\"notice\" role=\"status\">");
	web_say(q, b, "%zu fields differ; each is marked.", json_array_size(json_object_get(diff, "items")));
	web_html(b, "</p>");
	snprintf(heads[0], sizeof(heads[0]), web_tr(q, "Version %lld"), (long long)from);
	snprintf(heads[1], sizeof(heads[1]), web_tr(q, "Version %lld"), (long long)to);
	const char *both[2] = {heads[0], heads[1]};
	table(q, b, json_object_get(old, "card"), json_object_get(new, "card"), both);
	web_page_end(b);
}
