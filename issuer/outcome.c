/*
 * outcome.c - what was decided on what an office had asked for, or holds a license of: noted when it happens, so
 * that the home page reads the last few of its own office and nothing else.
 *
 * A row says whose and which event; what was decided stands in the event.  An officer who
 * asked hears of the decision here, whoever of the office it was.  License tokens in bulk
 * are left out: their approval is the news, and they are ten thousand at once.
 */
#include "issuer/course.h"
#include "issuer/home.h"

#define DAY 86400
#define SPAN (14 * DAY)
#define SHOWN 8

static const struct {
	const char *kind;
	enum sto_id whose; /* notes it for who had asked: ?1 the object, ?2 the event */
} outcomes[] = {
	{"approval.decided", STO_OUTCOME_APPROVAL},
	{"registration.decided", STO_OUTCOME_REGISTRATION}, {"registration.refused", STO_OUTCOME_REGISTRATION}, {"registration.returned", STO_OUTCOME_REGISTRATION},
	{"certificate.issued", STO_OUTCOME_CERTIFICATE}, {"authorisation.issued", STO_OUTCOME_AUTHORISATION},
	{"token.reviewed", STO_OUTCOME_REQUEST}, {"token.request-refused", STO_OUTCOME_REQUEST},
	{"token.suspended", STO_OUTCOME_TOKEN}, {"token.resumed", STO_OUTCOME_TOKEN}, {"token.revoked", STO_OUTCOME_TOKEN},
	{"complaint.answered", STO_OUTCOME_COMPLAINT}, {"complaint.decided", STO_OUTCOME_COMPLAINT},
};

enum fj_rc hom_note(const struct evt *e, struct fj_err *err)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(outcomes); i++)
		if (strcmp(outcomes[i].kind, e->kind) == 0)
			return sto_run(e->db, outcomes[i].whose, NULL, err, "ti", e->object, e->seq);
	return FJ_OK;
}

static enum fj_rc item(const struct sto_q *q, json_t *items, struct fj_err *err)
{
	const char *kind = sto_text(q, 1), *matter = sto_text(q, 3);
	char day[FJ_TIME_CAP];

	fj_date_china(sto_int(q, 0), day);
	FJ_AUTO(json) one = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "day", day, "kind", kind, "id", sto_text(q, 2), "object", matter[0] != '\0' ? sto_text(q, 5) : sto_text(q, 2),
	    "object_name", sto_text(q, 6), "state", sto_text(q, 4));
	if (one == NULL || (matter[0] != '\0' && json_object_set_new(one, "matter", json_string(matter)) != 0))
		return fj_no_memory(err, "issuer");
	FJ_TRY(evt_word_into(kind, one, err));
	return json_array_append(items, one) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc hom_decided(const struct hom *h, json_t **out, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) items = json_array();
	bool row = h->own.usci[0] != '\0';

	if (row)
		FJ_TRY(sto_query(h->c->db, STO_HOME_DECIDED, &q, err, "tii", h->own.usci, (int64_t)h->c->now - SPAN, (int64_t)SHOWN));
	while (row) {
		FJ_TRY(sto_step(&q, &row, err));
		if (row)
			FJ_TRY(item(&q, items, err));
	}
	*out = fj_move(items);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}
