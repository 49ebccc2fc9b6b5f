/*
 * listing_pack.c - what an exchange gets of a product: one ZIP with a signed manifest
 * (docs/formats.md 12).
 *
 * In it are bytes, not descriptions: the authorisation credential, its certificates,
 * the status lists and CRLs that say what they are worth, as published when the pack
 * was made, in the folders of a trust folder, so that whoever has the pack checks it
 * with fujie-verify alone.  The manifest has the hash of every file, its signature
 * covers the manifest's; it is made by the token key under a type of its own, since
 * no credential's form says "these files were put together here".  All files are kept
 * under materials/ by hash before the event names them; the archive is put together
 * when it is asked for, without compression, of one time: the same pack is the same
 * bytes.
 */
#include <fcntl.h>
#include <zlib.h>

#include "base/file.h"
#include "base/jws.h"
#include "ca/ca.h"
#include "issuer/find.h"
#include "issuer/listing.h"
#include "issuer/registration.h"

#define MAX_FILE (4u << 20)
#define MAX_PACK (32u << 20)

/* --- making --- */

struct pack {
	struct iss_call *c;
	json_t *files;
};

static bool has(const struct pack *p, const char *name)
{
	size_t i;
	json_t *f;

	json_array_foreach(p->files, i, f)
		if (strcmp(fj_json_text(f, "name"), name) == 0)
			return true;
	return false;
}

static enum fj_rc add(struct pack *p, const char *name, struct fj_slice bytes, struct fj_err *err)
{
	char sha[65];

	FJ_TRY(dom_material_keep(p->c, bytes, sha, err));
	return json_array_append_new(p->files, json_pack("{s:s, s:I, s:s}", "name", name, "octets", (json_int_t)bytes.len, "sha256", sha)) == 0 ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc add_json(struct pack *p, const char *name, const json_t *j, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	FJ_TRY(j == NULL ? fj_no_memory(err, "issuer") : fj_json_canonical(j, &b, err));
	return add(p, name, fj_buf_slice(&b), err);
}

/* as published now, once; a proof that is not there yet leaves the pack without meaning */
static enum fj_rc add_published(struct pack *p, const char *name, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(MAX_FILE);
	char path[160];

	if (has(p, name))
		return FJ_OK;
	snprintf(path, sizeof(path), "publish/%.120s", name);
	FJ_TRY(fj_file_read(AT_FDCWD, path, &b, err));
	return add(p, name, fj_buf_slice(&b), err);
}

static enum fj_rc add_list(struct pack *p, int64_t list, struct fj_err *err)
{
	char name[64];

	snprintf(name, sizeof(name), "trust/status/%lld.jwt", (long long)list);
	return add_published(p, name, err);
}

/* the certificate, and what says whether it holds */
static enum fj_rc add_certificate(struct pack *p, const char *number, struct fj_err *err)
{
	FJ_AUTO(dom_asset) a = {.card = NULL};
	FJ_AUTO(buf) der = FJ_BUF_INIT(16384);
	FJ_AUTO(buf) pem = FJ_BUF_INIT(65536);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	struct dom_cert t;
	char name[96];

	snprintf(name, sizeof(name), "trust/certificates/%.40s.pem", number);
	if (has(p, name))
		return FJ_OK;
	FJ_TRY(dom_cert_get(p->c->db, number, &t, err));
	FJ_TRY(dom_asset_get(p->c->db, t.asset_no, &a, err));
	FJ_TRY(log_credential(p->c->iss, p->c->db, PIPE_CERTIFICATE, number, &der, &proof, err));
	FJ_TRY(ca_pem("CERTIFICATE", fj_buf_slice(&der), &pem, err));
	FJ_TRY(add(p, name, fj_buf_slice(&pem), err));
	snprintf(name, sizeof(name), "trust/certificates/%.40s.tlog-proof", number);
	FJ_TRY(add(p, name, fj_buf_slice(&proof), err));
	snprintf(name, sizeof(name), "trust/crl/%lld.crl", (long long)t.shard);
	FJ_TRY(add_published(p, name, err));
	FJ_TRY(add_list(p, t.list, err));
	return add_list(p, a.status_list, err);
}

static enum fj_rc add_proofs(struct pack *p, const struct dom_auth *a, struct fj_err *err)
{
	static const char *const always[] = {"trust/root.pem", "trust/chain.pem", "trust/crl/root.crl", "trust/crl/1.crl", "trust/log.pem", "trust/log.vkey"};
	FJ_AUTO(buf) credential = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(buf) proof = FJ_BUF_INIT(FJ_LOG_PROOF_MAX);
	char name[96];
	size_t i;
	json_t *v;

	FJ_TRY(log_credential(p->c->iss, p->c->db, PIPE_AUTHORISATION, a->credential, &credential, &proof, err));
	snprintf(name, sizeof(name), "trust/authorisations/%.40s.jwt", a->number);
	FJ_TRY(add(p, name, fj_buf_slice(&credential), err));
	snprintf(name, sizeof(name), "trust/authorisations/%.40s.tlog-proof", a->number);
	FJ_TRY(add(p, name, fj_buf_slice(&proof), err));
	for (i = 0; i < FJ_ARRAY_LEN(always); i++)
		FJ_TRY(add_published(p, always[i], err));
	json_array_foreach(json_object_get(a->body, "assets"), i, v)
		FJ_TRY(add_certificate(p, fj_json_text(v, "certificate"), err));
	FJ_TRY(add_list(p, a->line_list, err));
	return add_list(p, a->own_list, err);
}

/* 27号 art. 18: object, content, scope and term of the authorisation; art. 19: the seller's own words */
static json_t *disclosure(const struct lst_pack_in *in)
{
	const json_t *b = in->auth->body;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP];

	fj_time_utc(in->auth->not_before, from);
	fj_time_utc(in->auth->not_after, to);
	return json_pack("{s:{s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:{s:s, s:s}}, s:{s:s, s:s}, s:s}", "authorisation", "number", in->auth->number, "holder",
	    json_object_get(b, "holder"), "implementer", json_object_get(b, "implementer"), "operator", json_object_get(b, "operator"), "assets",
	    json_object_get(b, "assets"), "grant", json_object_get(b, "grant"), "terms", json_object_get(b, "terms"), "term", "from", from, "to", to,
	    "product", "id", in->product, "name", in->name, "text", in->text);
}

static json_t *product(const struct lst_pack_in *in)
{
	const struct dom_product *p = in->registered;
	json_t *o = json_pack("{s:s, s:s, s:s, s:s}", "authorisation", in->auth->number, "id", in->product, "name", in->name, "seller", in->seller);

	if (o == NULL || p == NULL)
		return o;
	FJ_AUTO(json) more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I}", "version", p->version, "purpose", p->purpose, "delivery", p->delivery, "level", p->level,
	    "price_form", p->price_form, "charge_basis", p->charge_basis, "cap_fen", p->cap_fen < 0 ? json_null() : json_integer(p->cap_fen), "fee_fen", (json_int_t)p->fee_fen);
	if (more == NULL || json_object_update(o, more) != 0) {
		json_decref(o);
		return NULL;
	}
	return o;
}

static enum fj_rc keep_json(const struct iss_call *c, const json_t *j, char sha[65], struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(1u << 20);

	FJ_TRY(j == NULL ? fj_no_memory(err, "issuer") : fj_json_canonical(j, &b, err));
	return dom_material_keep(c, fj_buf_slice(&b), sha, err);
}

enum fj_rc lst_pack_make(struct iss_call *c, const struct lst_pack_in *in, json_t **files, char manifest[65], struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	FJ_AUTO(json) said = disclosure(in);
	FJ_AUTO(json) sold = product(in);
	struct pack p = {.c = c, .files = list};
	char at[FJ_TIME_CAP];

	FJ_TRY(add_json(&p, "product.json", sold, err));
	FJ_TRY(add_json(&p, "disclosure.json", said, err));
	FJ_TRY(add_proofs(&p, in->auth, err));
	fj_time_utc(c->now, at);
	FJ_AUTO(json) m = json_pack("{s:s, s:s, s:I, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:O}", "format", "urn:fujie:listing-pack:1", "listing", in->id, "version",
	    (json_int_t)in->version, "exchange", "usci", in->exchange->usci, "name", in->exchange->name, "authorisation", in->auth->number, "product", in->product,
	    "made_at", at, "base", iss_base(c->iss), "files", list);
	FJ_TRY(keep_json(c, m, manifest, err));
	*files = fj_move(list);
	return FJ_OK;
}

json_t *lst_pack_payload(struct iss_call *c, const char *id, int64_t version, const char *manifest)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	uint8_t hash[FJ_SHA256_LEN];
	char jti[48];

	snprintf(jti, sizeof(jti), "%s~%lld", id, (long long)version);
	if (fj_unhex(manifest, 64, hash) != FJ_OK || fj_b64u_put(&b64, FJ_SLICE(hash, sizeof(hash))) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:I, s:s, s:s}", "iss", iss_base(c->iss), "vct", FJ_VCT_MANIFEST, "jti", jti, "iat", (json_int_t)c->now, "kind", FJ_MANIFEST_PACK,
	    "sha256", fj_buf_str(&b64));
}

/* --- the archive (APPNOTE 6.3.10: 4.3.7, 4.3.12, 4.3.16), stored, names in UTF-8 --- */

struct zip {
	struct fj_buf file, directory;
	unsigned n, time, date;
};

static enum fj_rc le(struct fj_buf *b, uint32_t v, size_t octets)
{
	uint8_t o[4];

	for (size_t i = 0; i < octets; i++)
		o[i] = (uint8_t)(v >> (8 * i));
	return fj_buf_put(b, o, octets);
}

/* from "version needed" to the lengths: the same in both headers */
static enum fj_rc zip_fields(struct fj_buf *b, const struct zip *z, uint32_t crc, size_t octets, size_t name)
{
	FJ_TRY(le(b, 20, 2));
	FJ_TRY(le(b, 0x0800, 2));
	FJ_TRY(le(b, 0, 2));
	FJ_TRY(le(b, z->time, 2));
	FJ_TRY(le(b, z->date, 2));
	FJ_TRY(le(b, crc, 4));
	FJ_TRY(le(b, (uint32_t)octets, 4));
	FJ_TRY(le(b, (uint32_t)octets, 4));
	FJ_TRY(le(b, (uint32_t)name, 2));
	return le(b, 0, 2);
}

static enum fj_rc zip_add(struct zip *z, const char *name, struct fj_slice bytes)
{
	uint32_t crc = (uint32_t)crc32(crc32(0, NULL, 0), bytes.p, (uInt)bytes.len), at = (uint32_t)z->file.len;
	size_t n = strlen(name);

	FJ_TRY(le(&z->file, 0x04034b50, 4));
	FJ_TRY(zip_fields(&z->file, z, crc, bytes.len, n));
	FJ_TRY(fj_buf_put(&z->file, name, n));
	FJ_TRY(fj_buf_put(&z->file, bytes.p, bytes.len));
	FJ_TRY(le(&z->directory, 0x02014b50, 4));
	FJ_TRY(le(&z->directory, 20, 2));
	FJ_TRY(zip_fields(&z->directory, z, crc, bytes.len, n));
	FJ_TRY(le(&z->directory, 0, 2)); /* comment */
	FJ_TRY(le(&z->directory, 0, 4)); /* disk, internal attributes */
	FJ_TRY(le(&z->directory, 0, 4));
	FJ_TRY(le(&z->directory, at, 4));
	z->n++;
	return fj_buf_put(&z->directory, name, n);
}

static enum fj_rc zip_end(struct zip *z)
{
	uint32_t at = (uint32_t)z->file.len;

	FJ_TRY(fj_buf_put(&z->file, z->directory.data, z->directory.len));
	FJ_TRY(le(&z->file, 0x06054b50, 4));
	FJ_TRY(le(&z->file, 0, 4));
	FJ_TRY(le(&z->file, z->n, 2));
	FJ_TRY(le(&z->file, z->n, 2));
	FJ_TRY(le(&z->file, (uint32_t)z->directory.len, 4));
	FJ_TRY(le(&z->file, at, 4));
	return le(&z->file, 0, 2);
}

static enum fj_rc too_large(enum fj_rc rc, struct fj_err *err)
{
	if (rc == FJ_OK)
		return FJ_OK;
	fj_fail(err, rc, "issuer", NULL, "the pack is larger than %u MiB", MAX_PACK >> 20);
	fj_err_zh(err, "材料包超过 %u MiB", MAX_PACK >> 20);
	return rc;
}

static enum fj_rc zip_kept(struct zip *z, const char *name, const char *sha256, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(MAX_FILE);

	FJ_TRY(dom_material_read(sha256, &b, err));
	return too_large(zip_add(z, name, fj_buf_slice(&b)), err);
}

static enum fj_rc zip_pack(struct zip *z, struct iss_call *c, const struct lst *l, const json_t *files, struct fj_err *err)
{
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_TOKEN_MAX);
	char object[48];
	size_t i;
	json_t *f;

	snprintf(object, sizeof(object), "%s~%lld", l->id, (long long)l->version);
	FJ_TRY(dom_credential(c->db, PIPE_PACK, object, &jws, err));
	FJ_TRY(zip_kept(z, "manifest.json", l->manifest, err));
	FJ_TRY(too_large(zip_add(z, "manifest.jws", fj_buf_slice(&jws)), err));
	json_array_foreach(files, i, f)
		FJ_TRY(zip_kept(z, fj_json_text(f, "name"), fj_json_text(f, "sha256"), err));
	return too_large(zip_end(z), err);
}

static void zip_clock(struct zip *z, fj_time at)
{
	struct fj_date d = fj_date_of(at, FJ_CHINA_OFFSET);
	unsigned s = (unsigned)((at + FJ_CHINA_OFFSET) % 86400);

	z->time = (s / 3600) << 11 | (s / 60 % 60) << 5 | (s % 60) / 2;
	z->date = (unsigned)(d.y - 1980) << 9 | (unsigned)d.m << 5 | (unsigned)d.d;
}

enum fj_rc cmd_listing_pack(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct zip z = {.file = FJ_BUF_INIT(MAX_PACK), .directory = FJ_BUF_INIT(1u << 20)};
	const char *id = fj_json_text(c->params, "id");
	json_t *files = NULL;
	struct lst l;
	char name[64];

	FJ_TRY(lst_get(c->db, id, c->now, &l, err));
	if (l.is_signed != l.version) {
		return fj_refuse(err, FJ_E_STATE, "issuer", "domain.md 4.13", "its pack has no signature yet; refresh it when this stays so",
		    "材料包尚未签名；如长时间如此，请更新材料包");
	}
	FJ_TRY(sto_first(c->db, STO_LISTING_GET, &q, id, err, "it", (int64_t)c->now, id));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 18)), 1u << 20, &files, err));
	FJ_AUTO(json) owned = files;
	zip_clock(&z, l.at);
	enum fj_rc rc = zip_pack(&z, c, &l, owned, err);
	snprintf(name, sizeof(name), "%s-%lld.zip", l.id, (long long)l.version);
	if (rc == FJ_OK)
		rc = fnd_file(c, name, "application/zip", &z.file, err);
	fj_buf_release(&z.file);
	fj_buf_release(&z.directory);
	return rc;
}
