/*
 * ocsp.c - OCSP over HTTP (RFC 6960 appendix A, RFC 9919).
 *
 * What is not in public.db is unknown, never good; so is what another generation of the CA certified, since one name has
 * several keys and a request names one.  A foreign issuer is unauthorized, and a generation whose key is gone is too (nobody
 * can answer for it any more: its CRLs remain), a malformed request malformedRequest; a publication whose lists have
 * ended, and a signer that is away, make tryLater, and so does one that refuses, with
 * a line in the log: the publisher signs a CRL before it writes the row, so for a
 * moment the signer remembers what the row does not say yet.  Neither is cached, here
 * or by the asker.
 */
#include "base/log.h"
#include "verifier/service/service.h"

#define LIFE CA_OCSP_LIFE
#define TYPE "application/ocsp-response"

static enum fj_rc look_up(struct svc *s, const struct fj_x509 *ca, struct ca_ocsp_id *id, struct fj_err *err)
{
	struct svc_row row;
	char hex[33];

	id->state = CA_OCSP_UNKNOWN;
	if (!id->our_issuer || !id->serial_ok)
		return FJ_OK;
	fj_hex(id->serial.b, sizeof(id->serial.b), hex);
	enum fj_rc rc = svc_serial(s, ca, hex, &row, err);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	id->state = row.reason == 0 ? CA_OCSP_GOOD : CA_OCSP_REVOKED;
	id->revoked_at = row.revoked_at;
	id->reason = row.reason;
	return FJ_OK;
}

/* an answer that waits for its signature */
struct unsigned_answer {
	struct svc *s;
	struct svc_signing w;
	struct fj_buf own;     /* the responder's certificate */
	struct fj_buf request; /* by which it is kept; empty: it is not */
	int64_t generation;
};

static void unsigned_free(struct unsigned_answer *u)
{
	if (u == NULL)
		return;
	fj_buf_release(&u->w.tbs);
	fj_buf_release(&u->own);
	fj_buf_release(&u->request);
	fj_free(u);
}
FJ_DEFINE_AUTO_PTR(unsigned_answer, struct unsigned_answer, unsigned_free)

static enum fj_rc make(struct svc *s, const struct ver_responder *by, struct ca_ocsp_req *req, struct unsigned_answer **out, struct fj_err *err)
{
	FJ_AUTO(unsigned_answer) u = fj_alloc(1, sizeof(*u));
	fj_time now = fj_now();

	if (u == NULL)
		return fj_no_memory(err, "verifier");
	u->s = s;
	u->w.alg = by->x.alg;
	fj_buf_init(&u->w.tbs, 65536);
	fj_buf_init(&u->own, FJ_X509_MAX);
	fj_buf_init(&u->request, 65536);
	for (size_t i = 0; i < req->n; i++)
		FJ_TRY(look_up(s, &by->x, &req->id[i], err));
	if (fj_buf_put(&u->own, by->own.data, by->own.len) != FJ_OK)
		return fj_no_memory(err, "verifier");
	FJ_TRY(ca_ocsp_tbs(req, fj_buf_slice(&u->own), now, now + LIFE, &u->w.tbs, err));
	*out = fj_move(u);
	return FJ_OK;
}

/* what is not known yet may be issued the next moment */
static bool all_known(const struct ca_ocsp_req *req)
{
	for (size_t i = 0; i < req->n; i++)
		if (req->id[i].state == CA_OCSP_UNKNOWN)
			return false;
	return true;
}

static bool foreign(const struct ca_ocsp_req *req)
{
	for (size_t i = 0; i < req->n; i++)
		if (!req->id[i].our_issuer)
			return true;
	return false;
}

/* the unsigned answer that fits a failure (RFC 6960 2.3) */
static int status_of(const struct fj_err *err)
{
	switch (err->rc) {
	case FJ_E_PARSE:
	case FJ_E_LIMIT:
		return 1;
	case FJ_E_UNAVAILABLE:
	case FJ_E_TIMEOUT:
	case FJ_E_BUSY:
	case FJ_E_TPM:
	case FJ_E_POLICY:
		return 3;
	default:
		return 2;
	}
}

/* the generation of our CA that the request is about; NULL: none */
static enum fj_rc asked_of(const struct ver_view *v, struct fj_slice request, struct ca_ocsp_req *req, const struct ver_responder **by, struct fj_err *err)
{
	*by = NULL;
	for (size_t k = 0; k < v->n_by && *by == NULL; k++) { /* one request is about one */
		FJ_TRY(ca_ocsp_parse(request, fj_buf_slice(&v->by[k].ca), req, err));
		*by = foreign(req) ? NULL : &v->by[k];
	}
	return FJ_OK;
}

/* *u: it waits for its signature; NULL: *out is whole */
static enum fj_rc answer(struct svc *s, const struct ver_view *v, struct fj_slice request, struct fj_buf *out, struct unsigned_answer **u, struct fj_err *err)
{
	struct ca_ocsp_req req;
	const struct ver_responder *by;
	fj_time now = fj_now();

	if (svc_stale(v))
		return fj_fail(err, FJ_E_UNAVAILABLE, "verifier", "RFC 6960 2.3", "the last publication has ended");
	FJ_TRY(asked_of(v, request, &req, &by, err));
	bool answers = by != NULL && by->own.len > 0 && now <= by->to;
	if (by != NULL && !answers && by->newest)
		return fj_fail(err, FJ_E_UNAVAILABLE, "verifier", "RFC 6960 4.2.2.2", "there is no valid responder's certificate under the issuing CA");
	if (!answers)
		return ca_ocsp_error(6, out, err);
	FJ_TRY(make(s, by, &req, u, err));
	(*u)->generation = v->partial ? -1 : v->generation;
	if (req.nonce.len == 0 && all_known(&req) && fj_buf_put(&(*u)->request, request.p, request.len) != FJ_OK)
		return fj_no_memory(err, "verifier");
	return svc_sign_place(s, err);
}

static void say_failure(struct web_res *r, struct fj_err *err)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(64);

	if (status_of(err) != 1 && err->rc != FJ_E_BUSY)
		fj_log_err(FJ_LOG_ERROR, "OCSP", err);
	if (ca_ocsp_error(status_of(err), &out, err) != FJ_OK)
		r->status = 500;
	web_bytes(r, TYPE, fj_buf_slice(&out), 0);
}

static void begin(void *arg)
{
	struct unsigned_answer *u = arg;

	svc_sign(u->s, &u->w);
}

static void end(struct web_req *q, struct web_res *r, void *arg)
{
	FJ_AUTO(unsigned_answer) u = arg;
	FJ_AUTO(buf) out = FJ_BUF_INIT(131072);
	struct fj_slice key = fj_buf_slice(&u->request);

	if (r == NULL)
		return;
	if (u->w.err.rc != FJ_OK || ca_ocsp_assemble(fj_buf_slice(&u->w.tbs), FJ_SLICE(u->w.item.sig, u->w.item.sig_len), fj_buf_slice(&u->own), &out, &u->w.err) != FJ_OK) {
		say_failure(r, &u->w.err);
		return;
	}
	web_bytes(r, TYPE, fj_buf_slice(&out), key.len > 0 ? LIFE / 12 : 0);
	if (key.len > 0)
		svc_keep(u->s, key, u->generation, fj_now() + LIFE / 2, q, r);
}

static void respond(struct web_req *q, struct web_res *r, struct fj_slice request)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(64);
	FJ_AUTO(unsigned_answer) u = NULL;
	struct svc *s = web_app(q);
	struct ver_view *v = NULL;
	struct fj_err err = {0};

	enum fj_rc rc = svc_view_take(s, &v, &err);
	if (rc == FJ_OK) {
		r->kept = svc_stale(v) ? NULL : svc_kept(s, request, v->generation);
		rc = r->kept != NULL ? FJ_OK : answer(s, v, request, &out, &u, &err);
		svc_view_give(s, v);
	}
	if (r->kept != NULL)
		return;
	if (rc != FJ_OK) {
		say_failure(r, &err);
	} else if (u == NULL) {
		web_bytes(r, TYPE, fj_buf_slice(&out), 0);
	} else {
		u->w.q = q;
		web_later(q, (struct web_later){begin, end, u});
		u = NULL;
	}
}

void svc_ocsp_post(struct web_req *q, struct web_res *r)
{
	respond(q, r, web_body(q));
}

/* GET {base64 of the request, with / + = percent-encoded} */
void svc_ocsp_get(struct web_req *q, struct web_res *r)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(8192);
	const char *b64 = web_path(q) + strlen("/ocsp/");

	if (fj_b64_get(b64, strlen(b64), &der) != FJ_OK)
		fj_buf_clear(&der);
	respond(q, r, fj_buf_slice(&der));
}
