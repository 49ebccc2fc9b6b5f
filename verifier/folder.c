/*
 * folder.c - a trust folder (docs/formats.md section 7): what of this library reads
 * files.
 *
 * root.pem is what the caller trusts; all else is checked against it.  CAs, CRLs and
 * status lists are loaded at once, and what there is of the public log; authorisations
 * and certificates, which are many, proofs of logging, and lists of the past are read
 * when a verdict lacks them.  A file that fails is left out with a note: leaving out can
 * only turn a permit into something else, since what is missing is unknown.
 */
#include "verifier/attestation.h"
#include "verifier/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

#define PEM_BYTES 65536
#define MAX_NOTES 100
#define ROUNDS 64 /* each adds something */

struct loading {
	struct ver_trust *t;
	int dir;
	const struct ver_pins *pins; /* the only roots that are trusted; NULL: whatever the files have */
	json_t *notes; /* may be NULL */
};

static void note(struct loading *l, const char *what, const struct fj_err *e)
{
	char text[512];

	if (l->notes == NULL || json_array_size(l->notes) >= MAX_NOTES)
		return;
	snprintf(text, sizeof(text), "%.100s: %.300s [%s]", what, e->en, e->cite);
	json_t *s = json_string(text);
	json_array_append_new(l->notes, s != NULL ? s : json_string("a file whose name is not UTF-8 was left out"));
}

/* --- root and chain --- */

static void leave_out_root(void *to, const struct fj_err *why)
{
	note(to, "root.pem", why);
}

static enum fj_rc load_root(struct loading *l, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_BYTES);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	FJ_AUTO(ver_blocks) b = {.n = 0};

	FJ_TRY(fj_file_read(l->dir, "root.pem", &pem, err));
	if (l->pins != NULL) {
		FJ_TRY(ver_root_is(fj_buf_slice(&pem), &l->pins->root, &der, err));
		return ver_anchor_add(l->t->a, fj_buf_slice(&der), err);
	}
	FJ_TRY(ver_blocks_read(fj_buf_slice(&pem), &b, NULL, NULL, err));
	return ver_anchors_add(l->t->a, &b, leave_out_root, l, err);
}

static enum fj_rc no_chain(const struct fj_err *why, struct fj_err *err)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "verify", why->cite[0] != '\0' ? why->cite : "formats.md 7",
	    "chain.pem holds no issuing CA under the root%s%.200s; get the trust folder anew", why->en[0] != '\0' ? ": " : "", why->en);

	fj_err_zh(err, "chain.pem 中没有由根签发且符合规定的签发机构证书，请重新获取信任资料");
	return rc;
}

/* what was left out of chain.pem, and the first reason */
struct left_out {
	struct loading *l;
	struct fj_err first;
};

static void leave_out(void *to, const struct fj_err *why)
{
	struct left_out *o = to;

	note(o->l, "chain.pem", why);
	ver_keep_why(&o->first, why);
}

static enum fj_rc load_chain(struct loading *l, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(PEM_BYTES * 4);
	FJ_AUTO(ver_blocks) b = {.n = 0};
	struct left_out out = {.l = l, .first = {.rc = FJ_OK}};

	FJ_TRY(fj_file_read(l->dir, "chain.pem", &pem, err));
	FJ_TRY(ver_blocks_read(fj_buf_slice(&pem), &b, leave_out, &out, err));
	FJ_TRY(ver_chain_add(l->t->a, l->t->a->root[0].x.alg, &b, leave_out, &out, err));
	return ver_any_issuing(l->t->a, 0) ? FJ_OK : no_chain(&out.first, err);
}

/* The hierarchy of P-256 is always there; that of SM2 may be.  One that is there and is broken is noted, and nothing is
 * believed of it: the other one's credentials don't stand on it. */
static enum fj_rc load_sm2(struct loading *l, struct fj_err *err)
{
	FJ_AUTO(buf) root = FJ_BUF_INIT(PEM_BYTES);
	FJ_AUTO(buf) chain = FJ_BUF_INIT(PEM_BYTES * 4);
	struct fj_err why = {.rc = FJ_OK};

	enum fj_rc rc = fj_file_read(l->dir, "root-sm2.pem", &root, &why);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	if (rc == FJ_OK && l->pins != NULL && !l->pins->has_sm2)
		rc = fj_fail(&why, FJ_E_SIGNATURE, "verify", "formats.md 31", "no fingerprint of an SM2 root was named: nothing under it is believed");
	if (rc == FJ_OK)
		rc = fj_file_read(l->dir, "chain-sm2.pem", &chain, &why);
	if (rc == FJ_OK)
		rc = ver_trust_sm2(l->t, fj_buf_slice(&root), l->pins != NULL ? &l->pins->sm2 : NULL, fj_buf_slice(&chain), &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK)
		note(l, "root-sm2.pem, chain-sm2.pem", &why);
	return FJ_OK;
}

/* --- folders of lists --- */

struct folder {
	const char *name, *suffix;
	size_t max;
	enum ver_item kind;
};

/* others (temporary files) are not ours */
static bool ends(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return name[0] != '.' && n > m && strcmp(name + n - m, suffix) == 0;
}

static enum fj_rc load_file(struct loading *l, int dirfd, const char *name, const struct folder *f, struct fj_buf *data, struct fj_err *err)
{
	char path[400];
	struct fj_err why;

	if (!ends(name, f->suffix))
		return FJ_OK;
	fj_buf_clear(data);
	enum fj_rc rc = fj_file_read(dirfd, name, data, &why);
	if (rc == FJ_OK)
		rc = ver_trust_add(l->t, f->kind, "", fj_buf_slice(data), &why);
	if (rc == FJ_OK || rc == FJ_E_EXISTS)
		return FJ_OK;
	FJ_ENSURE(rc != FJ_E_NOMEM, fj_fail(err, rc, "verify", NULL, "out of memory"));
	snprintf(path, sizeof(path), "%s/%s", f->name, name);
	note(l, path, &why);
	return FJ_OK;
}

static enum fj_rc load_folder(struct loading *l, const struct folder *f, struct fj_err *err)
{
	struct fj_err why;
	FJ_AUTO(dir) d = NULL;
	FJ_AUTO(buf) data = FJ_BUF_INIT(f->max);
	const struct dirent *e;

	enum fj_rc rc = fj_dir_list(l->dir, f->name, &d, &why);
	FJ_ENSURE(rc != FJ_E_NOMEM, fj_no_memory(err, "verify"));
	if (rc != FJ_OK) {
		note(l, f->name, &why);
		return FJ_OK;
	}
	errno = 0;
	while ((e = readdir(d)) != NULL) {
		FJ_TRY(load_file(l, dirfd(d), e->d_name, f, &data, err));
		errno = 0;
	}
	return errno == 0 ? FJ_OK : fj_fail_errno(err, "verify", "list %s", f->name);
}

/* --- the public log --- */

/* every certificate that it has or had */
static enum fj_rc load_log_certificates(struct loading *l, struct fj_slice pem, struct fj_err *err)
{
	for (size_t i = 0; i < 2 * VER_MAX_LOGS; i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		struct fj_err why;
		enum fj_rc rc = ver_pem_next(&pem, "CERTIFICATE", &der, &why);
		if (rc == FJ_E_NOTFOUND)
			return FJ_OK;
		if (rc == FJ_OK)
			rc = ver_trust_add_log(l->t, fj_buf_slice(&der), &why);
		FJ_ENSURE(rc != FJ_E_NOMEM, fj_no_memory(err, "verify"));
		if (rc != FJ_OK)
			note(l, "log.pem", &why);
	}
	return FJ_OK;
}

/* key or policy: one that can't be read is not as good as none, since it would have asked for more */
static enum fj_rc load_log_file(struct loading *l, const char *name, enum ver_item kind, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4 * PEM_BYTES);
	struct fj_err why;

	enum fj_rc rc = fj_file_read(l->dir, name, &text, &why);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	if (rc == FJ_OK && kind == VER_LOG)
		return load_log_certificates(l, fj_buf_slice(&text), err);
	if (rc == FJ_OK)
		rc = ver_trust_add(l->t, kind, "", fj_buf_slice(&text), &why);
	FJ_ENSURE(rc != FJ_E_NOMEM, fj_no_memory(err, "verify"));
	if (rc == FJ_OK)
		return FJ_OK;
	l->t->log.unreadable = true;
	note(l, name, &why);
	return FJ_OK;
}

static enum fj_rc load_log(struct loading *l, struct fj_err *err)
{
	FJ_TRY(load_log_file(l, "log.pem", VER_LOG, err));
	FJ_TRY(load_log_file(l, "log.vkey", VER_LOG_KEY, err));
	return load_log_file(l, "log.policy", VER_LOG_POLICY, err);
}

/* --- attestation --- */

enum fj_rc ver_folder_attest(int dir, struct ver_trust *t, const struct ver_attest_in *how, struct fj_err *err)
{
	FJ_AUTO(buf) json = FJ_BUF_INIT(VER_ATTEST_MAX);
	struct ver_attest_in in = *how;
	struct ver_attestation *a = fj_alloc(1, sizeof(*a));

	if (a == NULL)
		return fj_no_memory(err, "verify");
	enum fj_rc rc = fj_file_read(dir, "attestation/attestation.json", &json, err);
	in.json = fj_buf_slice(&json);
	rc = rc == FJ_OK || rc == FJ_E_NOTFOUND ? ver_attestation_judge(t, &in, a, err) : rc;
	if (rc != FJ_OK) {
		fj_free(a);
		return rc;
	}
	if (t->a->attestation != NULL)
		ver_attestation_release(t->a->attestation);
	fj_free(t->a->attestation);
	t->a->attestation = a;
	return FJ_OK;
}

/* one that can't be read is as good as none, since it can only add */
static enum fj_rc load_attestation(struct loading *l, struct fj_err *err)
{
	const struct ver_attest_in any = {.now = FJ_TIME_MAX};
	struct fj_err why;

	enum fj_rc rc = ver_folder_attest(l->dir, l->t, &any, &why);
	FJ_ENSURE(rc != FJ_E_NOMEM, fj_no_memory(err, "verify"));
	if (rc != FJ_OK)
		note(l, "attestation/attestation.json", &why);
	return FJ_OK;
}

static enum fj_rc no_trust(const char *dir, const char *what, struct fj_err *err)
{
	char why[96];
	int e = errno;

	enum fj_rc rc = fj_fail(err, e == ENOENT ? FJ_E_NOTFOUND : FJ_E_IO, "verify", "formats.md 7",
	    "%.160s is no trust folder: %s: %s; give D/trust of an appliance, or its trust.tar unpacked", dir, what, strerror_r(e, why, sizeof(why)));
	fj_err_zh(err, "%.160s 不是信任资料目录；请指定系统的 D/trust，或解压后的 trust.tar", dir);
	return rc;
}

enum fj_rc ver_trust_load_dir(int dirfd, const char *dir, struct ver_trust **out, json_t **notes, struct fj_err *err)
{
	return ver_trust_load_under(dirfd, dir, NULL, out, notes, err);
}

enum fj_rc ver_trust_load_under(int dirfd, const char *dir, const struct ver_pins *pins, struct ver_trust **out, json_t **notes, struct fj_err *err)
{
	static const struct folder folders[] = {{"crl", ".crl", FJ_CRL_MAX, VER_CRL}, {"status", ".jwt", FJ_STATUS_JWT_MAX, VER_STATUS_LIST}};
	FJ_AUTO(fd) fd = -1;
	FJ_AUTO(json) list = json_array();
	struct ver_trust *made = NULL;

	FJ_TRY(ver_trust_new(&made, err));
	FJ_AUTO(ver_trust) t = made;
	if (list == NULL)
		return fj_no_memory(err, "verify");
	if (fj_dir_open(dirfd, dir, &fd, err) != FJ_OK)
		return no_trust(dir, "the folder", err);
	if (faccessat(fd, "root.pem", R_OK, 0) != 0)
		return no_trust(dir, "root.pem", err);
	struct loading l = {.t = t, .dir = fd, .pins = pins, .notes = list};
	FJ_TRY(load_root(&l, err));
	FJ_TRY(load_chain(&l, err));
	FJ_TRY(load_sm2(&l, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++)
		FJ_TRY(load_folder(&l, &folders[i], err));
	FJ_TRY(load_log(&l, err));
	FJ_TRY(load_attestation(&l, err));
	if (notes != NULL)
		*notes = fj_move(list);
	*out = fj_move(t);
	return FJ_OK;
}

/* --- what a verdict lacked --- */

/* a number is a file's name: nothing but capitals, digits and hyphens */
static bool is_number(const char *s)
{
	size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

	return n > 0 && n <= 40 && s[n] == '\0';
}

enum fj_rc ver_folder_find(int dir, const char *number, struct fj_buf *out, struct fj_err *err)
{
	char path[80];

	if (is_number(number)) {
		snprintf(path, sizeof(path), "authorisations/%s.jwt", number);
		if (fj_file_read(dir, path, out, NULL) == FJ_OK)
			return FJ_OK;
		fj_buf_clear(out);
		snprintf(path, sizeof(path), "certificates/%s.pem", number);
		if (fj_file_read(dir, path, out, NULL) == FJ_OK)
			return FJ_OK;
	}
	return ver_no_such(number, err);
}

/* who mistyped looks for the slip, not for a credential that there never was */
enum fj_rc ver_no_such(const char *number, struct fj_err *err)
{
	bool slip = fj_number_form(number) && !fj_number_ok(number);
	enum fj_rc rc;

	if (slip) {
		rc = fj_fail(err, FJ_E_NOTFOUND, "verify", "formats.md 7", "\"%.60s\" is mistyped: its last character, which checks the others, does not fit; compare it with the original", number);
		fj_err_zh(err, "编号“%.60s”有误：末位校验字符与前面各位不符，请对照原件逐位核对", number);
	} else {
		rc = fj_fail(err, FJ_E_NOTFOUND, "verify", "formats.md 7", "no published credential bears the number \"%.60s\"", number);
		fj_err_zh(err, "没有编号为“%.60s”的已公开凭证", number);
	}
	return rc;
}

/* the name of a list in its address: after the last slash, without .crl; false when it could be no file's */
static bool name_of(const char *uri, char out[32])
{
	const char *at = strrchr(uri, '/');
	size_t n = at == NULL ? 0 : strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789-");

	if (n == 0 || n >= 32 || (at[1 + n] != '\0' && strcmp(at + 1 + n, ".crl") != 0))
		return false;
	memcpy(out, at + 1, n);
	out[n] = '\0';
	return true;
}

bool ver_history_at(int dir, const char *folder, const char *suffix, fj_time t, char out[200])
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;
	long long best = -1;

	if (fj_dir_list(dir, folder, &d, NULL) != FJ_OK)
		return false;
	while ((e = readdir(d)) != NULL) {
		char *end;
		long long from = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? strtoll(e->d_name, &end, 10) : -1;
		if (from > best && from <= t && strcmp(end, suffix) == 0)
			best = from;
	}
	snprintf(out, 200, "%s/%lld%s", folder, best, suffix);
	return best >= 0;
}

/* a list or version that was published by the time of the verdict */
static bool in_history(int dir, const struct ver_wanted *w, fj_time t, char path[200])
{
	static const struct {
		const char *folder, *suffix;
	} kinds[] = {[VER_STATUS_LIST] = {"status", ".jwt"}, [VER_CRL] = {"crl", ".crl"}, [VER_AUTHORISATION] = {"authorisations", ".jwt"}, [VER_CERTIFICATE] = {NULL, NULL}};
	char name[48], folder[128];
	bool list = w->kind == VER_STATUS_LIST || w->kind == VER_CRL;

	if (kinds[w->kind].folder == NULL || (list ? !name_of(w->name, name) : !is_number(w->name)))
		return false;
	snprintf(folder, sizeof(folder), "../history/%s/%.40s", kinds[w->kind].folder, list ? name : w->name);
	return ver_history_at(dir, folder, kinds[w->kind].suffix, t + VER_SKEW, path);
}

static bool in_folder(const struct ver_wanted *w, char path[200])
{
	if ((w->kind != VER_AUTHORISATION && w->kind != VER_CERTIFICATE) || !is_number(w->name))
		return false;
	snprintf(path, 200, w->kind == VER_AUTHORISATION ? "authorisations/%.40s.jwt" : "certificates/%.40s.pem", w->name);
	return true;
}

enum fj_rc ver_folder_read(int dir, const struct ver_wanted *w, fj_time now, bool past, struct fj_buf *out)
{
	char path[200], name[48];

	if (past && in_history(dir, w, now, path))
		return fj_file_read(dir, path, out, NULL);
	if (!in_folder(w, path)) {
		if (!name_of(w->name, name))
			return FJ_E_NOTFOUND;
		snprintf(path, sizeof(path), w->kind == VER_CRL ? "crl/%s.crl" : "status/%s.jwt", name);
	}
	return fj_file_read(dir, path, out, NULL);
}

/* FJ_OK: added; FJ_E_NOTFOUND: there is no more of it, or it is not authentic; anything else: it can't be told, and
 * what can't be read must not be taken for what is not there */
static enum fj_rc fetch(int dir, struct ver_trust *over, const struct ver_input *in, const struct ver_wanted *w, struct fj_err *err)
{
	FJ_AUTO(buf) data = FJ_BUF_INIT(FJ_CRL_MAX);
	char path[200];
	struct fj_err why;

	bool past = in->past && in_history(dir, w, in->now, path);
	if (!past && !in_folder(w, path))
		return FJ_E_NOTFOUND;
	FJ_TRY(fj_file_read(dir, path, &data, err));
	enum fj_rc rc = ver_trust_add(over, w->kind, w->name, fj_buf_slice(&data), &why);
	return rc == FJ_OK ? FJ_OK : rc == FJ_E_NOMEM ? fj_no_memory(err, "verify") : FJ_E_NOTFOUND;
}

enum fj_rc ver_folder_proof(int dir, const struct ver_report *r, struct fj_buf *out, struct fj_err *err)
{
	bool certificate = strcmp(r->kind, "certificate") == 0;
	const char *number = fj_json_text(r->subject, certificate ? "number" : "jti");
	char path[80];

	if ((!certificate && strcmp(r->kind, "authorisation") != 0) || !is_number(number))
		return FJ_E_NOTFOUND;
	snprintf(path, sizeof(path), "%s/%.40s.tlog-proof", certificate ? "certificates" : "authorisations", number);
	return fj_file_read(dir, path, out, err);
}

/* the same verdict with the proof of logging that is published for what was judged, if there is one */
static enum fj_rc again_with_proof(int dir, const struct ver_trust *over, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct ver_input with = *in;

	if (in->log_proof.len > 0 || !ver_report_passed(out, "signature"))
		return FJ_OK;
	enum fj_rc rc = ver_folder_proof(dir, out, &proof, err);
	if (rc == FJ_E_NOTFOUND || (rc == FJ_OK && proof.len == 0))
		return FJ_OK;
	ver_report_release(out);
	FJ_TRY(rc);
	with.log_proof = fj_buf_slice(&proof);
	with.log_proof_found = true;
	return ver_verify(over, &with, out, err);
}

enum fj_rc ver_verify_in(int dir, struct ver_trust *over, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	for (int round = 0;; round++) {
		bool more = false;
		FJ_TRY(ver_verify(over, in, out, err));
		for (size_t i = 0; round < ROUNDS && i < out->n_wanted; i++) {
			enum fj_rc rc = fetch(dir, over, in, &out->wanted[i], err);
			more = more || rc == FJ_OK;
			if (rc != FJ_OK && rc != FJ_E_NOTFOUND) {
				ver_report_release(out);
				return rc;
			}
		}
		if (!more)
			return again_with_proof(dir, over, in, out, err);
		ver_report_release(out);
	}
}
