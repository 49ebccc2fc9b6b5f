/*
 * archive_pack.c - one package of a year's archive: its list against its files, the chain of its
 * events, what its approvals approved, and the credentials in it.
 *
 * A package's hash was compared with the signed index before it comes here: what is found wrong
 * now was put together wrong, or is of a register whose record does not hold.
 */
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tar.h"
#include "verifier/archive.h"
#include "verifier/internal.h"

#define LIST "package.json"
#define MAX_EVENT (16u << 20)

struct job {
	struct arv *v;
	const struct fj_archive_entry *e;
	const char *path;
	struct fj_slice tar;
	json_t *list;
};

static enum fj_rc fault(struct job *j, const char *name, const char *what, const char *en, const char *zh)
{
	char path[FJ_ARCHIVE_PATH + FJ_TAR_NAME + 8];

	snprintf(path, sizeof(path), "%s%s%s", j->path, name[0] != '\0' ? "!" : "", name);
	return arv_fault(j->v, path, what, en, zh);
}

static bool find(const struct job *j, const char *name, struct fj_slice *out)
{
	struct fj_untar t;
	struct fj_untar_entry e;
	bool more = true;

	fj_untar_open(&t, j->tar, FJ_ARCHIVE_PACKAGE);
	while (fj_untar_next(&t, &e, &more, NULL) == FJ_OK && more)
		if (strcmp(e.name, name) == 0) {
			*out = e.data;
			return true;
		}
	return false;
}

/* --- the list, which is last, and its files, in its order --- */

static enum fj_rc read_list(struct job *j, bool *good, struct fj_err *err)
{
	struct fj_slice text;
	struct fj_err why = {.rc = FJ_OK};
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_ARCHIVE_LIST);

	*good = false;
	if (!find(j, LIST, &text))
		return fault(j, LIST, "missing", "the package has no list of its files, or is no archive that can be read", "档案包内没有文件清单，或不是可读的归档文件");
	enum fj_rc rc = fj_json_parse(text, FJ_ARCHIVE_LIST, &j->list, &why);
	if (rc == FJ_OK)
		rc = fj_archive_package_check(j->list, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK || fj_json_canonical(j->list, &again, &why) != FJ_OK || !fj_slice_eq(fj_buf_slice(&again), text))
		return fault(j, LIST, "form", why.en[0] != '\0' ? why.en : "the list is not canonical JSON", why.zh[0] != '\0' ? why.zh : "清单不是规范格式的 JSON");
	*good = strcmp(fj_json_text(j->list, "kind"), fj_archive_kind_name(j->e->kind)) == 0 && strcmp(fj_json_text(j->list, "id"), j->e->id) == 0 &&
	    strcmp(fj_json_text(j->list, "state"), j->e->state) == 0 && fj_json_num(j->list, "seq") == j->e->seq &&
	    fj_json_num(json_object_get(j->list, "retention"), "years") == j->e->years;
	return *good ? FJ_OK : fault(j, LIST, "changed", "the list is of another object, state or retention than the index says", "清单所载对象、状态或保管期限与索引不符");
}

static enum fj_rc check_files(struct job *j)
{
	const json_t *files = json_object_get(j->list, "files");
	struct fj_untar t;
	struct fj_untar_entry e;
	struct fj_err why = {.rc = FJ_OK};
	bool more = true;
	size_t n = 0;

	fj_untar_open(&t, j->tar, FJ_ARCHIVE_PACKAGE);
	for (;;) {
		if (fj_untar_next(&t, &e, &more, &why) != FJ_OK)
			return fault(j, "", "form", why.en, why.zh);
		if (!more)
			break;
		const json_t *f = json_array_get(files, n);
		bool list = n == json_array_size(files) && strcmp(e.name, LIST) == 0;
		n++;
		if (list)
			continue;
		if (f == NULL || strcmp(fj_json_text(f, "name"), e.name) != 0)
			return fault(j, e.name, "extra", "a file that the list does not name at this place", "清单未在此处列出该文件");
		if ((uint64_t)fj_json_num(f, "octets") != e.data.len || !arv_hashes(e.data, fj_json_text(f, "sha256"), fj_json_text(f, "sm3")))
			FJ_TRY(fault(j, e.name, "changed", "not the file that the list names", "文件与清单所列不符"));
	}
	return n == json_array_size(files) + 1 ? FJ_OK : fault(j, fj_json_text(json_array_get(files, n), "name"), "missing", "a file of the list is not there", "清单所列文件缺失");
}

/* files that were filed, beside the packages; each is read once */
static enum fj_rc check_originals(struct job *j, struct fj_err *err)
{
	char path[80];
	size_t i;
	json_t *o;

	json_array_foreach(json_object_get(j->list, "originals"), i, o) {
		FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_ARCHIVE_ORIGINAL);
		snprintf(path, sizeof(path), "originals/%.64s", fj_json_text(o, "sha256"));
		enum fj_rc rc = arv_see(j->v, path);
		if (rc == FJ_E_EXISTS)
			continue;
		FJ_TRY(rc);
		rc = fj_file_read(j->v->dir, path, &bytes, err);
		if (rc == FJ_E_NOMEM)
			return rc;
		j->v->originals++;
		if (rc == FJ_E_NOTFOUND)
			FJ_TRY(arv_fault(j->v, path, "missing", "a file that was filed is not there", "原始材料缺失"));
		else if (rc != FJ_OK || (uint64_t)fj_json_num(o, "octets") != bytes.len || !arv_hashes(fj_buf_slice(&bytes), fj_json_text(o, "sha256"), fj_json_text(o, "sm3")))
			FJ_TRY(arv_fault(j->v, path, "changed", "not the file that was filed", "原始材料与归档时不符"));
	}
	return FJ_OK;
}

/* --- events: the hash of each follows from the line and the hash before --- */

static void part(crypto_hash_sha256_state *st, const void *p, size_t n)
{
	const uint8_t len[4] = {(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n};

	crypto_hash_sha256_update(st, len, 4);
	if (n > 0)
		crypto_hash_sha256_update(st, p, n);
}

static bool event_true(const json_t *e)
{
	static const char *const texts[] = {"actor", "org", "kind", "object", "approval", "policy", "body"};
	crypto_hash_sha256_state st;
	struct fj_hash before, hash, want;
	char nums[64];

	if (!fj_hex64(fj_json_text(e, "previous")) || !fj_hex64(fj_json_text(e, "hash")) || fj_unhex(fj_json_text(e, "previous"), 64, before.b) != FJ_OK ||
	    fj_unhex(fj_json_text(e, "hash"), 64, want.b) != FJ_OK)
		return false;
	crypto_hash_sha256_init(&st);
	part(&st, before.b, sizeof(before.b));
	int n = snprintf(nums, sizeof(nums), "%lld %lld", (long long)fj_json_num(e, "seq"), (long long)fj_json_num(e, "at"));
	part(&st, nums, (size_t)n);
	for (size_t i = 0; i < FJ_ARRAY_LEN(texts); i++)
		part(&st, fj_json_text(e, texts[i]), strlen(fj_json_text(e, texts[i])));
	crypto_hash_sha256_final(&st, hash.b);
	return fj_hash_eq(&hash, &want);
}

static enum fj_rc check_events(struct job *j, struct fj_err *err)
{
	struct fj_slice rest;
	int64_t seq = 0, last = 0;

	if (!find(j, "events.jsonl", &rest))
		return fault(j, "events.jsonl", "missing", "the package has no events", "档案包内没有事件记录");
	while (rest.len > 0) {
		FJ_AUTO(json) e = NULL;
		const uint8_t *nl = memchr(rest.p, '\n', rest.len);
		size_t n = nl == NULL ? rest.len : (size_t)(nl - rest.p);
		enum fj_rc rc = fj_json_parse(FJ_SLICE(rest.p, n), MAX_EVENT, &e, NULL);
		if (rc == FJ_E_NOMEM)
			return fj_no_memory(err, "verify");
		if (rc != FJ_OK || nl == NULL || !event_true(e) || fj_json_num(e, "seq") <= seq)
			return fault(j, "events.jsonl", "chain", "an event does not follow from its line and the hash before it", "事件摘要与内容及前一摘要不符");
		seq = fj_json_num(e, "seq");
		last = strcmp(fj_json_text(e, "object"), j->e->id) == 0 ? seq : last;
		rest = FJ_SLICE(nl + 1, rest.len - n - 1);
	}
	return last == j->e->seq ? FJ_OK : fault(j, "events.jsonl", "chain", "the object's last event is not the one that the index names", "对象的最后一项事件与索引所载不符");
}

/* what each approval was asked for hashes to what was approved; the two stand one behind the other */
static enum fj_rc check_approvals(struct job *j, struct fj_err *err)
{
	struct fj_untar t;
	struct fj_untar_entry e;
	bool more = true;
	char digest[65] = "", is[65];
	struct fj_hash h;

	fj_untar_open(&t, j->tar, FJ_ARCHIVE_PACKAGE);
	while (fj_untar_next(&t, &e, &more, NULL) == FJ_OK && more) {
		FJ_AUTO(json) a = NULL;
		size_t n = strlen(e.name);
		if (strncmp(e.name, "approvals/", 10) != 0 || n < 16)
			continue;
		if (n > 13 && strcmp(e.name + n - 13, ".payload.json") == 0) {
			fj_sha256(e.data, &h);
			fj_hex(h.b, sizeof(h.b), is);
			if (strcmp(is, digest) != 0)
				FJ_TRY(fault(j, e.name, "chain", "what was approved is not what was asked for here", "审批摘要与申请内容不符"));
			continue;
		}
		digest[0] = '\0';
		if (strcmp(e.name + n - 5, ".json") != 0)
			continue;
		if (fj_json_parse(e.data, MAX_EVENT, &a, err) == FJ_E_NOMEM)
			return FJ_E_NOMEM;
		if (fj_hex64(fj_json_text(a, "digest")))
			snprintf(digest, sizeof(digest), "%s", fj_json_text(a, "digest"));
	}
	return FJ_OK;
}

/* --- credentials, as of the export --- */

static enum ver_outcome outcome(const struct ver_report *r, const char *check)
{
	for (size_t k = 0; k < r->n; k++)
		if (strcmp(r->check[k].name, check) == 0)
			return r->check[k].outcome;
	return VER_NOT_APPLICABLE;
}

/* what has to hold of it whatever its status; and the status is the one that the register had */
static enum fj_rc check_report(struct job *j, const char *name, const struct ver_report *r)
{
	static const char *const must[] = {"form", "algorithm", "chain", "signature", "logged"};
	bool active = strcmp(j->e->state, "ACTIVE") == 0;
	char en[300];

	for (size_t i = 0; i < FJ_ARRAY_LEN(must); i++)
		for (size_t k = 0; k < r->n; k++)
			if (strcmp(r->check[k].name, must[i]) == 0 && (r->check[k].outcome == VER_FAIL || r->check[k].outcome == VER_UNKNOWN)) {
				snprintf(en, sizeof(en), "%s: %.250s", must[i], r->check[k].en);
				return fault(j, name, "credential", en, r->check[k].zh);
			}
	enum ver_outcome status = outcome(r, "status");
	if (active ? status == VER_PASS : status != VER_PASS)
		return FJ_OK;
	return fault(j, name, "status", active ? "the register had it in force, the lists of the export do not" : "the lists of the export have it in force, the register did not",
	    active ? "登记簿记载有效，但导出时的状态列表不予支持" : "导出时的状态列表显示有效，但登记簿记载并非有效");
}

static enum fj_rc add_certificates(struct job *j, struct ver_trust *over, struct fj_err *err)
{
	struct fj_untar t;
	struct fj_untar_entry e;
	bool more = true;
	char number[48];

	fj_untar_open(&t, j->tar, FJ_ARCHIVE_PACKAGE);
	while (fj_untar_next(&t, &e, &more, NULL) == FJ_OK && more) {
		size_t n = strlen(e.name);
		if (strncmp(e.name, "certificates/", 13) != 0 || n < 18 || n - 17 >= sizeof(number))
			continue;
		snprintf(number, sizeof(number), "%.*s", (int)(n - 17), e.name + 13);
		if (ver_trust_add(over, VER_CERTIFICATE, number, e.data, err) == FJ_E_NOMEM)
			return FJ_E_NOMEM;
	}
	return FJ_OK;
}

static enum fj_rc check_credential(struct job *j, const char *name, const char *proof_name, bool needed, struct fj_err *err)
{
	FJ_AUTO(ver_trust) over = NULL;
	FJ_AUTO(ver_report) r = {.subject = NULL};
	struct ver_input in = {.now = j->v->at, .past = true, .number = j->e->id, .logged = true};

	if (!find(j, name, &in.credential))
		return needed ? fault(j, name, "missing", "the package has no credential", "档案包内没有凭证") : FJ_OK;
	if (j->v->trust == NULL)
		return FJ_OK;
	if (!find(j, proof_name, &in.log_proof))
		return fault(j, proof_name, "missing", "the proof that it stands in the public log is not there", "缺少公开日志载入证明");
	FJ_TRY(ver_trust_over(j->v->trust, &over, err));
	FJ_TRY(add_certificates(j, over, err));
	FJ_TRY(ver_verify_in(j->v->trust_dir, over, &in, &r, err));
	j->v->credentials++;
	return check_report(j, name, &r);
}

static enum fj_rc check_signed_report(struct job *j, struct fj_err *err)
{
	struct fj_slice jws, doc;
	FJ_AUTO(json) payload = NULL;
	struct fj_err why = {.rc = FJ_OK};

	if (!find(j, "report.jws", &jws) || j->v->trust == NULL) /* from before reports were signed */
		return FJ_OK;
	if (!find(j, "record.json", &doc))
		return fault(j, "record.json", "missing", "the report's document is not there", "缺少报告文件");
	enum fj_rc rc = arv_manifest(j->v, jws, FJ_MANIFEST_REPORT, doc, &payload, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	j->v->credentials++;
	return rc == FJ_OK ? FJ_OK : fault(j, "report.jws", "signature", why.en, why.zh[0] != '\0' ? why.zh : "报告签名不成立");
}

static enum fj_rc check_credentials(struct job *j, struct fj_err *err)
{
	switch (j->e->kind) {
	case FJ_AR_CERTIFICATE:
		FJ_TRY(check_credential(j, "certificate.pem", "certificate.tlog-proof", true, err));
		return j->v->sm2 ? check_credential(j, "certificate-sm2.pem", "certificate-sm2.tlog-proof", false, err) : FJ_OK;
	case FJ_AR_AUTHORISATION:
		return check_credential(j, "authorisation.jwt", "authorisation.tlog-proof", true, err);
	case FJ_AR_REPORT:
		return check_signed_report(j, err);
	default:
		return FJ_OK;
	}
}

static enum fj_rc check_all(struct job *j, struct fj_err *err)
{
	struct fj_slice unused;
	bool good;

	FJ_TRY(read_list(j, &good, err));
	if (!good)
		return FJ_OK;
	FJ_TRY(check_files(j));
	FJ_TRY(check_originals(j, err));
	if (!find(j, "metadata.xml", &unused) || !find(j, "record.json", &unused))
		FJ_TRY(fault(j, "metadata.xml", "missing", "the package has no metadata, or no record", "档案包内没有元数据或登记记录"));
	FJ_TRY(check_events(j, err));
	FJ_TRY(check_approvals(j, err));
	return check_credentials(j, err);
}

enum fj_rc arv_package(struct arv *v, const struct fj_archive_entry *e, const char *path, struct fj_slice bytes, struct fj_err *err)
{
	struct job j = {.v = v, .e = e, .path = path, .tar = bytes};

	v->packages++;
	enum fj_rc rc = check_all(&j, err);
	json_decref(j.list);
	return rc;
}
