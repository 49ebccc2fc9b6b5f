/*
 * published.c - the publication of a home, by generation.
 *
 * Each call looks at publish/generation; when it has risen, the caller loads the
 * new publication before it gets an answer, so a revocation that was published
 * bites at once.  Who holds the old view finishes with it.  A view that can't be
 * loaded is nobody's: the error is the answer, never the view before.
 */
#include "verifier/published.h"

#include <fcntl.h>
#include <pthread.h>

#include "base/file.h"
#include "base/log.h"
#include "base/x509.h"

struct ver_published {
	pthread_mutex_t lock;
	struct ver_view *view;
	struct fj_watch file;
	int64_t generation; /* as it was read from it */
};

/* under the lock */
static int64_t newest(struct ver_published *p)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(64);

	if (fj_watch_same(&p->file))
		return p->generation;
	if (fj_watch_read(&p->file, AT_FDCWD, "publish/generation", &text, NULL) != FJ_OK)
		return -1;
	p->generation = strtoll(fj_buf_str(&text), NULL, 10);
	return p->generation;
}

int64_t ver_published_generation(struct ver_published *p)
{
	pthread_mutex_lock(&p->lock);
	int64_t n = newest(p);
	pthread_mutex_unlock(&p->lock);
	return n;
}

static void view_free(struct ver_view *v)
{
	if (v == NULL)
		return;
	ver_trust_free(v->trust);
	fj_fd_close(&v->dir);
	for (int a = 0; a < FJ_ALG_END; a++) {
		fj_buf_release(&v->issuing[a]);
		fj_buf_release(&v->ocsp[a]);
	}
	fj_free(v);
}

static enum fj_rc load_responder(struct ver_view *v, enum fj_alg alg, struct fj_err *err)
{
	char path[64];

	fj_buf_init(&v->issuing[alg], FJ_X509_MAX);
	fj_buf_init(&v->ocsp[alg], 2 * FJ_X509_MAX);
	snprintf(path, sizeof(path), "publish/ca/issuing%s.cer", fj_alg_suffix(alg));
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &v->issuing[alg], err);
	if (rc == FJ_E_NOTFOUND && alg != FJ_ES256)
		return FJ_OK;
	FJ_TRY(rc);
	snprintf(path, sizeof(path), "publish/signer/ocsp%s.pem", fj_alg_suffix(alg));
	return fj_file_read(AT_FDCWD, path, &v->ocsp[alg], err);
}

static enum fj_rc load(struct ver_view *v, json_t **notes, struct fj_err *err)
{
	FJ_TRY(fj_dir_open(AT_FDCWD, "publish/trust", &v->dir, err));
	FJ_TRY(ver_trust_load_dir(v->dir, ".", &v->trust, notes, err));
	FJ_TRY(load_responder(v, FJ_ES256, err));
	return load_responder(v, FJ_SM2, err);
}

static enum fj_rc view_load(int64_t generation, struct ver_view **out, struct fj_err *err)
{
	struct ver_view *v = fj_alloc(1, sizeof(*v));
	json_t *list = NULL, *n;
	size_t i;

	if (v == NULL)
		return fj_no_memory(err, "verify");
	v->generation = generation;
	v->users = 1;
	v->dir = -1;
	enum fj_rc rc = load(v, &list, err);
	FJ_AUTO(json) notes = list;
	if (rc != FJ_OK) {
		view_free(v);
		return rc;
	}
	json_array_foreach(notes, i, n)
		fj_log(FJ_LOG_WARN, "published file skipped: %s", json_string_value(n));
	*out = v;
	return FJ_OK;
}

static void drop(struct ver_view *v)
{
	if (v != NULL && --v->users == 0)
		view_free(v);
}

enum fj_rc ver_view_take(struct ver_published *p, struct ver_view **out, struct fj_err *err)
{
	struct ver_view *fresh = NULL;
	enum fj_rc rc = FJ_OK;

	pthread_mutex_lock(&p->lock);
	int64_t now = newest(p);
	if (p->view == NULL || p->view->generation != now) {
		rc = now < 0 ? fj_fail(err, FJ_E_UNAVAILABLE, "verify", NULL, "nothing is published yet") : view_load(now, &fresh, err);
		if (rc == FJ_OK) {
			drop(p->view);
			p->view = fresh;
		}
	}
	if (rc == FJ_OK) {
		p->view->users++;
		*out = p->view;
	}
	pthread_mutex_unlock(&p->lock);
	return rc;
}

void ver_view_give(struct ver_published *p, struct ver_view *v)
{
	pthread_mutex_lock(&p->lock);
	drop(v);
	pthread_mutex_unlock(&p->lock);
}

enum fj_rc ver_published_open(struct ver_published **out, struct fj_err *err)
{
	struct ver_published *p = fj_alloc(1, sizeof(*p));

	if (p == NULL)
		return fj_no_memory(err, "verify");
	pthread_mutex_init(&p->lock, NULL);
	p->file.fd = -1;
	*out = p;
	return FJ_OK;
}

void ver_published_close(struct ver_published *p)
{
	if (p == NULL)
		return;
	drop(p->view);
	fj_watch_close(&p->file);
	pthread_mutex_destroy(&p->lock);
	fj_free(p);
}
