/*
 * folio.h - records put together as one archive that is checked without the appliance: what the
 * dossier of an asset (docs/formats.md 9) and the packages of a year (44) share.  Not for other
 * rooms.
 */
#ifndef FJ_ISSUER_FOLIO_H
#define FJ_ISSUER_FOLIO_H

#include "base/tar.h"
#include "issuer/core.h"

#define FOL_MAX (64u << 20) /* octets of one */

struct folio {
	struct iss_call *c;
	struct fj_tar tar;
	bool sm3;          /* the list of files has their SM3, too */
	json_t *files;     /* [{"name","octets","sha256","sm3"?}] of what was added */
	json_t *approvals; /* ids seen in the events */
	json_t *acts;      /* [{"at","kind","actor","org","approval"}] of the events, in order */
	struct fj_buf events;
	int64_t n_events;
};
/* at: time of its files */
enum fj_rc fol_new(struct folio *f, struct iss_call *c, bool sm3, fj_time at, struct fj_err *err) FJ_MUST_USE;
void fol_release(struct folio *f);
FJ_DEFINE_AUTO(folio, struct folio, fol_release)

/* SHA-256 and SM3 (GB/T 32905) in hex */
enum fj_rc fol_hashes(struct fj_slice bytes, char sha256[65], char sm3[65], struct fj_err *err) FJ_MUST_USE;
/* one more file; FJ_E_LIMIT: larger than FOL_MAX */
enum fj_rc fol_add(struct folio *f, const char *name, struct fj_slice bytes, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fol_json(struct folio *f, const char *name, const json_t *j, struct fj_err *err) FJ_MUST_USE; /* canonical */
bool fol_has(const struct folio *f, const char *name);
/* "events.jsonl": the object's events and those of the approvals by which they happened, as of fnd_events, each with its hash and
 * the one before.  FJ_E_CORRUPT names an event that does not fit. */
enum fj_rc fol_events(struct folio *f, const char *object, struct fj_err *err) FJ_MUST_USE;
/* Of the approvals seen there: "approvals/ID.json", "ID.payload.json", whose hash is the digest that was approved; with
 * `signatures` "ID.intent", what officers signed with keys of their own (docs/formats.md 25), where they did. */
enum fj_rc fol_approvals(struct folio *f, bool signatures, struct fj_err *err) FJ_MUST_USE;

#endif
