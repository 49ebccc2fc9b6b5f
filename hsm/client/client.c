/*
 * client.c - asking the signer: one connection, requests in order.
 *
 * Answers come in the order of the requests; an id that does not match, a count
 * that differs or a field too long is a broken protocol and ends the connection.
 *
 * The signer's listening socket is the supervisor's and outlives the signer, so
 * a connection alone does not say that anybody is there: a new one is greeted,
 * and waits for that answer as long as a signer needs that starts anew.  One
 * that did not greet is not waited for again at once: with the TPM gone, all who
 * ask are told so, instead of queueing up behind each other's patience; any answer
 * on any connection shows that it is there again.
 */
#include "base/limits.h"
#include "hsm/client/client.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/ipc.h"
#include "base/spare.h"

/* A round is what the TPM signs in a third of a second, at least 4 items and 32 the
 * first time (issuer/pipeline.c): even a TPM that needs a second for each has answered
 * by then.  A signer that hangs is noticed within the minute. */
#define ANSWER_MS 60000
#define GREETING_MS 5000
#define AWAY_MS 3000

struct hsm_conn {
	int fd;
	uint64_t next, due; /* ids sent, ids answered or given up */
};

void hsm_close(struct hsm_conn *c)
{
	if (c == NULL)
		return;
	close(c->fd);
	fj_free(c);
}

bool hsm_ended(const struct hsm_conn *c)
{
	char b;

	if (c->next != c->due)
		return false;
	ssize_t n = recv(c->fd, &b, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

static enum fj_rc put_approvals(struct fj_buf *b, const struct hsm_approval *a, size_t n)
{
	FJ_TRY(fj_put_u32(b, (uint32_t)n));
	for (size_t i = 0; i < n; i++) {
		FJ_TRY(fj_put_str(b, a[i].officer));
		FJ_TRY(fj_put_str(b, a[i].role));
		FJ_TRY(fj_put_u64(b, (uint64_t)a[i].at));
		FJ_TRY(fj_put_bytes(b, FJ_SLICE(a[i].sig, a[i].sig_len)));
	}
	return FJ_OK;
}

static enum fj_rc put_sign(struct fj_buf *b, const struct hsm_request *r)
{
	FJ_TRY(fj_put_u8(b, (uint8_t)r->role));
	FJ_TRY(fj_put_u8(b, (uint8_t)r->kind));
	FJ_TRY(fj_buf_put(b, r->intent.b, FJ_SHA256_LEN));
	FJ_TRY(put_approvals(b, r->approvals, r->n_approvals));
	FJ_TRY(fj_put_u32(b, (uint32_t)r->n_items));
	for (size_t i = 0; i < r->n_items; i++) {
		FJ_TRY(fj_buf_put(b, r->items[i].id, 16));
		FJ_TRY(fj_put_bytes(b, r->items[i].tbs));
	}
	return FJ_OK;
}

static enum fj_rc send_body(struct hsm_conn *c, enum hsm_msg kind, const struct fj_buf *b, struct fj_err *err)
{
	return fj_ipc_send(c->fd, (uint16_t)kind, c->next++, fj_buf_slice(b), err);
}

enum fj_rc hsm_send(struct hsm_conn *c, const struct hsm_request *r, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	if (r->n_items < 1 || r->n_items > HSM_MAX_ITEMS || r->n_approvals > HSM_MAX_APPROVALS ||
	    c->next - c->due >= HSM_PIPELINE)
		return fj_fail(err, FJ_E_INTERNAL, "hsm", NULL, "a request has too many items or approvals, or too many wait");
	enum fj_rc rc = put_sign(&b, r);
	if (rc != FJ_OK)
		return fj_fail(err, rc, "hsm", NULL, "a request to the signer is over %u octets", FJ_IPC_MAX);
	return send_body(c, HSM_MSG_SIGN, &b, err);
}

static enum fj_rc broken(struct fj_err *err)
{
	return fj_fail(err, FJ_E_PROTO, "hsm", NULL, "the signer's answer is malformed");
}

static atomic_int_least64_t away_until; /* boot clock */

/* the next answer; a refusal of the whole request becomes ours */
static enum fj_rc recv_body(struct hsm_conn *c, enum hsm_msg kind, int wait_ms, struct fj_frame *f, struct fj_err *err)
{
	struct fj_rd r;
	uint8_t rc;
	char cite[64], why[320], zh[480];

	uint64_t id = c->due++; /* also when it fails: its late answer is not to pass for the next */
	FJ_TRY(fj_ipc_recv(c->fd, f, wait_ms, err));
	if (f->id != id)
		return broken(err);
	atomic_store(&away_until, 0);
	if (f->kind == kind)
		return FJ_OK;
	fj_rd_init(&r, fj_buf_slice(&f->body));
	if (f->kind != HSM_MSG_ERROR || fj_get_u8(&r, &rc) != FJ_OK || rc == FJ_OK || rc >= FJ_RC_COUNT ||
	    fj_get_str(&r, cite, sizeof(cite)) != FJ_OK || fj_get_str(&r, why, sizeof(why)) != FJ_OK)
		return broken(err);
	enum fj_rc out = fj_fail(err, (enum fj_rc)rc, "signer", cite, "%s", why);
	if (fj_get_str(&r, zh, sizeof(zh)) == FJ_OK && zh[0] != '\0')
		fj_err_zh(err, "%s", zh);
	else if (out == FJ_E_STATE && kind == HSM_MSG_QUORUM_SIGN)
		fj_err_zh(err, "该结构已不在等待批准（已签名、已超时或者签名服务已重新启动）；请重新开始，并重新批准");
	else if (out == FJ_E_STATE)
		fj_err_zh(err, kind == HSM_MSG_RESTORE ? "签名服务没有关闭，无需恢复"
		    : "签名服务已关闭，不再签名：其存储或 TPM 被还原为较早的状态；请查明原因，再由两名经办人执行 fujie log restore");
	return out;
}

static enum fj_rc away(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_TIMEOUT, "hsm", NULL, "the signer does not answer: its TPM may be gone; it is started again and again, try later",
	    "签名服务没有应答（TPM 可能不可用）；系统会不断尝试重新启动，请稍后再试");
}

static enum fj_rc greet(struct hsm_conn *c, struct fj_err *err)
{
	FJ_AUTO(buf) nothing = FJ_BUF_INIT(16);
	FJ_AUTO(frame) f = {0};

	if (fj_boot_ms() < atomic_load(&away_until))
		return away(err);
	FJ_TRY(send_body(c, HSM_MSG_STATUS, &nothing, err));
	enum fj_rc rc = recv_body(c, HSM_MSG_STATUS, GREETING_MS, &f, err);
	if (rc == FJ_OK || f.kind == HSM_MSG_ERROR) /* it says why it can't start */
		return rc;
	atomic_store(&away_until, fj_boot_ms() + AWAY_MS);
	return rc == FJ_E_TIMEOUT || rc == FJ_E_UNAVAILABLE ? away(err) : rc;
}

enum fj_rc hsm_connect(int dirfd, const char *name, struct hsm_conn **out, struct fj_err *err)
{
	struct hsm_conn *c = fj_alloc(1, sizeof(*c));

	if (c == NULL)
		return fj_no_memory(err, "hsm");
	enum fj_rc rc = fj_ipc_connect(dirfd, name, &c->fd, err);
	if (rc == FJ_OK) {
		rc = greet(c, err);
		if (rc != FJ_OK)
			close(c->fd);
	}
	if (rc != FJ_OK) {
		fj_free(c);
		return rc;
	}
	*out = c;
	return FJ_OK;
}

static enum fj_rc read_items(struct fj_rd *r, struct hsm_request *req)
{
	uint32_t n;
	uint8_t rc;
	struct fj_slice sig;

	FJ_TRY(fj_get_u32(r, &n));
	if (n != req->n_items)
		return FJ_E_PROTO;
	for (size_t i = 0; i < n; i++) {
		struct hsm_item *it = &req->items[i];
		FJ_TRY(fj_get_u8(r, &rc));
		FJ_TRY(fj_get_str(r, it->why, sizeof(it->why)));
		FJ_TRY(fj_get_bytes(r, sizeof(it->sig), &sig));
		if (rc >= FJ_RC_COUNT || (rc == FJ_OK) != (sig.len > 0))
			return FJ_E_PROTO;
		it->rc = (enum fj_rc)rc;
		it->sig_len = sig.len;
		if (sig.len > 0)
			memcpy(it->sig, sig.p, sig.len);
	}
	return fj_rd_end(r);
}

enum fj_rc hsm_recv(struct hsm_conn *c, struct hsm_request *req, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;

	FJ_TRY(recv_body(c, HSM_MSG_SIGN, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	return read_items(&r, req) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc hsm_sign(struct hsm_conn *c, struct hsm_request *r, struct fj_err *err)
{
	FJ_TRY(hsm_send(c, r, err));
	return hsm_recv(c, r, err);
}

static enum fj_rc ask(struct hsm_conn *c, enum hsm_msg kind, const struct fj_buf *b, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;
	struct fj_slice s;

	FJ_TRY(send_body(c, kind, b, err));
	FJ_TRY(recv_body(c, kind, ANSWER_MS, &f, err));
	if (out == NULL)
		return FJ_OK;
	fj_rd_init(&r, fj_buf_slice(&f.body));
	if (fj_get_bytes(&r, FJ_IPC_MAX, &s) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return broken(err);
	return fj_buf_put(out, s.p, s.len) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc hsm_public_key(struct hsm_conn *c, unsigned key, struct fj_buf *spki, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);

	FJ_TRY(fj_put_u8(&b, (uint8_t)key));
	return ask(c, HSM_MSG_PUBKEY, &b, spki, err);
}

enum fj_rc hsm_status(struct hsm_conn *c, json_t **out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);
	FJ_AUTO(buf) text = FJ_BUF_INIT(HSM_STATUS_MAX);

	FJ_TRY(ask(c, HSM_MSG_STATUS, &b, &text, err));
	return fj_json_parse(fj_buf_slice(&text), HSM_STATUS_MAX, out, err);
}

enum fj_rc hsm_ceremony_open(struct hsm_conn *c, struct fj_slice policy_json, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);

	FJ_TRY(fj_put_bytes(&b, policy_json));
	return ask(c, HSM_MSG_CEREMONY_OPEN, &b, NULL, err);
}

enum fj_rc hsm_ceremony_close(struct hsm_conn *c, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);

	return ask(c, HSM_MSG_CEREMONY_CLOSE, &b, NULL, err);
}

enum fj_rc hsm_former(struct hsm_conn *c, const struct fj_ca_request *r, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_CA_REQUEST_MAX + 1024);

	FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&r->text)));
	FJ_TRY(fj_put_u8(&b, r->sm2 ? 2 : 1));
	for (enum fj_alg a = FJ_ES256; a <= fj_last_alg(r->sm2); a++) {
		FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&r->sig[a])));
		FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&r->former[a])));
	}
	return ask(c, HSM_MSG_FORMER, &b, NULL, err);
}

enum fj_rc hsm_ca_cert(struct hsm_conn *c, enum fj_alg alg, struct fj_slice cert, const struct fj_slice *newer, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT((n + 1) * (FJ_X509_MAX + 16));

	FJ_TRY(fj_put_u8(&b, (uint8_t)alg));
	FJ_TRY(fj_put_bytes(&b, cert));
	for (size_t k = 0; k < n; k++)
		FJ_TRY(fj_put_bytes(&b, newer[k]));
	return ask(c, HSM_MSG_CA_CERT, &b, NULL, err);
}

enum fj_rc hsm_clock_offset(struct hsm_conn *c, int64_t offset, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);

	FJ_TRY(fj_put_u64(&b, (uint64_t)offset));
	return ask(c, HSM_MSG_CLOCK_OFFSET, &b, NULL, err);
}

enum fj_rc hsm_clock_reset(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, HSM_MSG_CLOCK_RESET, &b, NULL, err);
}

/* --- rollover --- */

enum fj_rc hsm_key_new(struct hsm_conn *c, enum hsm_role role, const struct hsm_approval *a, size_t n, struct fj_buf *spki, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(fj_put_u8(&b, (uint8_t)role));
	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, HSM_MSG_KEY_NEW, &b, spki, err);
}

enum fj_rc hsm_key_end(struct hsm_conn *c, enum hsm_role role, uint8_t generation, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(fj_put_u8(&b, (uint8_t)role));
	FJ_TRY(fj_put_u8(&b, generation));
	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, HSM_MSG_KEY_END, &b, NULL, err);
}

/* --- the public log --- */

static enum fj_rc put_checkpoint(struct fj_buf *b, struct fj_slice text, const struct fj_hash *proof, size_t n)
{
	FJ_TRY(fj_put_bytes(b, text));
	FJ_TRY(fj_put_u32(b, (uint32_t)n));
	for (size_t i = 0; i < n; i++)
		FJ_TRY(fj_buf_put(b, proof[i].b, FJ_SHA256_LEN));
	return FJ_OK;
}

enum fj_rc hsm_checkpoint(struct hsm_conn *c, struct fj_slice text, const struct fj_hash *proof, size_t n, struct hsm_checkpoint *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(65536);
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;
	struct fj_slice ed, ec, id;
	uint32_t n_lines;

	enum fj_rc rc = put_checkpoint(&b, text, proof, n);
	if (rc != FJ_OK)
		return fj_fail(err, rc, "hsm", NULL, "a checkpoint or its proof is too large");
	FJ_TRY(send_body(c, HSM_MSG_CHECKPOINT, &b, err));
	FJ_TRY(recv_body(c, HSM_MSG_CHECKPOINT, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	if (fj_get_raw(&r, sizeof(out->ed25519), &ed) != FJ_OK || fj_get_u32(&r, &n_lines) != FJ_OK || n_lines < 1 || n_lines > FJ_ARRAY_LEN(out->ecdsa))
		return broken(err);
	memcpy(out->ed25519, ed.p, ed.len);
	for (out->n = 0; out->n < n_lines; out->n++) {
		if (fj_get_raw(&r, sizeof(out->ecdsa[0].id), &id) != FJ_OK || fj_get_bytes(&r, sizeof(out->ecdsa[0].der), &ec) != FJ_OK)
			return broken(err);
		memcpy(out->ecdsa[out->n].id, id.p, id.len);
		memcpy(out->ecdsa[out->n].der, ec.p, ec.len);
		out->ecdsa[out->n].len = ec.len;
	}
	if (fj_rd_end(&r) != FJ_OK)
		return broken(err);
	return FJ_OK;
}

enum fj_rc hsm_log_head(struct hsm_conn *c, uint64_t *size, struct fj_hash *root, struct fj_err *err)
{
	FJ_AUTO(buf) nothing = FJ_BUF_INIT(16);
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;
	struct fj_slice h;

	FJ_TRY(send_body(c, HSM_MSG_LOG_HEAD, &nothing, err));
	FJ_TRY(recv_body(c, HSM_MSG_LOG_HEAD, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	if (fj_get_u64(&r, size) != FJ_OK || fj_get_raw(&r, FJ_SHA256_LEN, &h) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return broken(err);
	memcpy(root->b, h.p, FJ_SHA256_LEN);
	return FJ_OK;
}

enum fj_rc hsm_restore(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, HSM_MSG_RESTORE, &b, NULL, err);
}

/* --- the root under its officers --- */

static enum fj_rc read_challenge(struct hsm_conn *c, enum hsm_msg msg, struct hsm_challenge *out, struct fj_err *err)
{
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;
	struct fj_slice nonce, public;

	FJ_TRY(recv_body(c, msg, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	if (fj_get_u8(&r, &out->id) != FJ_OK || fj_get_raw(&r, sizeof(out->nonce), &nonce) != FJ_OK || fj_get_bytes(&r, 1024, &public) != FJ_OK ||
	    fj_get_u32(&r, &out->expiration) != FJ_OK || fj_rd_end(&r) != FJ_OK || fj_buf_put(&out->public, public.p, public.len) != FJ_OK)
		return broken(err);
	memcpy(out->nonce, nonce.p, nonce.len);
	return FJ_OK;
}

enum fj_rc hsm_quorum_begin(struct hsm_conn *c, unsigned key, enum hsm_kind kind, struct fj_slice tbs, struct hsm_challenge *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	memset(out, 0, sizeof(*out));
	fj_buf_init(&out->public, 1024);
	FJ_TRY(fj_put_u8(&b, (uint8_t)key));
	FJ_TRY(fj_put_u8(&b, (uint8_t)kind));
	if (fj_put_bytes(&b, tbs) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "hsm", NULL, "a structure is too large to be signed");
	FJ_TRY(send_body(c, HSM_MSG_QUORUM_BEGIN, &b, err));
	return read_challenge(c, HSM_MSG_QUORUM_BEGIN, out, err);
}

static enum fj_rc put_officers(struct fj_buf *b, const struct hsm_officer_approval *a, size_t n)
{
	FJ_TRY(fj_put_u32(b, (uint32_t)n));
	for (size_t i = 0; i < n; i++) {
		FJ_TRY(fj_put_u8(b, a[i].officer));
		FJ_TRY(fj_buf_put(b, a[i].sig, sizeof(a[i].sig)));
	}
	return FJ_OK;
}

enum fj_rc hsm_quorum_sign(struct hsm_conn *c, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_buf *der, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(fj_put_u8(&b, id));
	FJ_TRY(put_officers(&b, a, n));
	return ask(c, HSM_MSG_QUORUM_SIGN, &b, der, err);
}

/* --- a root that follows --- */

enum fj_rc hsm_successor(struct hsm_conn *c, struct fj_slice signed_plan, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	FJ_TRY(fj_put_bytes(&b, signed_plan));
	return ask(c, HSM_MSG_SUCCESSOR, &b, NULL, err);
}

enum fj_rc hsm_pass(struct hsm_conn *c, const struct fj_slice *certs, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	FJ_TRY(fj_put_u32(&b, (uint32_t)n));
	for (size_t i = 0; i < n; i++)
		FJ_TRY(fj_put_bytes(&b, certs[i]));
	return ask(c, HSM_MSG_PASS, &b, NULL, err);
}

/* --- a root's way to the plan's spare --- */

enum fj_rc hsm_spare(struct hsm_conn *c, struct fj_buf *parent, struct fj_err *err)
{
	FJ_AUTO(buf) nothing = FJ_BUF_INIT(16);

	return ask(c, HSM_MSG_SPARE, &nothing, parent, err);
}

enum fj_rc hsm_import(struct hsm_conn *c, struct fj_slice signed_plan, const struct fj_move_file *f, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	FJ_TRY(fj_put_bytes(&b, signed_plan));
	FJ_TRY(fj_put_u32(&b, (uint32_t)f->n));
	for (size_t i = 0; i < f->n; i++) {
		FJ_TRY(fj_put_u8(&b, f->m[i].alg == FJ_SM2 ? HSM_ROOT_SM2 : HSM_ROOT));
		FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&f->m[i].public)));
		FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&f->m[i].private)));
		FJ_TRY(fj_put_bytes(&b, fj_buf_slice(&f->m[i].seed)));
	}
	return ask(c, HSM_MSG_IMPORT, &b, NULL, err);
}

enum fj_rc hsm_move_begin(struct hsm_conn *c, enum hsm_role role, struct hsm_challenge *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(16);

	memset(out, 0, sizeof(*out));
	fj_buf_init(&out->public, 1024);
	FJ_TRY(fj_put_u8(&b, (uint8_t)role));
	FJ_TRY(send_body(c, HSM_MSG_MOVE_BEGIN, &b, err));
	return read_challenge(c, HSM_MSG_MOVE_BEGIN, out, err);
}

static enum fj_rc get_part(struct fj_rd *r, struct fj_buf *out)
{
	struct fj_slice s;

	FJ_TRY(fj_get_bytes(r, out->max, &s));
	fj_buf_clear(out);
	return fj_buf_put(out, s.p, s.len);
}

enum fj_rc hsm_move(struct hsm_conn *c, enum hsm_role role, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_moved *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
	FJ_AUTO(frame) f = {0};
	struct fj_rd r;

	FJ_TRY(fj_put_u8(&b, (uint8_t)role));
	FJ_TRY(fj_put_u8(&b, id));
	FJ_TRY(put_officers(&b, a, n));
	FJ_TRY(send_body(c, HSM_MSG_MOVE, &b, err));
	FJ_TRY(recv_body(c, HSM_MSG_MOVE, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	return get_part(&r, &out->public) == FJ_OK && get_part(&r, &out->private) == FJ_OK && get_part(&r, &out->seed) == FJ_OK && fj_rd_end(&r) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc hsm_unseal_begin(struct hsm_conn *c, struct hsm_challenge *out, struct fj_err *err)
{
	FJ_AUTO(buf) nothing = FJ_BUF_INIT(16);

	memset(out, 0, sizeof(*out));
	fj_buf_init(&out->public, 1024);
	FJ_TRY(send_body(c, HSM_MSG_UNSEAL_BEGIN, &nothing, err));
	return read_challenge(c, HSM_MSG_UNSEAL_BEGIN, out, err);
}

enum fj_rc hsm_unseal(struct hsm_conn *c, uint8_t id, const struct hsm_officer_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(fj_put_u8(&b, id));
	FJ_TRY(put_officers(&b, a, n));
	return ask(c, HSM_MSG_UNSEAL, &b, NULL, err);
}

enum fj_rc hsm_seal(struct hsm_conn *c, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);

	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, HSM_MSG_SEAL, &b, NULL, err);
}

/* --- attestation --- */

void hsm_attestation_release(struct hsm_attestation *a)
{
	for (size_t i = 0; i < HSM_KEY_END; i++)
		fj_buf_release(&a->answer[i]);
}

static enum fj_rc read_object(struct fj_rd *r, struct hsm_attested *o)
{
	FJ_TRY(fj_get_str(r, o->name, sizeof(o->name)));
	FJ_TRY(fj_get_bytes(r, FJ_IPC_MAX, &o->pub));
	FJ_TRY(fj_get_bytes(r, FJ_IPC_MAX, &o->creation));
	FJ_TRY(fj_get_bytes(r, FJ_IPC_MAX, &o->attest));
	return fj_get_bytes(r, FJ_IPC_MAX, &o->sig);
}

/* so many more, of which there may be `max` in all */
static enum fj_rc read_count(struct fj_rd *r, size_t max, size_t have, size_t *upto)
{
	uint32_t n;

	FJ_TRY(fj_get_u32(r, &n));
	*upto = have + n;
	return n <= max - have ? FJ_OK : FJ_E_PROTO;
}

static enum fj_rc read_eks(struct fj_rd *r, struct hsm_attestation *a)
{
	size_t upto;

	FJ_TRY(read_count(r, HSM_MAX_ENDORSEMENTS, a->n_ek, &upto));
	for (; a->n_ek < upto; a->n_ek++) {
		FJ_TRY(fj_get_u32(r, &a->ek[a->n_ek].index));
		FJ_TRY(fj_get_bytes(r, FJ_IPC_MAX, &a->ek[a->n_ek].der));
	}
	return FJ_OK;
}

/* one answer, behind what there is; the quote is of the first */
static enum fj_rc read_attestation(struct fj_slice body, bool first, struct hsm_attestation *a)
{
	struct hsm_attested none;
	struct fj_slice nothing;
	struct fj_rd r;
	size_t upto;

	fj_rd_init(&r, body);
	FJ_TRY(read_count(&r, HSM_MAX_OBJECTS, a->n, &upto));
	for (; a->n < upto; a->n++)
		FJ_TRY(read_object(&r, &a->object[a->n]));
	FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, first ? &a->quote.attest : &none.attest));
	FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, first ? &a->quote.sig : &none.sig));
	FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, first ? &a->registers : &nothing));
	FJ_TRY(read_eks(&r, a));
	FJ_TRY(read_count(&r, HSM_MAX_OBJECTS, a->n_missing, &upto));
	for (; a->n_missing < upto; a->n_missing++)
		FJ_TRY(fj_get_str(&r, a->missing[a->n_missing], sizeof(a->missing[0])));
	return fj_rd_end(&r);
}

static enum fj_rc attest_key(struct hsm_conn *c, struct fj_slice data, unsigned key, struct hsm_attestation *out, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);
	FJ_AUTO(frame) f = {0};

	FJ_TRY(fj_put_bytes(&b, data));
	FJ_TRY(fj_put_u8(&b, (uint8_t)key));
	FJ_TRY(send_body(c, HSM_MSG_ATTEST, &b, err));
	FJ_TRY(recv_body(c, HSM_MSG_ATTEST, ANSWER_MS, &f, err));
	out->answer[key] = f.body;
	memset(&f.body, 0, sizeof(f.body));
	return read_attestation(fj_buf_slice(&out->answer[key]), key == 0, out) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc hsm_attest_keys(struct hsm_conn *c, struct fj_slice data, const unsigned *keys, size_t n, struct hsm_attestation *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n; i++)
		FJ_TRY(attest_key(c, data, keys[i], out, err));
	return FJ_OK;
}

/* of a root that is to follow: not the home's until the root has passed on */
static bool follows(unsigned key)
{
	return key == HSM_NEWER(HSM_ROOT) || key == HSM_NEWER(HSM_ROOT_SM2) || key == HSM_NEWER(HSM_SEAL) || key == HSM_NEWER(HSM_NOTE);
}

enum fj_rc hsm_attest(struct hsm_conn *c, struct fj_slice data, struct hsm_attestation *out, struct fj_err *err)
{
	unsigned keys[HSM_KEY_END];
	size_t n = 0;

	for (unsigned key = 0; key < HSM_KEY_END; key++)
		if (key != HSM_ROLE_END && !follows(key)) /* the newer of no role */
			keys[n++] = key;
	return hsm_attest_keys(c, data, keys, n, out, err);
}

/* --- endorsement keys --- */

void hsm_endorsement_release(struct hsm_endorsement *e)
{
	fj_buf_release(&e->answer);
}

static enum fj_rc read_endorsement(struct hsm_endorsement *e)
{
	struct fj_rd r;
	uint32_t n, m, index;

	fj_rd_init(&r, fj_buf_slice(&e->answer));
	FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, &e->ak));
	FJ_TRY(fj_get_u32(&r, &n));
	if (n > HSM_MAX_ENDORSEMENTS)
		return FJ_E_PROTO;
	for (e->n = 0; e->n < n; e->n++)
		FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, &e->key[e->n]));
	FJ_TRY(fj_get_u32(&r, &m));
	if (m > HSM_MAX_ENDORSEMENTS)
		return FJ_E_PROTO;
	for (e->n_certificates = 0; e->n_certificates < m; e->n_certificates++) {
		FJ_TRY(fj_get_u32(&r, &index));
		FJ_TRY(fj_get_bytes(&r, FJ_IPC_MAX, &e->certificate[e->n_certificates]));
	}
	return fj_rd_end(&r);
}

enum fj_rc hsm_endorsement_keys(struct hsm_conn *c, struct hsm_endorsement *out, struct fj_err *err)
{
	FJ_AUTO(buf) none = FJ_BUF_INIT(1);
	FJ_AUTO(frame) f = {0};

	memset(out, 0, sizeof(*out));
	FJ_TRY(send_body(c, HSM_MSG_EKS, &none, err));
	FJ_TRY(recv_body(c, HSM_MSG_EKS, ANSWER_MS, &f, err));
	out->answer = f.body;
	memset(&f.body, 0, sizeof(f.body));
	return read_endorsement(out) == FJ_OK ? FJ_OK : broken(err);
}

enum fj_rc hsm_activate(struct hsm_conn *c, struct fj_slice ek, struct fj_slice credential, struct fj_slice seed, struct fj_buf *secret, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(8192);
	FJ_AUTO(frame) f = {0};
	struct fj_slice s;
	struct fj_rd r;

	FJ_TRY(fj_put_bytes(&b, ek));
	FJ_TRY(fj_put_bytes(&b, credential));
	FJ_TRY(fj_put_bytes(&b, seed));
	FJ_TRY(send_body(c, HSM_MSG_ACTIVATE, &b, err));
	FJ_TRY(recv_body(c, HSM_MSG_ACTIVATE, ANSWER_MS, &f, err));
	fj_rd_init(&r, fj_buf_slice(&f.body));
	if (fj_get_bytes(&r, 64, &s) != FJ_OK || fj_rd_end(&r) != FJ_OK)
		return broken(err);
	return fj_buf_put(secret, s.p, s.len) == FJ_OK ? FJ_OK : broken(err);
}

/* --- approvals that officers have signed --- */

enum fj_rc hsm_said_write(unsigned flags, struct fj_slice payload, const struct hsm_said_by *by, size_t n, struct fj_buf *out)
{
	FJ_TRY(fj_put_u8(out, (uint8_t)flags));
	FJ_TRY(fj_put_bytes(out, payload));
	FJ_TRY(fj_put_u32(out, (uint32_t)n));
	for (size_t i = 0; i < n; i++) {
		FJ_TRY(fj_buf_put(out, by[i].key.b, FJ_SHA256_LEN));
		FJ_TRY(fj_put_bytes(out, by[i].sig));
		FJ_TRY(fj_put_bytes(out, by[i].auth));
		FJ_TRY(fj_put_bytes(out, by[i].client));
	}
	return FJ_OK;
}

enum fj_rc hsm_intent(struct hsm_conn *c, const struct fj_buf *said, struct fj_err *err)
{
	return ask(c, HSM_MSG_INTENT, said, NULL, err);
}

static enum fj_rc agreed(struct hsm_conn *c, enum hsm_msg msg, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FJ_IPC_MAX - 64);

	FJ_TRY(fj_buf_put(&b, said->data, said->len));
	FJ_TRY(put_approvals(&b, a, n));
	return ask(c, msg, &b, NULL, err);
}

enum fj_rc hsm_enrol(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	return agreed(c, HSM_MSG_ENROL, said, a, n, err);
}

enum fj_rc hsm_inherit(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	return agreed(c, HSM_MSG_INHERIT, said, a, n, err);
}

enum fj_rc hsm_rule(struct hsm_conn *c, const struct fj_buf *said, const struct hsm_approval *a, size_t n, struct fj_err *err)
{
	return agreed(c, HSM_MSG_RULE, said, a, n, err);
}
