/*
 * bak.h - what the files of fujie-backup share.
 *
 * It makes backups of a home and opens them, and does nothing else: no network, no TPM, no act on the register.  It runs as who owns
 * the home, beside the service or without it, and asks nobody for a password: what it writes only the officers' keys open, and
 * what it restores is closed until two officers have approved it in the register (issuer/log/restore.c).
 */
#ifndef FJ_BACKUP_BAK_H
#define FJ_BACKUP_BAK_H

#include <sys/stat.h>

#include "base/backup.h"
#include "base/ustar.h"

#define BAK_LAYER "backup"
#define BAK_PART (1u << 18)       /* octets that are copied at once */
#define BAK_DEPTH 12              /* folders below one another, at most */
#define BAK_SHARES FJ_BACKUP_OFFICERS
#define BAK_REGISTER "register.db"
#define BAK_CHECKPOINT "publish/log/checkpoint"

struct bak_args {
	const char *dir, *out, *file, *mirror;
	const char *share[BAK_SHARES];
	size_t n_shares;
	bool json, verify, no_mirror;
};

/* a refusal whose sentences have something in them, in both languages: %s once in each */
enum fj_rc bak_no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh, const char *what);

/* --- home.c: what a home is made of --- */
/* What of a home is not in its backup, since it is of the processes that run, is made again, or is a file that is being replaced. */
bool bak_left_out(const char *path);
/* Each file, folder and link of the folder that is not left out, but for the log's checkpoint and partial tiles: the signer's before the others, a
 * folder before what is in it.  dir, name: where it is; path: below the home. */
struct bak_found {
	int dir;
	const char *name, *path;
	struct stat st;
};
typedef enum fj_rc (*bak_fn)(void *user, const struct bak_found *f, struct fj_err *err);
enum fj_rc bak_walk(int home, bak_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;
/* a path's folders below `home`, made where they are missing, none through a link; the last one is opened */
enum fj_rc bak_folder(int home, const char *path, const char **name, int *out, struct fj_err *err) FJ_MUST_USE;
/* all that is below a path, and it; what can't be removed stays */
void bak_remove(const char *path);
/* copies from the descriptor's place on, n octets exactly; FJ_E_BUSY where there are fewer */
typedef enum fj_rc (*bak_part_fn)(void *user, const void *p, size_t n, struct fj_err *err);
enum fj_rc bak_copy(int fd, int64_t n, const char *path, bak_part_fn fn, void *user, struct fj_err *err) FJ_MUST_USE;

/* --- shares.c: a key in shares, and back --- */
/* Divides it among the officers of b: sealed shares and checks are filled in. */
enum fj_rc bak_split(struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err) FJ_MUST_USE;
/* Files of shares, sealed to this key pair, give the key: each is told apart.  FJ_E_AUTH: whose is wrong, or how many are missing. */
enum fj_rc bak_join(const struct fj_backup *b, const struct bak_args *a, const uint8_t public[crypto_box_PUBLICKEYBYTES], const struct fj_secret *secret, struct fj_secret *key,
    struct fj_err *err) FJ_MUST_USE;

/* --- make.c, take.c: the commands; *answer is the caller's --- */
enum fj_rc bak_make(const struct bak_args *a, json_t **answer, struct fj_err *err) FJ_MUST_USE;
enum fj_rc bak_take(const struct bak_args *a, json_t **answer, struct fj_err *err) FJ_MUST_USE;

/* --- check.c: is what was unpacked a home of one piece?  The process's folder is the home. --- */
struct bak_checked {
	int64_t events, leaves, records;     /* of the register, and of the signer's log */
	struct fj_checkpoint head;           /* of the log as it is published here */
};
/* The signer's log by its chain, the register by SQLite's check and its events' chain, the published log by its key, tiles and the register's leaves. */
enum fj_rc bak_check(const struct fj_backup *b, struct bak_checked *out, struct fj_err *err) FJ_MUST_USE;
/* the newest checkpoint of a folder, by the log's key: its lines are true and its tiles are its tree; FJ_E_NOTFOUND: there is none */
enum fj_rc bak_head(const struct fj_vkey *key, int dir, const char *folder, struct fj_checkpoint *out, struct fj_err *err) FJ_MUST_USE;
/* leaves from `from` on, as they are published: [{"n","event","kind","id","at"}], 5,000 at most; the caller's */
enum fj_rc bak_leaves(const struct fj_checkpoint *head, int64_t from, json_t **out, struct fj_err *err) FJ_MUST_USE;

/* --- mirror.c: what was published after the backup --- */
/* a folder D/publish of a mirror, or of what is left of the home, or the folder above it */
enum fj_rc bak_mirror_open(const char *path, int *out, struct fj_err *err) FJ_MUST_USE;
/* Its log goes on from c->head, and then its files take the place of those here; c->head is that of there.  The process's folder is
 * the home that is being restored. */
enum fj_rc bak_mirror(const struct fj_backup *b, int dir, struct bak_checked *c, struct fj_err *err) FJ_MUST_USE;

#endif
