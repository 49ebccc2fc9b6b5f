/*
 * witness.c - one witness of a log: what is sent to it and what its answer means
 * (C2SP tlog-witness).
 *
 * A witness is believed in one thing only: a line that verifies by its key.  When it
 * refuses what follows, or knows a larger tree, that is told, not judged: it is then
 * between the log and the witness, and people look.
 */
#include "base/clock.h"
#include "verifier/gateway/cosign.h"
#include "verifier/gateway/gateway.h"

#define ANSWER_MAX 65536

/* old size, proof, checkpoint */
static enum fj_rc request(const struct gw_witness *w, const struct gw_log *log, struct fj_buf *out, struct fj_err *err)
{
	struct fj_path proof = {.n = 0};

	if (w->size > 0 && w->size < log->at.size)
		FJ_TRY(fj_tree_consistency(&log->tiles, w->size, log->at.size, &proof, err));
	enum fj_rc rc = fj_buf_printf(out, "old %llu\n", (unsigned long long)w->size);
	for (size_t i = 0; rc == FJ_OK && i < proof.n; i++) {
		rc = fj_b64_put(out, FJ_SLICE(proof.h[i].b, FJ_SHA256_LEN));
		if (rc == FJ_OK)
			rc = fj_buf_puts(out, "\n");
	}
	if (rc == FJ_OK)
		rc = fj_buf_puts(out, "\n");
	if (rc == FJ_OK)
		rc = fj_buf_put(out, log->bytes.data, log->bytes.len);
	return rc == FJ_OK ? FJ_OK : fj_no_memory(err, "witness");
}

/* the line by its key among those of the answer */
static enum fj_rc take_line(struct gw_witness *w, const struct gw_log *log, struct fj_slice answer, struct fj_err *err)
{
	FJ_AUTO(buf) whole = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	fj_time at;

	if (fj_buf_put(&whole, log->note.text.p, log->note.text.len) != FJ_OK || fj_buf_puts(&whole, "\n") != FJ_OK || fj_buf_put(&whole, answer.p, answer.len) != FJ_OK ||
	    fj_note_read(fj_buf_slice(&whole), &note, NULL) != FJ_OK || fj_note_verify(&note, &w->key, &at, NULL) != FJ_OK || at == 0)
		return fj_fail(err, FJ_E_SIGNATURE, "witness", "C2SP tlog-cosignature", "what %.100s answers is no cosignature by its key", w->name);
	const struct fj_note_line *l = fj_note_line_of(&note, w->key.name, w->key.id);
	fj_buf_clear(&w->line);
	if (fj_note_line_put(&w->line, w->key.name, w->key.id, FJ_SLICE(l->sig, l->sig_len)) != FJ_OK)
		return fj_no_memory(err, "witness");
	w->size = log->at.size;
	w->got = fj_boot_ms();
	return FJ_OK;
}

static enum fj_rc take_size(struct gw_witness *w, struct fj_slice answer, struct fj_err *err)
{
	if (answer.len > 1 && answer.p[answer.len - 1] == '\n' && fj_note_number(FJ_SLICE(answer.p, answer.len - 1), &w->size) == FJ_OK)
		return FJ_OK;
	return fj_fail(err, FJ_E_PARSE, "witness", "C2SP tlog-witness", "%.100s answers 409 without the size of its tree", w->name);
}

/* *again: it has another size than we thought */
static enum gw_told ask_once(struct gw_witness *w, const struct gw_log *log, const atomic_bool *stop, bool *again, struct fj_err *err)
{
	FJ_AUTO(buf) body = FJ_BUF_INIT(FJ_NOTE_MAX + 8192);
	FJ_AUTO(buf) answer = FJ_BUF_INIT(ANSWER_MAX);
	char url[FJ_NOTE_NAME + 32];
	size_t n = strlen(w->url);
	long status;

	*again = false;
	snprintf(url, sizeof(url), "%s%sadd-checkpoint", w->url, n > 0 && w->url[n - 1] == '/' ? "" : "/");
	if (request(w, log, &body, err) != FJ_OK || gw_post(url, fj_buf_slice(&body), stop, &answer, &status, err) != FJ_OK)
		return GW_FAILED;
	if (status == 200)
		return take_line(w, log, fj_buf_slice(&answer), err) == FJ_OK ? GW_COSIGNED : GW_FAILED;
	if (status == 409) {
		if (take_size(w, fj_buf_slice(&answer), err) != FJ_OK)
			return GW_FAILED;
		*again = w->size <= log->at.size;
		fj_fail(err, FJ_E_STATE, "witness", "C2SP tlog-witness", "%.100s has cosigned a tree of %llu", w->name, (unsigned long long)w->size);
		return *again ? GW_FAILED : GW_AHEAD;
	}
	fj_fail_code(err, FJ_E_UNAVAILABLE, "witness", status, "%.100s answers %ld", w->name, status);
	return status == 422 ? GW_FORKED : GW_FAILED;
}

enum gw_told gw_witness_ask(struct gw_witness *w, const struct gw_log *log, const atomic_bool *stop, struct fj_err *err)
{
	bool again = w->size > log->at.size; /* what it said before may be of a tree that we did not know yet */

	if (again)
		w->size = log->at.size;
	enum gw_told told = ask_once(w, log, stop, &again, err);
	return again ? ask_once(w, log, stop, &again, err) : told;
}

enum fj_rc gw_witness_last(const struct gw_witness *w, const char *origin, const atomic_bool *stop, struct fj_buf *out, struct fj_err *err)
{
	struct gw_fetched got = {.body = *out};
	struct fj_hash h;
	char hex[65], url[FJ_NOTE_NAME + 100];
	size_t n = strlen(w->url);

	fj_sha256(fj_slice_str(origin), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	snprintf(url, sizeof(url), "%s%s%s/checkpoint", w->url, n > 0 && w->url[n - 1] == '/' ? "" : "/", hex);
	enum fj_rc rc = gw_fetch(url, "", stop, &got, err);
	*out = got.body;
	return rc;
}
