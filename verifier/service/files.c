/*
 * files.c - what is published, as files: lists and CRLs of now and of then, CAs,
 * signers, the trust folder as one archive.
 *
 * A list of the past is the one that was in force at that second
 * (draft-ietf-oauth-status-list-21 8.4): its bytes are those that were published then,
 * and whoever asks can check its iat and exp.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/tar.h"
#include "verifier/service/service.h"

static void send_file(struct web_req *q, struct web_res *r, const char *path, const char *type, long age)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);
	struct fj_err err = {0};
	struct svc *s = web_app(q);
	int64_t generation = svc_generation(s);

	if ((r->kept = svc_kept(s, fj_slice_str(path), generation)) != NULL)
		return;
	if (svc_file(path, &b, &err) != FJ_OK) {
		fj_fail(&err, FJ_E_NOTFOUND, "verifier", NULL, "nothing is published at this address");
		fj_err_zh(&err, "该地址没有已发布的内容");
		web_fail(q, r, &err);
		return;
	}
	r->cors = true;
	web_bytes(r, type, fj_buf_slice(&b), age);
	svc_keep(s, fj_slice_str(path), generation, FJ_TIME_MAX, q, r);
}

static bool plain_name(const char *s)
{
	return s[0] != '\0' && strspn(s, "0123456789abcdefghijklmnopqrstuvwxyz-") == strlen(s) && s[0] != '-' && strlen(s) < 16;
}

/* a name in a path, with its ending taken off */
static void named(struct web_req *q, struct web_res *r, const char *form, const char *ending, const char *type, long age)
{
	char name[64], path[128];
	size_t n = strlen(web_param(q, "name")), e = strlen(ending);

	snprintf(name, sizeof(name), "%s", web_param(q, "name"));
	if (n <= e || n >= sizeof(name) || strcmp(name + n - e, ending) != 0)
		name[0] = '\0';
	else
		name[n - e] = '\0';
	snprintf(path, sizeof(path), form, plain_name(name) ? name : "-");
	send_file(q, r, path, type, age);
}

void svc_get_crl(struct web_req *q, struct web_res *r)
{
	named(q, r, "trust/crl/%s.crl", ".crl", "application/pkix-crl", 300);
}

/* --- lists of the past --- */

static void refuse(struct web_req *q, struct web_res *r, enum fj_rc rc, const char *en, const char *zh)
{
	struct fj_err err = {0};

	fj_fail(&err, rc, "verifier", "draft-ietf-oauth-status-list-21 8.4", "%s", en);
	fj_err_zh(&err, "%s", zh);
	r->cors = true;
	web_fail(q, r, &err);
}

static bool in_force(struct fj_slice jwt, fj_time t)
{
	FJ_AUTO(jws) jws = {.payload = NULL};

	return fj_jws_read(jwt, FJ_STATUS_JWT_MAX, &jws, NULL) == FJ_OK && fj_json_num(jws.payload, "iat") <= t && t <= fj_json_num(jws.payload, "exp");
}

/* a list does not change any more once its second is over */
static void list_of(struct web_req *q, struct web_res *r, const char *name, fj_time t)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_STATUS_JWT_MAX);
	char folder[64], path[200];

	snprintf(folder, sizeof(folder), "publish/history/status/%.20s", name);
	if (t > fj_now() || !ver_history_at(AT_FDCWD, folder, ".jwt", t, path) || fj_file_read(AT_FDCWD, path, &b, NULL) != FJ_OK || !in_force(fj_buf_slice(&b), t)) {
		refuse(q, r, FJ_E_NOTFOUND, "no status list of that time is kept here", "没有保存该时间的状态列表");
		return;
	}
	r->cors = true;
	web_bytes(r, "application/statuslist+jwt", fj_buf_slice(&b), t < fj_now() ? 86400 : 300);
}

void svc_get_status(struct web_req *q, struct web_res *r)
{
	const char *time = web_field(q, "time"), *name = web_param(q, "name");
	size_t n = strlen(time);

	if (n == 0) {
		named(q, r, "trust/status/%s.jwt", "", "application/statuslist+jwt", 300);
		return;
	}
	if (n > 12 || strspn(time, "0123456789") != n) {
		refuse(q, r, FJ_E_USAGE, "time is a Unix time in seconds, such as time=1767225600", "time 应为以秒计的 Unix 时间，如 time=1767225600");
		return;
	}
	list_of(q, r, plain_name(name) ? name : "-", strtoll(time, NULL, 10));
}

static int by_number(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

/* draft-ietf-oauth-status-list-21 9.3 */
void svc_get_lists(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(json) all = json_array();
	long number[4096];
	size_t n = 0;
	const struct dirent *e;
	DIR *d = opendir("publish/trust/status");

	while (d != NULL && n < FJ_ARRAY_LEN(number) && (e = readdir(d)) != NULL) {
		char *end;
		long k = e->d_name[0] >= '0' && e->d_name[0] <= '9' ? strtol(e->d_name, &end, 10) : -1;
		if (k >= 0 && strcmp(end, ".jwt") == 0)
			number[n++] = k;
	}
	if (d != NULL)
		closedir(d);
	qsort(number, n, sizeof(number[0]), by_number);
	for (size_t i = 0; i < n; i++) {
		char uri[200];
		snprintf(uri, sizeof(uri), "%.160s/status/%ld", svc_base(web_app(q)), number[i]);
		json_array_append_new(all, json_string(uri));
	}
	FJ_AUTO(json) j = json_pack("{s:O}", "status_lists", all);
	web_json(r, 200, j);
	r->cors = true;
	r->max_age = 300;
}

/* --- CRLs, certificates, the rest --- */

void svc_get_ca(struct web_req *q, struct web_res *r)
{
	named(q, r, "ca/%s.cer", ".cer", "application/pkix-cert", 86400);
}

void svc_get_signer(struct web_req *q, struct web_res *r)
{
	named(q, r, "signer/%s.pem", ".pem", "application/x-pem-file", 3600);
}

void svc_get_issuer(struct web_req *q, struct web_res *r)
{
	send_file(q, r, "jwt-vc-issuer.json", "application/json", 300);
}

/* --- trust.tar --- */

/* a file's time in it is the file's: the same publication is the same archive */
static enum fj_rc tar_folder(struct fj_tar *t, const char *folder, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	char path[200];

	snprintf(path, sizeof(path), "publish/trust/%.20s", folder);
	if (fj_dir_list(AT_FDCWD, path, &d, NULL) != FJ_OK)
		return FJ_OK;
	for (const struct dirent *e; (e = readdir(d)) != NULL;) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(8u << 20);
		struct stat st;
		if (e->d_type != DT_REG || strstr(e->d_name, ".tmp") != NULL)
			continue;
		snprintf(path, sizeof(path), "publish/trust/%.20s%.120s", folder, e->d_name);
		FJ_TRY(fj_file_read(AT_FDCWD, path, &b, err));
		t->at = stat(path, &st) == 0 ? st.st_mtime : 0;
		FJ_TRY(fj_tar_add(t, path + strlen("publish/"), fj_buf_slice(&b), err));
	}
	return FJ_OK;
}

/* Anchors and lists, and the credentials when they fit too: without them a verdict is asserted by the
 * issuer alone (narrowing), but a status that is left out would deny everything. */
static enum fj_rc tar_all(struct fj_tar *t, struct fj_err *err)
{
	static const char *const lists[] = {"", "crl/", "status/", "attestation/"}, *const credentials[] = {"authorisations/", "certificates/"};
	enum fj_rc rc = FJ_OK;

	for (size_t i = 0; i < FJ_ARRAY_LEN(lists); i++)
		FJ_TRY(tar_folder(t, lists[i], err));
	size_t whole = t->out.len;
	for (size_t i = 0; rc == FJ_OK && i < FJ_ARRAY_LEN(credentials); i++)
		rc = tar_folder(t, credentials[i], NULL);
	if (rc == FJ_OK && fj_tar_end(t, NULL) == FJ_OK && t->out.len <= SVC_TAR_OCTETS)
		return FJ_OK;
	t->out.len = whole;
	return fj_tar_end(t, err);
}

void svc_get_tar(struct web_req *q, struct web_res *r)
{
	struct svc *s = web_app(q);
	FJ_AUTO(tar) t = {.pack = NULL};
	struct fj_err err = {0};
	int64_t generation = svc_generation(s);

	if ((r->kept = svc_kept(s, fj_slice_str("trust.tar"), generation)) != NULL)
		return;
	enum fj_rc rc = fj_tar_new(&t, r->body.max, 0, false, &err);
	if (rc == FJ_OK)
		rc = tar_all(&t, &err);
	if (rc == FJ_E_LIMIT)
		fj_fail(&err, rc, "verifier", NULL, "the lists of the trust folder are larger than can be sent; take the files one by one");
	if (rc != FJ_OK) {
		web_fail(q, r, &err);
		return;
	}
	fj_buf_release(&r->body);
	r->body = t.out;
	fj_buf_init(&t.out, 0);
	r->type = "application/x-tar";
	r->cors = true;
	svc_keep(s, fj_slice_str("trust.tar"), generation, FJ_TIME_MAX, q, r);
}
