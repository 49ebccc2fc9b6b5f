/*
 * card.c - an asset card on a page: the four blocks of 167·三(二), each with its
 * heading, by the labels and words of the register's own dictionary; and its main
 * facts with the materials, folded, above the forms that decide on it.
 */
#include "web/portal/internal.h"

static void block(struct web_req *q, struct fj_buf *b, const json_t *lines, const char *name, const char *heading)
{
	size_t i;
	json_t *l;

	web_html(b, "<h2>");
	web_text(b, web_label(q, heading));
	web_html(b, "</h2><dl>");
	json_array_foreach(lines, i, l) {
		if (strcmp(fj_json_peek(l, "block"), name) != 0)
			continue;
		web_html(b, "<div><dt>");
		web_text(b, fj_json_peek(l, "label"));
		web_html(b, "</dt><dd><bdi>");
		web_text(b, fj_json_peek(l, "text"));
		web_html(b, "</bdi></dd></div>");
	}
	web_html(b, "</dl>");
}

void portal_card(struct web_req *q, struct fj_buf *b, const json_t *card)
{
	FJ_AUTO(json) lines = iss_card_lines(card, web_lang(q)[0] == 'e');

	if (card == NULL)
		return;
	block(q, b, lines, "basic", "basic");
	block(q, b, lines, "rights", "rights{}");
	block(q, b, lines, "use", "use");
	block(q, b, lines, "management", "management");
}

void portal_card_facts(struct web_req *q, struct fj_buf *b, const json_t *card, const char *const *keys)
{
	FJ_AUTO(json) lines = iss_card_lines(card, web_lang(q)[0] == 'e');
	size_t i;
	json_t *v;

	web_html(b, "<dl>");
	json_array_foreach(lines, i, v) {
		const char section[] = {fj_json_text(v, "text")[0], '\0'}, *industry = strcmp(fj_json_text(v, "key"), "industry") == 0 ? web_tr_in(q, "industry", section) : NULL;
		for (size_t k = 0; keys[k] != NULL; k++)
			if (strcmp(keys[k], fj_json_text(v, "key")) == 0)
				web_print(b, "<div><dt>%s</dt><dd><bdi>%s %s</bdi></dd></div>", fj_json_text(v, "label"), fj_json_text(v, "text"), industry == NULL ? "" : industry);
	}
	web_html(b, "</dl>");
}

/* --- above a form that decides on a registration --- */

/* of the asset, and of its unit for all of its assets */
static void materials(struct web_req *q, struct fj_buf *b, const char *asset_no, const char *holder)
{
	const struct {
		const char *by, *value;
	} of[] = {{"asset", asset_no}, {"holder", holder}};
	size_t n = 0, i;
	json_t *m;

	web_print(b, "<h3>%s</h3><ul class=\"links\">", portal_noun_word(q, "material", false));
	for (size_t k = 0; k < FJ_ARRAY_LEN(of); k++) {
		FJ_AUTO(json) params = json_pack("{s:s, s:i}", of[k].by, of[k].value, "limit", 100);
		FJ_AUTO(json) list = NULL;
		if (portal_command(q, "material.list", params, &list, NULL) != FJ_OK)
			continue;
		json_array_foreach(json_object_get(list, "items"), i, m) {
			if (k == 1 && !iss_material_may(fj_json_text(m, "kind"), ISS_HOLDER)) /* minutes, filings and the like of the unit: nothing of a registration */
				continue;
			web_print(b, "<li><a href=\"/show/material/%s\"><bdi>%s</bdi></a> <span class=\"small\">%s%s · ", fj_json_text(m, "id"), fj_json_text(m, "name"), web_word(q, WEB_KIND, fj_json_text(m, "kind")), k == 0 ? "" : web_tr(q, ", for all assets of the unit"));
			web_text_times(b, fj_json_text(m, "at"));
			web_html(b, "</span></li>");
			n++;
		}
	}
	web_html(b, "</ul>");
	if (n == 0)
		web_print(b, "<p>%s</p>", web_tr(q, "None was filed."));
}

/* the certificate takes two officers who had no part in the registration: who takes this step is none of them */
static void officers_left(struct web_req *q, struct fj_buf *b, const json_t *reg)
{
	const json_t *left = json_object_get(reg, "issuers_left");

	if (!json_is_integer(left) || json_integer_value(left) >= 2)
		return;
	web_html(b, "<p class=\"notice\">");
	web_say(q, b, "The certificate takes two officers of this department who had no part in the registration: one asks for it, another approves (R22). When you have taken this step, %lld are left for it. Have officers entered in time.", (long long)json_integer_value(left));
	web_html(b, "</p>");
}

/* what is objected, and by whom as far as the reader may know */
static void objection(struct web_req *q, struct fj_buf *b, const char *id)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	FJ_AUTO(json) o = NULL;

	if (portal_command(q, "objection.show", params, &o, NULL) != FJ_OK)
		return;
	FJ_AUTO(json) told = json_pack("{s:O*, s:O*, s:O*, s:O*, s:O*, s:O*, s:O*}", "evidence", json_object_get(o, "evidence"), "name", json_object_get(o, "name"), "contact", json_object_get(o, "contact"),
	    "registration", json_object_get(o, "registration"), "asset_no", json_object_get(o, "asset_no"), "at", json_object_get(o, "at"), "due", json_object_get(o, "due"));
	web_print(b, "<h2>%s</h2>", web_tr(q, "What is objected"));
	web_fields(q, b, told, portal_links);
}

/* how each was settled, before it is decided on the registration */
static void objections(struct web_req *q, struct fj_buf *b, const json_t *reg)
{
	static const char *const first[] = {"id", "state", "reason", "at", NULL};
	FJ_AUTO(json) list = json_deep_copy(json_object_get(reg, "objections"));
	size_t i;
	json_t *o;

	web_print(b, "<h2>%s</h2>", web_tr(q, "Objections, and how each was settled"));
	if (json_array_size(list) == 0) {
		web_print(b, "<p>%s</p>", web_tr(q, "None was made."));
		return;
	}
	json_array_foreach(list, i, o) { /* they are this registration's */
		json_object_del(o, "registration");
		json_object_del(o, "asset_no");
		json_object_del(o, "overdue");
	}
	web_table(q, b, list, portal_links, first);
}

void portal_case(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	static const char *const steps[] = {"registration.endorse", "registration.accept", "registration.return", "registration.review", "registration.notice", "registration.decide"};
	static const char *const keys[] = {"name", "overview", "class_scheme", "class_code", "industry", "source_kind", "source_authority", "geo_scope", "geo_codes", "time_from", "time_to", "update_freq", "volume_rows", "rights",
		"modes", "public_data", "public_data_basis", "personal_info", "dispute", "restrict", "data_level", "sec_policy", "emergency_plan", "risk_assessment", "evidence_no", NULL};
	FJ_AUTO(json) params = json_pack("{s:s}", "id", fj_json_text(fill, "id"));
	FJ_AUTO(json) reg = NULL;
	FJ_AUTO(json) asset = NULL;
	bool step = false, decides = strcmp(c->name, "registration.decide") == 0;

	if (strncmp(c->name, "objection.", 10) == 0 && c->kind != ISS_READ)
		objection(q, b, fj_json_text(fill, "id"));
	for (size_t i = 0; i < FJ_ARRAY_LEN(steps); i++)
		step = step || strcmp(steps[i], c->name) == 0;
	if (!step || portal_command(q, "registration.show", params, &reg, NULL) != FJ_OK)
		return;
	const char *asset_no = fj_json_text(reg, "asset_no");
	FJ_AUTO(json) version = json_pack("{s:s, s:I}", "asset", asset_no, "version", (json_int_t)fj_json_num(reg, "version"));
	if (strcmp(c->name, "registration.return") != 0)
		officers_left(q, b, reg);
	if (decides)
		objections(q, b, reg);
	if (portal_command(q, "asset.show", version, &asset, NULL) != FJ_OK)
		return;
	web_print(b, "<details class=\"doc\"><summary>%s <bdi>%s</bdi> <span class=\"mono small\">%s</span></summary>", web_tr(q, "The card and its materials:"), fj_json_text(reg, "asset_name"), asset_no);
	portal_card_facts(q, b, json_object_get(asset, "card"), keys);
	web_print(b, "<p><a href=\"/show/asset/%s\">%s</a></p>", asset_no, web_tr(q, "The whole card"));
	materials(q, b, asset_no, fj_json_text(reg, "holder"));
	web_html(b, "</details>");
}
