/*
 * test_iss_state.c - the ways that the state tables have, and the ways they
 * don't: what is final stays final (R23), nothing skips a step.
 */
#include "issuer/state.h"
#include "tests/unit/test.h"

#define GOES(object, from, act, want)                                      \
	do {                                                               \
		const char *to_ = "";                                      \
		CHECK_OK(iss_state_next(object, from, act, &to_, &err));   \
		CHECK_STR(to_, want);                                      \
	} while (0)
#define NO_WAY(object, from, act)                                                         \
	do {                                                                              \
		const char *to_ = "untouched";                                            \
		CHECK_RC(iss_state_next(object, from, act, &to_, &err), FJ_E_STATE);      \
		CHECK_STR(to_, "untouched");                                              \
		CHECK(strstr(err.en, from) != NULL && err.zh[0] != '\0');                 \
	} while (0)
#define FINAL(object, from, act)                                                          \
	do {                                                                              \
		const char *to_ = "untouched";                                            \
		CHECK_RC(iss_state_next(object, from, act, &to_, &err), FJ_E_REFUSED);    \
		CHECK_STR(to_, "untouched");                                              \
		CHECK_STR(err.cite, "R23");                                               \
	} while (0)

TEST("a ledger entry is recognised, perhaps again, then confirmed for good")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_LEDGER, "LEDGERED", "recognise", "RECOGNISED");
	GOES(ISS_OBJ_LEDGER, "RECOGNISED", "recognise", "RECOGNISED");
	GOES(ISS_OBJ_LEDGER, "RECOGNISED", "confirm", "CONFIRMED");
	NO_WAY(ISS_OBJ_LEDGER, "LEDGERED", "confirm");
	NO_WAY(ISS_OBJ_LEDGER, "CONFIRMED", "recognise");
	NO_WAY(ISS_OBJ_LEDGER, "CONFIRMED", "confirm");
}

TEST("an asset goes card, application, acceptance, review, notice, registration, certificate")
{
	static const char *const way[][3] = {{"CARDED", "endorse", "APPLIED"}, {"APPLIED", "accept", "ACCEPTED"}, {"ACCEPTED", "review", "REVIEWED"},
		{"REVIEWED", "notice", "NOTICED"}, {"NOTICED", "decide", "REGISTERED"}, {"REGISTERED", "certify", "CERTIFICATED"}};
	struct fj_err err = {0};
	for (size_t i = 0; i < 6; i++) {
		GOES(ISS_OBJ_ASSET, way[i][0], way[i][1], way[i][2]);
		for (size_t k = 0; k < 6; k++)
			if (k != i && !(i == 1 && k == 4)) /* the short path decides on the application */
				NO_WAY(ISS_OBJ_ASSET, way[i][0], way[k][1]);
	}
	GOES(ISS_OBJ_ASSET, "APPLIED", "decide", "REGISTERED");
	NO_WAY(ISS_OBJ_ASSET, "CERTIFICATED", "certify"); /* one card, one certificate */
}

TEST("a card is changed before it is applied for, or after a refusal, or as a draft beside what is registered")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_ASSET, "CARDED", "card", "CARDED");
	GOES(ISS_OBJ_ASSET, "APPLIED", "return", "CARDED");
	GOES(ISS_OBJ_ASSET, "ACCEPTED", "review-refuse", "CARDED");
	GOES(ISS_OBJ_ASSET, "NOTICED", "refuse", "CARDED");
	GOES(ISS_OBJ_ASSET, "NOTICED", "terminate", "CARDED");
	NO_WAY(ISS_OBJ_ASSET, "APPLIED", "card");
	NO_WAY(ISS_OBJ_ASSET, "NOTICED", "card");
	GOES(ISS_OBJ_ASSET, "REGISTERED", "card", "REGISTERED");
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "card", "CERTIFICATED");
}

TEST("a frozen asset does nothing but thaw")
{
	static const char *const acts[] = {"card", "apply", "endorse", "accept", "return", "review", "notice", "decide", "refuse", "recall", "register-again", "certify",
		"succeed", "withdraw", "cancel", "transfer", "object", "freeze"};
	struct fj_err err = {0};
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "freeze", "FROZEN");
	GOES(ISS_OBJ_ASSET, "FROZEN", "unfreeze", "FORMER");
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++)
		NO_WAY(ISS_OBJ_ASSET, "FROZEN", acts[i]);
}

TEST("what becomes of an asset whose certificate ends: corrected, certified again, or final")
{
	static const char *const acts[] = {"card", "apply", "endorse", "accept", "review", "notice", "decide", "refuse", "certify", "replace", "withdraw", "cancel", "transfer", "freeze"};
	struct fj_err err = {0};
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "withdraw", "CARDED");
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "replace", "REGISTERED");
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "cancel", "CANCELLED");
	GOES(ISS_OBJ_ASSET, "CERTIFICATED", "transfer", "TRANSFERRED");
	NO_WAY(ISS_OBJ_ASSET, "REGISTERED", "withdraw");
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		FINAL(ISS_OBJ_ASSET, "CANCELLED", acts[i]);
		FINAL(ISS_OBJ_ASSET, "TRANSFERRED", acts[i]);
	}
}

TEST("a registration skips no step, and what is refused stays so")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_REGISTRATION, "SUBMITTED", "endorse", "APPLIED");
	GOES(ISS_OBJ_REGISTRATION, "APPLIED", "accept", "ACCEPTED");
	GOES(ISS_OBJ_REGISTRATION, "ACCEPTED", "review", "REVIEWED");
	GOES(ISS_OBJ_REGISTRATION, "REVIEWED", "notice", "NOTICED");
	GOES(ISS_OBJ_REGISTRATION, "NOTICED", "decide", "REGISTERED");
	NO_WAY(ISS_OBJ_REGISTRATION, "SUBMITTED", "accept");
	NO_WAY(ISS_OBJ_REGISTRATION, "APPLIED", "decide");
	NO_WAY(ISS_OBJ_REGISTRATION, "REVIEWED", "decide");
	NO_WAY(ISS_OBJ_REGISTRATION, "REFUSED", "review");
	NO_WAY(ISS_OBJ_REGISTRATION, "REGISTERED", "refuse");
	NO_WAY(ISS_OBJ_REGISTRATION, "REGISTERED", "recall");
}

TEST("the short path has an endorsement and a decision, and nothing between")
{
	static const char *const none[] = {"accept", "return", "review", "notice", "object"};
	struct fj_err err = {0};
	GOES(ISS_OBJ_REGISTRATION_SHORT, "SUBMITTED", "endorse", "APPLIED");
	GOES(ISS_OBJ_REGISTRATION_SHORT, "APPLIED", "decide", "REGISTERED");
	GOES(ISS_OBJ_REGISTRATION_SHORT, "APPLIED", "refuse", "REFUSED");
	NO_WAY(ISS_OBJ_REGISTRATION_SHORT, "SUBMITTED", "decide");
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		NO_WAY(ISS_OBJ_REGISTRATION_SHORT, "APPLIED", none[i]);
}

TEST("a certificate is suspended, resumed, revoked by way of REVOKING")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_CERTIFICATE, "ACTIVE", "suspend", "SUSPENDED");
	GOES(ISS_OBJ_CERTIFICATE, "SUSPENDED", "resume", "ACTIVE");
	GOES(ISS_OBJ_CERTIFICATE, "ACTIVE", "revoke", "REVOKING");
	GOES(ISS_OBJ_CERTIFICATE, "SUSPENDED", "revoke", "REVOKING");
	GOES(ISS_OBJ_CERTIFICATE, "REVOKING", "end", "ENDED");
	GOES(ISS_OBJ_CERTIFICATE, "REVOKING", "keep", "FORMER");
	NO_WAY(ISS_OBJ_CERTIFICATE, "ACTIVE", "end"); /* not by one officer */
	NO_WAY(ISS_OBJ_CERTIFICATE, "REVOKING", "resume");
	NO_WAY(ISS_OBJ_CERTIFICATE, "REVOKING", "revoke");
	NO_WAY(ISS_OBJ_CERTIFICATE, "PENDING", "suspend");
}

TEST("no act brings back a certificate that has ended")
{
	static const char *const final[] = {"WITHDRAWN", "CANCELLED", "SUPERSEDED"};
	static const char *const acts[] = {"suspend", "resume", "revoke", "end", "keep"};
	struct fj_err err = {0};
	for (size_t i = 0; i < 3; i++)
		for (size_t k = 0; k < 5; k++)
			FINAL(ISS_OBJ_CERTIFICATE, final[i], acts[k]);
}

TEST("an authorisation ends by way of ENDING, and final is final")
{
	static const char *const acts[] = {"suspend", "resume", "end-request", "end", "keep"};
	struct fj_err err = {0};
	GOES(ISS_OBJ_AUTHORISATION, "ACTIVE", "suspend", "SUSPENDED");
	GOES(ISS_OBJ_AUTHORISATION, "SUSPENDED", "resume", "ACTIVE");
	GOES(ISS_OBJ_AUTHORISATION, "ACTIVE", "end-request", "ENDING");
	GOES(ISS_OBJ_AUTHORISATION, "SUSPENDED", "end-request", "ENDING");
	GOES(ISS_OBJ_AUTHORISATION, "ENDING", "end", "ENDED");
	GOES(ISS_OBJ_AUTHORISATION, "ENDING", "keep", "FORMER");
	NO_WAY(ISS_OBJ_AUTHORISATION, "ACTIVE", "end");
	NO_WAY(ISS_OBJ_AUTHORISATION, "ENDING", "resume");
	NO_WAY(ISS_OBJ_AUTHORISATION, "ENDING", "end-request");
	for (size_t k = 0; k < 5; k++) {
		FINAL(ISS_OBJ_AUTHORISATION, "RECLAIMED", acts[k]);
		FINAL(ISS_OBJ_AUTHORISATION, "TERMINATED", acts[k]);
	}
}

TEST("a token is suspended, resumed, revoked; revoked is final")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_TOKEN, "ACTIVE", "suspend", "SUSPENDED");
	GOES(ISS_OBJ_TOKEN, "SUSPENDED", "resume", "ACTIVE");
	GOES(ISS_OBJ_TOKEN, "ACTIVE", "revoke", "REVOKED");
	GOES(ISS_OBJ_TOKEN, "SUSPENDED", "revoke", "REVOKED");
	NO_WAY(ISS_OBJ_TOKEN, "ACTIVE", "resume");
	FINAL(ISS_OBJ_TOKEN, "REVOKED", "resume");
	FINAL(ISS_OBJ_TOKEN, "REVOKED", "suspend");
}

TEST("revenue that is held is cleared or refused; what is booked is countered, once; a counter-entry stays")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_REVENUE, "HELD", "clear", "BOOKED");
	GOES(ISS_OBJ_REVENUE, "HELD", "refuse", "REFUSED");
	GOES(ISS_OBJ_REVENUE, "BOOKED", "counter", "COUNTERED");
	NO_WAY(ISS_OBJ_REVENUE, "HELD", "counter");
	NO_WAY(ISS_OBJ_REVENUE, "BOOKED", "clear");
	NO_WAY(ISS_OBJ_REVENUE, "BOOKED", "refuse");
	NO_WAY(ISS_OBJ_REVENUE, "REFUSED", "clear");
	NO_WAY(ISS_OBJ_REVENUE, "COUNTERED", "counter");
	NO_WAY(ISS_OBJ_REVENUE, "COUNTER", "counter");
}

TEST("an authorisation is evaluated while it runs or is suspended, and made narrower; its end ends that")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_AUTHORISATION, "ACTIVE", "evaluate", "ACTIVE");
	GOES(ISS_OBJ_AUTHORISATION, "SUSPENDED", "evaluate", "SUSPENDED");
	GOES(ISS_OBJ_AUTHORISATION, "ACTIVE", "adjust", "ACTIVE");
	GOES(ISS_OBJ_AUTHORISATION, "SUSPENDED", "adjust", "SUSPENDED");
	NO_WAY(ISS_OBJ_AUTHORISATION, "ENDING", "adjust");
	NO_WAY(ISS_OBJ_AUTHORISATION, "PENDING", "evaluate");
	FINAL(ISS_OBJ_AUTHORISATION, "RECLAIMED", "evaluate");
	FINAL(ISS_OBJ_AUTHORISATION, "TERMINATED", "adjust");
}

TEST("orders, incidents, complaints and exits go step by step, and what is closed stays so")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_ORDER, "ISSUED", "answer", "ANSWERED");
	GOES(ISS_OBJ_ORDER, "ANSWERED", "return", "ISSUED");
	GOES(ISS_OBJ_ORDER, "ANSWERED", "close", "CLOSED");
	NO_WAY(ISS_OBJ_ORDER, "ANSWERED", "answer");
	NO_WAY(ISS_OBJ_ORDER, "CLOSED", "return");
	GOES(ISS_OBJ_INCIDENT, "REPORTED", "close", "CLOSED");
	NO_WAY(ISS_OBJ_INCIDENT, "CLOSED", "close");
	GOES(ISS_OBJ_COMPLAINT, "FILED", "answer", "ANSWERED");
	GOES(ISS_OBJ_COMPLAINT, "ANSWERED", "uphold", "JUSTIFIED");
	NO_WAY(ISS_OBJ_COMPLAINT, "FILED", "dismiss");
	NO_WAY(ISS_OBJ_COMPLAINT, "JUSTIFIED", "dismiss");
	GOES(ISS_OBJ_EXIT, "MISSING", "tick", "TICKED");
	GOES(ISS_OBJ_EXIT, "TICKED", "return", "MISSING");
	GOES(ISS_OBJ_EXIT, "TICKED", "accept", "CONFIRMED");
	NO_WAY(ISS_OBJ_EXIT, "MISSING", "accept");
	NO_WAY(ISS_OBJ_EXIT, "CONFIRMED", "return");
}

TEST("a refusal says what is possible instead; an unknown state or act is refused too")
{
	struct fj_err err = {0};
	NO_WAY(ISS_OBJ_CERTIFICATE, "ACTIVE", "resume");
	CHECK(strstr(err.en, "suspend, revoke") != NULL);
	NO_WAY(ISS_OBJ_CERTIFICATE, "NOWHERE", "suspend");
	NO_WAY(ISS_OBJ_TOKEN, "ACTIVE", "");
	NO_WAY(ISS_OBJ_TOKEN, "ENDING", "end"); /* another object's state */
}

TEST("a product is changed while it is on sale, and what is withdrawn stays so, without being taken back")
{
	struct fj_err err = {0};
	GOES(ISS_OBJ_PRODUCT, "ON_SALE", "change", "ON_SALE");
	GOES(ISS_OBJ_PRODUCT, "ON_SALE", "withdraw", "WITHDRAWN");
	NO_WAY(ISS_OBJ_PRODUCT, "WITHDRAWN", "change");
	NO_WAY(ISS_OBJ_PRODUCT, "WITHDRAWN", "withdraw");
}

TEST_MAIN
