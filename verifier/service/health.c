/*
 * health.c - GET /healthz: red well before anything that others rely on ends.
 *
 * An expired list is an outage of everybody who verifies (lessons.md 8), so what is
 * published is looked at as a verifier would, and each thing has its own least time
 * left: longer than the publisher lets it become, long enough for somebody to come.
 * What ends is read once a publication; what is left is counted at each request.  Of
 * a kind the first to end stands for all.
 */
#include <dirent.h>

#include "verifier/service/service.h"

#define HOUR 3600
/* Least time left.  Lists live 48 h and are renewed after 12, CRLs after 24: below these the publisher is
 * late.  Keys and what only a ceremony renews go by the register's calendar (ca/term.c); of both hierarchies. */
#define LEAST_LIST (30 * HOUR)
#define LEAST_CRL (18 * HOUR)
/* at least the lists are published anew every 12 h */
#define PUBLISHER_LATE (18 * HOUR)

enum what { LIST, CRL, ROOT_CRL, OCSP, TOKEN_SIGNER, STATUS_SIGNER, LOG_SIGNER, ISSUING, ROOT, WHATS };
static const struct {
	const char *code, *zh, *en;
	int64_t least;    /* 0: as the calendar says */
	const char *term;
} whats[WHATS] = {
	[LIST] = {"status-list", "状态列表", "a status list", LEAST_LIST, NULL},
	[CRL] = {"crl", "证书吊销列表", "a CRL", LEAST_CRL, NULL},
	[ROOT_CRL] = {"root-crl", "根CA吊销列表", "the root's CRL", 0, "root.crl"},
	[OCSP] = {"ocsp-certificate", "OCSP应答证书", "the OCSP responder's certificate", 0, "ocsp"},
	[TOKEN_SIGNER] = {"token-signer", "令牌签名证书", "the token signer's certificate", 0, "token"},
	[STATUS_SIGNER] = {"status-signer", "状态签名证书", "the status signer's certificate", 0, "status"},
	[LOG_SIGNER] = {"log-signer", "日志签名证书", "the log signer's certificate", 0, "log"},
	[ISSUING] = {"issuing-ca", "签发CA证书", "the issuing CA's certificate", 0, "issuing"},
	[ROOT] = {"root-ca", "根CA证书", "the root CA's certificate", 0, "root"},
};

struct fact {
	char name[32];  /* of the first to end */
	fj_time until;  /* 0: there is none */
	bool bad;       /* it is not what a verifier accepts */
};
static struct {
	pthread_mutex_t lock;
	int64_t generation;
	fj_time newest; /* when a list or CRL was published last */
	struct fact fact[WHATS];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER, .generation = -1};

static int64_t least_of(enum what w)
{
	return whats[w].term == NULL ? whats[w].least : ca_term_of(whats[w].term)->soon;
}

/* --- what ends when --- */

static void note(enum what w, const char *name, fj_time until, bool good)
{
	struct fact *f = &known.fact[w];

	if (f->until != 0 && !f->bad && good && f->until <= until)
		return;
	if (f->bad && good)
		return;
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->until = until;
	f->bad = !good;
}

static bool accepted(const struct ver_view *v, struct fj_slice bytes)
{
	FJ_AUTO(ver_report) report = {.n = 0};
	struct ver_input in = {.now = fj_now(), .credential = bytes};

	return ver_verify(v->trust, &in, &report, NULL) == FJ_OK && report.verdict == VER_PERMIT;
}

static void look_at_list(const struct ver_view *v, const char *name, struct fj_slice bytes)
{
	FJ_AUTO(jws) jws = {.payload = NULL};
	fj_time from = 0, to = 1;

	if (fj_jws_read(bytes, FJ_STATUS_JWT_MAX, &jws, NULL) == FJ_OK) {
		from = fj_json_num(jws.payload, "iat");
		to = fj_json_num(jws.payload, "exp");
	}
	known.newest = from > known.newest ? from : known.newest;
	note(LIST, name, to, accepted(v, bytes));
}

static void look_at_crl(const struct ver_view *v, const char *name, struct fj_slice bytes)
{
	bool root = strcmp(name, "root.crl") == 0 || strcmp(name, "root-sm2.crl") == 0;
	struct fj_crl crl = {.next_update = 1};

	if (fj_crl_read(bytes, &crl, NULL) == FJ_OK && !root && crl.this_update > known.newest)
		known.newest = crl.this_update;
	note(root ? ROOT_CRL : CRL, name, crl.next_update, accepted(v, bytes));
}

static void look_into(const struct ver_view *v, const char *folder, const char *suffix, void (*look)(const struct ver_view *, const char *, struct fj_slice))
{
	char path[300];
	const struct dirent *e;

	snprintf(path, sizeof(path), "publish/%s", folder);
	DIR *d = opendir(path);
	while (d != NULL && (e = readdir(d)) != NULL) {
		FJ_AUTO(buf) b = FJ_BUF_INIT(0);
		const char *end = strrchr(e->d_name, '.');
		if (end == NULL || strcmp(end, suffix) != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%.200s", folder, e->d_name);
		if (svc_file(path, &b, NULL) == FJ_OK)
			look(v, e->d_name, fj_buf_slice(&b));
	}
	if (d != NULL)
		closedir(d);
}

static void look_at_certificate(enum what w, const char *path)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(0);
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
	struct ca_info info = {.not_after = 1};

	bool pem = strstr(path, ".pem") != NULL, ok = svc_file(path, &b, NULL) == FJ_OK;
	if (ok && pem)
		ok = ca_unpem("CERTIFICATE", fj_buf_slice(&b), &der, NULL) == FJ_OK;
	ok = ok && ca_cert_info(pem ? fj_buf_slice(&der) : fj_buf_slice(&b), &info, NULL) == FJ_OK;
	note(w, strrchr(path, '/') + 1, info.not_after, ok);
}

static void look_at_hierarchy(enum fj_alg alg)
{
	static const struct {
		enum what w;
		const char *name, *end;
	} files[] = {{OCSP, "signer/ocsp", "pem"}, {TOKEN_SIGNER, "signer/token", "pem"}, {STATUS_SIGNER, "signer/status", "pem"}, {LOG_SIGNER, "signer/log", "pem"}, {ISSUING, "ca/issuing", "cer"},
		{ROOT, "ca/root", "cer"}};
	char path[64];

	for (size_t k = 0; k < FJ_ARRAY_LEN(files); k++) {
		if (files[k].w == LOG_SIGNER && alg == FJ_SM2)
			continue; /* one log, one key */
		snprintf(path, sizeof(path), "%s%s.%s", files[k].name, fj_alg_suffix(alg), files[k].end);
		look_at_certificate(files[k].w, path);
	}
}

static void look(const struct ver_view *v)
{
	FJ_AUTO(buf) sm2 = FJ_BUF_INIT(0);

	if (known.generation == v->generation)
		return;
	memset(known.fact, 0, sizeof(known.fact));
	known.newest = 0;
	look_into(v, "trust/status", ".jwt", look_at_list);
	look_into(v, "trust/crl", ".crl", look_at_crl);
	look_at_hierarchy(FJ_ES256);
	if (svc_file("ca/root-sm2.cer", &sm2, NULL) == FJ_OK)
		look_at_hierarchy(FJ_SM2);
	known.generation = v->partial ? -1 : v->generation;
}

bool svc_stale(const struct ver_view *v)
{
	fj_time now = fj_now();

	pthread_mutex_lock(&known.lock);
	look(v);
	bool stale = known.fact[LIST].until < now || known.fact[CRL].until < now || known.fact[ROOT_CRL].until < now;
	pthread_mutex_unlock(&known.lock);
	return stale;
}

/* --- what is told --- */

static void text_of(const struct fact *f, enum what w, int64_t left, char en[320], char zh[320])
{
	const char *name = f->name[0] != '\0' ? f->name : "-";

	if (f->until == 0 || f->bad) {
		snprintf(en, 320, "%s (%s) is missing, or not what a verifier accepts", whats[w].en, name);
		snprintf(zh, 320, "%s（%s）缺失或不能通过核验", whats[w].zh, name);
	} else if (left < 0) {
		snprintf(en, 320, "%s (%s) ended %lld s ago: verifiers can't decide any more; look at the register and its signer", whats[w].en, name, (long long)-left);
		snprintf(zh, 320, "%s（%s）已于 %lld 秒前失效，核验方已无法判定；请检查登记系统和签名服务", whats[w].zh, name, (long long)-left);
	} else {
		snprintf(en, 320, "%s (%s) ends in %lld s, less than %lld s: it should have been renewed", whats[w].en, name, (long long)left, (long long)least_of(w));
		snprintf(zh, 320, "%s（%s）将于 %lld 秒后失效，少于 %lld 秒，应已更新", whats[w].zh, name, (long long)left, (long long)least_of(w));
	}
}

void svc_cause(json_t *causes, const char *code, int64_t left, const char *en, const char *zh)
{
	json_array_append_new(causes, json_pack("{s:s, s:I, s:{s:s, s:s}}", "what", code, "left", (json_int_t)left, "text", "en", en, "zh", zh));
}

static void tell(enum what w, fj_time now, json_t *checks, json_t *causes)
{
	const struct fact *f = &known.fact[w];
	int64_t left = f->until - now;
	char at[FJ_TIME_CAP], en[320], zh[320];

	fj_time_utc(f->until, at);
	json_array_append_new(checks, json_pack("{s:s, s:s, s:s, s:I, s:I}", "what", whats[w].code, "name", f->name, "until", at, "left", (json_int_t)left,
	    "least", (json_int_t)least_of(w)));
	if (f->until != 0 && !f->bad && left >= least_of(w))
		return;
	text_of(f, w, left, en, zh);
	svc_cause(causes, whats[w].code, left, en, zh);
}

static void tell_publisher(fj_time now, json_t *causes)
{
	char en[240], zh[240];
	int64_t age = now - known.newest;

	if (age <= PUBLISHER_LATE)
		return;
	snprintf(en, sizeof(en), "nothing was published for %lld s, more than %d s: the publisher has stopped; look at the register and its signer", (long long)age, PUBLISHER_LATE);
	snprintf(zh, sizeof(zh), "已有 %lld 秒没有发布，超过 %d 秒，发布已停止；请检查登记系统和签名服务", (long long)age, PUBLISHER_LATE);
	svc_cause(causes, "publisher", PUBLISHER_LATE - age, en, zh);
}

static json_t *report(struct svc *s, const struct ver_view *v, bool *ok)
{
	FJ_AUTO(json) checks = json_array();
	FJ_AUTO(json) causes = json_array();
	char at[FJ_TIME_CAP], newest[FJ_TIME_CAP];
	fj_time now = fj_now();

	pthread_mutex_lock(&known.lock);
	look(v);
	for (int w = 0; w < WHATS; w++)
		tell((enum what)w, now, checks, causes);
	tell_publisher(now, causes);
	svc_log_health(causes);
	fj_time last = known.newest;
	pthread_mutex_unlock(&known.lock);
	FJ_AUTO(json) signer = svc_signer_health(s, causes);
	fj_time_utc(now, at);
	fj_time_utc(last, newest);
	*ok = json_array_size(causes) == 0;
	return json_pack("{s:b, s:I, s:s, s:s, s:{s:s, s:I, s:I}, s:O, s:O, s:O}", "ok", *ok, "generation", (json_int_t)v->generation, "base", svc_base(s), "at", at,
	    "publisher", "last", newest, "age", (json_int_t)(now - last), "most", (json_int_t)PUBLISHER_LATE, "signer", signer, "checks", checks, "causes", causes);
}

void svc_get_health(struct web_req *q, struct web_res *r)
{
	struct svc *s = web_app(q);
	struct ver_view *v;
	struct fj_err err = {0};
	bool ok = false;

	r->cors = true;
	if (svc_view_take(s, &v, &err) != FJ_OK) {
		FJ_AUTO(json) none = json_pack("{s:b, s:s, s:[{s:s, s:i, s:{s:s, s:s}}]}", "ok", 0, "base", svc_base(s), "causes", "what", "publication", "left", 0,
		    "text", "en", err.en, "zh", err.zh[0] != '\0' ? err.zh : "已发布的内容不能读取");
		web_json(r, 503, none);
		return;
	}
	FJ_AUTO(json) j = report(s, v, &ok);
	svc_view_give(s, v);
	web_json(r, ok ? 200 : 503, j);
}
