/*
 * archive.h - the packages of a year (docs/formats.md 44), checked with no appliance and no network.
 *
 * Everything hangs on one root that the caller names.  The status of what was signed is that at
 * the time of the export, by the lists in the folder: a verdict of today is fujie-verify's of the
 * credential.  It does NOT check that the register held nothing else.
 */
#ifndef FJ_VERIFIER_ARCHIVE_H
#define FJ_VERIFIER_ARCHIVE_H

#include "base/archive.h"
#include "verifier/verify.h"

#define ARV_TOLD 200 /* faults that are told; all are counted */

struct arv {
	int dir, trust_dir;
	struct ver_trust *trust;  /* NULL: it does not hold, and no signature is checked */
	bool sm2;                 /* the SM2 hierarchy is believed, too */
	fj_time at;               /* of the signature; 0 while it is not known */
	void *seen;               /* tsearch: paths that the index and its packages name */
	json_t *faults, *counts;
	int64_t n_faults, lines, packages, credentials, originals;
};

/* One fault, at a path below the folder; FJ_E_NOMEM. */
enum fj_rc arv_fault(struct arv *v, const char *path, const char *what, const char *en, const char *zh) FJ_MUST_USE;
/* is it named by something that was read before? notes it; FJ_E_EXISTS: it was */
enum fj_rc arv_see(struct arv *v, const char *path) FJ_MUST_USE;
bool arv_seen(const struct arv *v, const char *path);
/* SHA-256 and SM3 in hex of these octets are these two */
bool arv_hashes(struct fj_slice bytes, const char *sha256, const char *sm3);
/* A manifest of this kind over these octets: the signer's chain, purpose, dates and revocation at the time that it says; FJ_E_SIGNATURE and so on.
 * payload: the caller's. */
enum fj_rc arv_manifest(const struct arv *v, struct fj_slice jws, const char *kind, struct fj_slice bytes, json_t **payload, struct fj_err *err) FJ_MUST_USE;

/* --- archive_pack.c --- */
/* The octets of one package: every fault in it is told; a failure is FJ_E_NOMEM or the system's. */
enum fj_rc arv_package(struct arv *v, const struct fj_archive_entry *e, const char *path, struct fj_slice bytes, struct fj_err *err) FJ_MUST_USE;

/* --- archive.c --- */
/* `fujie-verify archive`, from argv[0] on: exit code */
int ver_archive(int argc, char **argv);

#endif
