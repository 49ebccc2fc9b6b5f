/*
 * folio.c - records put together as one archive: bytes, not descriptions.
 *
 * Events whose hash follows from the line and the hash before, what approvals were asked for
 * (its hash is what was approved), what officers signed.  A list has every file's hash, and
 * the same state gives the same bytes (tar.h).
 */
#include "issuer/folio.h"

#include <openssl/evp.h>

#include "issuer/find.h"
#include "issuer/signed.h"

#define MAX_EVENT (16u << 20)
#define MAX_PAYLOAD (2u << 20)

enum fj_rc fol_new(struct folio *f, struct iss_call *c, bool sm3, fj_time at, struct fj_err *err)
{
	memset(f, 0, sizeof(*f));
	f->c = c;
	f->sm3 = sm3;
	fj_buf_init(&f->events, FOL_MAX);
	f->files = json_array();
	f->approvals = json_object();
	f->acts = json_array();
	if (f->files == NULL || f->approvals == NULL || f->acts == NULL)
		return fj_no_memory(err, "issuer");
	return fj_tar_new(&f->tar, FOL_MAX, at, false, err);
}

void fol_release(struct folio *f)
{
	fj_tar_release(&f->tar);
	fj_buf_release(&f->events);
	json_decref(f->files);
	json_decref(f->approvals);
	json_decref(f->acts);
}

enum fj_rc fol_hashes(struct fj_slice bytes, char sha256[65], char sm3[65], struct fj_err *err)
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	struct fj_hash h;

	fj_sha256(bytes, &h);
	fj_hex(h.b, FJ_SHA256_LEN, sha256);
	if (EVP_Digest(bytes.p, bytes.len, sum, &n, EVP_sm3(), NULL) != 1 || n != FJ_SHA256_LEN)
		return fj_fail(err, FJ_E_CRYPTO, "issuer", NULL, "SM3 could not be computed");
	fj_hex(sum, n, sm3);
	return FJ_OK;
}

enum fj_rc fol_add(struct folio *f, const char *name, struct fj_slice bytes, struct fj_err *err)
{
	char sha256[65], sm3[65];

	FJ_TRY(fol_hashes(bytes, sha256, sm3, err));
	json_t *one = json_pack("{s:s, s:I, s:s, s:s?}", "name", name, "octets", (json_int_t)bytes.len, "sha256", sha256, "sm3", f->sm3 ? sm3 : NULL);
	if (one != NULL && !f->sm3)
		json_object_del(one, "sm3");
	if (json_array_append_new(f->files, one) != 0)
		return fj_no_memory(err, "issuer");
	return fj_tar_add(&f->tar, name, bytes, err);
}

enum fj_rc fol_json(struct folio *f, const char *name, const json_t *j, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(FOL_MAX);

	FJ_TRY(j == NULL ? fj_no_memory(err, "issuer") : fj_json_canonical(j, &b, err));
	return fol_add(f, name, fj_buf_slice(&b), err);
}

bool fol_has(const struct folio *f, const char *name)
{
	size_t i;
	json_t *one;

	json_array_foreach(f->files, i, one)
		if (strcmp(fj_json_peek(one, "name"), name) == 0)
			return true;
	return false;
}

static enum fj_rc add_event(void *ctx, const struct sto_q *q, struct fj_slice before, struct fj_err *err)
{
	struct folio *f = ctx;
	char hash[65] = "", previous[65] = "", at[FJ_TIME_CAP];
	FJ_AUTO(buf) line = FJ_BUF_INIT(MAX_EVENT);

	if (!evt_row_true(q, before))
		return fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the event log does not match its chain at event %lld", (long long)sto_int(q, 0));
	fj_hex(sto_blob(q, 8).p, FJ_SHA256_LEN, hash);
	fj_hex(before.p, FJ_SHA256_LEN, previous);
	FJ_AUTO(json) e = json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)sto_int(q, 0), "at", (json_int_t)sto_int(q, 1),
	    "actor", sto_text(q, 2), "org", sto_text(q, 3), "kind", sto_text(q, 4), "object", sto_text(q, 5), "approval", sto_text(q, 6), "policy", sto_text(q, 9),
	    "body", sto_text(q, 7), "previous", previous, "hash", hash);
	FJ_TRY(fj_json_canonical(e, &line, err));
	if (fj_buf_printf(&f->events, "%s\n", fj_buf_str(&line)) != FJ_OK)
		return fj_fail(err, FJ_E_LIMIT, "issuer", NULL, "the records are larger than %u MiB", FOL_MAX >> 20);
	if (sto_text(q, 6)[0] != '\0')
		json_object_set_new(f->approvals, sto_text(q, 6), json_true());
	if (strncmp(sto_text(q, 4), "approval.", 9) == 0)
		json_object_set_new(f->approvals, sto_text(q, 5), json_true());
	f->n_events++;
	fj_time_utc(sto_int(q, 1), at);
	return json_array_append_new(f->acts, json_pack("{s:s, s:s, s:s, s:s, s:s}", "at", at, "kind", sto_text(q, 4), "actor", sto_text(q, 2), "org", sto_text(q, 3), "approval", sto_text(q, 6))) == 0
	    ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc fol_events(struct folio *f, const char *object, struct fj_err *err)
{
	int64_t last;

	FJ_TRY(fnd_events(f->c->db, object, 0, INT32_MAX, add_event, f, &last, err));
	return fol_add(f, "events.jsonl", fj_buf_slice(&f->events), err);
}

static enum fj_rc add_signatures(struct folio *f, const char *id, struct fj_err *err)
{
	FJ_AUTO(buf) said = FJ_BUF_INIT(0);
	char name[80];

	FJ_TRY(sgn_load(f->c->iss, f->c->db, id, false, &said, err));
	snprintf(name, sizeof(name), "approvals/%.40s.intent", id);
	return said.len == 0 ? FJ_OK : fol_add(f, name, fj_buf_slice(&said), err);
}

enum fj_rc fol_approvals(struct folio *f, bool signatures, struct fj_err *err)
{
	const char *id;
	char name[80];
	json_t *v;

	json_object_foreach(f->approvals, id, v) {
		FJ_AUTO(buf) payload = FJ_BUF_INIT(MAX_PAYLOAD);
		json_t *a = NULL;
		FJ_TRY(fnd_approval(f->c->db, id, &a, &payload, err));
		FJ_AUTO(json) owned = a;
		if (a == NULL) /* a task: its event says it all */
			continue;
		snprintf(name, sizeof(name), "approvals/%.40s.json", id);
		FJ_TRY(fol_json(f, name, owned, err));
		snprintf(name, sizeof(name), "approvals/%.40s.payload.json", id);
		FJ_TRY(fol_add(f, name, fj_buf_slice(&payload), err));
		if (signatures)
			FJ_TRY(add_signatures(f, id, err));
	}
	return FJ_OK;
}
