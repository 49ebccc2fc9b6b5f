/*
 * publish.h - what the files of the publisher share.
 *
 * Domain statements that it reads (issuer/store/statements_domain.def):
 *   PUB_CERTIFICATES   parameter: event sequence; rows changed after it, issued only:
 *     serial, number, asset_no, asset_name, holder_name, holder_usci, not_before,
 *     not_after, state, revoked_at, reason, shard, der, seq, time of that event; ORDER BY seq
 *   PUB_AUTHORISATIONS parameter: event sequence; issued only:
 *     number, version, holder_name, operator_name, state, not_before, not_after,
 *     compact (blob), seq, payload, time of that event, credential; ORDER BY seq
 *   PUB_PRODUCTS       parameter: event sequence: authorisation, id, version, name, purpose,
 *     delivery, level, state, seller_name, seller, time of its last version, seq; ORDER BY seq
 */
#ifndef FJ_ISSUER_PUBLISH_H
#define FJ_ISSUER_PUBLISH_H

#include "base/package.h"
#include "base/tiles.h"
#include "issuer/iss.h"

/* What is published lives so many seconds, and is made anew after so many (of a responder's certificate: with so many left).
 * The practice statement says so. */
#define PUB_LIST_LIFE (48 * 3600)
#define PUB_LIST_RENEW (12 * 3600)
#define PUB_LIST_TTL 300
#define PUB_LIST_BITS 2 /* of an entry */
#define PUB_CRL_LIFE (48 * 3600)
#define PUB_CRL_RENEW (24 * 3600)
#define PUB_OCSP_RENEW (3 * 86400)

/* --- public.c: public.db --- */
struct pub_db;
/* *empty: it was made just now, and wants every row */
enum fj_rc pub_db_open(struct pub_db **out, bool *empty, struct fj_err *err) FJ_MUST_USE;
void pub_db_close(struct pub_db *p);
FJ_DEFINE_AUTO_PTR(pub_db, struct pub_db, pub_db_close)
enum fj_rc pub_db_begin(struct pub_db *p, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_db_whole(struct pub_db *p, struct fj_err *err) FJ_MUST_USE; /* within the transaction that fills it */
enum fj_rc pub_db_commit(struct pub_db *p, struct fj_err *err) FJ_MUST_USE;
/* rows as the statements above give them */
enum fj_rc pub_db_certificate(struct pub_db *p, const struct sto_q *row, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_db_twin(struct pub_db *p, const struct sto_q *row, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_db_authorisation(struct pub_db *p, const struct sto_q *row, const json_t *payload, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_db_product(struct pub_db *p, const struct sto_q *row, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_db_copy(struct pub_db *p, const struct sto_q *row, struct fj_err *err) FJ_MUST_USE; /* columns of STO_PUB_COPIES */
enum fj_rc pub_db_delegated(struct pub_db *p, const char *serial, const char *what, struct fj_slice der, struct fj_err *err) FJ_MUST_USE;

/* what packages carry of it: tables by their place in verifier/public_rows.def */
size_t pub_db_tables(void);
/* who is told of each row that is written from now on */
void pub_db_watch(struct pub_db *p, void (*wrote)(void *user, size_t table, int64_t rowid), void *user);
/* The first row from a rowid on as {"table","row"}, the caller's; NULL when there is none.  An octet string is
 * {"base64url"}. */
enum fj_rc pub_db_row_from(struct pub_db *p, size_t table, int64_t from, int64_t *rowid, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- packing.c: one package under construction --- */
struct pub_pack {
	struct fj_buf data, rows;
	json_t *files;
};
enum fj_rc pub_pack_init(struct pub_pack *k, struct fj_err *err) FJ_MUST_USE;
void pub_pack_release(struct pub_pack *k);
FJ_DEFINE_AUTO(pub_pack, struct pub_pack, pub_pack_release)
bool pub_pack_empty(const struct pub_pack *k);
/* Is there room for so many more octets of a file or row?  An empty package takes whatever there is. */
bool pub_pack_takes(const struct pub_pack *k, size_t n);
/* a file below publish/, and a row as pub_db_row_from gives it */
enum fj_rc pub_pack_file(struct pub_pack *k, const char *path, struct fj_slice data, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_pack_row(struct pub_pack *k, const json_t *row, struct fj_err *err) FJ_MUST_USE;
struct pub_pack_as {
	bool snapshot, last;
	int64_t seq, part, generation, previous;
	struct fj_hash before;
};
/* Signs its manifest, writes the package to a path and leaves it empty; *hash is the manifest's.  FJ_E_POLICY when
 * the signer refuses the number. */
enum fj_rc pub_pack_write(struct iss *i, struct pub_pack *k, const struct pub_pack_as *as, const char *path, struct fj_hash *hash, struct fj_err *err) FJ_MUST_USE;

/* --- log_files.c: what of the public log grew since a size, one file after the other, the checkpoint last --- */
struct pub_log_files {
	uint64_t from, size;      /* size: of the checkpoint that they are of */
	struct fj_buf note;
	unsigned step;
	uint64_t n;
	bool loaded;
	char path[FJ_PACKAGE_PATH + 1]; /* below publish/ */
	struct fj_buf data;
};
enum fj_rc pub_log_open(struct pub_log_files *f, uint64_t from, struct fj_err *err) FJ_MUST_USE;
void pub_log_close(struct pub_log_files *f);
FJ_DEFINE_AUTO(pub_log_files, struct pub_log_files, pub_log_close)
/* path and data of the next one, the same until it is taken; *more false at the end */
enum fj_rc pub_log_file(struct pub_log_files *f, bool *more, struct fj_err *err) FJ_MUST_USE;
void pub_log_taken(struct pub_log_files *f);

/* --- outbox.c: packages of what publications changed (docs/formats.md 18) --- */
struct pub_box;
/* what is to go into the next package */
enum fj_rc pub_box_open(struct iss *i, struct fj_err *err) FJ_MUST_USE;
void pub_box_close(struct pub_box *b);
enum fj_rc pub_box_changed(struct iss *i, const char *path, struct fj_err *err) FJ_MUST_USE;
void pub_box_row(void *box, size_t table, int64_t rowid);
/* what waits, durable before it is noted as published */
enum fj_rc pub_box_keep(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* Packages of all that waits; rows alone wait for `rows_too`, or until they are many.  A snapshot when
 * there is none or it is old; what is older than the configured days goes. */
enum fj_rc pub_box_pack(struct iss *i, bool rows_too, struct fj_err *err) FJ_MUST_USE;

/* --- shown.c: lists and CRLs that are signed, and are shown once the public log has them --- */
struct pub_list {
	const char *kind;  /* "status-list" or "crl" */
	char name[32];     /* the list's number; of a CRL its shard, or "root"; with "sm2-" before, "-sm2" behind in that hierarchy */
	fj_time from;      /* iat, thisUpdate */
	int64_t number;    /* a CRL's */
	int64_t seq;       /* events up to here are in it */
	struct fj_buf bytes;
};
#define PUB_MAX_LISTS 2048
/* takes it over, on failure too */
enum fj_rc pub_hold(struct iss *i, struct pub_list *l, struct fj_err *err) FJ_MUST_USE;
/* Enters what is held into the log, then writes it: history, newest, note.  All of it or nothing; what is held is
 * forgotten in any case, since it can be made again. */
enum fj_rc pub_show_held(struct iss *i, struct fj_err *err) FJ_MUST_USE;
void pub_held_release(struct iss *i);

/* --- proofs.c: proofs of logging beside credentials --- */
enum fj_rc pub_proof(struct iss *i, enum pipe_kind kind, const char *number, const char *object, struct fj_err *err) FJ_MUST_USE;
/* those that witnesses have cosigned since, made anew */
enum fj_rc pub_proofs_renew(struct iss *i, struct fj_err *err) FJ_MUST_USE;

/* --- attestation.c --- */
/* What the TPM says of its keys, into trust/attestation, when that is due (i->pub.attest); what fails is logged, and tried
 * again later. */
void pub_attest(struct iss *i);

/* --- lists.c: status lists and CRLs that changed or grow old --- */
enum fj_rc pub_lists(struct iss *i, struct fj_err *err) FJ_MUST_USE;
enum fj_rc pub_crls(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* --- certify.c --- */
/* roots, the newest first */
enum fj_rc pub_root_pem(const struct iss *i, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err) FJ_MUST_USE;
/* chain.pem of a hierarchy by what db has */
enum fj_rc pub_chain_pem(struct iss *i, struct sto *db, enum fj_alg alg, struct fj_buf *pem, struct fj_err *err) FJ_MUST_USE;
/* the same, and what subordinate CAs take in, when it is due */
enum fj_rc pub_subs(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* a file below publish/, replaced whole; made durable together at the end of the publication */
enum fj_rc pub_file(struct iss *i, const char *path, struct fj_slice data, struct fj_err *err) FJ_MUST_USE;
/* The same, but one that is there as it is to be stays: no reader has to look. */
enum fj_rc pub_keep_file(struct iss *i, const char *path, const struct fj_buf *data, struct fj_err *err) FJ_MUST_USE;
/* --- history.c: what was published before --- */
/* a list, CRL or credential that counts from this second on, kept beside the newest; name: that of
 * the list, or a number; suffix ".jwt" or ".crl" */
enum fj_rc pub_keep(struct iss *i, const char *kind, const char *name, fj_time from, const char *suffix, struct fj_slice data, struct fj_err *err) FJ_MUST_USE;
/* once a day: removes what was replaced longer ago than the profile keeps it */
enum fj_rc pub_history_prune(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* to be noted as published once everything is durable: name, number, time, event sequence */
enum fj_rc pub_noted(struct iss *i, const char *what, int64_t number, fj_time at, int64_t seq, struct fj_err *err) FJ_MUST_USE;
/* what was published under this name last; zeros when never */
enum fj_rc pub_state(struct iss *i, const char *what, int64_t *number, fj_time *at, int64_t *seq, struct fj_err *err) FJ_MUST_USE;

#endif
