/*
 * archive.c - a year's archive, checked with no appliance and no network (docs/formats.md 44).
 *
 * archive.jws signs archive.json, which holds what the lines of index.jsonl come to, each of which
 * holds a file's hashes: so one signature stands for every octet.  The index is read line by line
 * and each package by itself, so a year of any size takes the memory of its largest package and
 * of the paths that were seen.  Every fault is told with the file that it is about; what hangs on
 * a signature that does not hold is looked at all the same, so that damage is found at once.
 */
#include <fcntl.h>
#include <getopt.h>
#include <search.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/tar.h"
#include "verifier/archive.h"
#include "verifier/internal.h"

#define LAYER "verify"
#define CITE "formats.md 44"
#define MAX_PATH (FJ_ARCHIVE_PATH + 16)

static const char usage[] =
    "fujie-verify archive FOLDER --root SHA256 [--root-sm2 SHA256] [--json]\n"
    "fujie-verify archive FOLDER --trust DIR [--json]\n"
    "\n"
    "Checks a year's archive (fujie archive export) under a root that you know: every hash, the\n"
    "signature over all of them, each credential with its chain and its entry in the public log,\n"
    "events and approvals.  Names each file that is missing, was changed or is too many.\n"
    "核验年度档案包：摘要、签名、凭证及证书链、公开日志载入证明、事件与审批；逐一指出缺失、被改动或多出的文件。\n"
    "\n"
    "Exit: 0 all holds; 1 something does not; 2 wrong use, 3 failure.\n";

struct options {
	const char *folder, *trust, *root, *root_sm2;
	bool json;
};

/* --- what was seen --- */

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

enum fj_rc arv_see(struct arv *v, const char *path)
{
	char *own = fj_strdup(path);
	void *node = own == NULL ? NULL : tsearch(own, &v->seen, by_text);

	if (node == NULL) {
		fj_free(own);
		return FJ_E_NOMEM;
	}
	if (*(char **)node == own)
		return FJ_OK;
	fj_free(own);
	return FJ_E_EXISTS;
}

bool arv_seen(const struct arv *v, const char *path)
{
	void *root = v->seen;

	return tfind(path, &root, by_text) != NULL;
}

enum fj_rc arv_fault(struct arv *v, const char *path, const char *what, const char *en, const char *zh)
{
	v->n_faults++;
	if (json_array_size(v->faults) >= ARV_TOLD)
		return FJ_OK;
	return json_array_append_new(v->faults, json_pack("{s:s, s:s, s:{s:s, s:s}}", "path", path, "what", what, "text", "en", en, "zh", zh)) == 0 ? FJ_OK : FJ_E_NOMEM;
}

static void arv_release(struct arv *v)
{
	ver_trust_free(v->trust);
	fj_fd_close(&v->dir);
	fj_fd_close(&v->trust_dir);
	while (v->seen != NULL) {
		char *own = *(char **)v->seen;
		tdelete(own, &v->seen, by_text);
		fj_free(own);
	}
	json_decref(v->faults);
	json_decref(v->counts);
}
FJ_DEFINE_AUTO(arv, struct arv, arv_release)

static bool digest_is(const EVP_MD *md, struct fj_slice bytes, const char *hex)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	char is[2 * EVP_MAX_MD_SIZE + 1];
	unsigned n = 0;

	if (EVP_Digest(bytes.p, bytes.len, sum, &n, md, NULL) != 1)
		return false;
	fj_hex(sum, n, is);
	return strcmp(is, hex) == 0;
}

bool arv_hashes(struct fj_slice bytes, const char *sha256, const char *sm3)
{
	return digest_is(EVP_sha256(), bytes, sha256) && digest_is(EVP_sm3(), bytes, sm3);
}

/* --- signatures over files --- */

static enum fj_rc found(const struct ver_finding *f, const char *what, struct fj_err *err)
{
	if (f->outcome == VER_PASS)
		return FJ_OK;
	fj_fail(err, FJ_E_SIGNATURE, LAYER, f->clause, "%s: %s", what, f->en);
	fj_err_zh(err, "%s", f->zh);
	return FJ_E_SIGNATURE;
}

static enum fj_rc check_signer(const struct arv *v, const struct ver_signer *s, fj_time at, struct fj_err *err)
{
	struct ver_finding f;

	if (!ver_signer_is(s, ".2.3"))
		return fj_refuse(err, FJ_E_SIGNATURE, LAYER, "formats.md 2", "the signer's certificate is for another purpose", "签名证书的用途不符");
	ver_dates(&s->x, s->ca, at, &f);
	FJ_TRY(found(&f, "the signer's certificate at that time", err));
	ver_path_revoked_by(v->trust, &s->x, s->ca, v->at != 0 ? v->at : at, at, &f);
	return found(&f, "the signer's certificate", err);
}

enum fj_rc arv_manifest(const struct arv *v, struct fj_slice jws, const char *kind, struct fj_slice bytes, json_t **payload, struct fj_err *err)
{
	FJ_AUTO(jws) w = {0};
	FJ_AUTO(ver_signer) ref = {NULL, NULL};
	struct fj_err chain = {.rc = FJ_OK};
	char hash[44];

	FJ_TRY(ver_jws_read(v->trust, jws, FJ_TOKEN_MAX, &w, &ref, &chain, err));
	if (ref.s == NULL) {
		*err = chain;
		return chain.rc;
	}
	FJ_TRY(fj_manifest_check(w.payload, err));
	if (strcmp(w.typ, FJ_TYP_MANIFEST) != 0 || strcmp(fj_json_text(w.payload, "vct"), FJ_VCT_MANIFEST) != 0 || strcmp(fj_json_text(w.payload, "kind"), kind) != 0 ||
	    strcmp(fj_json_text(w.payload, "iss"), ref.s->iss) != 0)
		return fj_refuse(err, FJ_E_INVALID, LAYER, "RFC 8725 3.11", "the signature is not over such files, or is another issuer's", "签名的用途或签发者不符");
	if (!ver_jws_verify(v->trust, &w, &ref))
		return fj_refuse(err, FJ_E_SIGNATURE, LAYER, "RFC 7515 5.2", "the signature does not hold", "签名不成立");
	if (ver_sha256_b64u(bytes, hash) != FJ_OK)
		return fj_no_memory(err, LAYER);
	if (strcmp(hash, fj_json_text(w.payload, "sha256")) != 0)
		return fj_refuse(err, FJ_E_SIGNATURE, LAYER, CITE, "the file is not the one that was signed: it was changed, or is another", "文件与所签署的不符：已被改动或并非同一份");
	FJ_TRY(check_signer(v, ref.s, fj_json_num(w.payload, "iat"), err));
	*payload = json_incref(w.payload);
	return FJ_OK;
}

/* --- the trust folder of the archive, under the root that is known --- */

/* of the roots of a trust folder of the caller's, the one that the archive's has */
static enum fj_rc pin_of(int mine, int theirs, const char *file, struct fj_hash *out, struct fj_err *err)
{
	FJ_AUTO(buf) own = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) other = FJ_BUF_INIT(65536);
	FJ_AUTO(ver_blocks) b = {.n = 0};

	FJ_TRY(fj_file_read(mine, file, &own, err));
	FJ_TRY(fj_file_read(theirs, file, &other, err));
	FJ_TRY(ver_blocks_read(fj_buf_slice(&own), &b, NULL, NULL, err));
	for (size_t i = 0; i < b.n; i++) {
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		fj_sha256(fj_buf_slice(&b.der[i]), out);
		if (ver_root_is(fj_buf_slice(&other), out, &der, err) == FJ_OK)
			return FJ_OK;
	}
	return fj_refuse(err, FJ_E_SIGNATURE, LAYER, CITE, "the archive is of another root than the trust folder's", "档案包的根证书与所给信任资料的根证书不同");
}

static enum fj_rc pins_of(const struct options *o, const struct arv *v, struct ver_pins *p, struct fj_err *err)
{
	FJ_AUTO(fd) mine = -1;

	if (o->root != NULL) {
		p->has_sm2 = o->root_sm2 != NULL;
		if (p->has_sm2)
			FJ_TRY(ver_fingerprint_read(o->root_sm2, &p->sm2, err));
		return ver_fingerprint_read(o->root, &p->root, err);
	}
	FJ_TRY(fj_dir_open(AT_FDCWD, o->trust, &mine, err));
	FJ_TRY(pin_of(mine, v->trust_dir, "root.pem", &p->root, err));
	p->has_sm2 = pin_of(mine, v->trust_dir, "root-sm2.pem", &p->sm2, NULL) == FJ_OK;
	return FJ_OK;
}

static enum fj_rc load_trust(struct arv *v, const struct options *o, struct fj_err *err)
{
	FJ_AUTO(json) notes = NULL;
	struct fj_err why = {.rc = FJ_OK};
	struct ver_pins pins = {.has_sm2 = false};

	enum fj_rc rc = fj_dir_open(v->dir, "trust", &v->trust_dir, &why);
	if (rc == FJ_OK)
		rc = pins_of(o, v, &pins, &why);
	if (rc == FJ_E_USAGE) {
		*err = why;
		return rc;
	}
	if (rc == FJ_OK)
		rc = ver_trust_load_under(v->dir, "trust", &pins, &v->trust, &notes, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, LAYER);
	v->sm2 = pins.has_sm2;
	return rc == FJ_OK ? FJ_OK : arv_fault(v, "trust", "trust", why.en, why.zh[0] != '\0' ? why.zh : "信任资料不能在该根证书下成立");
}

/* --- the document and its signature --- */

static enum fj_rc read_file(struct arv *v, const char *path, struct fj_buf *out, bool *there, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};
	enum fj_rc rc = fj_file_read(v->dir, path, out, &why);

	*there = rc == FJ_OK;
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, LAYER);
	return rc == FJ_OK ? FJ_OK
	    : rc == FJ_E_NOTFOUND ? arv_fault(v, path, "missing", "the file is not there", "文件缺失")
	    : arv_fault(v, path, "changed", rc == FJ_E_LIMIT ? "the file is larger than it may be" : why.en, rc == FJ_E_LIMIT ? "文件超过允许的长度" : "文件无法读取");
}

static enum fj_rc check_signature(struct arv *v, struct fj_slice text, const json_t *doc, struct fj_err *err)
{
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(json) payload = NULL;
	struct fj_err why = {.rc = FJ_OK};
	bool there;

	FJ_TRY(read_file(v, "archive.jws", &jws, &there, err));
	if (!there || v->trust == NULL)
		return FJ_OK;
	enum fj_rc rc = arv_manifest(v, fj_buf_slice(&jws), FJ_MANIFEST_ARCHIVE, text, &payload, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, LAYER);
	if (rc != FJ_OK)
		return arv_fault(v, "archive.jws", "signature", why.en, why.zh[0] != '\0' ? why.zh : "签名不成立");
	v->at = fj_json_num(payload, "iat");
	return strcmp(fj_json_text(payload, "iss"), fj_json_text(doc, "base")) == 0 ? FJ_OK : arv_fault(v, "archive.json", "changed", "the archive names another issuer than its signature", "档案包所载签发者与签名不符");
}

/* *doc NULL: it can't be read */
static enum fj_rc read_document(struct arv *v, json_t **doc, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ARCHIVE_DOC);
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_ARCHIVE_DOC);
	FJ_AUTO(json) j = NULL;
	struct fj_err why = {.rc = FJ_OK};
	bool there;

	FJ_TRY(read_file(v, "archive.json", &text, &there, err));
	if (!there)
		return FJ_OK;
	enum fj_rc rc = fj_json_parse(fj_buf_slice(&text), FJ_ARCHIVE_DOC, &j, &why);
	if (rc == FJ_OK)
		rc = fj_archive_doc_check(j, &why);
	if (rc == FJ_OK && (fj_json_canonical(j, &again, &why) != FJ_OK || !fj_slice_eq(fj_buf_slice(&again), fj_buf_slice(&text))))
		rc = fj_refuse(&why, FJ_E_INVALID, LAYER, CITE, "the document is not canonical JSON", "文件不是规范格式的 JSON");
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, LAYER);
	if (rc != FJ_OK)
		return arv_fault(v, "archive.json", "form", why.en, why.zh[0] != '\0' ? why.zh : "文件格式不符");
	FJ_TRY(check_signature(v, fj_buf_slice(&text), j, err));
	*doc = fj_move(j);
	return FJ_OK;
}

/* --- the index, line by line --- */

static enum fj_rc check_entry(struct arv *v, const struct fj_archive_entry *e, struct fj_err *err)
{
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_ARCHIVE_PACKAGE);
	char path[FJ_ARCHIVE_PATH];
	bool there;

	fj_archive_path(e, path);
	enum fj_rc rc = arv_see(v, path);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, LAYER);
	FJ_TRY(read_file(v, path, &bytes, &there, err));
	if (!there)
		return FJ_OK;
	if ((uint64_t)e->octets != bytes.len || !arv_hashes(fj_buf_slice(&bytes), e->sha256, e->sm3))
		return arv_fault(v, path, "changed", "not the file that was exported", "文件与导出时不符");
	return fj_archive_is_package(e->kind) ? arv_package(v, e, path, fj_buf_slice(&bytes), err) : FJ_OK;
}

struct reading {
	FILE *f;
	char line[FJ_ARCHIVE_LINE + 2];
	struct fj_hash chain;
	struct fj_archive_entry last;
};

/* *n: octets of the next line without its end; 0: none, or it can't be read */
static bool next_line(struct reading *r, size_t *n)
{
	*n = fgets(r->line, sizeof(r->line), r->f) == NULL ? 0 : strlen(r->line);
	if (*n == 0)
		return false;
	if (r->line[*n - 1] != '\n')
		return *n = 0, true;
	r->line[--*n] = '\0';
	return true;
}

static enum fj_rc bad_index(struct arv *v, const char *en, const char *zh)
{
	char what[80];

	snprintf(what, sizeof(what), "index.jsonl:%lld", (long long)v->lines + 2);
	return arv_fault(v, what, "form", en, zh);
}

static enum fj_rc read_lines(struct arv *v, struct reading *r, struct fj_err *err)
{
	struct fj_archive_entry e;
	struct fj_err why = {.rc = FJ_OK};
	size_t n;

	while (next_line(r, &n)) {
		enum fj_rc rc = n == 0 ? FJ_E_INVALID : fj_archive_entry_read(FJ_SLICE(r->line, n), &e, &why);
		if (rc == FJ_E_NOMEM)
			return fj_no_memory(err, LAYER);
		if (rc != FJ_OK)
			return bad_index(v, why.en[0] != '\0' ? why.en : "a line is cut or too long", why.zh[0] != '\0' ? why.zh : "索引行被截断或过长");
		if (v->lines > 0 && fj_archive_order(&r->last, &e) >= 0)
			return bad_index(v, "the lines are not in order", "索引行次序不符");
		if (v->lines >= FJ_ARCHIVE_LINES)
			return bad_index(v, "there are too many lines", "索引行过多");
		fj_archive_chain(&r->chain, FJ_SLICE(r->line, n));
		FJ_TRY(check_entry(v, &e, err));
		r->last = e;
		v->lines++;
		const char *kind = fj_archive_kind_name(e.kind);
		FJ_TRY(fj_json_set(v->counts, kind, json_integer(json_integer_value(json_object_get(v->counts, kind)) + 1)));
	}
	return FJ_OK;
}

static enum fj_rc read_index(struct arv *v, const json_t *doc, struct reading *r, struct fj_err *err)
{
	struct fj_archive_head h = {.year = 0};
	struct fj_err why = {.rc = FJ_OK};
	char chain[65];
	size_t n;

	if (!next_line(r, &n) || n == 0 || fj_archive_head_read(FJ_SLICE(r->line, n), &h, &why) != FJ_OK)
		return arv_fault(v, "index.jsonl", "form", "the index does not begin as an index does", "索引开头不符");
	fj_archive_chain(&r->chain, FJ_SLICE(r->line, n));
	FJ_TRY(read_lines(v, r, err));
	fj_hex(r->chain.b, sizeof(r->chain.b), chain);
	if (doc == NULL)
		return FJ_OK;
	if (strcmp(chain, fj_json_text(doc, "chain")) != 0 || v->lines != fj_json_num(doc, "lines") || h.year != fj_json_num(doc, "year") || !json_equal(v->counts, json_object_get(doc, "counts")) ||
	    strcmp(h.base, fj_json_text(doc, "base")) != 0)
		return arv_fault(v, "index.jsonl", "changed", "the index is not the one that was signed: lines were changed, added or left out", "索引与所签署的不符：有行被改动、增加或删去");
	return FJ_OK;
}

static enum fj_rc check_index(struct arv *v, const json_t *doc, struct fj_err *err)
{
	struct reading r = {.f = NULL};
	int fd = openat(v->dir, "index.jsonl", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0 || (r.f = fdopen(fd, "r")) == NULL) {
		fj_fd_close(&fd);
		return arv_fault(v, "index.jsonl", "missing", "the index is not there", "索引缺失");
	}
	enum fj_rc rc = read_index(v, doc, &r, err);
	if (rc == FJ_OK && ferror(r.f))
		rc = fj_fail_errno(err, LAYER, "read index.jsonl");
	fclose(r.f);
	return rc;
}

/* --- what is too many --- */

static enum fj_rc walk(struct arv *v, const char *folder, int depth, struct fj_err *err)
{
	static const char *const own[] = {"archive.json", "archive.jws", "index.jsonl", NULL};
	FJ_AUTO(dir) d = NULL;
	char path[2 * MAX_PATH];

	FJ_TRY(fj_dir_list(v->dir, folder[0] != '\0' ? folder : ".", &d, err));
	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		int n = snprintf(path, sizeof(path), "%s%s%s", folder, folder[0] != '\0' ? "/" : "", e->d_name);
		bool fits = n > 0 && (size_t)n < MAX_PATH;
		FJ_AUTO(dir) below = NULL;
		bool is_folder = fits && fj_dir_list(v->dir, path, &below, NULL) == FJ_OK;
		if (is_folder && depth < 3)
			FJ_TRY(walk(v, path, depth + 1, err));
		else if (!fits || is_folder || (!arv_seen(v, path) && !(folder[0] == '\0' && fj_among(path, own)))) {
			bool text = fj_utf8_valid(fj_slice_str(path));
			FJ_TRY(arv_fault(v, text ? path : folder, "extra", "nothing in the archive names it", "档案包中没有任何文件提及它"));
		}
	}
	return FJ_OK;
}

/* --- the whole --- */

static enum fj_rc check_all(struct arv *v, const struct options *o, json_t **doc, struct fj_err *err)
{
	v->faults = json_array();
	v->counts = json_object();
	if (v->faults == NULL || v->counts == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(fj_dir_open(AT_FDCWD, o->folder, &v->dir, err));
	FJ_TRY(load_trust(v, o, err));
	FJ_TRY(read_document(v, doc, err));
	if (v->at == 0) { /* nobody vouches for a time: what hangs on it is not judged */
		ver_trust_free(v->trust);
		v->trust = NULL;
	}
	FJ_TRY(check_index(v, *doc, err));
	return walk(v, "", 0, err);
}

static json_t *result(const struct arv *v, const json_t *doc)
{
	char at[FJ_TIME_CAP] = "";

	if (v->at != 0)
		fj_time_utc(v->at, at);
	return json_pack("{s:s, s:O?, s:O?, s:O?, s:s, s:O, s:I, s:I, s:I, s:I, s:I, s:O}", "verdict", v->n_faults == 0 ? "permit" : "deny", "year", json_object_get(doc, "year"), "base",
	    json_object_get(doc, "base"), "over", json_object_get(doc, "over"), "signed_at", at, "counts", v->counts, "lines", (json_int_t)v->lines, "packages", (json_int_t)v->packages, "credentials",
	    (json_int_t)v->credentials, "originals", (json_int_t)v->originals, "faults_total", (json_int_t)v->n_faults, "faults", v->faults);
}

static void print(const struct arv *v, const json_t *doc)
{
	char at[FJ_TIME_CAP] = "-";
	size_t i;
	json_t *f;

	if (v->at != 0)
		fj_time_china(v->at, at);
	printf("%s  %lld  %s  %s\n", v->n_faults == 0 ? "相符 HOLDS" : "不符 DOES NOT HOLD", (long long)fj_json_num(doc, "year"), fj_json_text(doc, "base"), at);
	printf("档案包 %lld，凭证 %lld，原始材料 %lld | packages %lld, credentials %lld, originals %lld\n", (long long)v->packages, (long long)v->credentials, (long long)v->originals,
	    (long long)v->packages, (long long)v->credentials, (long long)v->originals);
	json_array_foreach(v->faults, i, f)
		printf("%s  %s  %s | %s\n", fj_json_text(f, "what"), fj_json_text(f, "path"), fj_json_text(json_object_get(f, "text"), "zh"), fj_json_text(json_object_get(f, "text"), "en"));
	if (v->n_faults > ARV_TOLD)
		printf("共 %lld 处，仅列前 %d 处 | %lld in all, the first %d told\n", (long long)v->n_faults, ARV_TOLD, (long long)v->n_faults, ARV_TOLD);
}

static int refuse(const struct options *o, const struct fj_err *err)
{
	fprintf(stderr, "fujie-verify: %s%s%s\n", err->en, err->zh[0] != '\0' ? " / " : "", err->zh);
	if (o->json) {
		FJ_AUTO(json) doc = json_pack("{s:s, s:[], s:o}", "verdict", "indeterminate", "faults", "error", fj_err_json(err));
		FJ_AUTO(buf) text = FJ_BUF_INIT(65536);
		puts(doc != NULL && fj_json_canonical(doc, &text, NULL) == FJ_OK ? fj_buf_str(&text) : "{\"faults\":[],\"verdict\":\"indeterminate\"}");
	}
	return err->rc == FJ_E_USAGE ? 2 : 3;
}

static enum fj_rc options_read(int argc, char **argv, struct options *o, bool *help, struct fj_err *err)
{
	static const struct option longs[] = {{"trust", required_argument, NULL, 't'}, {"root", required_argument, NULL, 'r'}, {"root-sm2", required_argument, NULL, 'S'},
		{"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int c;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":", longs, NULL)) != -1)
		switch (c) {
		case 't': o->trust = optarg; break;
		case 'r': o->root = optarg; break;
		case 'S': o->root_sm2 = optarg; break;
		case 'j': o->json = true; break;
		case 'h': *help = true; break;
		default:
			return fj_fail(err, FJ_E_USAGE, LAYER, NULL, c == ':' ? "\"%s\" needs a value" : "\"%s\" is not an option; see fujie-verify archive --help", argv[optind - 1]);
		}
	if (*help)
		return FJ_OK;
	if (argc - optind != 1 || (o->trust == NULL) == (o->root == NULL) || (o->root_sm2 != NULL && o->root == NULL))
		return fj_refuse(err, FJ_E_USAGE, LAYER, NULL, "give fujie-verify archive FOLDER, and --root SHA256 or --trust DIR; see --help", "用法：fujie-verify archive 目录 --root SHA256，或 --trust 目录；见 --help");
	o->folder = argv[optind];
	return FJ_OK;
}

int ver_archive(int argc, char **argv)
{
	struct options o = {.json = false};
	struct fj_err err = {.rc = FJ_OK};
	FJ_AUTO(arv) v = {.dir = -1, .trust_dir = -1};
	json_t *made = NULL;
	bool help = false;

	for (int i = 1; i < argc; i++)
		o.json = o.json || strcmp(argv[i], "--json") == 0;
	if (options_read(argc, argv, &o, &help, &err) != FJ_OK)
		return refuse(&o, &err);
	if (help) {
		fputs(usage, stdout);
		return 0;
	}
	enum fj_rc rc = check_all(&v, &o, &made, &err);
	FJ_AUTO(json) doc = made;
	if (rc != FJ_OK)
		return refuse(&o, err.rc != FJ_OK ? &err : (fj_no_memory(&err, LAYER), &err));
	FJ_AUTO(json) out = o.json ? result(&v, doc) : NULL;
	FJ_AUTO(buf) text = FJ_BUF_INIT(4u << 20);
	if (!o.json)
		print(&v, doc);
	else if (out == NULL || fj_json_canonical(out, &text, &err) != FJ_OK)
		return refuse(&o, (fj_no_memory(&err, LAYER), &err));
	else
		puts(fj_buf_str(&text));
	return fflush(stdout) != 0 || ferror(stdout) ? 3 : v.n_faults == 0 ? 0 : 1;
}
