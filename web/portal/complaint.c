/*
 * complaint.c - a complaint on its pages: by labels of its own, who answers it and who
 * decides, and on the first page of whoever complained how it stands.
 *
 * Amounts that nobody has said yet are not shown as zero.
 */
#include "web/portal/internal.h"

/* "收费 · P-INDEX" */
static void title(struct web_req *q, const json_t *o, struct fj_buf *b)
{
	const char *product = fj_json_text(o, "product");

	web_text(b, web_word(q, WEB_KIND, fj_json_text(o, "kind")));
	if (product[0] != '\0')
		web_print(b, " · %s", product);
}

void portal_complaint_labels(struct web_req *q, json_t *o)
{
	static const struct {
		const char *from, *to;
	} as[] = {{"name", "complainant"}, {"org", "complaint_by"}, {"subject", "complaint_subject"}, {"operator", "answered_by"}, {"reason", "finding"}};
	static const char *const amounts[] = {"charged_fen", "cost_fen", "refunded_fen"}, *const lists[] = {"items", "cost"}, *const parties[] = {"implementer", "finance"};
	FJ_AUTO(buf) name = FJ_BUF_INIT(1024);

	for (size_t i = 0; i < FJ_ARRAY_LEN(as); i++) {
		json_t *v = json_object_get(o, as[i].from);
		if (v != NULL)
			json_object_set(o, as[i].to, v);
		json_object_del(o, as[i].from);
	}
	for (size_t i = 0; i < FJ_ARRAY_LEN(amounts); i++)
		if (fj_json_num(o, amounts[i]) == 0)
			json_object_del(o, amounts[i]);
	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++)
		if (json_array_size(json_object_get(o, lists[i])) == 0)
			json_object_del(o, lists[i]);
	for (size_t i = 0; i < FJ_ARRAY_LEN(parties); i++)
		json_object_del(o, parties[i]); /* said above, while it matters */
	title(q, o, &name);
	json_object_set_new(o, "name", json_string(fj_buf_str(&name)));
}

/* the office by its name, where that is known */
static void office(struct web_req *q, struct fj_buf *b, const json_t *o, const char *key)
{
	char name[PORTAL_NAME];

	if (portal_org_name(q, fj_json_text(o, key), name))
		web_print(b, "<bdi>%s</bdi>", name);
	else
		web_text(b, fj_json_text(o, key));
}

void portal_complaint_turn(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *state = fj_json_text(o, "state");
	bool lodged = strcmp(state, "LODGED") == 0;

	if (!lodged && strcmp(state, "ANSWERED") != 0)
		return;
	web_print(b, "<p class=\"notice\"><strong>%s</strong> ", web_tr(q, "What comes next:"));
	office(q, b, o, lodged ? "operator" : "implementer");
	if (!lodged && strcmp(fj_json_text(o, "finance"), fj_json_text(o, "implementer")) != 0 && fj_json_text(o, "finance")[0] != '\0') {
		web_say(q, b, " or ");
		office(q, b, o, "finance");
	}
	if (lodged)
		web_say(q, b, " answers it by %s.", fj_json_text(o, "due"));
	else
		web_say(q, b, " decides whether it is right.");
	web_html(b, "</p>");
}

void portal_my_complaints(struct web_req *q, struct fj_buf *b, const json_t *list)
{
	size_t i;
	json_t *v;

	if (json_array_size(list) == 0)
		return;
	web_print(b, "<section class=\"card\"><h2>%s</h2><ul class=\"todo\">", web_tr(q, "My complaints"));
	json_array_foreach(list, i, v) {
		web_print(b, "<li><a href=\"/show/complaint/%s\">", fj_json_text(v, "id"));
		title(q, v, b);
		web_html(b, "</a> ");
		web_state(q, b, portal_state_of("complaint", fj_json_text(v, "state")), "");
		web_html(b, "<span class=\"small\"> ");
		web_text_times(b, fj_json_text(v, "at"));
		web_html(b, "</span></li>");
	}
	web_html(b, "</ul></section>");
}
