/*
 * officer.h - what the files of fujie-officer share: the options, an officer's key in a
 * file or on a card, words in the asker's language, and what is done with them.
 *
 * The program runs on an officer's own machine and trusts no appliance: everything that is
 * signed is computed here, from the plan and from the structure itself, and shown before.
 * It has no network and no TPM.
 */
#ifndef FJ_OFFICER_H
#define FJ_OFFICER_H

#include <stdio.h>

#include "base/approval.h"
#include "base/secret.h"

#define OFC_LAYER "officer"
#define OFC_SECRET_MAX 1024 /* octets of a passphrase or PIN */
#define OFC_PASSPHRASE_MIN 12 /* characters of a new passphrase */

struct ofc {
	const char *verb, *sub, *file;           /* "plan" "show" FILE */
	const char *key;                         /* key file */
	const char *card, *token, *object;       /* PKCS#11 module and labels */
	const char *plan, *out, *secret_file;    /* --plan, --out, --passphrase-file */
	const char *other;                       /* --other: the plan of the root that another one certifies */
	const char *vendors;                     /* --vendors: PEM */
	const char *request;                     /* --request: of who wants to restore a backup */
	const char *signatures;                  /* --signatures: under the transcript, by other officers */
	const char *lang;
	bool json, yes, help, zh, refuse;
	FILE *words;                             /* where what is shown goes; NULL until it is opened */
};

/* --- secret.c: secrets and consent, from the terminal --- */
/* The passphrase or PIN: from --passphrase-file (its first line), else asked without echo; twice when
 * `fresh`, which also wants OFC_PASSPHRASE_MIN characters. */
enum fj_rc ofc_secret(const struct ofc *o, bool pin, bool fresh, struct fj_secret *out, struct fj_err *err) FJ_MUST_USE;
/* Where words go before somebody is asked: the terminal, or with --yes standard output (with --json
 * standard error).  FJ_E_USAGE when there is neither a terminal nor --yes. */
enum fj_rc ofc_words(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* Go on?  FJ_E_REFUSED unless the answer is "yes" or 是; with --yes not asked. */
enum fj_rc ofc_ask(const struct ofc *o, const char *zh, const char *en, struct fj_err *err) FJ_MUST_USE;

/* --- key.c: an officer's key, wherever it is --- */
struct ofc_key;
/* `make`: a new one, in a file that is not there yet or on a card without such an object. */
enum fj_rc ofc_key_open(const struct ofc *o, bool make, struct ofc_key **out, struct fj_err *err) FJ_MUST_USE;
void ofc_key_close(struct ofc_key *k);
FJ_DEFINE_AUTO_PTR(ofc_key, struct ofc_key, ofc_key_close)
const uint8_t *ofc_key_xy(const struct ofc_key *k);
/* ECDSA over a digest, r || s, verified before it is handed out. */
enum fj_rc ofc_key_sign(const struct ofc_key *k, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err) FJ_MUST_USE;
/* a fj_verify_fn; FJ_E_SIGNATURE also for what is no point of P-256 */
enum fj_rc ofc_verify(void *unused, const uint8_t xy[64], const struct fj_hash *digest, const uint8_t sig[64], struct fj_err *err);

/* --- key_file.c: PKCS#8 under a passphrase (RFC 5958; PBES2 with scrypt, RFC 7914, and AES-256) --- */
struct ofc_file;
/* kind: "P-256", or "X25519" for a backup key */
enum fj_rc ofc_file_make(const struct ofc *o, const char *kind, struct ofc_file **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_file_open(const struct ofc *o, struct ofc_file **out, struct fj_err *err) FJ_MUST_USE;
void ofc_file_close(struct ofc_file *f);
FJ_DEFINE_AUTO_PTR(ofc_file, struct ofc_file, ofc_file_close)
/* of a backup key; FJ_E_UNSUPPORTED for any other */
enum fj_rc ofc_file_x25519(const struct ofc_file *f, uint8_t public[32], struct fj_secret *secret, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_file_xy(const struct ofc_file *f, uint8_t xy[64], struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_file_sign(const struct ofc_file *f, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err) FJ_MUST_USE;

/* --- card.c: PKCS#11 (Cryptoki 2.40), CKM_ECDSA --- */
struct ofc_card;
enum fj_rc ofc_card_open(const struct ofc *o, bool make, struct ofc_card **out, struct fj_err *err) FJ_MUST_USE;
void ofc_card_close(struct ofc_card *c);
enum fj_rc ofc_card_xy(const struct ofc_card *c, uint8_t xy[64], struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_card_sign(const struct ofc_card *c, const struct fj_hash *digest, uint8_t sig[64], struct fj_err *err) FJ_MUST_USE;

/* --- digest.c: what a TPM signs of a structure --- */
/* P-256: SHA-256; SM2: SM3(Z || structure), Z of the key xy (GM/T 0003.2-2012 5.5) */
enum fj_rc ofc_digest(enum fj_alg alg, const uint8_t xy[64], struct fj_slice structure, struct fj_hash *out, struct fj_err *err) FJ_MUST_USE;
/* RFC 5280 4.2.1.2 (1) */
enum fj_rc ofc_key_id(struct fj_slice point, uint8_t out[20], struct fj_err *err) FJ_MUST_USE;

/* --- show.c: words --- */
/* "label: value", what is in value made harmless for a terminal */
void ofc_line(const struct ofc *o, const char *zh, const char *en, const char *fmt, ...) FJ_PRINTF(4, 5);
void ofc_title(const struct ofc *o, const char *zh, const char *en);
void ofc_show_plan(const struct ofc *o, const struct fj_plan *p, unsigned by);
/* another appliance's CA: what its limits let it do, and its key */
struct fj_limits;
void ofc_show_limits(const struct ofc *o, const struct fj_limits *l);
void ofc_show_spki(const struct ofc *o, struct fj_slice spki, const char *alg);
/* of a key that is certified, whose statements were judged: what they say, and by which attestation key */
void ofc_show_made(const struct ofc *o, enum fj_step step, const struct fj_tpm_name *ak);
/* of a challenge that was checked: what approving it lets happen */
void ofc_show_unseal(const struct ofc *o, const struct fj_plan *p, const struct fj_challenge *c, const struct fj_tpm_name *name);
/* Reads the structure, compares it with the step, the key and the plan, and shows it.  FJ_E_REFUSED names
 * what does not fit and what to do; nothing is shown then.  with: of fj_step_cross the plan of the root that is certified; else NULL. */
enum fj_rc ofc_show_structure(const struct ofc *o, const struct fj_plan *p, const struct fj_plan *with, const struct fj_challenge *c, const struct fj_hash *digest, struct fj_err *err) FJ_MUST_USE;

/* --- plan.c, approve.c: the commands; FJ_OK when done, their document printed with --json --- */
enum fj_rc ofc_new(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_public(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_plan_show(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_plan_sign(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_approve(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* transcript.c: under the transcript FILE, into FILE.signatures or --out */
enum fj_rc ofc_transcript_sign(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* the same file with the signatures of --signatures, which officers made elsewhere; no key is needed */
enum fj_rc ofc_transcript_join(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* backup.c: a key to which shares of backups are sealed, and its public half; one's share of a backup, for a request */
enum fj_rc ofc_backup_new(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_backup_public(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_share_open(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* bond.c: a credential for an endorsement key, from what an appliance shows of its TPM */
enum fj_rc ofc_bond(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
/* certify.c: the payload of a root.certify.  FJ_E_REFUSED, FJ_E_INVALID: a hash in it is none that can be computed from
 * the request and the limits beside it, or its request was changed; r is the caller's, to be released. */
struct fj_ca_request;
enum fj_rc ofc_certify_read(const json_t *payload, struct fj_ca_request *r, struct fj_limits *l, struct fj_err *err) FJ_MUST_USE;
/* of one that was read */
void ofc_certify_show(const struct ofc *o, const json_t *payload, const struct fj_ca_request *r, const struct fj_limits *l);
/* act.c: an approval of everyday business, or with --refuse its refusal */
enum fj_rc ofc_sign(struct ofc *o, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_read(const char *path, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* a file that is not there yet: whole, or none */
enum fj_rc ofc_write_new(const char *path, struct fj_slice data, mode_t mode, struct fj_err *err) FJ_MUST_USE;
enum fj_rc ofc_print(json_t *doc, struct fj_err *err) FJ_MUST_USE; /* doc is stolen */
/* a refusal whose sentence has something in it, in both languages */
enum fj_rc ofc_refuse(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh, const char *what);

#endif
