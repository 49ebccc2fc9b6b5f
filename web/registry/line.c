/*
 * line.c - the line to the supervisor: what it reads for us, and what it sees and we don't.
 *
 * A sandboxed registry opens no file beyond the home, and its user may not read the
 * portal's key at all.  So the supervisor reads certificate and key, at the start and
 * whenever it is told to read anew, and hands them over here; it also says what is wrong
 * with the configuration or the logs, which it alone sees.  Frames of kind 1 are
 * {"op": …} and are answered; one of kind 2 ends what comes before we start.  At the
 * start a certificate that only browsers would warn of is shown all the same, and told;
 * later it does not replace the one that serves.
 */
#include "web/registry/registry.h"

#include <poll.h>
#include <unistd.h>

#include "base/ipc.h"
#include "base/log.h"
#include "base/secret.h"
#include "web/http/tls.h"

#define FIRST_MS 10000

struct line {
	int fd; /* -1: nobody is at the other end */
	bool first;
	struct iss *i;         /* NULL until the register is open */
	struct portal *portal; /* NULL: none */
	struct web_tls *tls;   /* that came before there was a portal */
	struct fj_err fault[ISS_MATTERS];
};

static enum fj_rc read_tls(const json_t *in, struct web_tls **out, struct fj_err *err)
{
	const char *cert = fj_json_peek(in, "cert"), *key = fj_json_peek(in, "key");

	if (cert == NULL || key == NULL)
		return fj_fail(err, FJ_E_PROTO, "registry", NULL, "a certificate came without its key");
	return web_tls_read(fj_slice_str(cert), fj_slice_str(key), out, err);
}

static void tell_end(struct line *l, const struct web_tls *t)
{
	struct web_tls_state s;

	web_tls_state(t, &s);
	if (l->i != NULL && s.there)
		iss_tell_tls(l->i, s.until);
}

static void tell(struct line *l, enum iss_matter m, const struct fj_err *fault)
{
	l->fault[m] = *fault;
	if (l->i != NULL)
		iss_tell(l->i, m, fault);
}

static enum fj_rc show(struct line *l, struct web_tls **t, struct fj_err *err)
{
	tell_end(l, *t);
	if (l->portal == NULL) {
		web_tls_free(l->tls);
		l->tls = fj_move(*t);
		return FJ_OK;
	}
	return portal_certificate(l->portal, t, err);
}

static enum fj_rc take_tls(struct line *l, const json_t *in, struct fj_err *err)
{
	FJ_AUTO(web_tls) t = NULL;
	struct fj_err fault = {.rc = FJ_OK};
	enum fj_rc rc = read_tls(in, &t, &fault);
	bool can = rc == FJ_OK;

	if (can)
		rc = web_tls_fits(t, fj_json_text(in, "host"), &fault);
	if (rc == FJ_OK)
		fault.rc = FJ_OK;
	tell(l, ISS_TLS, &fault);
	if (can && (rc == FJ_OK || l->first))
		return show(l, &t, err);
	if (!l->first) {
		*err = fault;
		return rc;
	}
	fj_log_err(FJ_LOG_ERROR, "the portal is not served", &fault);
	return FJ_OK;
}

/* only looked at: what `fujie config check` asks */
static enum fj_rc check_tls(const json_t *in, struct fj_err *err)
{
	FJ_AUTO(web_tls) t = NULL;

	FJ_TRY(read_tls(in, &t, err));
	return web_tls_fits(t, fj_json_text(in, "host"), err);
}

/* {"op":"told","what":"conf","en","zh"}; en "" takes it back */
static enum fj_rc take_told(struct line *l, const json_t *in, struct fj_err *err)
{
	struct fj_err fault = {.rc = FJ_OK};

	for (int m = 0; m < ISS_MATTERS; m++) {
		if (strcmp(fj_json_text(in, "what"), iss_matter_name((enum iss_matter)m)) != 0)
			continue;
		if (fj_json_text(in, "en")[0] != '\0') {
			fj_fail(&fault, FJ_E_INVALID, "supervisor", NULL, "%s", fj_json_text(in, "en"));
			fj_err_zh(&fault, "%s", fj_json_text(in, "zh"));
		}
		tell(l, (enum iss_matter)m, &fault);
		return FJ_OK;
	}
	return fj_fail(err, FJ_E_PROTO, "registry", NULL, "the supervisor tells of what is not known here");
}

static enum fj_rc act(struct line *l, struct fj_slice body, struct fj_err *err)
{
	FJ_AUTO(json) in = NULL;

	FJ_TRY(fj_json_parse(body, FJ_IPC_MAX, &in, err));
	const char *op = fj_json_text(in, "op");
	if (strcmp(op, "tls") == 0)
		return take_tls(l, in, err);
	if (strcmp(op, "tls-check") == 0)
		return check_tls(in, err);
	if (strcmp(op, "told") == 0)
		return take_told(l, in, err);
	return fj_fail(err, FJ_E_PROTO, "registry", NULL, "the supervisor asks what is not known here");
}

static enum fj_rc reply(struct line *l, uint64_t id, enum fj_rc rc, struct fj_err *why, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8192);
	FJ_AUTO(json) j = NULL;

	why->rc = rc;
	j = rc == FJ_OK ? json_pack("{s:b}", "ok", 1) : fj_err_reply(why);
	FJ_TRY(fj_json_canonical(j, &text, err));
	return fj_ipc_send(l->fd, 1, id, fj_buf_slice(&text), err);
}

/* *more: it was one of kind 1 */
static enum fj_rc one(struct line *l, bool *more, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	struct fj_err why = {0};

	FJ_TRY(fj_ipc_recv(l->fd, &f, FIRST_MS, err));
	*more = f.kind == 1;
	if (!*more)
		return FJ_OK;
	enum fj_rc rc = act(l, fj_buf_slice(&f.body), &why);
	fj_wipe(f.body.data, f.body.len); /* a key was in it */
	return reply(l, f.id, rc, &why, err);
}

enum fj_rc line_open(int fd, struct line **out, struct fj_err *err)
{
	struct line *l = fj_alloc(1, sizeof(*l));
	bool more = fd >= 0;
	enum fj_rc rc = FJ_OK;

	if (l == NULL)
		return fj_no_memory(err, "registry");
	l->fd = fd;
	l->first = true;
	while (rc == FJ_OK && more)
		rc = one(l, &more, err);
	l->first = false;
	if (rc != FJ_OK) {
		line_close(l);
		return rc;
	}
	*out = l;
	return FJ_OK;
}

enum fj_rc line_join(struct line *l, struct iss *i, struct portal *portal, struct fj_err *err)
{
	l->i = i;
	l->portal = portal;
	for (int m = 0; m < ISS_MATTERS; m++)
		iss_tell(i, (enum iss_matter)m, &l->fault[m]);
	tell_end(l, l->tls);
	if (l->tls == NULL || portal == NULL)
		return FJ_OK;
	return portal_certificate(portal, &l->tls, err);
}

int line_fd(const struct line *l)
{
	return l->fd;
}

void line_take(struct line *l)
{
	struct fj_err err = {0};
	bool more;

	if (one(l, &more, &err) == FJ_OK)
		return;
	if (err.rc != FJ_E_UNAVAILABLE) /* the other end is gone, and we end with it */
		fj_log_err(FJ_LOG_ERROR, "the line to the supervisor is cut", &err);
	fj_fd_close(&l->fd);
}

void line_close(struct line *l)
{
	if (l == NULL)
		return;
	web_tls_free(l->tls);
	fj_fd_close(&l->fd);
	fj_free(l);
}
