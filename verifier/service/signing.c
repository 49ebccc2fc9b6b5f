/*
 * signing.c - OCSP answers on their way to the signer and back.
 *
 * One thread asks the signer, for all who wait; their connections rest meanwhile and hold
 * no thread (web_later), so that pages and verdicts go on whatever the signer does.  The
 * queue has SVC_WAITING places.  Who finds none is told to try later at once, and so is who
 * comes while the signer has not answered for STALLED_MS: it answers in a quarter of a second
 * even when a slow TPM signs for the register (issuer/pipeline.c), so something is wrong with it.
 * While nobody waits it is asked every LOOK_S whether its issuing keys are sealed (hsm/unseal.c), which health tells.
 */
#include "base/log.h"
#include "verifier/service/service.h"

#define SIGN_AT_ONCE 16
#define STALLED_MS 3000
#define LOOK_S 10

struct svc_signer {
	int run;
	pthread_t thread;
	bool started, ending;
	pthread_mutex_t lock;
	pthread_cond_t come;
	struct svc_signing *queue, **end;
	size_t places;        /* taken: in the queue, with the signer, or about to come */
	int64_t asked;        /* the signer, boot clock; 0: it is not asked anything now */
	int64_t refused;      /* so many were told to try later */
	bool sealed;          /* its issuing keys wait for officers, as it said at `looked` (boot clock) */
	int64_t looked;
	struct hsm_conn *conn; /* the thread's */
};

/* --- the thread --- */

static enum fj_rc asked(struct svc_signer *g, enum fj_rc rc)
{
	if (rc == FJ_E_UNAVAILABLE || rc == FJ_E_PROTO || rc == FJ_E_TIMEOUT || rc == FJ_E_IO) {
		hsm_close(g->conn);
		g->conn = NULL;
	}
	return rc;
}

static enum fj_rc sign_once(struct svc_signer *g, struct hsm_request *r, struct fj_err *err)
{
	if (g->conn == NULL)
		FJ_TRY(hsm_connect(g->run, HSM_SOCK_VERIFIER, &g->conn, err));
	return asked(g, hsm_sign(g->conn, r, err));
}

/* one that does not answer is not known to be sealed */
static bool look(struct svc_signer *g)
{
	FJ_AUTO(json) status = NULL;

	if (g->conn != NULL && hsm_ended(g->conn)) {
		hsm_close(g->conn);
		g->conn = NULL;
	}
	if (g->conn == NULL && hsm_connect(g->run, HSM_SOCK_VERIFIER, &g->conn, NULL) != FJ_OK)
		return false;
	return asked(g, hsm_status(g->conn, &status, NULL)) == FJ_OK && json_is_true(json_object_get(status, "sealed"));
}

/* one frame for those of one key, in the order in which they came */
static void sign_all(struct svc_signer *g, struct svc_signing *first, size_t n)
{
	struct hsm_item item[SIGN_AT_ONCE];
	struct hsm_request r = {.role = hsm_role_by(HSM_OCSP, first->alg), .kind = HSM_OCSP_RESPONSE, .items = item, .n_items = n};
	struct fj_err err = {0};
	size_t i = 0;

	memset(item, 0, sizeof(item));
	for (const struct svc_signing *w = first; i < n; w = w->next)
		item[i++].tbs = fj_buf_slice(&w->tbs);
	enum fj_rc rc = sign_once(g, &r, &err);
	if (rc == FJ_E_UNAVAILABLE) /* a signer that was started anew */
		rc = sign_once(g, &r, &err);
	for (i = 0; i < n; i++) {
		struct svc_signing *w = first;
		first = first->next; /* ready: its owner may release it */
		w->item = item[i];
		if (rc != FJ_OK)
			w->err = err;
		else if (item[i].rc != FJ_OK)
			(void)!fj_fail(&w->err, item[i].rc, "signer", NULL, "%s", item[i].why);
		web_ready(w->q);
	}
}

/* under the lock: the next of one key; *n of them */
static struct svc_signing *take(struct svc_signer *g, size_t *n)
{
	struct svc_signing *first = g->queue, *last = first;

	for (*n = 1; *n < SIGN_AT_ONCE && last->next != NULL && last->next->alg == first->alg; (*n)++)
		last = last->next;
	g->queue = last->next;
	if (g->queue == NULL)
		g->end = &g->queue;
	return first;
}

/* under the lock, which it lets go of meanwhile */
static void look_unlocked(struct svc_signer *g)
{
	g->asked = fj_boot_ms();
	pthread_mutex_unlock(&g->lock);
	bool sealed = look(g);
	pthread_mutex_lock(&g->lock);
	g->asked = 0;
	g->sealed = sealed;
	g->looked = fj_boot_ms();
}

/* under the lock: until somebody waits, or it is time to look */
static void rest(struct svc_signer *g)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOOK_S;
	while (g->queue == NULL && !g->ending)
		if (pthread_cond_timedwait(&g->come, &g->lock, &until) != 0)
			return;
}

static void *run(void *arg)
{
	struct svc_signer *g = arg;
	size_t n;

	pthread_mutex_lock(&g->lock);
	for (;;) {
		if (g->queue == NULL && !g->ending && (g->looked == 0 || fj_boot_ms() - g->looked >= LOOK_S * 1000))
			look_unlocked(g);
		rest(g);
		if (g->ending)
			break;
		if (g->queue == NULL)
			continue;
		struct svc_signing *first = take(g, &n);
		g->asked = fj_boot_ms();
		pthread_mutex_unlock(&g->lock);
		sign_all(g, first, n);
		pthread_mutex_lock(&g->lock);
		g->asked = 0;
		g->places -= n;
	}
	pthread_mutex_unlock(&g->lock);
	return NULL;
}

/* --- who asks --- */

static bool stalled(const struct svc_signer *g)
{
	return g->asked != 0 && fj_boot_ms() - g->asked > STALLED_MS;
}

enum fj_rc svc_sign_place(struct svc *s, struct fj_err *err)
{
	struct svc_signer *g = svc_signer(s);

	pthread_mutex_lock(&g->lock);
	bool slow = stalled(g), room = g->places < SVC_WAITING && !slow && g->started;
	g->places += room;
	g->refused += !room;
	pthread_mutex_unlock(&g->lock);
	if (room)
		return FJ_OK;
	return fj_refuse(err, FJ_E_BUSY, "verifier", NULL, slow ? "the signer does not answer; OCSP answers that are kept are given on, others are asked for later"
	    : "too many OCSP answers wait for the signer; ask again in some seconds",
	    slow ? "签名服务没有应答；已缓存的 OCSP 应答照常提供，其余请稍后再试" : "等待签名的 OCSP 应答过多，请数秒后再试");
}

void svc_sign(struct svc *s, struct svc_signing *w)
{
	struct svc_signer *g = svc_signer(s);

	w->next = NULL;
	pthread_mutex_lock(&g->lock);
	bool late = g->ending;
	if (!late) {
		*g->end = w;
		g->end = &w->next;
		pthread_cond_signal(&g->come);
	}
	pthread_mutex_unlock(&g->lock);
	if (!late)
		return;
	(void)!fj_refuse(&w->err, FJ_E_UNAVAILABLE, "verifier", NULL, "the service ends", "核验服务正在停止");
	web_ready(w->q);
}

json_t *svc_signer_health(struct svc *s, json_t *causes)
{
	struct svc_signer *g = svc_signer(s);

	pthread_mutex_lock(&g->lock);
	int64_t since = g->asked == 0 ? 0 : fj_boot_ms() - g->asked, refused = g->refused;
	size_t waiting = g->places;
	bool sealed = g->sealed;
	pthread_mutex_unlock(&g->lock);
	if (since > STALLED_MS)
		svc_cause(causes, "signer", -since / 1000, "the signer has not answered for some seconds: OCSP answers that are not kept yet wait or are told to try later; look at the signer and its TPM",
		    "签名服务已数秒没有应答，尚未缓存的 OCSP 应答只能等待或稍后再试；请检查签名服务及其 TPM");
	return json_pack("{s:I, s:i, s:I, s:I, s:b}", "waiting", (json_int_t)waiting, "most", SVC_WAITING, "since", (json_int_t)since, "refused", (json_int_t)refused, "sealed", sealed);
}

/* --- begin and end --- */

enum fj_rc svc_signer_new(int dir, struct svc_signer **out, struct fj_err *err)
{
	struct svc_signer *g = fj_alloc(1, sizeof(*g));

	if (g == NULL)
		return fj_no_memory(err, "verifier");
	g->run = dir;
	g->end = &g->queue;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->come, NULL);
	*out = g;
	return FJ_OK;
}

enum fj_rc svc_signer_start(struct svc *s, struct fj_err *err)
{
	struct svc_signer *g = svc_signer(s);

	g->started = pthread_create(&g->thread, NULL, run, g) == 0;
	return g->started ? FJ_OK : fj_fail(err, FJ_E_NOMEM, "verifier", NULL, "no thread can be started");
}

void svc_signer_end(struct svc *s)
{
	struct svc_signer *g = svc_signer(s);

	pthread_mutex_lock(&g->lock);
	g->ending = true;
	struct svc_signing *w = g->queue;
	g->queue = NULL;
	g->end = &g->queue;
	pthread_cond_signal(&g->come);
	pthread_mutex_unlock(&g->lock);
	while (w != NULL) {
		struct svc_signing *next = w->next;
		(void)!fj_refuse(&w->err, FJ_E_UNAVAILABLE, "verifier", NULL, "the service ends", "核验服务正在停止");
		web_ready(w->q);
		w = next;
	}
	if (g->started)
		pthread_join(g->thread, NULL);
	g->started = false;
}

void svc_signer_free(struct svc_signer *g)
{
	if (g == NULL)
		return;
	hsm_close(g->conn);
	fj_free(g);
}
