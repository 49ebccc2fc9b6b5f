/*
 * portal.c - the portal's server: address, TLS, sessions.
 *
 * Plain HTTP only on a loopback address (for a reverse proxy on this machine,
 * and for the demo); elsewhere certificate and key are needed.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/proc.h"
#include "web/http/limit.h"
#include "web/http/tls.h"
#include "web/portal/internal.h"
#include "web/portal/picture.h"

/* An API token is for the API alone, and only as a bearer: in a cookie a browser would send it by itself. */
static enum fj_rc session_of(struct web_req *q, const char *token, bool bearer, struct iss_session *s)
{
	struct portal *p = web_app(q);
	char spki[65], address[WEB_ADDRESS];

	web_peer(q, address);
	if (strncmp(token, ISS_TOKEN_PREFIX, strlen(ISS_TOKEN_PREFIX)) == 0)
		return bearer && strncmp(web_path(q), "/api/", 5) == 0 ? iss_token_find(p->i, token, address, s, NULL) : FJ_E_AUTH;
	web_client_key(q, spki);
	return iss_session_find(p->i, token, spki, s, NULL);
}

static void *find_session(struct web_req *q, const char *token, bool bearer, const char **csrf)
{
	struct portal_person *p = fj_alloc(1, sizeof(*p));

	if (p == NULL || session_of(q, token, bearer, &p->session) != FJ_OK) {
		fj_free(p);
		return NULL;
	}
	p->known = json_object();
	*csrf = p->session.csrf;
	return p;
}

static void drop_session(void *session)
{
	struct portal_person *p = session;

	json_decref(p->known);
	fj_free(p);
}

static enum fj_rc load_tls(struct portal *p, const struct portal_conf *conf, struct fj_err *err)
{
	p->tls = conf->tls;
	p->secure = p->tls || conf->https;
	if (!p->tls && conf->client_ca != NULL)
		return fj_refuse(err, FJ_E_REFUSED, "portal", "design.md 2", "client certificates are checked by the portal's own TLS only: [portal] client_ca needs cert and key",
		    "客户端证书只能由门户自身的 TLS 校验：配置 client_ca 须同时配置 cert 和 key");
	fj_buf_init(&p->client_ca, 1u << 18);
	return conf->client_ca == NULL ? FJ_OK : fj_file_read(AT_FDCWD, conf->client_ca, &p->client_ca, err);
}

static enum fj_rc check_place(const struct portal *p, const char *address, struct fj_err *err)
{
	if (p->tls || web_is_loopback(p->server))
		return FJ_OK;
	enum fj_rc rc = fj_fail(err, FJ_E_REFUSED, "portal", "design.md 2", "the portal speaks plain HTTP on loopback only; give [portal] cert and key for %s", address);
	fj_err_zh(err, "门户仅可在本机回环地址使用明文 HTTP；对外请配置证书和私钥");
	return rc;
}

/* fujie-verify is handed out by the department: whoever gets one can compare it with the one installed here */
static void read_tool(struct portal *p)
{
	char path[4096];
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(64u << 20);
	struct fj_hash h;

	if (fj_sibling("fujie-verify", path, sizeof(path), NULL) != FJ_OK || fj_file_read(AT_FDCWD, path, &bytes, NULL) != FJ_OK)
		return;
	fj_sha256(fj_buf_slice(&bytes), &h);
	fj_hex(h.b, FJ_SHA256_LEN, p->tool);
}

enum fj_rc portal_prepare(struct fj_err *err)
{
	return picture_prepare(err);
}

enum fj_rc portal_bind(const struct portal_conf *conf, const char *address, struct iss *i, struct portal **out, struct fj_err *err)
{
	struct portal *p = fj_alloc(1, sizeof(*p));

	if (p == NULL)
		return fj_no_memory(err, "portal");
	p->i = i;
	p->demo = iss_demo_home(i);
	read_tool(p);
	enum fj_rc rc = load_tls(p, conf, err);
	p->pictures = web_limit_new(1, 30);
	p->lodging = web_limit_new(1, 7200);
	if (rc == FJ_OK && (p->pictures == NULL || p->lodging == NULL))
		rc = fj_no_memory(err, "portal");
	if (rc == FJ_OK)
		rc = ver_published_open(&p->published, err);
	struct web_conf web = {.routes = portal_routes, .app = p, .threads = 0, .tls = p->tls, .client_ca = conf->client_ca != NULL ? fj_buf_str(&p->client_ca) : NULL, .secure = p->secure, .given = conf->given,
		.hooks = {.session = find_session, .session_free = drop_session, .error_page = portal_error_page, .api = "/api/", .body_max = api_body_max,
		.label = portal_label, .choice = portal_choice_of, .org_name = portal_org_name, .wording = portal_wording, .place = portal_place, .cookie = p->secure ? "__Host-fujie" : "fujie", .basis = "/basis", .login = "/login", .detour = portal_detour}};
	if (rc == FJ_OK)
		rc = web_bind(address, &web, &p->server, err);
	if (rc == FJ_OK)
		rc = check_place(p, address, err);
	if (rc != FJ_OK) {
		portal_stop(p);
		return rc;
	}
	*out = p;
	return FJ_OK;
}

enum fj_rc portal_start(struct portal *p, struct fj_err *err)
{
	struct web_tls_state shown;

	p->prepared = true;
	web_tls_state(NULL, &shown);
	if (p->serves || (p->tls && !shown.there))
		return FJ_OK;
	FJ_TRY(web_start(p->server, err));
	p->serves = true;
	return FJ_OK;
}

enum fj_rc portal_certificate(struct portal *p, struct web_tls **t, struct fj_err *err)
{
	web_tls_use(t);
	return p->prepared ? portal_start(p, err) : FJ_OK;
}

void portal_stop(struct portal *p)
{
	if (p == NULL)
		return;
	web_stop(p->server);
	web_tls_use(&(struct web_tls *){NULL});
	behind_wait();
	ver_published_close(p->published);
	web_limit_free(p->pictures);
	web_limit_free(p->lodging);
	fj_buf_release(&p->client_ca);
	fj_free(p);
}

/* the commands behind /do and /api/v1, and who may run them */
static void print_commands(void)
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++) {
		printf("%-5s %-44s", all[i]->kind == ISS_READ ? "read" : all[i]->kind == ISS_OWN ? "own" : "write", all[i]->name);
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
