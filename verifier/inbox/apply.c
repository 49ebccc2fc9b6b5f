/*
 * apply.c - one package: believed, in its order, staged and entered; or refused with
 * its reason, and nothing is changed.
 *
 * The chain is by hashes: a change names the manifest before it, whatever the numbers.
 * What was taken in already changes nothing.  A folder belongs to one root and one
 * issuer; it begins with a snapshot, and another snapshot may bring it forward, never
 * back.
 */
#include "verifier/inbox/inbox.h"

#include <dirent.h>
#include <fcntl.h>

#include "base/file.h"
#include "base/x509.h"

#define ROOT "trust/root.pem"
#define ROOT_SM2 "trust/root-sm2.pem"
#define CHAIN_OCTETS (4 * 65536)

struct job {
	const struct fj_hash *fingerprint; /* of the root that is believed */
	struct fj_package p;
	struct inb_state state;
	struct fj_buf root;      /* DER */
	struct ver_trust *trust;
	struct inb_done *done;
	bool first;              /* begins anew what is staged */
};

static void job_release(struct job *j)
{
	fj_package_release(&j->p);
	fj_buf_release(&j->root);
	ver_trust_free(j->trust);
}

FJ_DEFINE_AUTO(job, struct job, job_release)

/* --- order --- */

static enum fj_rc gap(const struct job *j, struct fj_err *err)
{
	long long from = j->state.seq + 1, to = j->p.previous;

	if (from == to)
		fj_fail(err, FJ_E_STATE, "inbox", "formats.md 18", "package %lld is missing: bring it first, then number %lld", from, (long long)j->p.seq);
	else
		fj_fail(err, FJ_E_STATE, "inbox", "formats.md 18", "packages %lld to %lld are missing: bring them first, then number %lld; or take a snapshot", from, to, (long long)j->p.seq);
	if (from == to)
		fj_err_zh(err, "缺少数据包 %lld：请先取得并应用，再应用 %lld", from, (long long)j->p.seq);
	else
		fj_err_zh(err, "缺少数据包 %lld 至 %lld：请先取得并应用，再应用 %lld；或改用快照", from, to, (long long)j->p.seq);
	return FJ_E_STATE;
}

static enum fj_rc order_of_change(struct job *j, bool *already, struct fj_err *err)
{
	const struct inb_state *s = &j->state;

	if (s->iss[0] == '\0')
		return fj_refuse(err, FJ_E_STATE, "inbox", "formats.md 18", "nothing was taken in here yet: begin with a snapshot (`fujie outbox snapshot`)", "此处尚无数据：请先应用快照（fujie outbox snapshot）");
	*already = j->p.seq < s->seq || (j->p.seq == s->seq && fj_hash_eq(&j->p.hash, &s->last));
	if (*already)
		return FJ_OK;
	if (j->p.previous > s->seq)
		return gap(j, err);
	if (j->p.previous == s->seq && fj_hash_eq(&j->p.before, &s->last))
		return FJ_OK;
	return fj_refuse(err, FJ_E_INVALID, "inbox", "formats.md 18", "the package does not follow the last one here: it is of another line; take a snapshot", "数据包与此处最后一个数据包不衔接；请改用快照");
}

static enum fj_rc order_of_snapshot(struct job *j, bool *already, struct fj_err *err)
{
	const struct inb_state *s = &j->state;

	if (s->iss[0] != '\0' && j->p.seq < s->seq)
		return fj_refuse(err, FJ_E_INVALID, "inbox", "formats.md 18", "the snapshot is older than what is here: it would roll back", "快照早于现有数据（回退）");
	*already = s->iss[0] != '\0' && j->p.seq == s->seq;
	if (*already && !fj_hash_eq(&j->p.before, &s->last))
		return fj_refuse(err, FJ_E_INVALID, "inbox", "formats.md 18", "the snapshot is of another line than what is here", "快照与现有数据不属同一序列");
	bool staged = s->stage_seq == j->p.seq && fj_hash_eq(&s->stage_before, &j->p.before);
	if (*already || j->p.part == 1)
		return FJ_OK;
	if (staged && j->p.part <= s->stage_part)
		*already = true;
	else if (!staged || j->p.part != s->stage_part + 1) {
		fj_fail(err, FJ_E_STATE, "inbox", "formats.md 18", "part %lld of the snapshot is missing: parts come in their order", staged ? (long long)s->stage_part + 1 : 1LL);
		fj_err_zh(err, "缺少快照第 %lld 部分：请按顺序应用", staged ? (long long)s->stage_part + 1 : 1LL);
		return FJ_E_STATE;
	}
	return FJ_OK;
}

static enum fj_rc check_issuer(const struct job *j, struct fj_err *err)
{
	return j->state.iss[0] == '\0' || strcmp(j->state.iss, fj_json_text(j->p.jws.payload, "iss")) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "inbox", "formats.md 18", "the package is another issuer's than this folder's", "数据包签发方与此文件夹不符");
}

/* --- trust --- */

bool inb_file_of(const struct fj_package *p, const char *path, struct fj_slice *out)
{
	const char *name;
	size_t at = 0;

	for (size_t k = 0; fj_package_file(p, k, &at, &name, out); k++)
		if (strcmp(name, path) == 0)
			return true;
	return false;
}

enum fj_rc inb_file_now(const struct fj_package *p, bool first, const char *path, struct fj_buf *out, struct fj_err *err)
{
	struct fj_slice own;
	char from[300];

	if (inb_file_of(p, path, &own))
		return fj_buf_put(out, own.p, own.len) == FJ_OK ? FJ_OK : fj_no_memory(err, "inbox");
	snprintf(from, sizeof(from), "inbox/stage/%.200s", path);
	if (!first && fj_file_read(AT_FDCWD, from, out, NULL) == FJ_OK)
		return FJ_OK;
	snprintf(from, sizeof(from), "publish/%.200s", path);
	return fj_file_read(AT_FDCWD, from, out, err);
}

static enum fj_rc root_of(struct job *j, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);

	if (inb_file_now(&j->p, j->first, ROOT, &pem, NULL) != FJ_OK)
		return fj_refuse(err, FJ_E_STATE, "inbox", "formats.md 18", "there is no root certificate here yet, and none in the package: begin with a snapshot", "此处尚无根证书，数据包内也没有：请先应用快照");
	fj_buf_init(&j->root, FJ_X509_MAX);
	return ver_root_is(fj_buf_slice(&pem), j->fingerprint, &j->root, err);
}

static enum fj_rc crls_of(const char *folder, struct ver_trust *t, struct fj_err *err)
{
	char path[300];
	enum fj_rc rc = FJ_OK;
	DIR *d = opendir(folder);

	for (const struct dirent *e; rc == FJ_OK && d != NULL && (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_DER_MAX);
		snprintf(path, sizeof(path), "%s/%.200s", folder, e->d_name);
		if (e->d_name[0] != '.' && fj_file_read(AT_FDCWD, path, &der, NULL) == FJ_OK)
			rc = ver_package_crl(t, fj_buf_slice(&der), err);
	}
	if (d != NULL)
		closedir(d);
	return rc;
}

/* every CRL that there is once this package is in: those here, those of the snapshot's parts before it, and its own */
static enum fj_rc crls(const struct job *j, struct ver_trust *t, struct fj_err *err)
{
	const char *name;
	struct fj_slice data;
	size_t at = 0;

	FJ_TRY(crls_of("publish/trust/crl", t, err));
	if (!j->first)
		FJ_TRY(crls_of("inbox/stage/trust/crl", t, err));
	for (size_t k = 0; fj_package_file(&j->p, k, &at, &name, &data); k++)
		if (strncmp(name, "trust/crl/", 10) == 0)
			FJ_TRY(ver_package_crl(t, data, err));
	return FJ_OK;
}

/* The SM2 root of this issuer: the one that is here, or what a package whose signature was found good brings.  Only after that:
 * before, whoever writes a package could bring the CA that signs it. */
static enum fj_rc sm2_of(struct job *j, struct fj_err *err)
{
	FJ_AUTO(buf) root = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) chain = FJ_BUF_INIT(CHAIN_OCTETS);

	if (inb_file_now(&j->p, j->first, ROOT_SM2, &root, NULL) != FJ_OK || inb_file_now(&j->p, j->first, "trust/chain-sm2.pem", &chain, NULL) != FJ_OK)
		return FJ_OK;
	enum fj_rc rc = ver_trust_sm2(j->trust, fj_buf_slice(&root), NULL, fj_buf_slice(&chain), err);
	if (rc != FJ_OK && rc != FJ_E_NOMEM)
		fj_err_zh(err, "%s", "数据包内的 SM2 根证书与签发机构证书不成立");
	return rc;
}

static enum fj_rc believe(struct job *j, struct fj_err *err)
{
	FJ_AUTO(buf) chain = FJ_BUF_INIT(CHAIN_OCTETS);

	FJ_TRY(root_of(j, err));
	if (inb_file_now(&j->p, j->first, "trust/chain.pem", &chain, NULL) != FJ_OK)
		fj_buf_clear(&chain);
	FJ_TRY(ver_package_trust(&j->p, fj_buf_slice(&j->root), fj_buf_slice(&chain), &j->trust, err));
	FJ_TRY(crls(j, j->trust, err));
	FJ_TRY(ver_package_signed(j->trust, &j->p, err));
	return sm2_of(j, err);
}

/* the one that was named is in it, and leads to each other that is: whoever asks here trusts them all */
static enum fj_rc check_root(const struct job *j, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) root = FJ_BUF_INIT(FJ_X509_MAX);

	FJ_TRY(ver_root_is(pem, j->fingerprint, &root, err));
	return ver_roots_led_to(j->trust, pem, j->p.at, err);
}

static enum fj_rc check_root_sm2(const struct job *j, struct fj_slice before, struct fj_slice pem, struct fj_err *err)
{
	FJ_AUTO(buf) chain = FJ_BUF_INIT(CHAIN_OCTETS);
	struct ver_trust *made = NULL;

	if (inb_file_now(&j->p, j->first, "trust/chain-sm2.pem", &chain, NULL) != FJ_OK)
		fj_buf_clear(&chain);
	FJ_TRY(ver_package_trust_sm2(before, fj_buf_slice(&chain), &made, err));
	FJ_AUTO(ver_trust) t = made;
	FJ_TRY(crls(j, t, err));
	return ver_roots_led_to(t, pem, j->p.at, err);
}

/* what it would put in the place of what is here */
static enum fj_rc check_files(struct job *j, struct fj_err *err)
{
	const char *name;
	struct fj_slice data;
	size_t at = 0;

	for (size_t k = 0; fj_package_file(&j->p, k, &at, &name, &data); k++) {
		FJ_AUTO(buf) before = FJ_BUF_INIT(FJ_DER_MAX);
		char path[300];
		snprintf(path, sizeof(path), "publish/%.200s", name);
		if (fj_file_read(AT_FDCWD, path, &before, NULL) != FJ_OK)
			fj_buf_clear(&before);
		FJ_TRY(ver_package_file(j->trust, name, data, fj_buf_slice(&before), err));
		if (strcmp(name, ROOT) == 0)
			FJ_TRY(check_root(j, data, err));
		if (strcmp(name, ROOT_SM2) == 0 && before.len > 0)
			FJ_TRY(check_root_sm2(j, fj_buf_slice(&before), data, err));
	}
	return inb_rows_check(j->p.rows, err);
}

/* --- all of it --- */

static enum fj_rc enter(struct job *j, struct fj_err *err)
{
	const struct fj_package *p = &j->p;

	FJ_TRY(inb_stage(p, j->first, err));
	if (!p->last) {
		j->done->result = INB_PART;
		return inb_stage_keep(p, err);
	}
	j->done->result = INB_APPLIED;
	return inb_commit(p, p->snapshot ? &p->before : &p->hash, err);
}

enum fj_rc inb_apply(const struct fj_hash *root, struct fj_slice package, struct inb_done *out, struct fj_err *err)
{
	FJ_AUTO(job) j = {.fingerprint = root, .done = out};
	bool already = false;

	memset(out, 0, sizeof(*out));
	FJ_TRY(fj_package_read(package, &j.p, err));
	*out = (struct inb_done){INB_ALREADY, j.p.snapshot, j.p.seq, j.p.part};
	FJ_TRY(inb_read_state(&j.state, err));
	j.first = !j.p.snapshot || j.p.part == 1;
	FJ_TRY(believe(&j, err));
	FJ_TRY(check_issuer(&j, err));
	struct inb_log log = {&j.p, j.first, j.trust};
	FJ_TRY(inb_log_evident(&log, err));
	FJ_TRY(j.p.snapshot ? order_of_snapshot(&j, &already, err) : order_of_change(&j, &already, err));
	if (already)
		return FJ_OK;
	FJ_TRY(check_files(&j, err));
	FJ_TRY(inb_log_check(&log, err));
	return enter(&j, err);
}
