/*
 * http.c - the server: from libmicrohttpd's callbacks to a handler of the table.
 *
 * The socket is bound by us, before the sandbox; libmicrohttpd gets it when
 * threads may start.  A request's route is known before its body is read, so a
 * body is never larger than its row allows.  Every answer carries the security
 * headers; a page may load nothing from elsewhere and run no script.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/secret.h"
#include "web/http/client.h"
#include "web/http/encode.h"
#include "web/http/limit.h"
#include "web/http/slow.h"
#include "web/http/tls.h"

#define MAX_PARAMS 4
#define BODIES (512u << 20) /* octets of all bodies that are being read; strangers have a quarter of it, one address of theirs a sixteenth */
#define SMALL 65536         /* so much of a body is not counted: each connection may have it */
#define ADDRESSES 4096      /* slots in which strangers' bodies are counted by their address */
#define CONNECTIONS 256
#define PER_ADDRESS 32 /* connections of one client; behind a proxy on this machine there is one client */
#define IDLE_SECONDS 20
#define SLOW_MS 60000 /* a request that takes longer to arrive is cut: all of it, where bodies are small, else its head */

struct web_req {
	const struct web_server *server;
	const struct web_route *route;
	struct MHD_Connection *conn;
	char *path;
	const char *method;
	struct web_pair param[MAX_PARAMS];
	size_t n_param, held;
	atomic_size_t *by_address; /* where its body counts as its address's too; NULL: nowhere */
	struct web_form_data form;
	bool fields_read, bad_query, too_large, no_room, bad_framing;
	unsigned methods; /* that this path has: 1 << enum web_method */
	struct fj_buf body;
	void *session;
	const char *csrf, *lang;
	char token[80];
	struct web_later later; /* end NULL: the answer comes at once */
};
struct web_server {
	struct web_conf conf;
	struct MHD_Daemon *daemon;
	int fd;
	bool loopback;
	unsigned port;
	struct web_limit *limit; /* NULL: none */
	struct web_slow *slow;
	atomic_size_t held, by_address[ADDRESSES]; /* octets of bodies beyond SMALL: of all, and of strangers by their address */
	uint8_t salt[32];                          /* of those slots */
};

/* --- matching --- */

static bool match_part(struct web_req *q, const char **pattern, const char **path)
{
	const char *close = strchr(*pattern, '}');
	size_t len = (size_t)(close - *pattern) - 1;
	bool rest = (*pattern)[len] == '*'; /* all that is left of the path, slashes too */
	size_t n = rest ? strlen(*path) : strcspn(*path, "/");

	if (n == 0 || q->n_param == MAX_PARAMS)
		return false;
	q->param[q->n_param].name = fj_strndup(*pattern + 1, rest ? len - 1 : len);
	q->param[q->n_param++].value = fj_strndup(*path, n);
	*pattern = close + 1;
	*path += n;
	return true;
}

static void free_pairs(struct web_pair *p, size_t *n)
{
	while (*n > 0) {
		(*n)--;
		fj_free(p[*n].name);
		fj_free(p[*n].value);
	}
}

static bool match(struct web_req *q, const char *pattern)
{
	const char *path = q->path;

	free_pairs(q->param, &q->n_param);
	while (*pattern != '\0') {
		if (*pattern == '{') {
			if (!match_part(q, &pattern, &path))
				return false;
		} else if (*pattern++ != *path++) {
			return false;
		}
	}
	return *path == '\0';
}

/* browsers ask every server for it, unasked: two halves of a tally */
static void get_icon(struct web_req *q, struct web_res *r)
{
	(void)q;
	web_bytes(r, "image/svg+xml", fj_slice_str("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 16 16\">"
	    "<rect width=\"16\" height=\"16\" rx=\"3\" fill=\"#0b4f8a\"/>"
	    "<path d=\"M3 3h4v3H5v1h2v2H5v1h2v3H3zM9 3h4v10H9v-3h2V9H9V7h2V6H9z\" fill=\"#fff\"/></svg>"), 86400);
}

static const struct web_route icon = {WEB_GET, "/favicon.ico", get_icon, WEB_PUBLIC, WEB_CSRF_NONE, 0, "icon"};

static void find_route(struct web_req *q)
{
	bool post = strcmp(q->method, "POST") == 0, get = strcmp(q->method, "GET") == 0 || strcmp(q->method, "HEAD") == 0;

	for (const struct web_route *r = q->server->conf.routes; r->path != NULL; r++) {
		if (!match(q, r->path))
			continue;
		q->methods |= 1u << r->method;
		if (r->method == WEB_ANY || (post && r->method == WEB_POST) || (get && r->method == WEB_GET)) {
			q->route = r;
			return;
		}
	}
	if (get && q->methods == 0 && match(q, icon.path))
		q->route = &icon;
	free_pairs(q->param, &q->n_param);
}

/* --- fields --- */

static enum MHD_Result query_field(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct web_req *q = cls;

	(void)kind;
	if (value == NULL)
		return MHD_YES;
	if (!fj_utf8_valid(fj_slice_str(key)) || !fj_utf8_valid(fj_slice_str(value)) || web_form_add(&q->form, key, value, NULL) != FJ_OK)
		q->bad_query = true;
	return MHD_YES;
}

static bool is_api(const struct web_req *q)
{
	const char *api = q->server->conf.hooks.api;

	return api != NULL && q->path != NULL && strncmp(q->path, api, strlen(api)) == 0;
}

static bool type_is(const struct web_req *q, const char *type)
{
	const char *given = web_header(q, "Content-Type");
	size_t n = strlen(type);

	return strncasecmp(given, type, n) == 0 && (given[n] == '\0' || given[n] == ';' || given[n] == ' ');
}

/* addresses whose bodies are JSON, DER or a note, whatever type a client gives */
static bool takes_data(const struct web_req *q)
{
	return is_api(q) || strncmp(q->path, "/v1/", 4) == 0 || strncmp(q->path, "/ocsp", 5) == 0 || strcmp(q->path, "/add-checkpoint") == 0;
}

bool web_is_multipart(const struct web_req *q)
{
	return type_is(q, "multipart/form-data");
}

/* once a request: the query's fields first, the form's behind them */
static enum fj_rc read_fields(struct web_req *q, struct fj_err *err)
{
	if (q->fields_read)
		return FJ_OK;
	q->fields_read = true;
	MHD_get_connection_values(q->conn, MHD_GET_ARGUMENT_KIND, query_field, q);
	if (q->bad_query) {
		enum fj_rc rc = fj_fail(err, FJ_E_PARSE, "http", "RFC 3986 3.4", "the query is not UTF-8, or has more than %d fields", WEB_MAX_FIELDS);
		fj_err_zh(err, "查询字符串不是 UTF-8 编码，或字段过多");
		return rc;
	}
	if (type_is(q, "application/x-www-form-urlencoded") && !takes_data(q)) /* there it is a client's default, over JSON or DER */
		return web_form_urlencoded(&q->form, fj_buf_slice(&q->body), err);
	if (web_is_multipart(q) && q->body.len > 0)
		return web_form_multipart(&q->form, fj_buf_slice(&q->body), web_header(q, "Content-Type"), err);
	return FJ_OK;
}

const char *web_field(struct web_req *q, const char *name)
{
	if (read_fields(q, NULL) != FJ_OK)
		return "";
	for (size_t i = q->form.n; i-- > 0;) /* a form's field before the query's */
		if (strcmp(q->form.pair[i].name, name) == 0)
			return q->form.pair[i].value;
	return "";
}

const char *web_field_next(struct web_req *q, const char *name, size_t *at)
{
	if (read_fields(q, NULL) != FJ_OK)
		return NULL;
	while (*at < q->form.n) {
		const struct web_pair *p = &q->form.pair[(*at)++];
		if (name == NULL || strcmp(p->name, name) == 0)
			return name == NULL ? p->name : p->value;
	}
	if (name == NULL && *at - q->form.n < q->form.n_files)
		return q->form.file[(*at)++ - q->form.n].field;
	return NULL;
}

const struct web_upload *web_file(struct web_req *q, const char *name)
{
	for (size_t i = 0; i < q->form.n_files; i++)
		if (strcmp(q->form.file[i].field, name) == 0)
			return &q->form.file[i];
	return NULL;
}

const char *web_param(const struct web_req *q, const char *name)
{
	for (size_t i = 0; i < q->n_param; i++)
		if (q->param[i].name != NULL && strcmp(q->param[i].name, name) == 0)
			return q->param[i].value;
	return "";
}

const char *web_header(const struct web_req *q, const char *name)
{
	const char *v = MHD_lookup_connection_value(q->conn, MHD_HEADER_KIND, name);

	return v == NULL ? "" : v;
}

struct MHD_Connection *web_connection(const struct web_req *q)
{
	return q->conn;
}

const char *web_cookie(const struct web_req *q, const char *name)
{
	const char *v = MHD_lookup_connection_value(q->conn, MHD_COOKIE_KIND, name);

	return v == NULL ? "" : v;
}

void web_peer(const struct web_req *q, char out[WEB_ADDRESS])
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(q->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *a = i == NULL ? NULL : i->client_addr;

	out[0] = '\0';
	if (a != NULL && a->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)a)->sin_addr, out, WEB_ADDRESS);
	else if (a != NULL && a->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, out, WEB_ADDRESS);
}

bool web_is_foreign(const struct web_req *q)
{
	const char *site = web_header(q, "Sec-Fetch-Site");

	return strcmp(site, "cross-site") == 0 || strcmp(site, "same-site") == 0;
}

struct counting {
	const char *name;
	unsigned n;
};

static enum MHD_Result count_header(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct counting *c = cls;

	(void)kind;
	(void)value;
	c->n += strcasecmp(key, c->name) == 0;
	return MHD_YES;
}

unsigned web_header_count(const struct web_req *q, const char *name)
{
	struct counting c = {.name = name};

	MHD_get_connection_values(q->conn, MHD_HEADER_KIND, count_header, &c);
	return c.n;
}

struct fj_slice web_body(const struct web_req *q)
{
	return fj_buf_slice(&q->body);
}

void *web_app(const struct web_req *q)
{
	return q->server->conf.app;
}

void *web_session(const struct web_req *q)
{
	return q->session;
}

const char *web_session_token(const struct web_req *q)
{
	return q->token;
}

const char *web_csrf(const struct web_req *q)
{
	return q->csrf == NULL ? "" : q->csrf;
}

const char *web_path(const struct web_req *q)
{
	return q->path;
}

bool web_is_post(const struct web_req *q)
{
	return strcmp(q->method, "POST") == 0;
}

bool web_wants_json(const struct web_req *q)
{
	return is_api(q) || strstr(web_header(q, "Accept"), "text/html") == NULL;
}

/* ";q=0.7" as 700; 1000 when it has none */
static int quality(const char *p, const char *end)
{
	int w = 0, unit = 1000;

	p += 1 + strspn(p + 1, " \t");
	if (end - p < 3 || (p[0] | 0x20) != 'q' || p[1] != '=')
		return 1000;
	for (p += 2; p < end && unit > 0 && ((*p >= '0' && *p <= '9') || *p == '.'); p++) {
		if (*p == '.')
			continue;
		w += (*p - '0') * unit;
		unit /= 10;
	}
	return w > 1000 ? 1000 : w;
}

/* the weight of a language in thousandths (RFC 9110 12.4.2 and 12.5.4): that of its range, else of "*" */
static int weight(const char *accept, const char *lang)
{
	int best = 0, any = 0;

	while (*accept != '\0') {
		accept += strspn(accept, " \t,");
		size_t n = strcspn(accept, ","), name = strcspn(accept, " \t;,");
		const char *q = memchr(accept, ';', n);
		int w = q == NULL ? 1000 : quality(q, accept + n);
		if (name >= 2 && strncasecmp(accept, lang, 2) == 0 && (name == 2 || accept[2] == '-'))
			best = w > best ? w : best;
		else if (name == 1 && accept[0] == '*')
			any = w;
		accept += n;
	}
	return best > 0 ? best : any;
}

static const char *chosen_lang(struct web_req *q)
{
	const char *asked = web_field(q, "lang"), *cookie = MHD_lookup_connection_value(q->conn, MHD_COOKIE_KIND, "lang");

	if (strcmp(asked, "en") == 0 || strcmp(asked, "zh") == 0)
		return asked[0] == 'e' ? "en" : "zh";
	if (cookie != NULL && (strcmp(cookie, "en") == 0 || strcmp(cookie, "zh") == 0))
		return cookie[0] == 'e' ? "en" : "zh";
	const char *accept = web_header(q, "Accept-Language");
	return weight(accept, "en") > weight(accept, "zh") ? "en" : "zh";
}

const char *web_lang(struct web_req *q)
{
	if (q->lang == NULL)
		q->lang = chosen_lang(q);
	return q->lang;
}

const char *web_label_of(const struct web_req *q, const char *key, bool en)
{
	return q->server->conf.hooks.label == NULL ? NULL : q->server->conf.hooks.label(key, en);
}

const char *web_choice_of(const struct web_req *q, const char *key, const char *code, bool en)
{
	return q->server->conf.hooks.choice == NULL ? NULL : q->server->conf.hooks.choice(key, code, en);
}

const char *web_basis_page(const struct web_req *q)
{
	return q->server->conf.hooks.basis;
}

bool web_org_name(struct web_req *q, const char *usci, char out[WEB_NAME])
{
	return q->server->conf.hooks.org_name != NULL && q->server->conf.hooks.org_name(q, usci, out);
}

size_t web_place(struct web_req *q, const char *name, char code[7])
{
	return q->server->conf.hooks.place == NULL ? 0 : q->server->conf.hooks.place(q, name, code);
}

void web_wording(struct web_req *q, const char *text, char out[WEB_SENTENCE])
{
	if (q->server->conf.hooks.wording != NULL)
		q->server->conf.hooks.wording(q, text, out);
	else
		snprintf(out, WEB_SENTENCE, "%s", text);
}

/* --- answers --- */

void web_json_text(struct web_res *r)
{
	r->type = "application/json; charset=utf-8";
}

void web_json(struct web_res *r, int status, const json_t *j)
{
	r->status = status;
	web_json_text(r);
	fj_buf_clear(&r->body);
	if (j == NULL || fj_json_canonical(j, &r->body, NULL) != FJ_OK)
		r->status = 500;
}

/* The status is said twice, and is the same both times (RFC 9457 3.1.3); without a page that
 * describes it a problem's type is about:blank, and its title that of the status (4.2.1). */
void web_problem_with(struct web_res *r, const struct fj_err *err, int status, json_t *more)
{
	FJ_AUTO(json) j = fj_err_json(err);

	if (j != NULL && json_is_object(more))
		json_object_update_missing(j, more);
	if (j != NULL) {
		json_object_set_new(j, "type", json_string("about:blank"));
		json_object_set_new(j, "status", json_integer(status));
		json_object_set_new(j, "title", json_string(MHD_get_reason_phrase_for((unsigned)status)));
	}
	web_json(r, status, j);
	r->type = "application/problem+json; charset=utf-8";
}

void web_problem(struct web_res *r, const struct fj_err *err)
{
	web_problem_with(r, err, fj_rc_http(err->rc), NULL);
}

void web_redirect(struct web_res *r, const char *to)
{
	r->status = 303;
	snprintf(r->location, sizeof(r->location), "%s", to);
}

void web_download(struct web_res *r, const char *name, const char *type, struct fj_slice bytes)
{
	FJ_AUTO(buf) utf8 = FJ_BUF_INIT(1024);
	char ascii[64];
	size_t n = 0;

	for (const char *p = name; *p != '\0' && n + 1 < sizeof(ascii); p++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._", *p) != NULL)
			ascii[n++] = *p;
	ascii[n] = '\0';
	web_url(&utf8, name);
	web_bytes(r, type, bytes, 0);
	snprintf(r->disposition, sizeof(r->disposition), "attachment; filename=\"%s\"; filename*=UTF-8''%s", ascii, fj_buf_str(&utf8)); /* RFC 6266 */
}

void web_bytes(struct web_res *r, const char *type, struct fj_slice bytes, long max_age)
{
	r->type = type;
	r->max_age = max_age;
	r->csp_off = true;
	if (fj_buf_put(&r->body, bytes.p, bytes.len) != FJ_OK)
		r->status = 500;
}

void web_say_header(struct web_res *r, const char *name, const char *value)
{
	size_t n = 0;

	if (r->n_said == WEB_MAX_SAID)
		return;
	struct web_said *h = &r->said[r->n_said++];
	h->name = name;
	for (; value[n] != '\0' && n + 1 < sizeof(h->value); n++)
		h->value[n] = value[n] >= ' ' && value[n] <= '~' ? value[n] : '_';
	h->value[n] = '\0';
}

static void fail(struct web_req *q, struct web_res *r, const struct fj_err *err, int status)
{
	fj_buf_clear(&r->body);
	r->status = status;
	if (web_wants_json(q) || q->server->conf.hooks.error_page == NULL)
		web_problem_with(r, err, status, NULL);
	else
		q->server->conf.hooks.error_page(q, r, err);
}

void web_fail(struct web_req *q, struct web_res *r, const struct fj_err *err)
{
	fail(q, r, err, fj_rc_http(err->rc));
}

static void simple_fail(struct web_req *q, struct web_res *r, enum fj_rc rc, int status, const char *en, const char *zh)
{
	struct fj_err err = {0};

	fj_fail(&err, rc, "http", "RFC 9110 15", "%s", en);
	fj_err_zh(&err, "%s", zh);
	fail(q, r, &err, status);
}

/* our own scripts, styles and pictures, nothing inline, nobody else's */
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

/* the choice stays; no script needs it, and over TLS it goes nowhere else */
static void keep_language(const struct web_req *q, struct MHD_Response *m, const char *lang)
{
	char cookie[96];

	snprintf(cookie, sizeof(cookie), "lang=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000%s", lang[0] == 'e' ? "en" : "zh",
	    q->server->conf.tls || q->server->conf.secure ? "; Secure" : "");
	MHD_add_response_header(m, "Set-Cookie", cookie);
}

static void add_headers(const struct web_req *q, const struct web_res *r, struct MHD_Response *m)
{
	char cache[64];

	MHD_add_response_header(m, "Content-Type", r->type);
	MHD_add_response_header(m, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(m, "Referrer-Policy", "no-referrer");
	bool page = !r->csp_off || !q->server->conf.open; /* the portal says it on all, the public service where it matters */
	if (page) {
		MHD_add_response_header(m, "Content-Security-Policy", POLICY);
		MHD_add_response_header(m, "Permissions-Policy", "camera=(self), geolocation=(), microphone=()");
		MHD_add_response_header(m, "Cross-Origin-Opener-Policy", "same-origin");
	}
	if (!r->cors && !q->server->conf.open)
		MHD_add_response_header(m, "Cross-Origin-Resource-Policy", "same-origin");
	MHD_add_response_header(m, "X-Frame-Options", "DENY");
	if (r->max_age > 0)
		snprintf(cache, sizeof(cache), "public, max-age=%ld%s", r->max_age, r->max_age == WEB_FOREVER ? ", immutable" : "");
	else
		snprintf(cache, sizeof(cache), "%s", q->server->conf.open && !web_is_post(q) && r->status < 400 ? "no-cache" : "no-store");
	MHD_add_response_header(m, "Cache-Control", cache);
	if (r->cors || (q->server->conf.open && !web_is_post(q)))
		MHD_add_response_header(m, "Access-Control-Allow-Origin", "*");
	if (q->server->conf.open) /* what an answer depends on */
		MHD_add_response_header(m, "Vary", r->csp_off ? "Accept-Encoding" : "Accept, Accept-Encoding, Accept-Language, Cookie");
	if (r->location[0] != '\0')
		MHD_add_response_header(m, "Location", r->location);
	if (r->status == 401 && is_api(q)) /* RFC 9110 11.6.1 */
		MHD_add_response_header(m, "WWW-Authenticate", "Bearer");
	if (r->disposition[0] != '\0')
		MHD_add_response_header(m, "Content-Disposition", r->disposition);
	if (r->cookie[0] != '\0')
		MHD_add_response_header(m, "Set-Cookie", r->cookie);
	for (size_t i = 0; i < r->n_said; i++)
		MHD_add_response_header(m, r->said[i].name, r->said[i].value);
	const char *lang = MHD_lookup_connection_value(q->conn, MHD_GET_ARGUMENT_KIND, "lang");
	if (lang != NULL && (strcmp(lang, "en") == 0 || strcmp(lang, "zh") == 0))
		keep_language(q, m, lang);
	if (q->bad_framing)
		MHD_add_response_header(m, "Connection", "close");
	if (q->server->conf.tls || q->server->conf.secure)
		MHD_add_response_header(m, "Strict-Transport-Security", "max-age=31536000");
	if (r->status == 405)
		MHD_add_response_header(m, "Allow", q->methods == 1u << WEB_POST ? "POST" : q->methods == 1u << WEB_GET ? "GET, HEAD" : "GET, HEAD, POST");
}

/* the body moves into the response */
static struct MHD_Response *response(struct web_res *r)
{
	struct MHD_Response *m = MHD_create_response_from_buffer_with_free_callback(r->body.len, r->body.data, fj_free);

	if (m != NULL)
		fj_buf_init(&r->body, r->body.max);
	else
		fj_buf_release(&r->body);
	return m;
}

struct web_kept {
	atomic_uint users;
	struct MHD_Response *m;
	char tag[WEB_TAG]; /* "" none */
	long max_age;
};

struct web_kept *web_keep(struct web_req *q, struct web_res *r)
{
	/* what a request adds to the headers is not kept: its language, for one */
	if (r->status != 200 || MHD_lookup_connection_value(q->conn, MHD_GET_ARGUMENT_KIND, "lang") != NULL)
		return NULL;
	struct web_kept *k = fj_alloc(1, sizeof(*k));
	if (k != NULL && q->server->conf.open)
		web_tag(r, "", k->tag);
	struct MHD_Response *m = k == NULL ? NULL : response(r);
	if (m == NULL) {
		r->status = k == NULL ? r->status : 500;
		fj_free(k);
		return NULL;
	}
	add_headers(q, r, m);
	k->m = m;
	k->max_age = r->max_age;
	k->users = 2;
	return r->kept = k;
}

struct web_kept *web_kept_use(struct web_kept *k)
{
	atomic_fetch_add(&k->users, 1);
	return k;
}

void web_kept_drop(struct web_kept *k)
{
	if (k == NULL || atomic_fetch_sub(&k->users, 1) > 1)
		return;
	MHD_destroy_response(k->m);
	fj_free(k);
}

static enum MHD_Result answer(struct web_req *q, struct web_res *r);

static enum MHD_Result answer_kept(struct web_req *q, struct web_res *r)
{
	struct web_res none = {.status = 304, .type = r->type, .max_age = r->kept->max_age, .csp_off = true};
	bool same = r->kept->tag[0] != '\0' && !web_is_post(q) && web_tag_is(q, r->kept->tag);

	if (same) {
		web_say_header(&none, "ETag", r->kept->tag);
		fj_buf_init(&none.body, 1);
	}
	enum MHD_Result given = same ? answer(q, &none) : MHD_queue_response(q->conn, 200, r->kept->m);
	web_kept_drop(r->kept);
	fj_buf_release(&r->body);
	return given;
}

static enum MHD_Result answer(struct web_req *q, struct web_res *r)
{
	if (r->kept != NULL)
		return answer_kept(q, r);
	if (web_is_post(q) && !r->csp_off && strncmp(r->type, "text/html", 9) == 0)
		web_links_apart(q, &r->body, r->status >= 400);
	if (q->server->conf.open || (r->csp_off && r->max_age > 0))
		web_encode(q, r);
	struct MHD_Response *m = response(r);

	if (m == NULL)
		return MHD_NO;
	add_headers(q, r, m);
	enum MHD_Result out = MHD_queue_response(q->conn, (unsigned)r->status, m);
	MHD_destroy_response(m);
	return out;
}

/* --- one request --- */

static void find_session(struct web_req *q)
{
	const struct web_hooks *h = &q->server->conf.hooks;
	const char *token = web_header(q, "Authorization");
	bool bearer = strncmp(token, "Bearer ", 7) == 0;

	if (bearer)
		token += 7;
	else
		token = h->cookie == NULL ? NULL : MHD_lookup_connection_value(q->conn, MHD_COOKIE_KIND, h->cookie);
	if (h->session == NULL || token == NULL || fj_strcopy(q->token, sizeof(q->token), token) != FJ_OK)
		return;
	q->session = h->session(q, q->token, bearer, &q->csrf);
	if (q->session == NULL)
		q->token[0] = '\0';
}

/* a bearer token is not sent by a browser of itself: only a cookie needs the field */
static bool csrf_ok(struct web_req *q)
{
	if (q->route->csrf == WEB_CSRF_NONE || strncmp(web_header(q, "Authorization"), "Bearer ", 7) == 0)
		return true;
	return q->csrf != NULL && q->csrf[0] != '\0' && strcmp(web_field(q, "csrf"), q->csrf) == 0;
}

static bool is_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_UNIX)
		return true;
	if (a->ss_family == AF_INET)
		return (ntohl(((const struct sockaddr_in *)a)->sin_addr.s_addr) >> 24) == 127;
	const struct in6_addr *six = &((const struct sockaddr_in6 *)a)->sin6_addr;
	return IN6_IS_ADDR_LOOPBACK(six) || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == 127);
}

/* false: no address to count by */
static bool client(const struct web_req *q, struct sockaddr_storage *a)
{
	const union MHD_ConnectionInfo *who = MHD_get_connection_info(q->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	memset(a, 0, sizeof(*a));
	if (who == NULL || who->client_addr == NULL || who->client_addr->sa_family == AF_UNIX)
		return false;
	memcpy(a, who->client_addr, who->client_addr->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
	return true;
}

int64_t web_limited(const struct web_req *q, struct web_limit *l, int64_t cost)
{
	struct sockaddr_storage a;
	bool here = !client(q, &a) || is_loopback(&a);

	if (here)
		a.ss_family = AF_UNSPEC; /* one bucket for all of this machine */
	return web_limit_take(l, (struct sockaddr *)&a, cost, here ? 16 : 1);
}

/* a request counts once, and once more for each 64 KiB that it brought */
static bool too_many(struct web_req *q, struct web_res *r)
{
	char seconds[24], en[120], zh[120];
	struct sockaddr_storage a;

	if (q->server->limit == NULL || !client(q, &a) || (!q->server->conf.limit_local && is_loopback(&a)))
		return false;
	int64_t wait = web_limit_take(q->server->limit, (struct sockaddr *)&a, 1 + (int64_t)(q->body.len >> 16), 1);
	if (wait == 0)
		return false;
	snprintf(seconds, sizeof(seconds), "%lld", (long long)wait);
	web_say_header(r, "Retry-After", seconds);
	snprintf(en, sizeof(en), "too many requests came from this address; try again in %s s", seconds);
	snprintf(zh, sizeof(zh), "该地址请求过于频繁，请在 %s 秒后再试", seconds);
	simple_fail(q, r, FJ_E_BUSY, 429, en, zh);
	return true;
}

/* a browser asks before it sends JSON to another site (Fetch, CORS preflight) */
static bool preflight(struct web_req *q, struct web_res *r)
{
	if (!q->server->conf.open || strcmp(q->method, "OPTIONS") != 0 || q->methods == 0)
		return false;
	r->status = 204;
	r->cors = true;
	web_say_header(r, "Access-Control-Allow-Methods", "GET, HEAD, POST");
	web_say_header(r, "Access-Control-Allow-Headers", "Content-Type, If-None-Match");
	web_say_header(r, "Access-Control-Max-Age", "86400");
	return true;
}

static void dispatch(struct web_req *q, struct web_res *r)
{
	const struct web_hooks *h = &q->server->conf.hooks;

	if (too_many(q, r) || preflight(q, r))
		return;

	if (q->bad_framing) {
		simple_fail(q, r, FJ_E_PARSE, 400, "the length of the request is said in more than one way", "请求长度的表述相互矛盾");
		return;
	}
	if (q->session == NULL && is_api(q) && (q->route == NULL ? q->methods == 0 : q->route->access == WEB_SIGNED_IN)) {
		simple_fail(q, r, FJ_E_AUTH, 401, "sign in first", "请先登录");
		return;
	}
	if (q->route == NULL) {
		if (q->methods != 0)
			simple_fail(q, r, FJ_E_USAGE, 405, "this address does not take this method; Allow names those it takes", "该地址不支持此请求方法，可用方法见 Allow");
		else
			simple_fail(q, r, FJ_E_NOTFOUND, 404, "there is nothing at this address; begin at the first page", "该地址不存在，请从首页进入");
		return;
	}
	if (q->route->access == WEB_SIGNED_IN && q->session == NULL) {
		if (h->login != NULL && !web_wants_json(q))
			web_redirect(r, h->login);
		else
			simple_fail(q, r, FJ_E_AUTH, 401, "sign in first", "请先登录");
		return;
	}
	const char *first = h->detour == NULL || q->session == NULL || web_wants_json(q) ? NULL : h->detour(q);
	if (first != NULL && q->route->access == WEB_SIGNED_IN) {
		web_redirect(r, first);
		return;
	}
	if (q->no_room) {
		simple_fail(q, r, FJ_E_BUSY, 503, "too much is being sent at this moment; try again in a minute", "当前上传过多，请稍后再试");
		return;
	}
	if (q->too_large) {
		char en[120], zh[120];
		size_t n = q->body.max >> 20 > 0 ? q->body.max >> 20 : q->body.max >> 10;
		const char *unit = q->body.max >> 20 > 0 ? "MB" : "kB";
		snprintf(en, sizeof(en), "what was sent is larger than the %zu %s that are taken here; make it smaller, or send it in parts", n, unit);
		snprintf(zh, sizeof(zh), "提交的内容超过此处允许的 %zu %s，请减小后提交，或分次提交", n, unit);
		simple_fail(q, r, FJ_E_LIMIT, 413, en, zh);
		return;
	}
	struct fj_err err = {0};
	if (read_fields(q, &err) != FJ_OK) {
		web_form_release(&q->form);
		fail(q, r, &err, fj_rc_http(err.rc));
		return;
	}
	if (!csrf_ok(q)) {
		simple_fail(q, r, FJ_E_FORBIDDEN, 403, "this form is out of date: you signed in anew, or its session has ended; go back, load its page again, and send it once more", "该表单已失效：会话已结束或您已重新登录，请返回并刷新原页面后重新提交");
		return;
	}
	q->route->run(q, r);
}

static atomic_size_t *held_by_all(const struct web_req *q)
{
	return &((struct web_server *)(uintptr_t)q->server)->held;
}

static void drop_body(struct web_req *q)
{
	fj_wipe(q->body.data, q->body.len); /* a password or a key may have been in it */
	fj_buf_release(&q->body);
	atomic_fetch_sub(held_by_all(q), q->held);
	if (q->by_address != NULL)
		atomic_fetch_sub(q->by_address, q->held);
	q->held = 0;
}

static void req_free(struct web_req *q)
{
	if (q->later.end != NULL)
		q->later.end(q, NULL, q->later.arg);
	if (q->session != NULL && q->server->conf.hooks.session_free != NULL)
		q->server->conf.hooks.session_free(q->session);
	free_pairs(q->param, &q->n_param);
	web_form_release(&q->form);
	drop_body(q);
	fj_free(q->path);
	fj_free(q);
}

/* RFC 9112 6.3: what another reader could see as another request is refused, and the
 * connection ends */
static enum MHD_Result count_lengths(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	unsigned *n = cls;

	(void)kind;
	if (strcasecmp(key, "Content-Length") == 0)
		*n += 1;
	else if (strcasecmp(key, "Transfer-Encoding") == 0)
		*n += value != NULL && strcasecmp(value, "chunked") == 0 ? 1 : 2;
	else if (strpbrk(key, " \t") != NULL) /* "Content-Length : 1" */
		*n += 2;
	return MHD_YES;
}

static bool bad_framing(struct MHD_Connection *conn)
{
	unsigned n = 0;

	MHD_get_connection_values(conn, MHD_HEADER_KIND, count_lengths, &n);
	return n > 1;
}

/* a stranger's address has a share; a proxy on this machine is many, unless it is told to count as one */
static atomic_size_t *share_of(const struct web_req *q)
{
	struct web_server *s = (struct web_server *)(uintptr_t)q->server;
	struct sockaddr_storage a;

	if (q->session != NULL || !client(q, &a) || (!s->conf.limit_local && is_loopback(&a)))
		return NULL;
	return &s->by_address[web_limit_slot(s->salt, (const struct sockaddr *)&a, ADDRESSES)];
}

static struct web_req *req_new(const struct web_server *s, struct MHD_Connection *conn, const char *url, const char *method)
{
	struct web_req *q = fj_alloc(1, sizeof(*q));

	if (q == NULL)
		return NULL;
	q->server = s;
	q->conn = conn;
	q->method = method;
	q->path = fj_strdup(url);
	if (q->path != NULL && strlen(url) <= 2048 && fj_utf8_valid(fj_slice_str(url)))
		find_route(q);
	q->bad_framing = bad_framing(conn);
	find_session(q); /* first, so that the page of a refusal is also that of who asks */
	q->by_address = share_of(q);
	/* who may not ask may not send either */
	bool takes = q->route != NULL && !q->bad_framing && (q->route->access == WEB_PUBLIC || q->session != NULL);
	size_t max = takes ? q->route->body_max : 0;
	if (max > 0 && s->conf.hooks.body_max != NULL && s->conf.hooks.body_max(q) < max)
		max = s->conf.hooks.body_max(q);
	fj_buf_init(&q->body, max);
	return q;
}

/* count what the body has grown by beyond what is free; false: there is no room for it */
static bool hold(struct web_req *q)
{
	size_t now = q->body.cap > SMALL ? q->body.cap - SMALL : 0, more = now - q->held;

	if (more == 0)
		return true;
	q->held = now;
	size_t all = atomic_fetch_add(held_by_all(q), more) + more;
	size_t own = q->by_address == NULL ? 0 : atomic_fetch_add(q->by_address, more) + more;
	return all <= (q->session != NULL ? BODIES : BODIES / 4) && own <= BODIES / 16;
}

/* a body within its own maximum, its address's share and what all have together */
static void take_body(struct web_req *q, const char *data, size_t n)
{
	if (q->too_large || q->no_room)
		return;
	q->too_large = fj_buf_put(&q->body, data, n) != FJ_OK;
	q->no_room = !hold(q);
	if (q->too_large || q->no_room)
		drop_body(q);
}

static struct web_conn *watched(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return i == NULL ? NULL : i->socket_context;
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **context, enum MHD_ConnectionNotificationCode code)
{
	const struct web_server *s = cls;
	const union MHD_ConnectionInfo *i = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (code == MHD_CONNECTION_NOTIFY_STARTED) {
		*context = i == NULL ? NULL : web_slow_begin(s->slow, i->connect_fd);
	} else {
		web_slow_end(s->slow, *context);
		*context = NULL;
	}
}

void web_later(struct web_req *q, struct web_later later)
{
	q->later = later;
}

void web_ready(struct web_req *q)
{
	MHD_resume_connection(q->conn); /* its own thread goes on with it */
}

static void end_later(struct web_req *q, struct web_res *r)
{
	struct web_later l = q->later;

	q->later.end = NULL;
	l.end(q, r, l.arg);
}

static enum MHD_Result on_request(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **state)
{
	struct web_req *q = *state;

	(void)version;
	if (q == NULL) {
		*state = q = req_new(cls, conn, url, method);
		if (q != NULL && !q->server->conf.open && q->session != NULL) /* an upload may take its time; a stranger's may not */
			web_slow_came(q->server->slow, watched(conn));
		if (q == NULL || !q->bad_framing)
			return q == NULL ? MHD_NO : MHD_YES;
		*n = 0; /* answered at once: what follows is not read as a request */
	}
	if (*n > 0) { /* what does not fit is read and forgotten, so that the answer arrives */
		take_body(q, data, *n);
		*n = 0;
		return MHD_YES;
	}
	web_slow_came(q->server->slow, watched(conn));
	struct web_res r = {.status = 200, .type = "text/html; charset=utf-8"};
	fj_buf_init(&r.body, 64u << 20);
	if (q->later.end != NULL)
		end_later(q, &r);
	else
		dispatch(q, &r);
	web_form_release(&q->form); /* what was sent is answered: it takes no room beside its page */
	drop_body(q);
	if (q->later.end == NULL)
		return answer(q, &r);
	fj_buf_release(&r.body);
	MHD_suspend_connection(conn);
	q->later.begin(q->later.arg);
	return MHD_YES;
}

static void on_done(void *cls, struct MHD_Connection *conn, void **state, enum MHD_RequestTerminationCode code)
{
	const struct web_server *s = cls;

	(void)code;
	if (*state != NULL)
		req_free(*state);
	web_slow_waits(s->slow, watched(conn));
	*state = NULL;
}

/* --- the server --- */

static enum fj_rc bad_address(struct fj_err *err, const char *address)
{
	return fj_fail(err, FJ_E_INVALID, "http", NULL, "\"%.60s\" is not an address such as 127.0.0.1:8443 or [::1]:8443", address);
}

static enum fj_rc parse_address(const char *text, struct sockaddr_storage *out, socklen_t *len, struct fj_err *err)
{
	char host[64];
	const char *colon = strrchr(text, ':');
	char *end;

	if (colon == NULL || (size_t)(colon - text) >= sizeof(host))
		return bad_address(err, text);
	long port = strtol(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || port > 65535)
		return bad_address(err, text);
	memset(out, 0, sizeof(*out));
	snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		*len = sizeof(*v4);
		return FJ_OK;
	}
	size_t n = strlen(host);
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	if (n < 3 || host[0] != '[' || host[n - 1] != ']')
		return bad_address(err, text);
	host[n - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &v6->sin6_addr) != 1)
		return bad_address(err, text);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)port);
	*len = sizeof(*v6);
	return FJ_OK;
}

static bool is_unix(const char *address)
{
	return strncmp(address, "unix:", 5) == 0;
}

static enum fj_rc unix_address(const char *path, struct sockaddr_storage *out, socklen_t *len, struct fj_err *err)
{
	struct sockaddr_un *a = (struct sockaddr_un *)out;

	memset(out, 0, sizeof(*out));
	a->sun_family = AF_UNIX;
	*len = sizeof(*a);
	if (path[0] == '\0' || fj_strcopy(a->sun_path, sizeof(a->sun_path), path) != FJ_OK)
		return fj_fail(err, FJ_E_INVALID, "http", NULL, "the path of a socket has 1 to %zu octets", sizeof(a->sun_path) - 1);
	return FJ_OK;
}

/* a socket file that a killed process left behind: nobody answers there */
static void unlink_dead(const struct sockaddr_un *a, socklen_t len)
{
	struct stat st;
	FJ_AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && lstat(a->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) && connect(fd, (const struct sockaddr *)a, len) != 0 && errno == ECONNREFUSED)
		unlink(a->sun_path);
}

static enum fj_rc take_port(struct web_server *s, struct fj_err *err)
{
	struct sockaddr_storage a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (getsockname(s->fd, (struct sockaddr *)&a, &len) != 0)
		return fj_fail_errno(err, "http", "ask for the port");
	s->loopback = is_loopback(&a);
	if (a.ss_family != AF_UNIX)
		s->port = a.ss_family == AF_INET ? ntohs(((struct sockaddr_in *)&a)->sin_port) : ntohs(((struct sockaddr_in6 *)&a)->sin6_port);
	return FJ_OK;
}

/* whoever made it keeps it open too, so what comes while we are started anew waits in its queue */
static enum fj_rc take_socket(struct web_server *s, struct fj_err *err)
{
	s->fd = s->conf.given;
	if (fcntl(s->fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(s->fd, F_SETFL, O_NONBLOCK) != 0)
		return fj_fail_errno(err, "http", "take descriptor %d", s->fd);
	return take_port(s, err);
}

static enum fj_rc open_socket(struct web_server *s, const char *address, struct fj_err *err)
{
	struct sockaddr_storage a;
	socklen_t len = 0;
	int one = 1;

	if (s->conf.given > 0)
		return take_socket(s, err);
	if (is_unix(address))
		FJ_TRY(unix_address(address + 5, &a, &len, err));
	else
		FJ_TRY(parse_address(address, &a, &len, err));
	s->fd = socket(a.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return fj_fail_errno(err, "http", "socket");
	if (is_unix(address))
		unlink_dead((const struct sockaddr_un *)&a, len);
	else
		setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	mode_t mask = umask(0117); /* a socket file is its owner's and group's: who reaches it may ask */
	int bound = bind(s->fd, (struct sockaddr *)&a, len);
	umask(mask);
	if (bound != 0 || listen(s->fd, 128) != 0) {
		if (errno == EADDRINUSE) {
			enum fj_rc rc = fj_fail(err, FJ_E_EXISTS, "http", NULL, "the address %s is taken by another program; end it or choose another port", address);
			fj_err_zh(err, "地址 %s 已被其他程序占用", address);
			return rc;
		}
		return fj_fail_errno(err, "http", "listen on %s", address);
	}
	return take_port(s, err);
}

enum fj_rc web_bind(const char *address, const struct web_conf *conf, struct web_server **out, struct fj_err *err)
{
	struct web_server *s = fj_alloc(1, sizeof(*s));

	if (s == NULL)
		return fj_no_memory(err, "http");
	s->conf = *conf;
	s->fd = -1;
	fj_random(s->salt, sizeof(s->salt));
	if (conf->rate > 0)
		s->limit = web_limit_new(conf->rate, conf->burst > 0 ? conf->burst : conf->rate);
	enum fj_rc rc = conf->rate == 0 || s->limit != NULL ? open_socket(s, address, err) : fj_no_memory(err, "http");
	if (rc != FJ_OK) {
		web_stop(s);
		return rc;
	}
	*out = s;
	return FJ_OK;
}

unsigned web_port(const struct web_server *s)
{
	return s->port;
}

bool web_is_loopback(const struct web_server *s)
{
	return s->loopback;
}

enum fj_rc web_start(struct web_server *s, struct fj_err *err)
{
	unsigned flags = MHD_USE_AUTO | MHD_USE_INTERNAL_POLLING_THREAD | (s->conf.given > 0 ? MHD_USE_ITC : 0) | (s->conf.tls ? MHD_USE_TLS : 0) | (s->conf.threads == 0 ? MHD_USE_THREAD_PER_CONNECTION : MHD_ALLOW_SUSPEND_RESUME);
	struct MHD_OptionItem tls[] = {
		{MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)"SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"},
		{MHD_OPTION_HTTPS_MEM_TRUST, 0, (void *)(uintptr_t)s->conf.client_ca},
		{MHD_OPTION_END, 0, NULL}};

	if (s->conf.client_ca == NULL) /* without authorities no certificate is asked for */
		tls[1] = tls[2];
	if (!s->conf.tls)
		tls[0] = tls[2];
	s->slow = web_slow_new(s->conf.slow_ms > 0 ? s->conf.slow_ms : SLOW_MS);
	if (s->slow == NULL)
		return fj_no_memory(err, "http");
	s->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET, s->fd, MHD_OPTION_THREAD_POOL_SIZE,
	    s->conf.threads, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)65536, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, s->loopback ? 0u : (unsigned)PER_ADDRESS, MHD_OPTION_NOTIFY_COMPLETED, on_done, s,
	    MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_ARRAY, tls, s->conf.tls ? MHD_OPTION_HTTPS_CERT_CALLBACK2 : MHD_OPTION_END, web_tls_callback(), MHD_OPTION_END);
	return s->daemon != NULL ? FJ_OK : fj_fail(err, FJ_E_INTERNAL, "http", NULL, "the HTTP server does not start%s", s->conf.client_ca != NULL ? "; check [portal] client_ca" : "");
}

void web_stop(struct web_server *s)
{
	if (s == NULL)
		return;
	/* a socket that was given is closed and no more: shut down, it would be so for who gave it */
	bool ours = s->daemon == NULL || (s->conf.given > 0 && MHD_quiesce_daemon(s->daemon) == s->fd);
	if (s->daemon != NULL)
		MHD_stop_daemon(s->daemon); /* with the socket that it has */
	if (ours)
		fj_fd_close(&s->fd);
	web_slow_free(s->slow);
	web_limit_free(s->limit);
	fj_free(s);
}

void web_print_routes(const struct web_route *routes)
{
	for (const struct web_route *r = routes; r->path != NULL; r++)
		printf("%-5s %-44s %-10s %-5s %8zu  %s\n", r->method == WEB_ANY ? "any" : r->method == WEB_GET ? "GET" : "POST", r->path, r->access == WEB_PUBLIC ? "public" : "signed-in",
		    r->csrf == WEB_CSRF_FORM ? "csrf" : "-", r->body_max, r->what);
}
