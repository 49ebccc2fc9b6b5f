/*
 * library.c - what fujie-verify.h promises, over verify.h and bundle.h.
 *
 * Nothing is judged here: a call is translated, a report is handed on.  The objects of the
 * public header are opaque so that ours can change behind them, and the values of its enums
 * are fixed by hand for the same reason (0 is no verdict and no outcome).  Refuses what the
 * engine would take for granted: times out of range, numbers that are too long.
 */
/* alone visible outside: all else of the library is built hidden */
#pragma GCC visibility push(default)
#include "verifier/fujie-verify.h"
#pragma GCC visibility pop

#include <fcntl.h>
#include <sodium.h>

#include "base/file.h"
#include "base/note.h"
#include "verifier/bundle.h"
#include "verifier/internal.h"

#define MAX_AGE INT64_C(315360000)
#define USE_MAX 65536
#define REPORT_MAX (4u << 20)

struct fjv_error {
	struct fj_err e;
};
struct fjv_trust {
	struct ver_trust *t;
	int folder; /* -1: in memory */
	json_t *notes;
};
struct fjv_query {
	struct ver_use *use;
	char nonce[257], x5t[44], number[41]; /* "": not asked */
	int64_t max_age;
	bool past, logged;
	struct fj_buf log_proof; /* empty: none */
};
struct fjv_report {
	struct ver_report r;
	json_t *doc;        /* made when it is asked for */
	struct fj_buf text;
};

const char *fjv_version(void)
{
	return FJV_VERSION;
}

/* --- errors --- */

static fjv_result result_of(enum fj_rc rc)
{
	switch (rc) {
	case FJ_OK: return FJV_OK;
	case FJ_E_USAGE: return FJV_E_USAGE;
	case FJ_E_LIMIT: return FJV_E_LIMIT;
	case FJ_E_NOTFOUND: return FJV_E_NOTFOUND;
	case FJ_E_NOMEM: return FJV_E_MEMORY;
	case FJ_E_PARSE:
	case FJ_E_INVALID:
	case FJ_E_UNSUPPORTED:
	case FJ_E_SIGNATURE: return FJV_E_INVALID;
	default: return FJV_E_SYSTEM;
	}
}

/* the reason, for who wants it; the result of rc in any case */
static fjv_result done(enum fj_rc rc, const struct fj_err *why, fjv_error **out)
{
	if (out == NULL)
		return result_of(rc);
	*out = NULL;
	if (rc != FJ_OK && (*out = fj_alloc(1, sizeof(**out))) != NULL)
		(*out)->e = *why;
	return result_of(rc);
}

const char *fjv_error_en(const fjv_error *error)
{
	return error == NULL ? "" : error->e.en;
}

const char *fjv_error_zh(const fjv_error *error)
{
	return error == NULL ? "" : error->e.zh;
}

const char *fjv_error_clause(const fjv_error *error)
{
	return error == NULL ? "" : error->e.cite;
}

void fjv_error_free(fjv_error *error)
{
	fj_free(error);
}

/* --- trust --- */

void fjv_trust_free(fjv_trust *trust)
{
	if (trust == NULL)
		return;
	ver_trust_free(trust->t);
	json_decref(trust->notes);
	fj_fd_close(&trust->folder);
	fj_free(trust);
}

FJ_DEFINE_AUTO_PTR(fjv_trust, fjv_trust, fjv_trust_free)

static enum fj_rc trust_make(fjv_trust **out, struct fj_err *err)
{
	if (sodium_init() < 0)
		return fj_fail(err, FJ_E_CRYPTO, "verify", NULL, "libsodium could not start");
	*out = fj_alloc(1, sizeof(**out));
	if (*out == NULL)
		return fj_no_memory(err, "verify");
	(*out)->folder = -1;
	return FJ_OK;
}

static enum fj_rc trust_open(const char *folder, const char *root, const char *sm2, fjv_trust **out, struct fj_err *err)
{
	FJ_AUTO(fjv_trust) t = NULL;
	struct ver_pins pins = {.has_sm2 = sm2 != NULL};

	if (root != NULL)
		FJ_TRY(ver_fingerprint_read(root, &pins.root, err));
	if (sm2 != NULL)
		FJ_TRY(ver_fingerprint_read(sm2, &pins.sm2, err));

	FJ_TRY(trust_make(&t, err));
	FJ_TRY(ver_trust_load_under(AT_FDCWD, folder, root != NULL ? &pins : NULL, &t->t, &t->notes, err));
	FJ_TRY(fj_dir_open(AT_FDCWD, folder, &t->folder, err));
	*out = fj_move(t);
	return FJ_OK;
}

fjv_result fjv_trust_open(const char *folder, fjv_trust **out, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	*out = NULL;
	return done(trust_open(folder, NULL, NULL, out, &err), &err, error);
}

fjv_result fjv_trust_open_under(const char *folder, const char *root, const char *root_sm2, fjv_trust **out, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	*out = NULL;
	return done(root != NULL ? trust_open(folder, root, root_sm2, out, &err) : fj_fail(&err, FJ_E_USAGE, "verify", NULL, "a root's fingerprint is named"), &err, error);
}

/* DER as it is, or of the first PEM block */
static enum fj_rc der_of(struct fj_slice in, struct fj_buf *der, struct fj_err *err)
{
	if (in.len == 0 || in.p[0] != FJ_DER_SEQ)
		return ver_pem_next(&in, "CERTIFICATE", der, err);
	enum fj_rc rc = fj_buf_put(der, in.p, in.len);
	return rc == FJ_OK ? FJ_OK : fj_fail(err, rc, "verify", NULL, "a certificate has %zu octets; %d are allowed", in.len, FJ_X509_MAX);
}

static enum fj_rc trust_new(struct fj_slice root, struct fj_slice issuing, fjv_trust **out, struct fj_err *err)
{
	FJ_AUTO(buf) r = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(buf) i = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(fjv_trust) t = NULL;

	FJ_TRY(trust_make(&t, err));
	FJ_TRY(der_of(root, &r, err));
	FJ_TRY(der_of(issuing, &i, err));
	FJ_TRY(ver_trust_of(fj_buf_slice(&r), fj_buf_slice(&i), &t->t, err));
	*out = fj_move(t);
	return FJ_OK;
}

fjv_result fjv_trust_new(const void *root, size_t root_octets, const void *issuing, size_t issuing_octets, fjv_trust **out,
    fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	*out = NULL;
	return done(trust_new(FJ_SLICE(root, root_octets), FJ_SLICE(issuing, issuing_octets), out, &err), &err, error);
}

static enum fj_rc trust_add(fjv_trust *trust, fjv_kind kind, const char *name, struct fj_slice data, struct fj_err *err)
{
	static const enum ver_item items[] = {[FJV_LIST] = VER_STATUS_LIST, [FJV_CRL] = VER_CRL, [FJV_AUTHORISATION] = VER_AUTHORISATION,
		[FJV_CERTIFICATE] = VER_CERTIFICATE, [FJV_LOG] = VER_LOG, [FJV_LOG_KEY] = VER_LOG_KEY, [FJV_LOG_POLICY] = VER_LOG_POLICY, [FJV_CA] = VER_CA};

	if ((int)kind < FJV_LIST || kind > FJV_CA)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "%d is no kind of published file", (int)kind);
	if ((kind == FJV_AUTHORISATION || kind == FJV_CERTIFICATE) != (name != NULL))
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "an authorisation or certificate is added by its number, anything else without a name");
	enum fj_rc rc = ver_trust_add(trust->t, items[kind], name == NULL ? "" : name, data, err);
	return rc == FJ_E_EXISTS ? FJ_OK : rc;
}

fjv_result fjv_trust_add(fjv_trust *trust, fjv_kind kind, const char *name, const void *octets, size_t n, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	return done(trust_add(trust, kind, name, FJ_SLICE(octets, n), &err), &err, error);
}

size_t fjv_trust_notes(const fjv_trust *trust)
{
	return json_array_size(trust->notes);
}

const char *fjv_trust_note(const fjv_trust *trust, size_t i)
{
	return json_string_value(json_array_get(trust->notes, i));
}

int fjv_trust_is_demo(const fjv_trust *trust)
{
	return ver_trust_demo(trust->t);
}

/* --- what is asked --- */

fjv_result fjv_query_new(fjv_query **out, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	*out = fj_alloc(1, sizeof(**out));
	if (*out != NULL)
		fj_buf_init(&(*out)->log_proof, FJ_LOG_PROOF_MAX);
	return done(*out != NULL ? FJ_OK : fj_no_memory(&err, "verify"), &err, error);
}

void fjv_query_free(fjv_query *query)
{
	if (query == NULL)
		return;
	ver_use_free(query->use);
	fj_buf_release(&query->log_proof);
	fj_free(query);
}

/* the query takes use over, when it could be read */
static fjv_result take_use(fjv_query *query, enum fj_rc rc, struct ver_use *use, const struct fj_err *err, fjv_error **error)
{
	if (rc == FJ_OK) {
		ver_use_free(query->use);
		query->use = use;
	}
	return done(rc == FJ_OK || rc == FJ_E_NOMEM ? rc : FJ_E_USAGE, err, error);
}

fjv_result fjv_query_use(fjv_query *query, const char *text, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};
	struct ver_use *use = NULL;

	enum fj_rc rc = text == NULL ? FJ_OK : ver_use_parse(text, &use, &err);
	return take_use(query, rc, use, &err, error);
}

fjv_result fjv_query_use_json(fjv_query *query, const char *json, size_t n, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};
	struct ver_use *use = NULL;
	FJ_AUTO(json) obj = NULL;

	enum fj_rc rc = fj_json_parse(FJ_SLICE(json, n), USE_MAX, &obj, &err);
	if (rc == FJ_OK)
		rc = ver_use_from_json(obj, &use, &err);
	return take_use(query, rc, use, &err, error);
}

/* a proof's parameter in its right form, or none */
static fjv_result take_text(char *out, size_t cap, const char *text, enum fj_rc rc, struct fj_err *err, fjv_error **error)
{
	if (rc == FJ_OK && fj_strcopy(out, cap, text == NULL ? "" : text) != FJ_OK)
		rc = fj_fail(err, FJ_E_USAGE, "verify", NULL, "a text of at most %zu octets is expected", cap - 1);
	return done(rc, err, error);
}

fjv_result fjv_query_nonce(fjv_query *query, const char *nonce, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	return take_text(query->nonce, sizeof(query->nonce), nonce, ver_proof_form(nonce, NULL, &err), &err, error);
}

fjv_result fjv_query_x5t(fjv_query *query, const char *x5t, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	return take_text(query->x5t, sizeof(query->x5t), x5t, ver_proof_form(NULL, x5t, &err), &err, error);
}

fjv_result fjv_query_number(fjv_query *query, const char *number, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	return take_text(query->number, sizeof(query->number), number, FJ_OK, &err, error);
}

fjv_result fjv_query_past(fjv_query *query, int past, fjv_error **error)
{
	query->past = past != 0;
	return done(FJ_OK, NULL, error);
}

fjv_result fjv_query_max_age(fjv_query *query, int64_t seconds, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};

	if (seconds < 0 || seconds > MAX_AGE)
		return done(fj_fail(&err, FJ_E_USAGE, "verify", NULL, "the greatest age is 0 to %lld seconds", (long long)MAX_AGE), &err, error);
	query->max_age = seconds;
	return done(FJ_OK, NULL, error);
}

fjv_result fjv_query_log_proof(fjv_query *query, const void *proof, size_t n, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(buf) copy = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);

	if (proof != NULL && n == 0)
		return done(fj_fail(&err, FJ_E_USAGE, "verify", "formats.md 19", "a proof of logging is not empty"), &err, error);
	enum fj_rc rc = proof == NULL ? FJ_OK : fj_buf_put(&copy, proof, n);
	if (rc == FJ_E_LIMIT)
		rc = fj_fail(&err, rc, "verify", "formats.md 19", "a proof of logging has at most %d octets", FJ_LOG_PROOF_MAX);
	else if (rc != FJ_OK)
		rc = fj_no_memory(&err, "verify");
	if (rc == FJ_OK) {
		struct fj_buf before = query->log_proof;
		query->log_proof = copy;
		copy = before;
	}
	return done(rc, &err, error);
}

fjv_result fjv_query_logged(fjv_query *query, int logged, fjv_error **error)
{
	query->logged = logged != 0;
	return done(FJ_OK, NULL, error);
}

/* --- the verdict --- */

void fjv_report_free(fjv_report *report)
{
	if (report == NULL)
		return;
	ver_report_release(&report->r);
	json_decref(report->doc);
	fj_buf_release(&report->text);
	fj_free(report);
}

FJ_DEFINE_AUTO_PTR(fjv_report, fjv_report, fjv_report_free)

static const char *or_none(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

static enum fj_rc input_of(const fjv_query *q, struct fj_slice credential, int64_t now, struct ver_input *in, struct fj_err *err)
{
	if (now < 0 || now > FJ_TIME_MAX)
		return fj_fail(err, FJ_E_USAGE, "verify", NULL, "the time is 0 to %lld seconds since 1970", (long long)FJ_TIME_MAX);
	*in = (struct ver_input){.credential = credential, .now = now};
	if (q == NULL)
		return FJ_OK;
	in->use = q->use;
	in->nonce = or_none(q->nonce);
	in->x5t = or_none(q->x5t);
	in->number = or_none(q->number);
	in->max_age = q->max_age;
	in->past = q->past;
	in->log_proof = fj_buf_slice(&q->log_proof);
	in->logged = q->logged;
	return FJ_OK;
}

static enum fj_rc report_make(fjv_report **out, struct fj_err *err)
{
	*out = fj_alloc(1, sizeof(**out));
	if (*out == NULL)
		return fj_no_memory(err, "verify");
	fj_buf_init(&(*out)->text, REPORT_MAX);
	return FJ_OK;
}

static enum fj_rc verify(const fjv_trust *trust, const struct ver_input *in, fjv_report **out, struct fj_err *err)
{
	FJ_AUTO(fjv_report) report = NULL;
	FJ_AUTO(ver_trust) over = NULL;

	FJ_TRY(report_make(&report, err));
	if (trust->folder < 0) {
		FJ_TRY(ver_verify(trust->t, in, &report->r, err));
	} else {
		FJ_TRY(ver_trust_over(trust->t, &over, err));
		FJ_TRY(ver_verify_in(trust->folder, over, in, &report->r, err));
	}
	*out = fj_move(report);
	return FJ_OK;
}

fjv_result fjv_verify(const fjv_trust *trust, const fjv_query *query, const void *credential, size_t n, int64_t now,
    fjv_report **out, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};
	struct ver_input in;

	*out = NULL;
	enum fj_rc rc = input_of(query, FJ_SLICE(credential, n), now, &in, &err);
	return done(rc == FJ_OK ? verify(trust, &in, out, &err) : rc, &err, error);
}

static enum fj_rc verify_bundle(const char *root, const struct ver_input *in, fjv_report **out, struct fj_err *err)
{
	FJ_AUTO(fjv_report) report = NULL;
	struct fj_hash fingerprint;

	FJ_TRY(ver_fingerprint_read(root, &fingerprint, err));
	if (sodium_init() < 0)
		return fj_fail(err, FJ_E_CRYPTO, "verify", NULL, "libsodium could not start");
	FJ_TRY(report_make(&report, err));
	FJ_TRY(ver_bundle_verify(&fingerprint, in, &report->r, err));
	*out = fj_move(report);
	return FJ_OK;
}

fjv_result fjv_verify_bundle(const char *root, const fjv_query *query, const void *bundle, size_t n, int64_t now,
    fjv_report **out, fjv_error **error)
{
	struct fj_err err = {.rc = FJ_OK};
	struct ver_input in;

	*out = NULL;
	enum fj_rc rc = input_of(query, FJ_SLICE(bundle, n), now, &in, &err);
	return done(rc == FJ_OK ? verify_bundle(root, &in, out, &err) : rc, &err, error);
}

/* --- the report --- */

fjv_verdict fjv_report_verdict(const fjv_report *report)
{
	static const fjv_verdict verdicts[] = {[VER_PERMIT] = FJV_PERMIT, [VER_DENY] = FJV_DENY, [VER_INDETERMINATE] = FJV_INDETERMINATE};

	return verdicts[report->r.verdict];
}

int fjv_report_permits(const fjv_report *report)
{
	return report != NULL && fjv_report_verdict(report) == FJV_PERMIT;
}

const char *fjv_report_kind(const fjv_report *report)
{
	return report->r.kind;
}

int64_t fjv_report_at(const fjv_report *report)
{
	return report->r.at;
}

int64_t fjv_report_as_of(const fjv_report *report)
{
	return report->r.as_of;
}

int64_t fjv_report_until(const fjv_report *report)
{
	return report->r.until;
}

const char *fjv_report_tpm(const fjv_report *report)
{
	return ver_tpm_name(report->r.tpm);
}

size_t fjv_report_checks(const fjv_report *report)
{
	return report->r.n;
}

const char *fjv_check_name(const fjv_report *report, size_t i)
{
	return i < report->r.n ? report->r.check[i].name : "";
}

fjv_outcome fjv_check_outcome(const fjv_report *report, size_t i)
{
	static const fjv_outcome outcomes[] = {[VER_PASS] = FJV_PASS, [VER_FAIL] = FJV_FAIL, [VER_UNKNOWN] = FJV_UNKNOWN,
		[VER_NOT_REQUESTED] = FJV_NOT_REQUESTED, [VER_NOT_APPLICABLE] = FJV_NOT_APPLICABLE};

	return i < report->r.n ? outcomes[report->r.check[i].outcome] : FJV_UNKNOWN;
}

const char *fjv_check_clause(const fjv_report *report, size_t i)
{
	return i < report->r.n ? report->r.check[i].clause : "";
}

const char *fjv_check_evidence(const fjv_report *report, size_t i)
{
	return i < report->r.n ? report->r.check[i].evidence : "";
}

const char *fjv_check_en(const fjv_report *report, size_t i)
{
	return i < report->r.n ? report->r.check[i].en : "";
}

const char *fjv_check_zh(const fjv_report *report, size_t i)
{
	return i < report->r.n ? report->r.check[i].zh : "";
}

static const json_t *document(fjv_report *report)
{
	if (report->doc == NULL)
		report->doc = ver_report_json(&report->r);
	return report->doc;
}

size_t fjv_report_not_checked(fjv_report *report)
{
	return json_array_size(json_object_get(document(report), "not_checked"));
}

const char *fjv_report_not_checked_text(fjv_report *report, size_t i)
{
	return json_string_value(json_array_get(json_object_get(document(report), "not_checked"), i));
}

size_t fjv_report_wanted(const fjv_report *report)
{
	return report->r.n_wanted;
}

fjv_kind fjv_report_wanted_kind(const fjv_report *report, size_t i)
{
	static const fjv_kind kinds[] = {[VER_STATUS_LIST] = FJV_LIST, [VER_CRL] = FJV_CRL, [VER_AUTHORISATION] = FJV_AUTHORISATION,
		[VER_CERTIFICATE] = FJV_CERTIFICATE};

	return i < report->r.n_wanted ? kinds[report->r.wanted[i].kind] : (fjv_kind)0;
}

const char *fjv_report_wanted_name(const fjv_report *report, size_t i)
{
	return i < report->r.n_wanted ? report->r.wanted[i].name : NULL;
}

const char *fjv_report_json(fjv_report *report, size_t *n)
{
	if (report->text.len == 0 && (document(report) == NULL || fj_json_canonical(report->doc, &report->text, NULL) != FJ_OK))
		return NULL;
	if (n != NULL)
		*n = report->text.len;
	return fj_buf_str(&report->text);
}
