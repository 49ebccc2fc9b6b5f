/*
 * archive.h - a year's packages (docs/formats.md 44): what archive.c, which gives them out one by
 * one, shares with archive_pack.c, which puts one together, and with archive_xml.c.  Not for
 * other rooms.
 */
#ifndef FJ_ISSUER_ARCHIVE_H
#define FJ_ISSUER_ARCHIVE_H

#include "base/archive.h"
#include "issuer/folio.h"

#define ARC_SCHEMA "archive.xsd"

/* A kind of object that is archived: when one belongs to a year, what a package has of it, how long it is kept. */
struct arc_kind {
	enum fj_archive_kind kind;
	const char *zh, *en;
	bool permanent;        /* kept for ever; else for the profile's archive.years */
	const char *basis;     /* of that */
	enum sto_id next;      /* (after, from, to): the next closed or issued one to which something happened then */
	enum sto_id facts;     /* (id): state, title, USCC and name of whose it is, asset, document */
};
const struct arc_kind *arc_kind(enum fj_archive_kind k); /* of a package */
/* years that one of this kind is kept: FJ_ARCHIVE_PERMANENT, or the keeper's setting, 30 at least */
enum fj_rc arc_years(struct iss_call *c, const struct arc_kind *k, int64_t *out, struct fj_err *err) FJ_MUST_USE;

/* what a package is of, as its facts say */
struct arc_subject {
	const struct arc_kind *kind;
	char id[101], state[24], title[DOM_CAP(DOM_MAX_NAME) + 32], usci[19], org[DOM_CAP(DOM_MAX_NAME)], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)];
	int64_t years, seq, year;
	fj_time at;   /* of its last event: the time of its files, and as of which its pages are drawn */
};
/* --- archive_pack.c --- */
/* The package of one object into out, empty and of max FJ_ARCHIVE_PACKAGE; *e is its line, but for the hashes. */
enum fj_rc arc_package(struct iss_call *c, const struct arc_kind *k, const char *id, int64_t year, struct fj_buf *out, struct fj_archive_entry *e, json_t **originals, struct fj_err *err) FJ_MUST_USE;
/* --- archive_xml.c --- */
/* metadata.xml, by archive.xsd: the blocks of DA/T 46-2009 */
enum fj_rc arc_metadata(const struct arc_subject *s, const struct folio *f, const json_t *originals, const char *fonds, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
struct fj_slice arc_schema(void);

#endif
