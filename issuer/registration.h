/*
 * registration.h - registrations, as certificates, objections, materials and endings see them.
 */
#ifndef FJ_ISSUER_REGISTRATION_H
#define FJ_ISSUER_REGISTRATION_H

#include "issuer/domain.h"

struct dom_reg_type {
	const char *name, *zh;
	bool on_certificate; /* of an asset that has one; it leaves the asset where it is */
	bool on_registered;  /* also of one that is registered and has none yet */
	bool new_card;       /* registers a new version of the card */
	bool no_live;        /* no authorisation may rest on the asset */
	bool disposal;       /* needs the papers of a disposal (R29) */
	bool always_short;
	const char *days;    /* the profile's term for the decision, NULL: by step */
	const char *ends;    /* reason of the certificate's revocation that the decision leads to, NULL: none */
	const char *final;   /* what the asset becomes then */
};
const struct dom_reg_type *dom_reg_type(const char *name); /* NULL: none */

struct dom_reg {
	char id[40], asset_no[DOM_CAP(DOM_MAX_ASSET_NO)], holder[19], type[16], path[8], state[16];
	char applicant[ISS_PERSON_CAP], endorser[ISS_PERSON_CAP], acceptor[ISS_PERSON_CAP], reviewer[ISS_PERSON_CAP], decider[ISS_PERSON_CAP]; /* natural persons */
	char receiver[19], new_no[DOM_CAP(DOM_MAX_ASSET_NO)], received[64], certificate[41];
	int64_t version;
	fj_time at, due, notice_from, notice_to; /* 0: none */
};
enum fj_rc dom_reg_get(struct sto *db, const char *id, struct dom_reg *r, struct fj_err *err) FJ_MUST_USE;
/* the asset's last decided registration, when it is one for a certificate in force and none was issued on it yet; *out false: it
 * is not, *r is unspecified */
enum fj_rc dom_reg_uncertified(struct sto *db, const char *asset_no, struct dom_reg *r, bool *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_reg_from_row(const struct sto_q *q, struct dom_reg *r, struct fj_err *err) FJ_MUST_USE;
/* what the asset's newest registration was returned for: {"registration", "type", "missing", "note"}; NULL: it was not; the caller's */
enum fj_rc dom_reg_returned(struct sto *db, const char *asset_no, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_REFUSED (R22) when the person applied, endorsed, accepted, reviewed or decided */
enum fj_rc dom_reg_apart(const struct dom_reg *r, const char *person, struct fj_err *err) FJ_MUST_USE;
/* all of them, joined by "+": an approval's "not_by" */
enum fj_rc dom_reg_persons(const struct dom_reg *r, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* has the registration ended? REGISTERED has not: a certificate or the ending is to follow */
bool dom_reg_closed(const char *state);
/* a version of the asset's card; the caller's */
enum fj_rc dom_card_at(struct sto *db, const char *asset_no, int64_t version, json_t **card, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_STATE names the authorisation that rests on the asset */
enum fj_rc dom_no_live_authorisation(struct sto *db, const char *holder, const char *asset_no, fj_time now, struct fj_err *err) FJ_MUST_USE;
/* A file that an act rests on: kept by its hash, then noted by an event.  Who may, and how many, is the
 * caller's to check; the size is checked against the profile of the organisation's finance department. */
struct dom_material {
	const char *holder, *asset_no, *kind, *name;
	char id[32], sha256[65]; /* set by dom_material_file */
};
enum fj_rc dom_material_size(struct iss_call *c, const char *org, size_t size, struct fj_err *err) FJ_MUST_USE;
/* is there room for one more?  Of evidence of revenue and lists of licenses, which go on for ever, within a day; of others in all */
enum fj_rc dom_material_room(struct iss_call *c, const struct dom_material *m, struct fj_err *err) FJ_MUST_USE;
enum fj_rc dom_material_file(struct iss_call *c, struct dom_material *m, const struct fj_buf *file, struct fj_err *err) FJ_MUST_USE;
/* octets under materials/ by their hash, durable; what an event names is kept before the event */
enum fj_rc dom_material_keep(const struct iss_call *c, struct fj_slice file, char sha256[65], struct fj_err *err) FJ_MUST_USE;
/* the octets of a file that was kept; FJ_E_CORRUPT when they do not have this hash */
enum fj_rc dom_material_read(const char *sha256, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* was a material of this kind filed, or does the card give it? */
enum fj_rc dom_material_given(struct sto *db, const struct dom_asset *a, const char *kind, bool *out, struct fj_err *err) FJ_MUST_USE;
/* names, in Chinese, of the materials of 26号 art. 9(一) that neither the card nor what was filed for
 * the asset or its unit gives; empty on the short path, and for types other than INITIAL; the caller's */
enum fj_rc dom_material_missing(struct sto *db, const char *path, const char *type, const struct dom_asset *a, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* names, in Chinese, of the materials without which no certificate is issued (R30), as above; the caller's */
enum fj_rc dom_material_uncertified(struct sto *db, const struct dom_asset *a, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* such names as one text */
void dom_material_names(const json_t *list, bool en, struct fj_buf *out);

#endif
