/*
 * routes.c - what a proxy, a program beside it, and who watches over both can ask.
 *
 * The socket is for this machine alone: whoever reaches it may ask for usage and
 * may say whose client certificate it saw.  A proxy hands on /auth or /envoy/ and
 * nothing else, and overwrites the headers that it vouches for (docs/gateway.md).
 */
#include "verifier/ask.h"
#include "verifier/gateway/gateway.h"

static const char *token_of(const struct web_req *q)
{
	const char *own = web_header(q, "X-Fujie-Token"), *bearer = web_header(q, "Authorization");

	if (own[0] != '\0')
		return own;
	return strncasecmp(bearer, "Bearer ", 7) == 0 ? bearer + 7 : "";
}

static void say(struct web_res *r, const struct gw_answer *a)
{
	char age[24];

	snprintf(age, sizeof(age), "%lld", (long long)a->age);
	web_say_header(r, "X-Fujie-Verdict", ver_verdict_name(a->status == 200 ? VER_PERMIT : a->verdict));
	web_say_header(r, "X-Fujie-Reason", a->reason);
	if (a->age >= 0)
		web_say_header(r, "X-Fujie-Status-Age", age);
}

/* a proxy that adds where it should overwrite hands on the client's header beside its own */
static bool said_twice(const struct web_req *q, const struct gw_conf *c)
{
	const char *const names[] = {"Authorization", "X-Fujie-Token", "X-Fujie-Use", "X-Fujie-Log-Proof", c->x5t_header, c->user_header};

	for (size_t i = 0; i < FJ_ARRAY_LEN(names); i++)
		if (web_header_count(q, names[i]) > 1)
			return true;
	return false;
}

static void answer(struct web_req *q, struct web_res *r, int denied_at_most, int permitted)
{
	struct gw *g = web_app(q);
	struct gw_request ask = {.token = token_of(q), .x5t = web_header(q, g->conf->x5t_header), .user = web_header(q, g->conf->user_header),
		.use = web_header(q, "X-Fujie-Use"), .log_proof = web_header(q, "X-Fujie-Log-Proof")};
	char nonce[GW_NONCE_MAX];
	struct gw_answer a;

	if (said_twice(q, g->conf))
		a = (struct gw_answer){.status = 403, .verdict = VER_DENY, .age = -1, .reason = "form [RFC 9110 5.3]",
			.en = "a header that decides came twice: the proxy has to overwrite it, not to add to it", .zh = "关键请求头重复：代理应覆盖而非追加该请求头"};
	else
		gw_ask(g, &ask, &a);
	if (a.status == 401 && g->conf->nonces) {
		gw_nonce_new(fj_now(), nonce);
		web_say_header(r, "X-Fujie-Nonce", nonce);
	}
	if (a.status == 401 && denied_at_most == 401)
		web_say_header(r, "WWW-Authenticate", "Bearer realm=\"fujie\""); /* RFC 9110 11.6.1 */
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:{s:s, s:s}, s:I}", "verdict", ver_verdict_name(a.status == 200 ? VER_PERMIT : a.verdict), "reason", a.reason,
	    "text", "en", a.en, "zh", a.zh, "status_age", (json_int_t)a.age);
	web_json(r, a.status == 200 ? permitted : a.status == 401 && denied_at_most == 401 ? 401 : 403, j);
	if (r->status == 204)
		fj_buf_clear(&r->body);
	say(r, &a);
}

/* nginx auth_request: any 2xx lets pass, 401 and 403 deny, all else is an error and denies, too */
static void get_auth(struct web_req *q, struct web_res *r)
{
	answer(q, r, 401, 204);
}

/* Envoy ext_authz: 200 lets pass, all else denies */
static void any_envoy(struct web_req *q, struct web_res *r)
{
	answer(q, r, 403, 200);
}

static void get_nonce(struct web_req *q, struct web_res *r)
{
	const struct gw *g = web_app(q);
	char nonce[GW_NONCE_MAX];

	if (!g->conf->nonces) {
		struct fj_err err;
		fj_refuse(&err, FJ_E_NOTFOUND, "gateway", NULL, "this gateway takes the holder's own nonces (--no-nonce)", "本网关接受持有人自选随机数（--no-nonce）");
		web_problem(r, &err);
		return;
	}
	gw_nonce_new(fj_now(), nonce);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:i}", "nonce", nonce, "audience", g->conf->audience != NULL ? g->conf->audience : "", "expires_in", GW_NONCE_SECONDS);
	web_json(r, 200, j);
}

/* --- as the public service does --- */

struct judging {
	struct gw_view *view;
	int64_t max_age;
	bool logged;
};

static enum fj_rc judge(void *arg, const struct ver_input *in, struct ver_report *out, struct fj_err *err)
{
	const struct judging *j = arg;
	struct ver_input mine = *in;

	if (mine.max_age == 0 || (j->max_age > 0 && j->max_age < mine.max_age))
		mine.max_age = j->max_age;
	mine.logged = mine.logged || j->logged;
	return gw_judge(j->view, &mine, out, err);
}

static void post_verify(struct web_req *q, struct web_res *r)
{
	struct gw *g = web_app(q);
	struct fj_err err = {.rc = FJ_OK};
	struct gw_view *v;

	enum fj_rc rc = gw_view_take(g->keep, &v, &err);
	if (rc == FJ_OK) {
		struct judging j = {.view = v, .max_age = g->conf->max_age, .logged = g->conf->logged};
		rc = ver_ask(web_body(q), judge, &j, &r->body, &err);
		gw_view_give(g->keep, v);
	}
	if (rc == FJ_OK)
		web_json_text(r);
	else
		web_problem(r, &err);
}

/* --- for who watches over it --- */

/* "2026-11-28" to 20261128; otherwise when empty; -1 when it is no day */
static int day_of(const char *text, int otherwise)
{
	fj_time t;

	if (text[0] == '\0')
		return otherwise;
	if (fj_date_parse(text, &t, NULL) != FJ_OK)
		return -1;
	struct fj_date d = fj_date_of(t, FJ_CHINA_OFFSET);
	return d.y * 10000 + d.m * 100 + d.d;
}

static void get_usage(struct web_req *q, struct web_res *r)
{
	struct gw *g = web_app(q);
	int from = day_of(web_field(q, "from"), 19700101), to = day_of(web_field(q, "to"), 99991231);
	FJ_AUTO(json) out = NULL;
	struct fj_err err = {.rc = FJ_OK};
	enum fj_rc rc = FJ_OK;

	if (from < 0 || to < 0)
		rc = fj_refuse(&err, FJ_E_USAGE, "gateway", "formats.md 11", "from and to are days such as 2026-11-28", "from 与 to 应为形如 2026-11-28 的日期");
	if (rc == FJ_OK)
		rc = gw_ledger_usage(g->ledger, from, to, &out, &err);
	if (rc == FJ_OK)
		web_json(r, 200, out);
	else
		web_problem(r, &err);
}

static json_t *time_or_null(fj_time t)
{
	char text[FJ_TIME_CAP];

	if (t == 0)
		return json_null();
	fj_time_utc(t, text);
	return json_string(text);
}

static void get_health(struct web_req *q, struct web_res *r)
{
	struct gw *g = web_app(q);
	struct gw_health h;
	fj_time now = fj_now();

	gw_keep_health(g->keep, &h);
	int64_t age = h.oldest == 0 ? -1 : now > h.oldest ? now - h.oldest : 0;
	bool ok = gw_health_ok(&h, g->conf->max_age, now);
	FJ_AUTO(json) j = json_pack("{s:b, s:s, s:o, s:o, s:I, s:o, s:o}", "ok", ok, "issuer", g->conf->issuer, "as_of", time_or_null(h.oldest),
	    "until", time_or_null(h.first_end), "status_age", (json_int_t)age, "last_fetch", time_or_null(h.fetched),
	    "last_error", h.error[0] != '\0' ? json_string(h.error) : json_null());
	web_json(r, ok ? 200 : 503, j);
}

const struct web_route gw_routes[] = {
	{WEB_GET, "/auth", get_auth, WEB_PUBLIC, WEB_CSRF_NONE, 0, "nginx auth_request"},
	{WEB_ANY, "/envoy/", any_envoy, WEB_PUBLIC, WEB_CSRF_NONE, 0, "Envoy ext_authz"},
	{WEB_ANY, "/envoy/{path*}", any_envoy, WEB_PUBLIC, WEB_CSRF_NONE, 0, "Envoy ext_authz, the path of the request behind it"},
	{WEB_GET, "/nonce", get_nonce, WEB_PUBLIC, WEB_CSRF_NONE, 0, "a nonce for a Key Binding JWT"},
	{WEB_POST, "/v1/verify", post_verify, WEB_PUBLIC, WEB_CSRF_NONE, VER_ASK_OCTETS, "verdict on one credential, or on up to 1000; counts nothing"},
	{WEB_GET, "/usage", get_usage, WEB_PUBLIC, WEB_CSRF_NONE, 0, "daily totals"},
	{WEB_GET, "/healthz", get_health, WEB_PUBLIC, WEB_CSRF_NONE, 0, "health"},
	{WEB_GET, NULL, NULL, WEB_PUBLIC, WEB_CSRF_NONE, 0, NULL},
};
