/*
 * dossier.c - an asset's complete file with proofs: one archive that an auditor
 * checks without the appliance (docs/formats.md 9).
 *
 * It holds bytes, not descriptions: cards whose hash is that of their file,
 * events whose hash follows from the line and the hash before, what approvals
 * were asked for (its hash is what was approved), certificates as issued, and the
 * signed lists that say what they are worth now, as published.  A manifest has
 * the SHA-256 of every other file, and the same state gives the same bytes (tar.h).
 */
#include <fcntl.h>

#include "base/file.h"
#include "ca/ca.h"
#include "issuer/domain.h"
#include "issuer/find.h"
#include "issuer/folio.h"
#include "issuer/opening.h"

#define MAX_DOCUMENT (1u << 20)
#define MAX_PUBLISHED (16u << 20)

const struct iss_field fld_find_dossier[] = {{"asset", ISS_F_STR, true, DOM_MAX_ASSET_NO, "资产编号", "asset number"}, {0}};

struct dossier {
	struct iss_call *c;
	const char *asset_no;
	struct folio f;
};

/* --- what is in it --- */

static enum fj_rc add_cards(struct dossier *d, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	char name[64];
	bool row;

	FJ_TRY(sto_query(d->c->db, STO_HISTORY_CARDS, &q, err, "t", d->asset_no));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		snprintf(name, sizeof(name), "cards/%lld.json", (long long)sto_int(&q, 0));
		FJ_TRY(fol_add(&d->f, name, fj_slice_str(sto_text(&q, 2)), err));
	}
}

/* a published file as it is now, once; one that is not there is left out: the manifest shows it */
static enum fj_rc add_published(struct dossier *d, const char *path, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(MAX_PUBLISHED);

	if (fol_has(&d->f, name))
		return FJ_OK;
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &b, err);
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc == FJ_OK ? fol_add(&d->f, name, fj_buf_slice(&b), err) : rc;
}

static enum fj_rc add_certificate(struct dossier *d, const struct sto_q *q, json_t *list, struct fj_err *err)
{
	FJ_AUTO(buf) pem = FJ_BUF_INIT(2 * FJ_X509_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char name[96], path[96], at[FJ_TIME_CAP];
	bool on_crl = sto_int(q, 8) >= 0 && sto_int(q, 9) == 0;

	fj_time_utc(sto_int(q, 10), at);
	json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:b, s:I, s:s}", "number", sto_text(q, 0), "serial", sto_text(q, 1),
	    "state", sto_text(q, 2), "card_version", (json_int_t)sto_int(q, 3), "crl_shard", (json_int_t)sto_int(q, 4), "list", (json_int_t)sto_int(q, 5),
	    "idx", (json_int_t)sto_int(q, 6), "status", (json_int_t)sto_int(q, 11), "on_crl", on_crl, "reason", (json_int_t)(on_crl ? sto_int(q, 8) : 0),
	    "revoked_at", on_crl ? at : ""));
	if (sto_blob(q, 7).len == 0) /* given up before it was signed */
		return FJ_OK;
	if (log_proof(d->c->iss, d->c->db, PIPE_CERTIFICATE, sto_text(q, 0), &proof, err) == FJ_E_BUSY)
		return FJ_OK; /* not in the public log yet: it is given out then */
	FJ_TRY(ca_pem("CERTIFICATE", sto_blob(q, 7), &pem, err));
	snprintf(name, sizeof(name), "certificates/%.40s.pem", sto_text(q, 0));
	FJ_TRY(fol_add(&d->f, name, fj_buf_slice(&pem), err));
	snprintf(name, sizeof(name), "certificates/%.40s.tlog-proof", sto_text(q, 0));
	if (proof.len > 0)
		FJ_TRY(fol_add(&d->f, name, fj_buf_slice(&proof), err));
	snprintf(name, sizeof(name), "trust/crl-%lld.crl", (long long)sto_int(q, 4));
	snprintf(path, sizeof(path), "publish/trust/crl/%lld.crl", (long long)sto_int(q, 4));
	FJ_TRY(add_published(d, path, name, err));
	snprintf(name, sizeof(name), "trust/status-%lld.jwt", (long long)sto_int(q, 5));
	snprintf(path, sizeof(path), "publish/trust/status/%lld.jwt", (long long)sto_int(q, 5));
	return add_published(d, path, name, err);
}

static enum fj_rc add_certificates(struct dossier *d, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) list = json_array();
	bool row;

	FJ_TRY(add_published(d, "publish/trust/root.pem", "trust/root.pem", err));
	FJ_TRY(add_published(d, "publish/trust/chain.pem", "trust/chain.pem", err));
	FJ_TRY(add_published(d, "publish/trust/crl/root.crl", "trust/crl-root.crl", err));
	FJ_TRY(sto_query(d->c->db, STO_HISTORY_CERTIFICATES, &q, err, "t", d->asset_no));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return fol_json(&d->f, "certificates.json", list, err);
		FJ_TRY(add_certificate(d, &q, list, err));
	}
}

static enum fj_rc add_item(void *ctx, const struct fnd_list *l, const struct sto_q *q, struct fj_err *err)
{
	json_t *list = ctx;

	return json_array_append_new(list, fnd_item(l, q, 0)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc add_registrations(struct dossier *d, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) params = json_pack("{s:s, s:i}", "asset", d->asset_no, "limit", 1000);
	struct fnd_query q;
	int64_t rows;

	FJ_TRY(fnd_query(FND_REGISTRATION, params, d->c->now, d->c->actor->person, &q, err));
	FJ_TRY(fnd_page(d->c->db, &q, add_item, list, &rows, err));
	return fol_json(&d->f, "registrations.json", list, err);
}

/* every row as an object of the list in this file */
static enum fj_rc add_rows(struct dossier *d, const char *name, struct sto_q *q, dom_item_fn item, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	bool row;

	for (;;) {
		json_t *one = NULL;
		FJ_TRY(sto_step(q, &row, err));
		if (!row)
			return fol_json(&d->f, name, list, err);
		FJ_TRY(item(q, &one, err));
		if (json_array_append_new(list, one) != 0)
			return fj_no_memory(err, "issuer");
	}
}

static enum fj_rc material_item(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	char at[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 7), at);
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "id", sto_text(q, 0), "holder", sto_text(q, 1), "asset_no", sto_text(q, 2), "kind", sto_text(q, 3), "name",
	    sto_text(q, 4), "sha256", sto_text(q, 5), "octets", (json_int_t)sto_int(q, 6), "filed_at", at);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc plan_item(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) doc = NULL;
	char at[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 7), at);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 8)), MAX_DOCUMENT, &doc, err));
	*out = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O}", "id", sto_text(q, 0), "course", sto_text(q, 1), "state", sto_text(q, 2), "holder", sto_text(q, 3), "implementer",
	    sto_text(q, 4), "operator", sto_text(q, 5), "authorisation", sto_text(q, 6), "proposed_at", at, "document", doc);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc product_item(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) doc = NULL;
	char at[FJ_TIME_CAP];

	fj_time_utc(sto_int(q, 7), at);
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 8)), MAX_DOCUMENT, &doc, err));
	*out = json_pack("{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:O}", "product", sto_text(q, 0), "state", sto_text(q, 1), "seller", sto_text(q, 2), "n", (json_int_t)sto_int(q, 3),
	    "version", sto_text(q, 4), "actor", sto_text(q, 5), "note", sto_text(q, 6), "at", at, "content", doc);
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* What was filed for the asset, and by its holder for all of its assets: hashes, not files.  Plans of
 * authorised operation on it, whole: each document is what its events add up to.  Every version of
 * the products under its authorisations. */
static enum fj_rc add_filed(struct dossier *d, const char *holder, struct fj_err *err)
{
	FJ_AUTO(sto_q) materials = {0};
	FJ_AUTO(sto_q) plans = {0};
	FJ_AUTO(sto_q) products = {0};

	FJ_TRY(sto_query(d->c->db, STO_HISTORY_MATERIALS, &materials, err, "tt", holder, d->asset_no));
	FJ_TRY(add_rows(d, "materials.json", &materials, material_item, err));
	FJ_TRY(sto_query(d->c->db, STO_HISTORY_PLANS, &plans, err, "t", d->asset_no));
	FJ_TRY(add_rows(d, "plans.json", &plans, plan_item, err));
	FJ_TRY(sto_query(d->c->db, STO_HISTORY_PRODUCTS, &products, err, "t", d->asset_no));
	return add_rows(d, "products.json", &products, product_item, err);
}

static enum fj_rc add_asset(struct dossier *d, const struct dom_asset *a, struct fj_err *err)
{
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "asset_no", a->asset_no, "name", a->name, "holder", a->holder, "state", a->state,
	    "ledger", a->ledger, "version", (json_int_t)a->version, "card_hash", a->card_hash, "certificate", a->certificate);

	return fol_json(&d->f, "asset.json", j, err);
}

/* what the events hold commitments to, for who may know it */
static enum fj_rc add_openings(struct dossier *d, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool known;

	FJ_TRY(dom_objectors_known(d->c, d->asset_no, &known, err));
	if (!known)
		return FJ_OK;
	FJ_TRY(sto_query(d->c->db, STO_OPENING_OF, &q, err, "t", d->asset_no));
	return add_rows(d, "openings.json", &q, opn_json, err);
}

/* last: it names the others */
static enum fj_rc add_manifest(struct dossier *d, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) text = FJ_BUF_INIT(16u << 20);
	char at[FJ_TIME_CAP], hex[65] = "";

	FJ_TRY(sto_first(d->c->db, STO_EVENT_LAST, &q, "event", err, ""));
	if (sto_blob(&q, 1).len == FJ_SHA256_LEN)
		fj_hex(sto_blob(&q, 1).p, FJ_SHA256_LEN, hex);
	fj_time_utc(d->c->now, at);
	FJ_AUTO(json) m = json_pack("{s:s, s:s, s:s, s:s, s:I, s:{s:I, s:s}, s:O}", "format", "urn:fujie:dossier:1", "asset", d->asset_no, "made_at", at, "base",
	    iss_base(d->c->iss), "events", (json_int_t)d->f.n_events, "log", "seq", (json_int_t)sto_int(&q, 0), "hash", hex, "files", d->f.files);
	FJ_TRY(fj_json_canonical(m, &text, err));
	FJ_TRY(fj_tar_add(&d->f.tar, "manifest.json", fj_buf_slice(&text), err));
	return fj_tar_end(&d->f.tar, err);
}

static enum fj_rc fill(struct dossier *d, const struct dom_asset *a, struct fj_err *err)
{
	FJ_TRY(add_asset(d, a, err));
	FJ_TRY(add_cards(d, err));
	FJ_TRY(add_registrations(d, err));
	FJ_TRY(add_filed(d, a->holder, err));
	FJ_TRY(fol_events(&d->f, d->asset_no, err));
	FJ_TRY(add_openings(d, err));
	FJ_TRY(fol_approvals(&d->f, false, err));
	FJ_TRY(add_certificates(d, err));
	return add_manifest(d, err);
}

enum fj_rc cmd_find_dossier(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	struct dossier d = {.c = c};
	char name[120];

	FJ_TRY(dom_asset_get(c->db, fj_json_peek(c->params, "asset"), &a, err));
	d.asset_no = a.asset_no;
	enum fj_rc rc = fol_new(&d.f, c, false, c->now, err);
	if (rc == FJ_OK)
		rc = fill(&d, &a, err);
	snprintf(name, sizeof(name), "dossier-%.64s.tar", a.asset_no);
	if (rc == FJ_OK)
		rc = fnd_file(c, name, "application/x-tar", &d.f.tar.out, err);
	fol_release(&d.f);
	return rc;
}
