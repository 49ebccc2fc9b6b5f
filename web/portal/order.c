/*
 * order.c - a supervision order on its pages: by labels of its own, whether it stops
 * anything, and above the forms that answer, return or close it what it says.
 */
#include "web/portal/internal.h"

bool portal_order_stops(const json_t *o)
{
	const char *kind = fj_json_text(o, "kind");

	return strcmp(kind, "SUSPEND") == 0 || strcmp(kind, "RECLAIM") == 0; /* the others only speak (issuer/order.c) */
}

void portal_order_labels(struct web_req *q, json_t *o)
{
	const struct {
		const char *from, *to;
	} as[] = {{"org", "addressee"}, {"text", "order_text"}, {"role", "issued_as"}, {"at", "issued_at"},
		{"reason", strcmp(fj_json_text(o, "state"), "CLOSED") == 0 ? "closing_reason" : "return_reason"}};
	FJ_AUTO(json) org = portal_organisation(q, fj_json_text(o, "org"));

	for (size_t i = 0; i < FJ_ARRAY_LEN(as); i++) {
		json_t *v = json_object_get(o, as[i].from);
		if (v != NULL && json_string_length(v) > 0)
			json_object_set(o, as[i].to, v);
		json_object_del(o, as[i].from);
	}
	if (org != NULL)
		json_object_set_new(o, "addressee", json_pack("{s:O, s:O}", "usci", json_object_get(org, "usci"), "name", json_object_get(org, "name")));
}

static json_t *order_of(struct web_req *q, const char *id)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "id", id);
	json_t *o = NULL;

	return id[0] != '\0' && portal_command(q, "order.show", params, &o, NULL) == FJ_OK ? o : NULL;
}

void portal_order_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	static const char *const keys[] = {"kind", "authorisation", "issued_by", "addressee", "order_text", "due", "answer", "material"};
	FJ_AUTO(json) told = json_object();
	FJ_AUTO(json) o = portal_is_noun(c->name, "order") && c->kind != ISS_READ ? order_of(q, fj_json_text(fill, "id")) : NULL;

	if (o == NULL)
		return;
	portal_order_labels(q, o);
	for (size_t i = 0; i < FJ_ARRAY_LEN(keys); i++) {
		json_t *v = json_object_get(o, keys[i]);
		if (v != NULL && (!json_is_string(v) || json_string_length(v) > 0))
			json_object_set(told, keys[i], v);
	}
	web_print(b, "<h2>%s</h2>", portal_noun_word(q, "order", true));
	web_fields(q, b, told, portal_links);
}
