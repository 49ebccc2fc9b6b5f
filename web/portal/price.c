/*
 * price.c - which products there may be under an authorisation, and what a price file does to
 * those that have a price: told before it is recorded, and before it is approved.
 *
 * A price replaces the one before with all its caps, so a product that it leaves out has none
 * then.  The agreement's list is the register's; here it is only offered.
 */
#include "web/portal/internal.h"

#define PRODUCTS 1000 /* of an authorisation */
#define OWN 20        /* authorisations looked through, where none is chosen */

bool portal_has_product(const json_t *list, const char *id)
{
	size_t i;
	json_t *v;

	json_array_foreach(list, i, v)
		if (strcmp(fj_json_text(v, "id"), id) == 0)
			return true;
	return false;
}

json_t *portal_products(struct web_req *q, const char *number)
{
	FJ_AUTO(json) params = json_pack("{s:s, s:i}", "authorisation", number, "limit", PRODUCTS);
	FJ_AUTO(json) list = NULL;

	return portal_command(q, "product.list", params, &list, NULL) == FJ_OK ? json_incref(json_object_get(list, "items")) : NULL;
}

/* the operator's products that its agreement lists; open: those alone that are not registered yet */
static void agreed_into(struct web_req *q, const char *number, bool open, json_t *out)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) a = NULL;
	FJ_AUTO(json) there = open ? portal_products(q, number) : NULL;
	size_t i;
	json_t *v;

	if (portal_command(q, "authorisation.show", params, &a, NULL) != FJ_OK)
		return;
	json_array_foreach(json_object_get(a, "agreed_products"), i, v)
		if (strcmp(fj_json_text(v, "level"), "OPERATOR") == 0 && !portal_has_product(there, fj_json_text(v, "id")))
			json_array_append_new(out, json_pack("{s:O, s:o, s:s}", "id", json_object_get(v, "id"), "label", json_sprintf("%s · %s", fj_json_text(v, "name"), number), "authorisation", number));
}

json_t *portal_agreed(struct web_req *q)
{
	const char *number = web_field(q, "authorisation"), *noun = web_param(q, "noun");
	bool open = noun != NULL && strcmp(noun, "product") == 0;
	json_t *out = json_array(), *v;
	size_t i;

	if (number[0] != '\0') {
		agreed_into(q, number, open, out);
		return out;
	}
	FJ_AUTO(json) own = portal_candidates(q, "authorisation");
	json_array_foreach(own, i, v)
		if (i < OWN)
			agreed_into(q, fj_json_text(v, "id"), open, out);
	return out;
}

/* --- what a price file does --- */

static void named(struct web_req *q, struct fj_buf *b, const json_t *ids)
{
	size_t i;
	json_t *v;

	json_array_foreach(ids, i, v)
		web_print(b, "%s%s", i == 0 ? "" : web_either(q, "、", ", "), json_string_value(v));
}

void portal_price_told(struct web_req *q, struct fj_buf *b, const json_t *o)
{
	const char *id = fj_json_text(o, "replaces");
	const json_t *lost = json_object_get(o, "lost"), *unlisted = json_object_get(o, "unlisted");

	if (id[0] != '\0') {
		web_print(b, "<p class=\"notice\">%s <a class=\"mono\" href=\"/show/price/%s\">%s</a>%s ", web_tr(q, "Replaces the price file in force, with all its caps:"), id, id, web_either(q, "。", "."));
		if (json_array_size(lost) > 0) {
			web_print(b, "<strong>%s ", web_tr(q, "These products have no approved price then, and can't be licensed for a fee:"));
			named(q, b, lost);
			web_print(b, "</strong>%s", web_either(q, "。", "."));
		} else {
			web_text(b, web_tr(q, "Every product that has a price there has one here."));
		}
		web_html(b, "</p>");
	}
	if (json_array_size(unlisted) > 0) {
		web_print(b, "<p class=\"notice\">%s ", web_tr(q, "The agreement does not list these products; until it does they can't be put on sale:"));
		named(q, b, unlisted);
		web_html(b, "</p>");
	}
}

/* --- above a form --- */

/* the price in force of the authorisation; NULL: none */
json_t *portal_price_of(struct web_req *q, const char *number)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "authorisation", number);
	FJ_AUTO(json) list = NULL;
	size_t i;
	json_t *v;

	if (number[0] == '\0' || portal_command(q, "price.list", params, &list, NULL) != FJ_OK)
		return NULL;
	json_array_foreach(json_object_get(list, "items"), i, v)
		if (strcmp(fj_json_text(v, "state"), "IN_FORCE") == 0)
			return json_incref(v);
	return NULL;
}

static void in_force(struct web_req *q, struct fj_buf *b, const char *number)
{
	FJ_AUTO(json) p = portal_price_of(q, number);
	static const char *const columns[] = {"product", "cap_fen", "volume", NULL};
	const char *id = fj_json_text(p, "id");

	if (p == NULL)
		return;
	web_print(b, "<div class=\"notice\"><p>%s <a class=\"mono\" href=\"/show/price/%s\">%s</a></p>", web_tr(q, "This authorisation has a price file in force; the new one replaces it whole. Keep the rows of every product that is to have a price:"), id, id);
	web_table(q, b, json_object_get(p, "caps"), NULL, columns);
	web_html(b, "</div>");
}

/* of an authorisation whose agreement lists products; *n: how many there were before */
static void who_adjusts(struct web_req *q, struct fj_buf *b, const char *number, size_t *n)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", number);
	FJ_AUTO(json) a = NULL;

	if (portal_command(q, "authorisation.show", params, &a, NULL) != FJ_OK || json_array_size(json_object_get(a, "agreed_products")) == 0)
		return;
	if ((*n)++ == 0)
		web_print(b, "<div class=\"notice\"><p>%s</p><ul>", web_tr(q, "Every product that the agreement lists is registered. For another one ask the implementing institution to adjust the agreement, by the button on the page of the authorisation:"));
	web_print(b, "<li><a class=\"mono\" href=\"/show/authorisation/%s\">%s</a> %s%s<bdi>%s</bdi></li>", number, number, web_label(q, "implementer"), web_either(q, "：", ": "),
	    fj_json_text(json_object_get(a, "implementer"), "name"));
}

static void to_register(struct web_req *q, struct fj_buf *b, const char *number)
{
	FJ_AUTO(json) list = portal_agreed(q);
	size_t i, n = 0;
	json_t *v;

	if (json_array_size(list) > 0) {
		web_print(b, "<p class=\"small\">%s</p><ul>", web_tr(q, "Products of the agreement that are not registered yet:"));
		json_array_foreach(list, i, v)
			web_print(b, "<li><a href=\"/do/product/add?authorisation=%s&amp;id=%s\"><span class=\"mono\">%s</span> <bdi>%s</bdi></a></li>", fj_json_text(v, "authorisation"), fj_json_text(v, "id"), fj_json_text(v, "id"), fj_json_text(v, "label"));
		web_html(b, "</ul>");
		return;
	}
	if (number[0] != '\0')
		who_adjusts(q, b, number, &n);
	FJ_AUTO(json) own = number[0] != '\0' ? NULL : portal_candidates(q, "authorisation");
	json_array_foreach(own, i, v)
		if (i < OWN)
			who_adjusts(q, b, fj_json_text(v, "id"), &n);
	web_html(b, n > 0 ? "</ul></div>" : "");
}

void portal_price_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	FJ_AUTO(json) params = json_pack("{s:s}", "number", fj_json_text(fill, "authorisation"));
	FJ_AUTO(json) a = NULL;

	if (strcmp(c->name, "price.record") == 0)
		in_force(q, b, fj_json_text(fill, "authorisation"));
	else if (strcmp(c->name, "product.add") == 0 && (portal_actor(q)->roles & ISS_OPERATOR) &&
	         (fj_json_text(params, "number")[0] == '\0' || (portal_command(q, "authorisation.show", params, &a, NULL) == FJ_OK && json_array_size(json_object_get(a, "agreed_products")) > 0)))
		to_register(q, b, fj_json_text(params, "number"));
}
