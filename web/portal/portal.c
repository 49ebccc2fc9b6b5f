/*
 * portal.c - the portal's server: address, TLS, sessions.
 *
 * Plain HTTP only on a loopback address (for a reverse proxy on this machine,
 * and for the demo); elsewhere certificate and key are needed.
 */
#include <fcntl.h>

#include "base/file.h"
#include "web/portal/internal.h"

static void *find_session(void *app, const char *token, const char **csrf)
{
	struct portal *p = app;
	struct iss_session *s = fj_alloc(1, sizeof(*s));

	if (s == NULL || iss_session_find(p->i, token, s, NULL) != FJ_OK) {
		fj_free(s);
		return NULL;
	}
	*csrf = s->csrf;
	return s;
}

static enum fj_rc load_tls(struct portal *p, const struct portal_conf *conf, struct fj_err *err)
{
	fj_buf_init(&p->cert, 1u << 18);
	fj_buf_init(&p->key, 1u << 16);
	if (conf->cert == NULL || conf->key == NULL)
		return FJ_OK;
	p->tls = true;
	FJ_TRY(fj_file_read(AT_FDCWD, conf->cert, &p->cert, err));
	return fj_file_read(AT_FDCWD, conf->key, &p->key, err);
}

enum fj_rc portal_bind(const struct portal_conf *conf, const char *address, struct iss *i, struct portal **out, struct fj_err *err)
{
	struct portal *p = fj_alloc(1, sizeof(*p));

	if (p == NULL)
		return fj_no_memory(err, "portal");
	p->i = i;
	p->demo = iss_demo_home(i);
	enum fj_rc rc = load_tls(p, conf, err);
	if (rc == FJ_OK)
		rc = ver_published_open(&p->published, err);
	struct web_conf web = {.routes = portal_routes, .app = p, .threads = 0, .cert = p->tls ? fj_buf_str(&p->cert) : NULL,
		.key = p->tls ? fj_buf_str(&p->key) : NULL, .hooks = {.session = find_session, .session_free = fj_free,
		.error_page = portal_error_page, .api = "/api/", .body_max = api_body_max, .label = portal_label, .cookie = p->tls ? "__Host-fujie" : "fujie", .login = "/login"}};
	if (rc == FJ_OK)
		rc = web_bind(address, &web, &p->server, err);
	if (rc == FJ_OK && !p->tls && !web_is_loopback(p->server)) {
		rc = fj_fail(err, FJ_E_REFUSED, "portal", "design.md 2", "the portal speaks plain HTTP on loopback only; give [portal] cert and key for %s", address);
		fj_err_zh(err, "门户仅可在本机回环地址使用明文 HTTP；对外请配置证书和私钥");
	}
	if (rc != FJ_OK) {
		portal_stop(p);
		return rc;
	}
	*out = p;
	return FJ_OK;
}

enum fj_rc portal_start(struct portal *p, struct fj_err *err)
{
	return web_start(p->server, err);
}

void portal_stop(struct portal *p)
{
	if (p == NULL)
		return;
	web_stop(p->server);
	behind_wait();
	ver_published_close(p->published);
	fj_buf_release(&p->cert);
	fj_buf_release(&p->key);
	fj_free(p);
}

/* the commands behind /do and /api/v1, and who may run them */
static void print_commands(void)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++) {
		printf("%-5s %-44s", all[i]->kind == ISS_READ ? "read" : "write", all[i]->name);
		bool every = true;
		for (uint32_t bit = 1; bit <= ISS_AUDITOR; bit <<= 1)
			every = every && iss_command_allowed(all[i], bit);
		if (every)
			printf(" every role");
		for (uint32_t bit = 1, any = 0; bit <= ISS_AUDITOR && !every; bit <<= 1)
			if (iss_command_allowed(all[i], bit))
				printf("%s%s", any++ > 0 ? "," : " ", iss_role_name((enum iss_role)bit));
		printf("%s\n", all[i]->roles & ISS_LOCAL ? " ; by command line also whoever may read the home" : "");
	}
}

void portal_print_routes(void)
{
	web_print_routes(portal_routes);
	print_commands();
}
