/*
 * log.h - the public log (docs/formats.md 19): its leaves, which follow from events, and its
 * head, which the signer signs before anything is given out that the leaves speak of.
 */
#ifndef FJ_ISSUER_LOG_H
#define FJ_ISSUER_LOG_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/note.h"
#include "base/tiles.h"
#include "hsm/client/client.h"
#include "issuer/core.h"

/* --- leaf.c: in apply functions --- */
/* The credential of this event "<kind>.issued" enters the log; intent: the body of what was to be made.
 * Kinds that are not logged (packs, reports) pass. */
enum fj_rc log_issued(const struct evt *e, enum pipe_kind kind, const json_t *intent, struct fj_err *err) FJ_MUST_USE;
/* Its own status entry has this value now.  A credential that was not issued yet has no leaf. */
enum fj_rc log_changed(const struct evt *e, enum pipe_kind kind, const char *object, enum sts_value v, struct fj_err *err) FJ_MUST_USE;
/* Event log.restored */
enum fj_rc apply_log_restored(const struct evt *e, struct fj_err *err);
/* Event list.published: {"kind": "status-list" | "crl", "sha256": hex} of a URI */
enum fj_rc apply_list_published(const struct evt *e, struct fj_err *err);

/* --- edge.c: the right edge of the tree in memory, tiles as files --- */
#define LOG_FOLDER "publish/log"
extern struct fj_tile_folder log_folder;
struct log_edge {
	bool write;           /* false: what is full is forgotten, the files stay as they are */
	struct fj_edge tree;  /* changed: since it was written */
	struct fj_buf bundle; /* entries of the last, partial bundle */
};
void log_edge_init(struct log_edge *g, bool write);
void log_edge_release(struct log_edge *g);
FJ_DEFINE_AUTO(log_edge, struct log_edge, log_edge_release)
/* The edge of a tree of n leaves, n a multiple of 256, from its tiles.  FJ_E_NOTFOUND and the like when one is missing. */
enum fj_rc log_edge_load(struct log_edge *g, uint64_t n, struct fj_err *err) FJ_MUST_USE;
/* Adds a leaf; what is full becomes a file.  Nothing is made durable here: what is lost comes again from the register. */
enum fj_rc log_edge_add(struct log_edge *g, struct fj_slice leaf, struct fj_err *err) FJ_MUST_USE;
/* the partial tiles, as files */
enum fj_rc log_edge_write(struct log_edge *g, struct fj_err *err) FJ_MUST_USE;
/* removes the partial tiles of those that became full since a head of `before` leaves */
void log_edge_prune(const struct log_edge *g, uint64_t before);
/* an fj_tile_fn: the edge's own tile from memory, else from its file */
enum fj_rc log_edge_tile(void *edge, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err);

/* --- head.c --- */
struct iss_log {
	pthread_mutex_t lock;        /* taken before the writer's and the publisher's connection, never with the writer's held */
	struct hsm_conn *signer;
	struct log_edge edge;        /* all leaves that were read; what is signed may be less for a moment */
	struct fj_checkpoint head;   /* signed, and given out as publish/log/checkpoint */
	struct fj_buf note;          /* the same with its lines */
	struct fj_vkey key;
	atomic_bool open;            /* the edge is that of the head */
	pthread_mutex_t given;       /* of head, note and the two texts, for who only reads them: held for no longer than that */
	atomic_bool shut;            /* closed: nothing is accepted or signed */
	atomic_int spare;            /* enum spr_state: it is shut for that (issuer/spare.h) */
	atomic_bool seals;           /* the signer's issuing keys wait for officers after each start (unseal.c) */
	char closed[320], closed_zh[480];
	int64_t shut_leaves, shut_restored; /* what was looked at when it was shut: while that is so, it stays shut */
	fj_time signed_at;
	char tpm[12];                /* where the signer says its keys lie: "software", "hardware"; "" not asked yet */
	atomic_bool checked;         /* the signer checks officers' signatures of approvals (signed.c) */
	atomic_int tokens;           /* of each license token too: by so many officers of its operator at least; 0: names count */
};
/* Compares the register with the head that the signer remembers, and takes up the log there.  A register that is
 * older than the log leaves it closed: everything that would be signed is refused, with the position, until
 * two officers restore it. */
enum fj_rc log_open(struct iss *i, struct fj_err *err) FJ_MUST_USE;
void log_close(struct iss_log *l);
/* Every leaf of the register is in a signed checkpoint that is given out.  No lock is held by the caller, but it may be
 * the publisher's. */
enum fj_rc log_advance(struct iss *i, struct fj_err *err) FJ_MUST_USE;
/* an edge, not written, of the leaves that the register has, `until` at most */
enum fj_rc log_edge_from(struct log_edge *g, struct sto *db, int64_t until, struct fj_err *err) FJ_MUST_USE;
/* the signer's key of the Ed25519 line, under the log's name */
enum fj_rc log_key(struct iss *i, struct hsm_conn *c, struct fj_vkey *out, struct fj_err *err) FJ_MUST_USE;
/* the checkpoint that was given out, when the key's line is true and it is larger; FJ_E_CORRUPT when it is another tree of the same size */
enum fj_rc log_newest(const struct fj_vkey *key, struct fj_checkpoint *head, struct fj_err *err) FJ_MUST_USE;
/* the head that was given out, and its note into an empty buffer (may be NULL; empty: nothing was yet) */
enum fj_rc log_given(struct iss *i, struct fj_checkpoint *head, struct fj_buf *note, struct fj_err *err) FJ_MUST_USE;
/* leaves that are in the head */
int64_t log_size(struct iss *i);
/* leaves that the register has */
enum fj_rc log_count(struct sto *db, int64_t *n, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_STATE with the reason while the log is closed */
enum fj_rc log_check_open(struct iss_log *l, struct fj_err *err) FJ_MUST_USE;
/* --- proof.c --- */
/* The bytes of a credential that is to leave the register, and its proof (may be NULL; empty for kinds that are not
 * logged).  FJ_E_BUSY while its leaf is in no checkpoint. */
enum fj_rc log_credential(struct iss *i, struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *out, struct fj_buf *proof, struct fj_err *err) FJ_MUST_USE;
/* the proof alone */
enum fj_rc log_proof(struct iss *i, struct sto *db, enum pipe_kind kind, const char *object, struct fj_buf *proof, struct fj_err *err) FJ_MUST_USE;

#endif
