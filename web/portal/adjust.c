/*
 * adjust.c - 调整协议: an authorisation that runs is proposed anew, with what it says now as
 * the beginning, so that only the changes are typed; and what then differs, on the plan's page
 * and before each approval.
 *
 * The register compares (issuer/plan_changes.c) and prefill.c fills in; here it is offered and told.
 */
#include "web/portal/internal.h"

static bool is_proposal(const struct iss_command_info *c)
{
	return strcmp(c->name, "authorisation.propose") == 0;
}

/* on the page of a running authorisation of the reader's institution */
void portal_adjust_button(struct web_req *q, struct fj_buf *b, const char *noun, const json_t *o, const char *id)
{
	const char *state = fj_json_text(o, "state");

	if (strcmp(noun, "authorisation") != 0 || (strcmp(state, "ACTIVE") != 0 && strcmp(state, "SUSPENDED") != 0))
		return;
	if (!portal_may(q, iss_command_find("authorisation.propose")) || strcmp(fj_json_text(json_object_get(o, "implementer"), "usci"), portal_actor(q)->org) != 0)
		return;
	web_print(b, "<p class=\"acts\"><a class=\"button quiet\" href=\"/wizard/authorisation/propose?" PORTAL_ADJUSTS "=%s\">%s</a></p>", id, web_tr(q, "Adjust the agreement"));
}

/* above the form: which are there to begin at, or that one was */
void portal_adjust_form(struct web_req *q, struct fj_buf *b, const struct iss_command_info *c, const json_t *fill)
{
	const char *number = fj_json_text(fill, PORTAL_ADJUSTS);
	FJ_AUTO(json) own = is_proposal(c) && number[0] == '\0' ? portal_candidates(q, "authorisation") : NULL;
	size_t i;
	json_t *v;

	if (!is_proposal(c))
		return;
	if (number[0] != '\0' && portal_is_begun(fill, "proposal.grant"))
		web_print(b, "<p class=\"notice\">%s <a class=\"mono\" href=\"/show/authorisation/%s\">%s</a>%s %s</p>", web_tr(q, "This adjusts a running authorisation:"), number, number, web_either(q, "。", "."),
		    web_tr(q, "What it says now is filled in, as far as nothing was typed; change what is to be adjusted. Plan, selection and agreement begin with those in force as well."));
	json_array_foreach(own, i, v) {
		if (i == 0)
			web_print(b, "<section class=\"notice\"><p>%s</p><ul>", web_tr(q, "To adjust a running authorisation and its agreement, begin at it; what it says now is filled in:"));
		if (i < 8)
			web_print(b, "<li><a href=\"?" PORTAL_ADJUSTS "=%s\"><bdi>%s</bdi></a> <span class=\"mono\">%s</span></li>", fj_json_text(v, "id"), fj_json_text(v, "label"), fj_json_text(v, "id"));
	}
	web_html(b, json_array_size(own) > 0 ? "</ul></section>" : "");
}

/* on the plan's page, under its head */
void portal_adjust_told(struct web_req *q, struct fj_buf *b, const json_t *changes)
{
	if (changes != NULL)
		portal_changes(q, b, fj_json_text(changes, "authorisation"), json_object_get(changes, "rows"));
}
