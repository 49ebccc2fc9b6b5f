/*
 * state.c - the tables.
 */
#include "issuer/state.h"

#include "base/mem.h"
#include "issuer/rules/rules.h"

static const struct {
	enum iss_object object;
	const char *from, *act, *to;
} table[] = {
	{ISS_OBJ_LEDGER, "LEDGERED", "recognise", "RECOGNISED"},
	{ISS_OBJ_LEDGER, "RECOGNISED", "recognise", "RECOGNISED"},
	{ISS_OBJ_LEDGER, "RECOGNISED", "confirm", "CONFIRMED"},
	{ISS_OBJ_LEDGER, "MEMO", "recognise", "RECOGNISED"},       /* confirmed as memorandum */

	{ISS_OBJ_ASSET, "AWAITING_NUMBER", "card", "AWAITING_NUMBER"}, /* nothing else until its number comes */
	{ISS_OBJ_ASSET, "AWAITING_NUMBER", "number", "CARDED"},
	{ISS_OBJ_ASSET, "CARDED", "card", "CARDED"},
	{ISS_OBJ_ASSET, "REGISTERED", "card", "REGISTERED"},       /* a draft */
	{ISS_OBJ_ASSET, "CERTIFICATED", "card", "CERTIFICATED"},
	{ISS_OBJ_ASSET, "CARDED", "apply", "CARDED"},              /* APPLIED with the superior's endorsement */
	{ISS_OBJ_ASSET, "CARDED", "endorse", "APPLIED"},
	{ISS_OBJ_ASSET, "CARDED", "endorse-refuse", "CARDED"},
	{ISS_OBJ_ASSET, "CARDED", "recall", "CARDED"},
	{ISS_OBJ_ASSET, "APPLIED", "accept", "ACCEPTED"},
	{ISS_OBJ_ASSET, "APPLIED", "return", "CARDED"},
	{ISS_OBJ_ASSET, "APPLIED", "decide", "REGISTERED"},        /* the short path */
	{ISS_OBJ_ASSET, "APPLIED", "refuse", "CARDED"},
	{ISS_OBJ_ASSET, "APPLIED", "recall", "CARDED"},
	{ISS_OBJ_ASSET, "ACCEPTED", "review", "REVIEWED"},
	{ISS_OBJ_ASSET, "ACCEPTED", "review-refuse", "CARDED"},
	{ISS_OBJ_ASSET, "ACCEPTED", "recall", "CARDED"},
	{ISS_OBJ_ASSET, "REVIEWED", "notice", "NOTICED"},
	{ISS_OBJ_ASSET, "REVIEWED", "recall", "CARDED"},
	{ISS_OBJ_ASSET, "NOTICED", "decide", "REGISTERED"},
	{ISS_OBJ_ASSET, "NOTICED", "refuse", "CARDED"},
	{ISS_OBJ_ASSET, "NOTICED", "terminate", "CARDED"},         /* an objection was upheld */
	{ISS_OBJ_ASSET, "NOTICED", "recall", "CARDED"},
	{ISS_OBJ_ASSET, "REGISTERED", "register-again", "REGISTERED"},
	{ISS_OBJ_ASSET, "CERTIFICATED", "register-again", "CERTIFICATED"},
	{ISS_OBJ_ASSET, "REGISTERED", "certify", "CERTIFICATED"},
	{ISS_OBJ_ASSET, "CERTIFICATED", "succeed", "CERTIFICATED"}, /* a successor of its certificate */
	{ISS_OBJ_ASSET, "CERTIFICATED", "replace", "REGISTERED"},  /* superseded, keyCompromise: another certificate follows */
	{ISS_OBJ_ASSET, "CERTIFICATED", "withdraw", "CARDED"},     /* to be corrected and registered again */
	{ISS_OBJ_ASSET, "CERTIFICATED", "cancel", "CANCELLED"},
	{ISS_OBJ_ASSET, "CERTIFICATED", "transfer", "TRANSFERRED"},
	{ISS_OBJ_ASSET, "REGISTERED", "object", "REGISTERED"},
	{ISS_OBJ_ASSET, "CERTIFICATED", "object", "CERTIFICATED"},
	{ISS_OBJ_ASSET, "CARDED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "APPLIED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "ACCEPTED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "REVIEWED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "NOTICED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "REGISTERED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "CERTIFICATED", "freeze", "FROZEN"},
	{ISS_OBJ_ASSET, "FROZEN", "unfreeze", "FORMER"},

	{ISS_OBJ_REGISTRATION, "SUBMITTED", "endorse", "APPLIED"},
	{ISS_OBJ_REGISTRATION, "SUBMITTED", "endorse-refuse", "REFUSED"},
	{ISS_OBJ_REGISTRATION, "SUBMITTED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION, "APPLIED", "accept", "ACCEPTED"},
	{ISS_OBJ_REGISTRATION, "APPLIED", "return", "RETURNED"},
	{ISS_OBJ_REGISTRATION, "APPLIED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION, "ACCEPTED", "review", "REVIEWED"},
	{ISS_OBJ_REGISTRATION, "ACCEPTED", "review-refuse", "REFUSED"},
	{ISS_OBJ_REGISTRATION, "ACCEPTED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION, "REVIEWED", "notice", "NOTICED"},
	{ISS_OBJ_REGISTRATION, "REVIEWED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION, "NOTICED", "object", "NOTICED"},
	{ISS_OBJ_REGISTRATION, "NOTICED", "terminate", "TERMINATED"},
	{ISS_OBJ_REGISTRATION, "NOTICED", "decide", "REGISTERED"},
	{ISS_OBJ_REGISTRATION, "NOTICED", "refuse", "REFUSED"},
	{ISS_OBJ_REGISTRATION, "NOTICED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION, "REGISTERED", "withdraw", "WITHDRAWN"},

	{ISS_OBJ_REGISTRATION_SHORT, "SUBMITTED", "endorse", "APPLIED"},
	{ISS_OBJ_REGISTRATION_SHORT, "SUBMITTED", "endorse-refuse", "REFUSED"},
	{ISS_OBJ_REGISTRATION_SHORT, "SUBMITTED", "recall", "RECALLED"},
	{ISS_OBJ_REGISTRATION_SHORT, "APPLIED", "decide", "REGISTERED"},
	{ISS_OBJ_REGISTRATION_SHORT, "APPLIED", "refuse", "REFUSED"},
	{ISS_OBJ_REGISTRATION_SHORT, "APPLIED", "recall", "RECALLED"},

	{ISS_OBJ_CERTIFICATE, "ACTIVE", "suspend", "SUSPENDED"},
	{ISS_OBJ_CERTIFICATE, "SUSPENDED", "resume", "ACTIVE"},
	{ISS_OBJ_CERTIFICATE, "ACTIVE", "revoke", "REVOKING"},
	{ISS_OBJ_CERTIFICATE, "SUSPENDED", "revoke", "REVOKING"},
	{ISS_OBJ_CERTIFICATE, "REVOKING", "end", "ENDED"}, /* WITHDRAWN, CANCELLED or SUPERSEDED by reason */
	{ISS_OBJ_CERTIFICATE, "REVOKING", "keep", "FORMER"},

	{ISS_OBJ_AUTHORISATION, "ACTIVE", "suspend", "SUSPENDED"},
	{ISS_OBJ_AUTHORISATION, "SUSPENDED", "resume", "ACTIVE"},
	{ISS_OBJ_AUTHORISATION, "ACTIVE", "end-request", "ENDING"},
	{ISS_OBJ_AUTHORISATION, "SUSPENDED", "end-request", "ENDING"},
	{ISS_OBJ_AUTHORISATION, "ENDING", "end", "ENDED"}, /* RECLAIMED or TERMINATED */
	{ISS_OBJ_AUTHORISATION, "ENDING", "keep", "FORMER"},
	{ISS_OBJ_AUTHORISATION, "ACTIVE", "evaluate", "ACTIVE"},
	{ISS_OBJ_AUTHORISATION, "SUSPENDED", "evaluate", "SUSPENDED"},
	{ISS_OBJ_AUTHORISATION, "ENDING", "evaluate", "ENDING"},
	{ISS_OBJ_AUTHORISATION, "ACTIVE", "adjust", "ACTIVE"},
	{ISS_OBJ_AUTHORISATION, "SUSPENDED", "adjust", "SUSPENDED"},

	{ISS_OBJ_TOKEN, "ACTIVE", "suspend", "SUSPENDED"},
	{ISS_OBJ_TOKEN, "SUSPENDED", "resume", "ACTIVE"},
	{ISS_OBJ_TOKEN, "ACTIVE", "revoke", "REVOKED"},
	{ISS_OBJ_TOKEN, "SUSPENDED", "revoke", "REVOKED"},

	{ISS_OBJ_ORDER, "ISSUED", "answer", "ANSWERED"},
	{ISS_OBJ_ORDER, "ISSUED", "close", "CLOSED"},              /* taken back, or no answer is expected any more */
	{ISS_OBJ_ORDER, "ANSWERED", "return", "ISSUED"},
	{ISS_OBJ_ORDER, "ANSWERED", "close", "CLOSED"},
	{ISS_OBJ_INCIDENT, "REPORTED", "close", "CLOSED"},
	{ISS_OBJ_COMPLAINT, "LODGED", "answer", "ANSWERED"},
	{ISS_OBJ_COMPLAINT, "ANSWERED", "uphold", "JUSTIFIED"},
	{ISS_OBJ_COMPLAINT, "ANSWERED", "dismiss", "UNJUSTIFIED"},
	{ISS_OBJ_EXIT, "MISSING", "tick", "TICKED"},
	{ISS_OBJ_EXIT, "TICKED", "accept", "CONFIRMED"},
	{ISS_OBJ_EXIT, "TICKED", "return", "MISSING"},
	/* who has to approve is the authority table's; what no superior audits goes on without SUPERIOR_AUDITED */
	{ISS_OBJ_PLAN, "PROPOSED", "study", "FEASIBILITY"},
	{ISS_OBJ_PLAN, "PROPOSED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "study", "FEASIBILITY"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "submit", "FEASIBILITY"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "audit", "SUPERIOR_AUDITED"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "approve", "FINANCE_APPROVED"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "refuse", "REFUSED"},
	{ISS_OBJ_PLAN, "FEASIBILITY", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "SUPERIOR_AUDITED", "audit", "SUPERIOR_AUDITED"},
	{ISS_OBJ_PLAN, "SUPERIOR_AUDITED", "approve", "FINANCE_APPROVED"},
	{ISS_OBJ_PLAN, "SUPERIOR_AUDITED", "refuse", "REFUSED"},
	{ISS_OBJ_PLAN, "SUPERIOR_AUDITED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "FINANCE_APPROVED", "deliberate", "PLAN_DELIBERATED"},
	{ISS_OBJ_PLAN, "FINANCE_APPROVED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "PLAN_DELIBERATED", "select", "OPERATOR_SELECTED"},
	{ISS_OBJ_PLAN, "PLAN_DELIBERATED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "OPERATOR_SELECTED", "select", "OPERATOR_SELECTED"}, /* the one selected did not sign */
	{ISS_OBJ_PLAN, "OPERATOR_SELECTED", "agree", "AGREED"},
	{ISS_OBJ_PLAN, "OPERATOR_SELECTED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "AGREED", "file", "FILED"},
	{ISS_OBJ_PLAN, "AGREED", "withdraw", "WITHDRAWN"},
	{ISS_OBJ_PLAN, "FILED", "activate", "ACTIVE"},
	{ISS_OBJ_PLAN, "FILED", "withdraw", "WITHDRAWN"},

	{ISS_OBJ_PLAN_SHORT, "PROPOSED", "activate", "ACTIVE"},
	{ISS_OBJ_PLAN_SHORT, "PROPOSED", "refuse", "REFUSED"},
	{ISS_OBJ_PLAN_SHORT, "PROPOSED", "withdraw", "WITHDRAWN"},

	{ISS_OBJ_PRODUCT, "ON_SALE", "change", "ON_SALE"},
	{ISS_OBJ_PRODUCT, "ON_SALE", "withdraw", "WITHDRAWN"},

	{ISS_OBJ_REVENUE, "HELD", "clear", "BOOKED"},
	{ISS_OBJ_REVENUE, "HELD", "refuse", "REFUSED"},
	{ISS_OBJ_REVENUE, "BOOKED", "counter", "COUNTERED"},
	{ISS_OBJ_TOKEN, "ACTIVE", "exhaust", "EXHAUSTED"},         /* its quota is used up */
	{ISS_OBJ_TOKEN, "EXHAUSTED", "resume", "ACTIVE"},          /* after a correction, by the operator */
	{ISS_OBJ_TOKEN, "EXHAUSTED", "suspend", "SUSPENDED"},
	{ISS_OBJ_TOKEN, "EXHAUSTED", "revoke", "REVOKED"},
	{ISS_OBJ_TOKEN_REQUEST, "REQUESTED", "accept", "REVIEWED"},
	{ISS_OBJ_TOKEN_REQUEST, "REQUESTED", "refuse", "REFUSED"},
	{ISS_OBJ_TOKEN_JOB, "RUNNING", "hold", "HELD"},            /* what it rests on is not in force */
	{ISS_OBJ_TOKEN_JOB, "HELD", "go-on", "RUNNING"},
	{ISS_OBJ_TOKEN_JOB, "RUNNING", "finish", "DONE"},
	{ISS_OBJ_TOKEN_JOB, "RUNNING", "stop", "STOPPED"},
	{ISS_OBJ_TOKEN_JOB, "HELD", "stop", "STOPPED"},
	{ISS_OBJ_USAGE, "REPORTED", "countersign", "COUNTERSIGNED"},
	{ISS_OBJ_USAGE, "REPORTED", "dispute", "DISPUTED"},
	{ISS_OBJ_USAGE, "DISPUTED", "countersign", "COUNTERSIGNED"},

	{ISS_OBJ_LISTING, "PREPARED", "refresh", "PREPARED"},
	{ISS_OBJ_LISTING, "LISTED", "refresh", "LISTED"},
	{ISS_OBJ_LISTING, "PREPARED", "admit", "LISTED"},
	{ISS_OBJ_LISTING, "PREPARED", "delist", "DELISTED"},
	{ISS_OBJ_LISTING, "LISTED", "delist", "DELISTED"},

	{ISS_OBJ_PEER, "TRUSTED", "remove", "REMOVED"},

	{ISS_OBJ_OBJECTION, "TO_CONFIRM", "confirm", "OPEN"},      /* lodged by the public */
	{ISS_OBJ_OBJECTION, "TO_CONFIRM", "decline", "DECLINED"},
};

enum fj_rc iss_state_next(enum iss_object o, const char *from, const char *act, const char **to, struct fj_err *err)
{
	char can[200] = "";
	size_t n = 0;

	for (size_t i = 0; i < FJ_ARRAY_LEN(table); i++) {
		if (table[i].object != o || strcmp(table[i].from, from) != 0)
			continue;
		if (strcmp(table[i].act, act) == 0) {
			*to = table[i].to;
			return FJ_OK;
		}
		if (n < sizeof(can))
			n += (size_t)snprintf(can + n, sizeof(can) - n, "%s%s", n > 0 ? ", " : "", table[i].act);
	}
	if (o != ISS_OBJ_PLAN && o != ISS_OBJ_PLAN_SHORT && o != ISS_OBJ_PRODUCT) /* what was never granted, or only put off sale, is not taken back */
		FJ_TRY(iss_rule_no_way_back_from_final(from, err));
	enum fj_rc rc = fj_fail(err, FJ_E_STATE, "issuer", "domain.md 7", "its state is %s: \"%s\" is not possible from there%s%s",
	    from, act, can[0] != '\0' ? "; possible: " : "", can);
	fj_err_zh(err, "当前状态为 %s，不能执行该操作", from);
	return rc;
}
