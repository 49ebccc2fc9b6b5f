/*
 * term.c - how long before its end something of the appliance's own is to be renewed.
 *
 * Health of the public service and the register's calendar look here, so that they never say different
 * things.  "soon" is when somebody has to begin: what a machine renews is late then, what people renew in
 * a ceremony takes meetings, officers and a day on which all can come.  "urgent" is when nothing else may
 * come first.  Each row names the heading of a practice statement (RFC 3647) under which it is promised.
 */
#include "ca/ca.h"

#include "base/mem.h"

#define DAY 86400

static const struct ca_term terms[] = {
	/* a successor root has to be in verifiers' hands before anything under it is needed: trust stores are changed once a year or less */
	{"root", 730 * DAY, 365 * DAY, "RFC 3647 5.6"},
	/* a new issuing key is a ceremony, and its chain has to reach the mirrors before the first certificate under it */
	{"issuing", 365 * DAY, 180 * DAY, "RFC 3647 5.6"},
	/* what one root says of the other ends with the root that was followed, whose own end is warned of */
	{"cross", 0, 0, "RFC 4210 4.4"},
	{"subordinate", 365 * DAY, 180 * DAY, "RFC 3647 5.6"},
	/* signers of tokens, lists and the log: what they signed last is to be verified until it ends, so keys change half a year ahead */
	{"token", 180 * DAY, 60 * DAY, "RFC 3647 4.7"}, {"status", 180 * DAY, 60 * DAY, "RFC 3647 4.7"}, {"log", 180 * DAY, 60 * DAY, "RFC 3647 4.7"},
	/* of seven days, renewed by itself with three left: below two the publisher is late */
	{"ocsp", 2 * DAY, DAY, "RFC 3647 4.9.9"},
	/* the root's key is opened for it by several officers; at its end nobody can decide on anything any more */
	{"root.crl", 30 * DAY, 7 * DAY, "RFC 3647 4.9.7"},
	/* the portal's own certificate, from an authority of browsers: people order it, and it may take days to come */
	{"tls", 30 * DAY, 7 * DAY, "RFC 3647 6.7"},
};

const struct ca_term *ca_term_of(const char *what)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(terms); i++)
		if (strcmp(terms[i].what, what) == 0)
			return &terms[i];
	return NULL;
}

enum ca_level ca_term_level(const struct ca_term *t, int64_t left)
{
	return left < 0 ? CA_OVER : left < t->urgent ? CA_URGENT : left < t->soon ? CA_SOON : CA_FINE;
}
