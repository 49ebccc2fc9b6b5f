/*
 * notice.c - 公示: the public notices that run now, for anybody.
 *
 * What is published is what 26号 art. 12 lists and nothing else: who holds it, type of
 * registration, name and a short description of the data; with the days that it runs
 * and the department to which one objects.  A notice that is over is taken down: its
 * purpose was to be objected to.  Level, card, officers and documents never stand here.
 */
#include "issuer/registration.h"

const struct iss_field fld_notice_list[] = {
	{"after", ISS_F_STR, false, 40, "起始", "start after this one"},
	{"limit", ISS_F_INT, false, 100, "条数", "how many, 100 by default"},
	{0},
};
const struct iss_field fld_notice_show[] = {{"id", ISS_F_STR, true, 40, "登记编号", "registration under notice"}, {0}};

static enum fj_rc one(struct iss_call *c, const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_org) holder = {.affiliates = NULL};
	FJ_AUTO(dom_org) office = {.affiliates = NULL};
	FJ_AUTO(json) card = NULL;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	FJ_TRY(dom_org_get(c->db, sto_text(q, 2), &holder, err));
	FJ_TRY(dom_org_get(c->db, holder.finance, &office, err));
	FJ_TRY(dom_card_at(c->db, sto_text(q, 1), sto_int(q, 3), &card, err));
	fj_date_china(sto_int(q, 5), from);
	fj_date_china(sto_int(q, 6), to);
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "id", sto_text(q, 0), "holder", holder.name, "type", sto_text(q, 4), "name", dom_card_text(card, "basic", "name"),
	    "overview", dom_card_text(card, "basic", "overview"), "office", office.name, "from", from, "to", to);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_notice_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	const char *after;
	int64_t limit;
	bool row;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_NOTICES, &q, err, "iti", (int64_t)c->now, after, limit));
	for (;;) {
		json_t *item = NULL;
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return dom_list_answer(c, items, "id", limit, err);
		FJ_TRY(one(c, &q, &item, err));
		if (json_array_append_new(items, item) != 0)
			return fj_no_memory(err, "issuer");
	}
}

enum fj_rc cmd_notice_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(c->db, STO_NOTICE, &q, err, "it", (int64_t)c->now, fj_json_text(c->params, "id")));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return fj_refuse(err, FJ_E_NOTFOUND, "issuer", "26号 art. 12", "no public notice of this number runs now; a notice is taken down when its days are over", "没有使用该编号的公示；公示期届满后公示内容即行撤下");
	return one(c, &q, &c->answer, err);
}
