/*
 * attestation.c - what the TPM says of its keys, as files: trust/attestation (docs/formats.md 23).
 *
 * Made at init, and anew each time that the service starts: every statement repeats the hash of qualifying.txt, which names the
 * root, the time and the newest checkpoint of the public log, so that none can be from before that checkpoint.
 * attestation.json has all of it for fujie-verify; beside it lie the same structures as files, as other tools take them.
 * What can't be had holds no publication back.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "issuer/ceremony.h"
#include "issuer/publish/publish.h"
#include "verifier/verify.h"

#define FOLDER "publish/trust/attestation"
#define JSON_MAX (1u << 20)
#define AGAIN 600 /* seconds after which it is tried again */

static enum fj_rc qualifying(struct iss *i, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) note = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_checkpoint head;
	struct fj_hash root;
	char at[FJ_TIME_CAP], hex[65];

	FJ_TRY(log_given(i, &head, &note, err));
	if (head.size == 0)
		return fj_fail(err, FJ_E_BUSY, "publish", NULL, "the public log has no checkpoint yet that an attestation could be bound to");
	fj_sha256(fj_buf_slice(&i->ca[FJ_ES256].root), &root);
	fj_hex(root.b, FJ_SHA256_LEN, hex);
	fj_time_utc(fj_now(), at);
	return fj_buf_printf(out, "fujie-attestation-1\n%s\n%s\n%s", at, hex, fj_buf_str(&note)) == FJ_OK ? FJ_OK : fj_no_memory(err, "publish");
}

static enum fj_rc file(struct iss *i, const char *name, const char *suffix, struct fj_slice data, struct fj_err *err)
{
	char path[96];

	snprintf(path, sizeof(path), FOLDER "/%.31s%.16s", name, suffix);
	return data.len == 0 ? FJ_OK : pub_file(i, path, data, err);
}

static enum fj_rc one_object(struct iss *i, const struct hsm_attested *o, struct fj_err *err)
{
	if (o->name[0] == '\0' || strspn(o->name, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(o->name))
		return fj_fail(err, FJ_E_PROTO, "publish", NULL, "the signer attests a key without a proper name");
	FJ_TRY(file(i, o->name, ".public", o->pub, err));
	FJ_TRY(file(i, o->name, ".creation", o->creation, err));
	FJ_TRY(file(i, o->name, ".attest", o->attest, err));
	return file(i, o->name, ".sig", o->sig, err);
}

static enum fj_rc endorsements(struct iss *i, const struct hsm_attestation *a, struct fj_err *err)
{
	char name[24];

	for (size_t k = 0; k < a->n_ek; k++) {
		snprintf(name, sizeof(name), "ek-%08x", a->ek[k].index);
		FJ_TRY(file(i, name, ".cer", a->ek[k].der, err));
	}
	return FJ_OK;
}

static enum fj_rc quote(struct iss *i, const struct hsm_attestation *a, struct fj_err *err)
{
	if (a->quote.attest.len == 0)
		return FJ_OK;
	FJ_TRY(file(i, "quote", ".msg", a->quote.attest, err));
	FJ_TRY(file(i, "quote", ".sig", a->quote.sig, err));
	return file(i, "quote", ".pcrs", a->registers, err);
}

/* the attestation key, for who checks signatures with OpenSSL */
static enum fj_rc key_file(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) spki = FJ_BUF_INIT(512);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(1024);

	FJ_TRY(hsm_public_key(i->pub.signer, HSM_AK, &spki, err));
	FJ_TRY(ca_pem("PUBLIC KEY", fj_buf_slice(&spki), &pem, err));
	return file(i, "ak", ".pem", fj_buf_slice(&pem), err);
}

static enum fj_rc write_all(struct iss *i, const struct fj_buf *text, const struct hsm_attestation *a, struct fj_err *err)
{
	FJ_AUTO(json) doc = hsm_attestation_json(a, fj_buf_str(text));
	FJ_AUTO(buf) out = FJ_BUF_INIT(JSON_MAX);
	json_t *bonds = NULL;

	FJ_TRY(fj_dir_make(AT_FDCWD, FOLDER, 0755, err));
	for (size_t k = 0; k < a->n; k++)
		FJ_TRY(one_object(i, &a->object[k], err));
	FJ_TRY(endorsements(i, a, err));
	FJ_TRY(quote(i, a, err));
	FJ_TRY(crm_bonds(&bonds, err));
	if (bonds != NULL && fj_json_set(doc, "bonds", bonds) != FJ_OK) /* bonds is stolen */
		return fj_no_memory(err, "publish");
	FJ_TRY(doc == NULL ? fj_no_memory(err, "publish") : fj_json_canonical(doc, &out, err));
	FJ_TRY(file(i, "qualifying", ".txt", fj_buf_slice(text), err));
	FJ_TRY(key_file(i, err));
	return file(i, "attestation", ".json", fj_buf_slice(&out), err);
}

static enum fj_rc attest(struct iss *i, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(2 * FJ_NOTE_MAX);
	FJ_AUTO(hsm_attestation) a = {.n = 0};
	struct fj_hash h;

	FJ_TRY(qualifying(i, &text, err));
	fj_sha256(fj_buf_slice(&text), &h);
	FJ_TRY(iss_signer(i, &i->pub.signer, err));
	enum fj_rc rc = hsm_attest(i->pub.signer, FJ_SLICE(h.b, FJ_SHA256_LEN), &a, err);
	if (rc != FJ_OK) {
		iss_signer_drop(&i->pub.signer); /* its answer may still be to come */
		return rc;
	}
	return write_all(i, &text, &a, err);
}

/* what a verifier makes of it that knows no vendor */
static void judge(struct iss *i)
{
	FJ_AUTO(ver_trust) trust = NULL;

	if (ver_trust_load_dir(AT_FDCWD, "publish/trust", &trust, NULL, NULL) == FJ_OK)
		snprintf(i->pub.attested, sizeof(i->pub.attested), "%s", ver_tpm_name(ver_trust_attested(trust)));
}

void pub_attest_due(struct iss *i)
{
	i->pub.attest = i->conf.attest || access(FOLDER "/attestation.json", F_OK) != 0;
	if (!i->pub.attest)
		judge(i);
}

void pub_attest(struct iss *i)
{
	struct fj_err err = {0};

	if (!i->pub.attest || fj_now() < i->pub.attest_at)
		return;
	i->pub.attest_at = fj_now() + AGAIN;
	if (attest(i, &err) == FJ_OK) {
		i->pub.attest = false;
		judge(i);
	} else
		fj_log_err(FJ_LOG_WARN, "the keys are not attested", &err);
}
