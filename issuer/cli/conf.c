/*
 * conf.c - fujie.ini: every key, what it may say, and what becomes of a file that can't serve.
 *
 * A mistake in it must not stop an authority: D/run/conf.good is the file with which
 * all parts last came up, and a home whose fujie.ini is at fault is run by that, loudly,
 * until the file is mended.  A home that never ran has none, and says what is wrong.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/file.h"
#include "base/secret.h"
#include "issuer/cli/cli.h"

#define GOOD "run/conf.good"
#define CONF_MAX 65536
#define RATE 50 /* requests of an address a second, where fujie.ini does not say */
#define OUTBOX_DAYS 14
#define BACKUP_DAYS 7
#define SIGNIN_DAYS 190 /* six months and a little */

static const struct fj_conf_key keys[] = {
	{"public", "base", FJ_CONF_STR, offsetof(struct cli_conf, base), 161, 0, 160},
	{"public", "mirror", FJ_CONF_STR, offsetof(struct cli_conf, mirror), 161, 0, 160},
	{"portal", "base", FJ_CONF_STR, offsetof(struct cli_conf, portal_base), 161, 0, 160},
	{"portal", "bind", FJ_CONF_STR, offsetof(struct cli_conf, portal), 64, 0, 63},
	{"portal", "cert", FJ_CONF_STR, offsetof(struct cli_conf, cert), 512, 0, 511},
	{"portal", "key", FJ_CONF_STR, offsetof(struct cli_conf, key), 512, 0, 511},
	{"portal", "client_ca", FJ_CONF_STR, offsetof(struct cli_conf, client_ca), 512, 0, 511},
	{"portal", "https", FJ_CONF_BOOL, offsetof(struct cli_conf, https), 0, 0, 0},
	{"account", "leaked", FJ_CONF_STR, offsetof(struct cli_conf, leaked), 512, 0, 511},
	{"account", "signin_days", FJ_CONF_INT, offsetof(struct cli_conf, signin_days), 0, 30, 3650},
	{"verifier", "bind", FJ_CONF_STR, offsetof(struct cli_conf, verifier), 64, 0, 63},
	{"verifier", "rate", FJ_CONF_INT, offsetof(struct cli_conf, rate), 0, 0, 100000},
	{"verifier", "limit_local", FJ_CONF_BOOL, offsetof(struct cli_conf, limit_local), 0, 0, 0},
	{"tpm", "device", FJ_CONF_STR, offsetof(struct cli_conf, tpm), 128, 0, 127},
	{"home", "demo", FJ_CONF_BOOL, offsetof(struct cli_conf, demo), 0, 0, 0},
	{"backup", "days", FJ_CONF_INT, offsetof(struct cli_conf, backup_days), 0, 0, 3650},
	{"outbox", "days", FJ_CONF_INT, offsetof(struct cli_conf, outbox_days), 0, 1, 3650},
	{"users", "signer", FJ_CONF_STR, offsetof(struct cli_conf, user[CLI_USER_SIGNER]), 33, 0, 32},
	{"users", "registry", FJ_CONF_STR, offsetof(struct cli_conf, user[CLI_USER_REGISTRY]), 33, 0, 32},
	{"users", "verifier", FJ_CONF_STR, offsetof(struct cli_conf, user[CLI_USER_VERIFIER]), 33, 0, 32},
	{"log", "policy", FJ_CONF_STR, offsetof(struct cli_conf, log_policy), 512, 0, 511},
	{NULL, NULL, FJ_CONF_STR, 0, 0, 0, 0},
};

/* --- what values say together --- */

static enum fj_rc fault(struct fj_err *err, const char *key, const char *en, const char *zh)
{
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "cli", NULL, "configuration: %s %s", key, en);

	fj_err_zh(err, "配置项 %s %s", key, zh);
	return rc;
}

/* what pages lead to begins as an address of the web does */
static enum fj_rc check_url(const char *key, const char *s, struct fj_err *err)
{
	size_t scheme = strncmp(s, "https://", 8) == 0 ? 8 : strncmp(s, "http://", 7) == 0 ? 7 : 0;

	if (s[0] == '\0' || (scheme > 0 && isalnum((unsigned char)s[scheme]) && strpbrk(s, " \t\"'<>@\\") == NULL))
		return FJ_OK;
	return fault(err, key, "is no address of a site that begins with https:// or http://", "应为以 https:// 或 http:// 开头的地址");
}

/* "127.0.0.1:8443", "[::1]:8443", "unix:/run/x": *local says whether only this machine reaches it */
static bool is_address(const char *s, bool *local)
{
	char host[64];
	struct in_addr v4;
	struct in6_addr v6;
	const char *colon = strrchr(s, ':');
	char *end;

	*local = true;
	if (strncmp(s, "unix:", 5) == 0)
		return s[5] != '\0';
	if (colon == NULL || (size_t)(colon - s) >= sizeof(host) || colon[1] < '0' || colon[1] > '9' || strtol(colon + 1, &end, 10) > 65535 || *end != '\0')
		return false;
	snprintf(host, sizeof(host), "%.*s", (int)(colon - s), s);
	if (inet_pton(AF_INET, host, &v4) == 1) {
		*local = ntohl(v4.s_addr) >> 24 == 127;
		return true;
	}
	size_t n = strlen(host);
	if (n < 3 || host[0] != '[' || host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	*local = inet_pton(AF_INET6, host + 1, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
	return inet_pton(AF_INET6, host + 1, &v6) == 1;
}

static enum fj_rc check_bind(const char *key, const char *s, bool *local, struct fj_err *err)
{
	if (is_address(s, local))
		return FJ_OK;
	return fault(err, key, "is no address and port of this machine, such as 0.0.0.0:8443 or [::1]:8443", "应为本机地址和端口，如 0.0.0.0:8443 或 [::1]:8443");
}

static enum fj_rc check(const struct cli_conf *c, struct fj_err *err)
{
	bool portal, verifier, tls = c->cert[0] != '\0';

	FJ_TRY(check_url("[public] base", c->base, err));
	FJ_TRY(check_url("[public] mirror", c->mirror, err));
	FJ_TRY(check_url("[portal] base", c->portal_base, err));
	FJ_TRY(check_bind("[portal] bind", c->portal, &portal, err));
	FJ_TRY(check_bind("[verifier] bind", c->verifier, &verifier, err));
	if (c->base[0] == '\0')
		return fault(err, "[public] base", "is missing: it stands in certificates and tokens", "缺失：该地址写入证书和令牌");
	if (tls != (c->key[0] != '\0'))
		return fault(err, "[portal]", "has only one of cert and key; give both PEM files, or neither", "只有 cert 和 key 之一；请同时配置两个 PEM 文件，或都不配置");
	if (c->client_ca[0] != '\0' && !tls)
		return fault(err, "[portal] client_ca", "needs cert and key: client certificates are checked by the portal's own TLS only", "须与 cert 和 key 一并配置：客户端证书只能由门户自身的 TLS 校验");
	if (!portal && !tls)
		return fault(err, "[portal] bind", "is beyond this machine, where the portal needs cert and key; give both, or bind it to 127.0.0.1 behind a proxy",
		    "不是本机回环地址，须配置 cert 和 key；请一并配置，或改用 127.0.0.1 并置于反向代理之后");
	return FJ_OK;
}

/* --- reading --- */

void cli_conf_blank(struct cli_conf *c)
{
	memset(c, 0, sizeof(*c));
	c->rate = RATE;
	c->signin_days = SIGNIN_DAYS;
	c->outbox_days = OUTBOX_DAYS;
	c->backup_days = BACKUP_DAYS;
}

enum fj_rc cli_conf_read(int dirfd, const char *path, struct cli_conf *out, struct fj_err *err)
{
	struct cli_conf c;

	cli_conf_blank(&c);
	FJ_TRY(fj_conf_read(dirfd, path, keys, &c, err));
	FJ_TRY(check(&c, err));
	*out = c;
	return FJ_OK;
}

enum fj_rc cli_conf_load(struct cli_home *h, struct fj_err *err)
{
	struct fj_err why = {0};
	enum fj_rc rc = cli_conf_read(h->dir, "fujie.ini", &h->conf, &why);

	h->fault.rc = FJ_OK;
	if (rc == FJ_OK)
		return FJ_OK;
	if (cli_conf_read(h->dir, GOOD, &h->conf, NULL) == FJ_OK) {
		h->fault = why;
		return FJ_OK;
	}
	if (err != NULL)
		*err = why;
	return rc;
}

static bool differs(int dir)
{
	FJ_AUTO(buf) now = FJ_BUF_INIT(CONF_MAX);
	FJ_AUTO(buf) good = FJ_BUF_INIT(CONF_MAX);

	return fj_file_read(dir, GOOD, &good, NULL) == FJ_OK && (fj_file_read(dir, "fujie.ini", &now, NULL) != FJ_OK || !fj_slice_eq(fj_buf_slice(&now), fj_buf_slice(&good)));
}

bool cli_conf_fall_back(struct cli_home *h, const struct fj_err *why)
{
	if (h->fault.rc != FJ_OK || !differs(h->dir) || cli_conf_read(h->dir, GOOD, &h->conf, NULL) != FJ_OK)
		return false;
	h->fault = *why;
	return true;
}

enum fj_rc cli_conf_keep(const struct cli_home *h, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(CONF_MAX);

	FJ_TRY(fj_file_read(h->dir, "fujie.ini", &text, err));
	return fj_file_replace(h->dir, GOOD, fj_buf_slice(&text), 0600, err);
}

/* --- what a reload can't change --- */

static bool same(const struct fj_conf_key *k, const struct cli_conf *a, const struct cli_conf *b)
{
	const char *x = (const char *)a + k->offset, *y = (const char *)b + k->offset;

	switch (k->type) {
	case FJ_CONF_INT:
		return memcmp(x, y, sizeof(int64_t)) == 0;
	case FJ_CONF_BOOL:
		return memcmp(x, y, sizeof(bool)) == 0;
	default:
		return strcmp(x, y) == 0;
	}
}

/* taken when the files are read anew */
static bool is_live(const struct fj_conf_key *k, const struct cli_conf *now, const struct cli_conf *next)
{
	bool tls = strcmp(k->section, "portal") == 0 && (strcmp(k->key, "cert") == 0 || strcmp(k->key, "key") == 0);

	return tls && now->cert[0] != '\0' && next->cert[0] != '\0';
}

json_t *cli_conf_restarts(const struct cli_conf *now, const struct cli_conf *next)
{
	json_t *list = json_array();
	char name[64];

	for (const struct fj_conf_key *k = keys; k->section != NULL; k++) {
		if (same(k, now, next) || is_live(k, now, next))
			continue;
		snprintf(name, sizeof(name), "[%s] %s", k->section, k->key);
		json_array_append_new(list, json_string(name));
	}
	return list;
}

/* --- the portal's certificate and key --- */

void cli_tls_release(struct cli_tls *t)
{
	fj_wipe(t->key.data, t->key.len);
	fj_buf_release(&t->key);
	fj_buf_release(&t->cert);
}

/* A link is followed: who renews certificates puts one in place of the other. */
static enum fj_rc read_pem(int dir, const char *path, const char *what, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(fd) fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char why[96];

	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "cli", NULL, "%s %s can't be read: %s; name the PEM file in fujie.ini, and let whoever runs fujie read it", what, path,
		    fd >= 0 ? "it is no file" : strerror_r(errno, why, sizeof(why)));
		fj_err_zh(err, "%s %s 无法读取；请在 fujie.ini 中指定 PEM 文件，并允许运行 fujie 的用户读取", what, path);
		return rc;
	}
	if (st.st_size >= (off_t)out->max)
		return fj_fail(err, FJ_E_INVALID, "cli", NULL, "%s %s is larger than %zu octets: that is no PEM file of a certificate or key", what, path, out->max);
	uint8_t *room = fj_buf_reserve(out, (size_t)st.st_size + 1);
	if (room == NULL)
		return fj_no_memory(err, "cli");
	FJ_TRY(fj_read_all(fd, room, (size_t)st.st_size, err));
	for (off_t k = 0; k < st.st_size; k++)
		room[k] = room[k] == 0 || room[k] > 0x7e ? '?' : room[k]; /* names of people beside the PEM text */
	out->len += (size_t)st.st_size;
	out->data[out->len] = 0;
	return FJ_OK;
}

/* "https://portal.example.org:8443/x": portal.example.org */
static void host_of(const char *url, char out[161])
{
	const char *s = strstr(url, "://");

	s = s == NULL ? "" : s + 3;
	snprintf(out, 161, "%.*s", (int)(s[0] == '[' ? 0 : strcspn(s, ":/")), s);
}

enum fj_rc cli_tls_read(int dir, const struct cli_conf *c, struct cli_tls *out, struct fj_err *err)
{
	FJ_AUTO(cli_tls) t = {.cert = FJ_BUF_INIT(1u << 18), .key = FJ_BUF_INIT(1u << 16)};

	FJ_TRY(read_pem(dir, c->cert, "[portal] cert", &t.cert, err));
	FJ_TRY(read_pem(dir, c->key, "[portal] key", &t.key, err));
	host_of(c->portal_base, t.host);
	cli_tls_release(out);
	*out = t;
	memset(&t, 0, sizeof(t));
	return FJ_OK;
}
