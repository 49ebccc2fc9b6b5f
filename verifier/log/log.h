/*
 * log.h - a public log as files, as an auditor has it: the folder that holds checkpoint,
 * tile/ and tile/entries/ (docs/formats.md 19), and the log's public keys.
 *
 * No register, no network, nothing believed but the keys: what the folder says is held
 * against the signed checkpoint, and the first fault is named with its place.  It is not
 * checked here whether the certificate of the P-256 key stands under a root and was valid
 * (`fujie-verify --logged` does), nor whether others were shown another log (witnesses do).
 */
#ifndef FJ_VERIFIER_LOG_H
#define FJ_VERIFIER_LOG_H

#include "base/leaf.h"
#include "base/note.h"
#include "verifier/log_policy.h"

#define VLG_KEY_MAX 65536
#define VLG_CERTS 16

struct vlg_log {
	int dir;                 /* the folder that holds "checkpoint" */
	bool by_vkey, by_cert;   /* which keys are known; one at least */
	bool by_hand;            /* named by whoever asks: the log may have a newer P-256 key than he knows */
	struct fj_vkey vkey;
	struct vlg_cert {        /* P-256 keys of log.pem: the newest first, and former ones */
		void *key;       /* EVP_PKEY */
		uint8_t id[4];
	} cert[VLG_CERTS];
	size_t n_certs;
	struct fj_buf text;      /* the checkpoint's file */
	struct fj_note note;
	struct fj_checkpoint head;
};
void vlg_release(struct vlg_log *l);
FJ_DEFINE_AUTO(vlg, struct vlg_log, vlg_release)

/* Where the first fault is: -1 where there is no such number. */
struct vlg_fault {
	const char *what;         /* a code, "leaf" "tile" "root" ...; NULL: none was found */
	char file[FJ_TILE_PATH];  /* below the log's folder */
	int64_t leaf, octet;      /* index of the first leaf that it touches; octet in the file */
};

/* The folder of a log: `path` itself, or publish/log of a home or of a folder that was published (log/).  FJ_E_NOTFOUND. */
enum fj_rc vlg_open(struct vlg_log *l, const char *path, struct fj_err *err) FJ_MUST_USE;
/* The same below a descriptor, which stays the caller's. */
enum fj_rc vlg_open_at(struct vlg_log *l, int dir, const char *path, struct fj_err *err) FJ_MUST_USE;
/* vkey: the key's text, or a file that has it; cert: a PEM file; NULL for both: log.vkey and log.pem in ../trust of the
 * log's folder, where they are.  FJ_E_USAGE when no key is known at all. */
enum fj_rc vlg_keys(struct vlg_log *l, const char *vkey, const char *cert, struct fj_err *err) FJ_MUST_USE;
/* Reads the checkpoint and verifies the log's own lines on it: every key that is known has a true line.  FJ_E_SIGNATURE
 * and others, with the fault. */
enum fj_rc vlg_head(struct vlg_log *l, struct vlg_fault *f, struct fj_err *err) FJ_MUST_USE;
/* Any note as the log's own: text has to live as long as the note. */
enum fj_rc vlg_note(const struct vlg_log *l, struct fj_slice text, struct fj_note *note, struct fj_checkpoint *c, struct fj_err *err) FJ_MUST_USE;

struct vlg_seen {
	uint64_t leaves, files, cosigned; /* cosigned: leaves of the checkpoint that witnesses cosigned; 0: none */
	struct ver_cosigned witnesses;    /* on it, of those that the policy names */
	uint64_t events[FJ_LEAF_EVENTS];  /* in the order of fj_leaf_events */
};
/* what to do with a leaf that was found true; NULL: nothing */
typedef enum fj_rc (*vlg_each)(void *user, uint64_t index, struct fj_slice entry, const json_t *leaf, const struct fj_hash *hash, struct vlg_fault *f, struct fj_err *err);
/* Everything: bundles, leaves, each level of tiles against the one below, the root against the checkpoint, older and
 * stray files, the cosigned checkpoint.  Memory does not grow with the log.  Exit code 1 of a fault: f->what is set. */
enum fj_rc vlg_verify(struct vlg_log *l, vlg_each each, void *user, struct vlg_seen *seen, struct vlg_fault *f, struct fj_err *err) FJ_MUST_USE;

/* fills f and err and returns rc; file NULL: none */
enum fj_rc vlg_bad(struct vlg_fault *f, enum fj_rc rc, const char *what, const char *file, int64_t leaf, int64_t octet, struct fj_err *err,
    const char *en, const char *zh);
json_t *vlg_fault_json(const struct vlg_fault *f); /* {"what","file","leaf","octet"}; the caller's */

/* --- prove.c: l->head was read --- */
/* The file of a tile or bundle, or the beginning of the full one where the narrower one has gone.  FJ_E_NOTFOUND. */
enum fj_rc vlg_read(const struct vlg_log *l, const struct fj_tile *t, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
struct fj_tiles vlg_tiles(struct vlg_log *l);
/* The last leaf that issued what has this id: certificate or authorisation number, jti.  It reads bundles from the end.
 * *leaf is the caller's; FJ_E_NOTFOUND. */
enum fj_rc vlg_find(struct vlg_log *l, const char *id, uint64_t *index, json_t **leaf, struct fj_err *err) FJ_MUST_USE;
/* A tlog-proof of a leaf, under the cosigned checkpoint where there is one that covers it; verified before it is given. */
enum fj_rc vlg_prove(struct vlg_log *l, uint64_t index, const json_t *leaf, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* From a checkpoint that somebody kept to this one: FJ_E_REFUSED names a fork or a log that was rolled back. */
enum fj_rc vlg_consistency(struct vlg_log *l, const struct fj_checkpoint *kept, struct fj_path *out, struct fj_err *err) FJ_MUST_USE;
/* "cosigned", where there is one: FJ_E_NOTFOUND */
enum fj_rc vlg_cosigned(struct vlg_log *l, struct fj_buf *text, struct fj_note *note, struct fj_checkpoint *c, struct fj_err *err) FJ_MUST_USE;
/* Who cosigned it, by log.policy in ../trust; all zero where there is no policy.  FJ_E_SIGNATURE: a line is not true, or
 * is neither the log's nor a named witness's. */
enum fj_rc vlg_witnesses(struct vlg_log *l, const struct fj_note *cosigned, struct ver_cosigned *out, struct fj_err *err) FJ_MUST_USE;

#endif
