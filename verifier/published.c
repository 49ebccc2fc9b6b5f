/*
 * published.c - the publication of a home, by generation.
 *
 * Each call looks at publish/generation; when it has risen, the caller loads the
 * new publication before it gets an answer, so a revocation that was published
 * bites at once.  Who holds the old view finishes with it.  A view that can't be
 * loaded is nobody's: the error is the answer, never the view before.  One that
 * was loaded in part is used (what it lacks is unknown, never good) and loaded again.
 */
#include "verifier/published.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "verifier/internal.h"

#define PARTIAL_MS 1000

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
	for (size_t k = 0; k < v->n_by; k++) {
		fj_buf_release(&v->by[k].ca);
		fj_buf_release(&v->by[k].own);
	}
	fj_free(v);
}

/* --- OCSP --- */

static enum fj_rc add_ca(struct ver_view *v, const char *path, bool newest, struct fj_err *err)
{
	struct ver_responder *r = &v->by[v->n_by++]; /* released with the rest */

	fj_buf_init(&r->ca, FJ_X509_MAX);
	fj_buf_init(&r->own, FJ_X509_MAX);
	r->newest = newest;
	FJ_TRY(fj_file_read(AT_FDCWD, path, &r->ca, err));
	return fj_x509_read(fj_buf_slice(&r->ca), &r->x, err);
}

static bool ca_path(enum fj_alg alg, unsigned generation, char path[64])
{
	char file[FJ_CA_FILE_CAP];

	fj_ca_file(alg, generation, file);
	snprintf(path, 64, "publish%s", file);
	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

/* from the newest on; a home without the hierarchy has none */
static enum fj_rc add_generations(struct ver_view *v, enum fj_alg alg, struct fj_err *err)
{
	unsigned n = 1;
	char path[64];

	while (n < FJ_MAX_CAS && ca_path(alg, n + 1, path))
		n++;
	if (!ca_path(alg, 1, path) && alg != FJ_ES256)
		return FJ_OK;
	for (unsigned g = n; g >= 1; g--) {
		(void)ca_path(alg, g, path);
		FJ_TRY(add_ca(v, path, g == n, err));
	}
	return FJ_OK;
}

/* to the CA whose key certified it, in the place of an older one */
static enum fj_rc add_responder(struct ver_view *v, struct fj_slice der, struct fj_err *err)
{
	struct fj_x509 x;

	FJ_TRY(fj_x509_read(der, &x, err));
	for (size_t k = 0; k < v->n_by; k++) {
		struct ver_responder *r = &v->by[k];
		if (!fj_slice_eq(r->x.ski, x.aki) || !fj_slice_eq(r->x.subject, x.issuer) || (r->own.len > 0 && x.not_before <= r->from))
			continue;
		fj_buf_clear(&r->own);
		if (fj_buf_put(&r->own, der.p, der.len) != FJ_OK)
			return fj_no_memory(err, "verify");
		r->from = x.not_before;
		r->to = x.not_after;
	}
	return FJ_OK;
}

/* signer/ocsp*.pem */
static enum fj_rc add_responders(struct ver_view *v, struct fj_err *err)
{
	FJ_AUTO(dir) d = NULL;
	const struct dirent *e;

	FJ_TRY(fj_dir_list(AT_FDCWD, "publish/signer", &d, err));
	while ((e = readdir(d)) != NULL) {
		FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);
		FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_X509_MAX);
		size_t n = strlen(e->d_name);
		if (strncmp(e->d_name, "ocsp", 4) != 0 || n < 8 || strcmp(e->d_name + n - 4, ".pem") != 0)
			continue;
		FJ_TRY(fj_file_read(dirfd(d), e->d_name, &pem, err));
		struct fj_slice in = fj_buf_slice(&pem);
		FJ_TRY(ver_pem_next(&in, "CERTIFICATE", &der, err));
		FJ_TRY(add_responder(v, fj_buf_slice(&der), err));
	}
	return FJ_OK;
}

static enum fj_rc load(struct ver_view *v, json_t **notes, struct fj_err *err)
{
	FJ_TRY(fj_dir_open(AT_FDCWD, "publish/trust", &v->dir, err));
	FJ_TRY(ver_trust_load_dir(v->dir, ".", &v->trust, notes, err));
	for (enum fj_alg alg = FJ_ES256; alg < FJ_ALG_END; alg++)
		FJ_TRY(add_generations(v, alg, err));
	return add_responders(v, err);
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
	v->partial = json_array_size(notes) > 0;
	v->loaded = fj_boot_ms();
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

/* what was left out for want of a descriptor or memory, or by a disk that failed, may be there the next time */
static bool is_old(const struct ver_view *v, int64_t now)
{
	return v == NULL || v->generation != now || (v->partial && fj_boot_ms() - v->loaded > PARTIAL_MS);
}

enum fj_rc ver_view_take(struct ver_published *p, struct ver_view **out, struct fj_err *err)
{
	struct ver_view *fresh = NULL;
	enum fj_rc rc = FJ_OK;

	pthread_mutex_lock(&p->lock);
	int64_t now = newest(p);
	if (is_old(p->view, now)) {
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
