/*
 * backup.h - a backup of a home as a stream of octets, and the files by which its officers open it (docs/formats.md 41).
 *
 * A header in clear says of which home it is, of when, and who can open it; behind it comes an archive (base/ustar.h) in chunks of
 * libsodium's secretstream, each bound to the header.  The key is random, of this backup alone, and lies in the header in shares,
 * each sealed to one officer: `need` of them give the key (who divides and joins them links libgfshare; here they are octets).
 *
 * Checked here: form, bounds, that nothing was changed, exchanged, left out, cut or appended.  Not checked: who made it.  Whoever
 * has the officers' public keys can make a backup that they open, so what comes out of one is verified as a home is.
 */
#ifndef FJ_BASE_BACKUP_H
#define FJ_BASE_BACKUP_H

#include <sodium.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/note.h"
#include "base/secret.h"

#define FJ_BACKUP_CITE "formats.md 41"
#define FJ_BACKUP_OFFICERS 16
#define FJ_BACKUP_NAME 64          /* code points of an officer's name here */
#define FJ_BACKUP_HEADER_MAX 32768 /* octets of the header's JSON */
#define FJ_BACKUP_CHUNK 65536      /* octets of a chunk in clear; only the last has fewer */
#define FJ_BACKUP_KEY crypto_secretstream_xchacha20poly1305_KEYBYTES
#define FJ_BACKUP_SHARE (1 + FJ_BACKUP_KEY) /* its number, 1 to 255; as many octets as the key has */
#define FJ_BACKUP_SEALED (FJ_BACKUP_SHARE + crypto_box_SEALBYTES)

struct fj_backup_officer {
	char name[FJ_BACKUP_NAME * 4 + 1];
	uint8_t key[crypto_box_PUBLICKEYBYTES]; /* X25519 */
	uint8_t sealed[FJ_BACKUP_SEALED];       /* the share */
	struct fj_hash check;                   /* of the share: which of several is wrong can be told */
};
struct fj_backup {
	uint8_t id[16];
	char base[161];      /* public address of the home */
	struct fj_vkey log;  /* its public log's key: that is which home it is */
	fj_time at;
	bool demo, software; /* software: its TPM is a program's, whose state is in the backup */
	int64_t events, leaves;
	unsigned need, n;
	struct fj_backup_officer officer[FJ_BACKUP_OFFICERS];
	struct fj_hash check; /* of the key */
	struct fj_hash hash;  /* of the header as it stands in the file; by fj_backup_read and fj_backup_begin */
};
/* {"name","key"} an item, names and keys each once, 1 to 16, and need of them: who is to open backups.  FJ_E_INVALID names what is wrong. */
enum fj_rc fj_backup_officers_read(const json_t *list, int64_t need, struct fj_backup *out, struct fj_err *err) FJ_MUST_USE;
/* of an officer's key, or of a request's, as people compare it aloud: "1a2b-3c4d-5e6f-7081" */
#define FJ_BACKUP_PRINT 20
void fj_backup_print(const uint8_t key[crypto_box_PUBLICKEYBYTES], char out[FJ_BACKUP_PRINT]);
/* the checks of a share and of a key */
void fj_backup_share_check(const uint8_t id[16], const uint8_t share[FJ_BACKUP_SHARE], struct fj_hash *out);
void fj_backup_key_check(const uint8_t id[16], const uint8_t key[FJ_BACKUP_KEY], struct fj_hash *out);

/* --- writing --- */
struct fj_backup_out {
	int fd;
	crypto_secretstream_xchacha20poly1305_state state;
	crypto_hash_sha256_state sha; /* of all that was written */
	struct fj_hash head;
	int64_t octets;
	size_t len;
	uint8_t clear[FJ_BACKUP_CHUNK];
};
/* The header, and the beginning of the stream.  b: all but hash.  o: some 130 KiB, the caller's. */
enum fj_rc fj_backup_begin(struct fj_backup_out *o, int fd, struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_backup_put(struct fj_backup_out *o, const void *p, size_t n, struct fj_err *err) FJ_MUST_USE;
/* The last chunk; *sha of the whole file. */
enum fj_rc fj_backup_end(struct fj_backup_out *o, struct fj_hash *sha, struct fj_err *err) FJ_MUST_USE;

/* --- reading --- */
struct fj_backup_in {
	int fd;
	crypto_secretstream_xchacha20poly1305_state state;
	struct fj_hash head;
	uint64_t chunk;      /* which is read next, from 1; told when one is wrong */
	bool last;           /* the chunk in hand is */
	size_t at, len;
	uint8_t clear[FJ_BACKUP_CHUNK];
	uint8_t sealed[FJ_BACKUP_CHUNK + crypto_secretstream_xchacha20poly1305_ABYTES];
};
/* The header from the file's begin; the descriptor stands behind it.  FJ_E_PARSE: it is no backup; FJ_E_UNSUPPORTED: of another version. */
enum fj_rc fj_backup_read(int fd, struct fj_backup *out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_AUTH: it is not this backup's key. */
enum fj_rc fj_backup_open(struct fj_backup_in *i, int fd, const struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err) FJ_MUST_USE;
/* Exactly n octets of the archive, each from a chunk that was authenticated.  FJ_E_SIGNATURE, with the chunk: it was changed, exchanged or
 * cut; FJ_E_PARSE: the archive ends before. */
enum fj_rc fj_backup_get(struct fj_backup_in *i, void *p, size_t n, struct fj_err *err) FJ_MUST_USE;
/* Nothing more, in the archive or behind it. */
enum fj_rc fj_backup_done(struct fj_backup_in *i, struct fj_err *err) FJ_MUST_USE;

/* --- the files between an appliance and its officers: JSON --- */
#define FJ_BACKUP_FILE_MAX 4096
/* {"version":1,"backup":id,"key":X25519}: who wants to restore */
enum fj_rc fj_backup_request_put(const uint8_t id[16], const uint8_t key[crypto_box_PUBLICKEYBYTES], struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_backup_request_read(struct fj_slice in, uint8_t id[16], uint8_t key[crypto_box_PUBLICKEYBYTES], struct fj_err *err) FJ_MUST_USE;
/* {"version":1,"backup":id,"name":officer,"sealed":his share, sealed to that key} */
enum fj_rc fj_backup_share_put(const uint8_t id[16], const char *name, const uint8_t sealed[FJ_BACKUP_SEALED], struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_backup_share_read(struct fj_slice in, uint8_t id[16], char name[FJ_BACKUP_NAME * 4 + 1], uint8_t sealed[FJ_BACKUP_SEALED], struct fj_err *err) FJ_MUST_USE;

#endif
