/*
 * outbox.c - the issuer's packages for mirrors, as they lie in publish/outbox.  A
 * package never changes under its number, so it may be kept by whoever stands between.
 */
#include "verifier/service/outbox.h"

#include <fcntl.h>

#include "base/file.h"
#include "base/package.h"

#define KEEP 86400

static void send(struct web_req *q, struct web_res *r, const char *path, const char *type, long age)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_PACKAGE_MAX);
	struct fj_err err = {0};

	r->cors = true;
	if (path[0] != '\0' && fj_file_read(AT_FDCWD, path, &whole, &err) == FJ_OK) {
		web_bytes(r, type, fj_buf_slice(&whole), age);
		return;
	}
	fj_refuse(&err, FJ_E_NOTFOUND, "verifier", "formats.md 18", "there is no such package here: /v1/outbox says which there are", "没有该数据包；可用范围见 /v1/outbox");
	web_fail(q, r, &err);
}

/* digits alone, of at most ten */
static int64_t number(struct web_req *q, const char *name)
{
	const char *s = web_param(q, name);
	size_t n = strlen(s);

	return n > 0 && n <= 10 && strspn(s, "0123456789") == n ? strtoll(s, NULL, 10) : -1;
}

void svc_outbox_index(struct web_req *q, struct web_res *r)
{
	send(q, r, "publish/outbox/index.json", "application/json", 0);
}

void svc_outbox_package(struct web_req *q, struct web_res *r)
{
	char path[80] = "";
	int64_t seq = number(q, "seq");

	if (seq > 0)
		snprintf(path, sizeof(path), "publish/outbox/%010lld.pkg", (long long)seq);
	send(q, r, path, "application/octet-stream", KEEP);
}

void svc_outbox_snapshot(struct web_req *q, struct web_res *r)
{
	char path[100] = "";
	int64_t seq = number(q, "seq"), part = number(q, "part");

	if (seq >= 0 && part > 0)
		snprintf(path, sizeof(path), "publish/outbox/snapshot-%010lld/%05lld.pkg", (long long)seq, (long long)part);
	send(q, r, path, "application/octet-stream", KEEP);
}
