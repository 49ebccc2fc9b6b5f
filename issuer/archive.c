/*
 * archive.c - a year's records leave the appliance, to be kept and checked without it
 * (docs/formats.md 44).
 *
 * Whoever exports asks for one package after the other and lays them down; the register keeps
 * nothing of it.  It says which one is next, so that none is left out, and chains the lines of
 * the index; what it has chained so far it hands out under a key of its own and is handed
 * back with the next question.  So an export goes on where it was broken off, however it was,
 * and what an officer has signed in the end is what the register itself put together, in its
 * order, and not what lay in somebody's folder meanwhile.  The same records give the same
 * document, which is signed once.
 */
#include <fcntl.h>
#include <sodium.h>

#include "base/file.h"
#include "base/jws.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/archive.h"
#include "issuer/find.h"
#include "issuer/profile.h"
#include "issuer/registration.h"

#define CITE "formats.md 44"
#define KEY "archive.key"
#define END FJ_AR_KINDS         /* of a state: nothing is left */
#define MAX_PUBLISHED (16u << 20)
#define MAX_TRUST 4096          /* files of the trust folder */
#define STATE_CAP 1800
#define FRESH 3600              /* seconds from the lists of the export to its signature */

const struct iss_field fld_archive_year[] = {{"year", ISS_F_INT, true, FJ_ARCHIVE_YEAR_MAX, "年度", "calendar year"}, {0}};
#define STATE {"state", ISS_F_STR, true, STATE_CAP, "导出进度", "what the answer before gave"}
const struct iss_field fld_archive_state[] = {STATE, {0}};
const struct iss_field fld_archive_original[] = {{"sha256", ISS_F_STR, true, 64, "SHA-256", "of a file that was filed, as a package names it"}, {0}};
const struct iss_field fld_archive_id[] = {{"id", ISS_F_STR, true, 40, "档案包编号", "export"}, {0}};

/* --- how far an export has come --- */

struct state {
	int64_t year, lines;
	int kind;         /* of the last line; END: all */
	char id[101];     /* of it */
	fj_time at;       /* when all was given out; 0 before */
	struct fj_hash chain;
	json_t *counts;   /* owned */
};
static void state_release(struct state *s)
{
	json_decref(s->counts);
}
FJ_DEFINE_AUTO(state, struct state, state_release)

static enum fj_rc key_of(struct sto *db, uint8_t key[crypto_auth_hmacsha256_KEYBYTES], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_SETTING_GET, &q, err, "t", KEY));
	FJ_TRY(sto_step(&q, &row, err));
	if (!row)
		return fj_refuse(err, FJ_E_STATE, "issuer", CITE, "no export was begun here: begin one (`fujie archive export`)", "尚未开始导出：请使用 fujie archive export");
	return fj_unhex(sto_text(&q, 0), 2 * crypto_auth_hmacsha256_KEYBYTES, key) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, "issuer", NULL, "the key of archives is malformed");
}

/* text, "~" and what vouches for it */
static enum fj_rc seal_state(struct sto *db, const struct state *s, json_t **out, struct fj_err *err)
{
	uint8_t key[crypto_auth_hmacsha256_KEYBYTES], mac[crypto_auth_hmacsha256_BYTES];
	char hex[2 * sizeof(mac) + 1], chain[65];
	FJ_AUTO(buf) text = FJ_BUF_INIT(STATE_CAP);

	fj_hex(s->chain.b, sizeof(s->chain.b), chain);
	FJ_AUTO(json) j = json_pack("{s:I, s:I, s:i, s:s, s:I, s:s, s:O}", "year", (json_int_t)s->year, "lines", (json_int_t)s->lines, "kind", s->kind, "id", s->id, "at", (json_int_t)s->at, "chain",
	    chain, "counts", s->counts);
	FJ_TRY(j == NULL ? fj_no_memory(err, "issuer") : fj_json_canonical(j, &text, err));
	FJ_TRY(key_of(db, key, err));
	crypto_auth_hmacsha256(mac, text.data, text.len, key);
	sodium_memzero(key, sizeof(key));
	fj_hex(mac, sizeof(mac), hex);
	if (fj_buf_printf(&text, "~%s", hex) != FJ_OK)
		return fj_no_memory(err, "issuer");
	*out = json_string(fj_buf_str(&text));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

static enum fj_rc foreign(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_SIGNATURE, "issuer", CITE, "this is not where an export of this home stands; begin the export anew, in an empty folder", "该导出进度不是本系统给出的；请在空目录中重新导出");
}

static enum fj_rc open_state(struct iss_call *c, struct state *s, struct fj_err *err)
{
	const char *text = fj_json_text(c->params, "state"), *tilde = strrchr(text, '~');
	uint8_t key[crypto_auth_hmacsha256_KEYBYTES], mac[crypto_auth_hmacsha256_BYTES];
	FJ_AUTO(json) j = NULL;

	if (tilde == NULL || strlen(tilde + 1) != 2 * sizeof(mac) || fj_unhex(tilde + 1, 2 * sizeof(mac), mac) != FJ_OK)
		return foreign(err);
	FJ_TRY(key_of(c->db, key, err));
	bool own = crypto_auth_hmacsha256_verify(mac, (const uint8_t *)text, (size_t)(tilde - text), key) == 0;
	sodium_memzero(key, sizeof(key));
	if (!own || fj_json_parse(FJ_SLICE(text, (size_t)(tilde - text)), STATE_CAP, &j, NULL) != FJ_OK)
		return foreign(err);
	s->year = fj_json_num(j, "year");
	s->lines = fj_json_num(j, "lines");
	s->kind = (int)fj_json_num(j, "kind");
	s->at = fj_json_num(j, "at");
	s->counts = json_deep_copy(json_object_get(j, "counts"));
	if (s->kind < 0 || s->kind > END || s->counts == NULL || fj_strcopy(s->id, sizeof(s->id), fj_json_text(j, "id")) != FJ_OK ||
	    fj_unhex(fj_json_text(j, "chain"), 2 * sizeof(s->chain.b), s->chain.b) != FJ_OK)
		return foreign(err);
	return FJ_OK;
}

static enum fj_rc add_line(struct state *s, const struct fj_archive_entry *e, struct fj_buf *line, struct fj_err *err)
{
	const char *kind = fj_archive_kind_name(e->kind);

	FJ_TRY(fj_archive_entry_write(e, line, err));
	fj_archive_chain(&s->chain, fj_buf_slice(line));
	s->kind = (int)e->kind;
	s->lines++;
	FJ_TRY(fj_strcopy(s->id, sizeof(s->id), e->id));
	return fj_json_set(s->counts, kind, json_integer(json_integer_value(json_object_get(s->counts, kind)) + 1));
}

/* --- years --- */

/* the first second of a calendar year in +08:00 */
static enum fj_rc year_begin(int64_t year, fj_time *out, struct fj_err *err)
{
	char text[40];

	snprintf(text, sizeof(text), "%04lld-01-01", (long long)year);
	return fj_date_parse(text, out, err);
}

static enum fj_rc check_year(int64_t year, fj_time now, struct fj_err *err)
{
	fj_time from = 0;

	if (year >= FJ_ARCHIVE_YEAR_MIN)
		FJ_TRY(year_begin(year, &from, err));
	return year >= FJ_ARCHIVE_YEAR_MIN && from <= now ? FJ_OK
	    : fj_refuse(err, FJ_E_INVALID, "issuer", CITE, "this year has not begun, or is before there were such registers; name a year that has (--year)", "该年度尚未开始或无此年度的登记；请填写已开始的年度（--year）");
}

enum fj_rc arc_years(struct iss_call *c, const struct arc_kind *k, int64_t *out, struct fj_err *err)
{
	*out = FJ_ARCHIVE_PERMANENT;
	return k->permanent ? FJ_OK : prf_int(c, c->iss->keeper, "archive.years", out, err);
}

/* --- what is next --- */

static enum fj_rc next_object(struct iss_call *c, const struct state *s, enum fj_archive_kind k, char id[101], struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	fj_time from, to;
	bool row;

	id[0] = '\0';
	FJ_TRY(year_begin(s->year, &from, err));
	FJ_TRY(year_begin(s->year + 1, &to, err));
	FJ_TRY(sto_query(c->db, arc_kind(k)->next, &q, err, "tii", s->kind == (int)k ? s->id : "", (int64_t)from, (int64_t)to));
	FJ_TRY(sto_step(&q, &row, err));
	return row ? fj_strcopy(id, 101, sto_text(&q, 0)) : FJ_OK;
}

/* files of the trust folder that say what was signed is worth: the first whose name follows; "" none */
static enum fj_rc next_trust(const char *after, char id[101], struct fj_err *err)
{
	static const struct {
		const char *folder, *ending;
	} folders[] = {{"", ".pem"}, {"", ".vkey"}, {"", ".policy"}, {"crl", ".crl"}, {"status", ".jwt"}};
	char path[80], name[300];

	id[0] = '\0';
	for (size_t i = 0; i < FJ_ARRAY_LEN(folders); i++) {
		FJ_AUTO(dir) d = NULL;
		int n = 0;
		snprintf(path, sizeof(path), "publish/trust/%s", folders[i].folder);
		enum fj_rc rc = fj_dir_list(AT_FDCWD, path, &d, err);
		if (rc == FJ_E_NOTFOUND)
			continue;
		FJ_TRY(rc);
		for (struct dirent *e; (e = readdir(d)) != NULL && n < MAX_TRUST; n++) {
			const char *dot = strrchr(e->d_name, '.');
			snprintf(name, sizeof(name), "%s%s%.200s", folders[i].folder, folders[i].folder[0] != '\0' ? "/" : "", e->d_name);
			if (dot != NULL && strcmp(dot, folders[i].ending) == 0 && strlen(name) < 100 && strcmp(name, after) > 0 && (id[0] == '\0' || strcmp(name, id) < 0))
				FJ_TRY(fj_strcopy(id, 101, name));
		}
	}
	return FJ_OK;
}

/* one more line, its octets and, of a package, the files that it names; e->id "" at the end */
static enum fj_rc next(struct iss_call *c, const struct state *s, struct fj_archive_entry *e, struct fj_buf *bytes, json_t **originals, struct fj_err *err)
{
	char id[101] = "", path[160];

	memset(e, 0, sizeof(*e));
	for (int k = s->kind; k < FJ_AR_SCHEMA; k++) {
		FJ_TRY(next_object(c, s, (enum fj_archive_kind)k, id, err));
		if (id[0] != '\0')
			return arc_package(c, arc_kind((enum fj_archive_kind)k), id, s->year, bytes, e, originals, err);
	}
	if (s->kind < FJ_AR_SCHEMA) {
		e->kind = FJ_AR_SCHEMA;
		FJ_TRY(fj_strcopy(e->id, sizeof(e->id), ARC_SCHEMA));
		return fj_buf_put(bytes, arc_schema().p, arc_schema().len);
	}
	if (s->kind == END)
		return FJ_OK;
	FJ_TRY(next_trust(s->kind == FJ_AR_TRUST ? s->id : "", id, err));
	e->kind = FJ_AR_TRUST;
	FJ_TRY(fj_strcopy(e->id, sizeof(e->id), id));
	snprintf(path, sizeof(path), "publish/trust/%.100s", id);
	return id[0] == '\0' ? FJ_OK : fj_file_read(AT_FDCWD, path, bytes, err);
}

/* --- commands: an export --- */

enum fj_rc cmd_archive_begin(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(state) s = {.counts = json_object()};
	FJ_AUTO(buf) line = FJ_BUF_INIT(FJ_ARCHIVE_LINE);
	uint8_t key[crypto_auth_hmacsha256_KEYBYTES];
	char hex[2 * sizeof(key) + 1];
	struct fj_archive_head h = {.year = fj_json_num(c->params, "year")};
	json_t *state = NULL;

	FJ_TRY(check_year(h.year, c->now, err));
	randombytes_buf(key, sizeof(key));
	fj_hex(key, sizeof(key), hex);
	FJ_TRY(sto_run(c->db, STO_SETTING_ADD, NULL, err, "tt", KEY, hex));
	sodium_memzero(key, sizeof(key));
	sodium_memzero(hex, sizeof(hex));
	FJ_TRY(fj_strcopy(h.base, sizeof(h.base), iss_base(c->iss)));
	FJ_TRY(fj_archive_head_write(&h, &line, err));
	s.year = h.year;
	fj_archive_chain(&s.chain, fj_buf_slice(&line));
	FJ_TRY(seal_state(c->db, &s, &state, err));
	c->answer = json_pack("{s:s, s:o}", "line", fj_buf_str(&line), "state", state);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_archive_next(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(state) s = {.counts = NULL};
	FJ_AUTO(buf) bytes = FJ_BUF_INIT(FJ_ARCHIVE_PACKAGE);
	FJ_AUTO(buf) line = FJ_BUF_INIT(FJ_ARCHIVE_LINE);
	struct fj_archive_entry e;
	json_t *originals = NULL, *state = NULL;

	FJ_TRY(open_state(c, &s, err));
	enum fj_rc rc = next(c, &s, &e, &bytes, &originals, err);
	FJ_AUTO(json) filed = originals;
	FJ_TRY(rc);
	if (e.id[0] == '\0') {
		s.at = s.kind == END ? s.at : c->now;
		s.kind = END;
		FJ_TRY(seal_state(c->db, &s, &state, err));
		c->answer = json_pack("{s:b, s:o}", "over", 1, "state", state);
		return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
	}
	e.octets = (int64_t)bytes.len;
	FJ_TRY(fol_hashes(fj_buf_slice(&bytes), e.sha256, e.sm3, err));
	FJ_TRY(add_line(&s, &e, &line, err));
	FJ_TRY(fnd_file(c, e.id, "application/octet-stream", &bytes, err));
	FJ_TRY(seal_state(c->db, &s, &state, err));
	FJ_TRY(fj_json_set(c->answer, "state", state));
	FJ_TRY(fj_json_set(c->answer, "line", json_string(fj_buf_str(&line))));
	return fj_json_set(c->answer, "originals", filed != NULL ? json_incref(filed) : json_array());
}

enum fj_rc cmd_archive_original(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_ARCHIVE_ORIGINAL);
	const char *sha256 = fj_json_text(c->params, "sha256");

	if (!fj_hex64(sha256))
		return fj_refuse(err, FJ_E_INVALID, "issuer", CITE, "give the SHA-256 of the file as 64 hexadecimal digits, lower case", "请以 64 位小写十六进制数给出文件的 SHA-256");
	FJ_TRY(dom_material_read(sha256, &file, err));
	return fnd_file(c, sha256, "application/octet-stream", &file, err);
}

static enum fj_rc document(struct iss_call *c, const struct state *s, json_t **out, struct fj_err *err)
{
	FJ_AUTO(dom_org) keeper = {.affiliates = NULL};
	fj_time to;
	char chain[65];

	FJ_TRY(dom_org_get(c->db, c->iss->keeper, &keeper, err));
	FJ_TRY(year_begin(s->year + 1, &to, err));
	fj_hex(s->chain.b, sizeof(s->chain.b), chain);
	FJ_AUTO(json) doc = json_pack("{s:s, s:I, s:s, s:{s:s, s:s}, s:I, s:s, s:O, s:b}", "format", FJ_FORMAT_ARCHIVE, "year", (json_int_t)s->year, "base", iss_base(c->iss), "fonds",
	    "usci", keeper.usci, "name", keeper.name, "lines", (json_int_t)s->lines, "chain", chain, "counts", s->counts, "over", c->now >= to);
	FJ_TRY(doc == NULL ? fj_no_memory(err, "issuer") : fj_archive_doc_check(doc, err));
	*out = fj_move(doc);
	return FJ_OK;
}

static enum fj_rc intend(struct iss_call *c, const char *id, const json_t *doc, const char *sha256, struct fj_err *err)
{
	FJ_AUTO(buf) b64 = FJ_BUF_INIT(64);
	uint8_t hash[FJ_SHA256_LEN];

	FJ_TRY(fj_unhex(sha256, 64, hash));
	FJ_TRY(fj_b64u_put(&b64, FJ_SLICE(hash, sizeof(hash))));
	FJ_AUTO(json) body = json_pack("{s:O, s:O, s:O, s:O, s:s}", "year", json_object_get(doc, "year"), "lines", json_object_get(doc, "lines"), "counts", json_object_get(doc, "counts"),
	    "chain", json_object_get(doc, "chain"), "sha256", sha256);
	FJ_AUTO(json) intent = json_pack("{s:{s:s, s:s, s:s, s:I, s:s, s:s}, s:O}", "payload", "iss", iss_base(c->iss), "vct", FJ_VCT_MANIFEST, "jti", id, "iat", (json_int_t)c->now, "kind",
	    FJ_MANIFEST_ARCHIVE, "sha256", fj_buf_str(&b64), "document", doc);
	FJ_TRY(body == NULL || intent == NULL ? fj_no_memory(err, "issuer") : evt_append(c, "archive.exported", id, body, err));
	return pipe_intend(c, PIPE_ARCHIVE, id, intent, err);
}

enum fj_rc cmd_archive_seal(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(state) s = {.counts = NULL};
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_ARCHIVE_DOC);
	FJ_AUTO(sto_q) q = {0};
	json_t *made = NULL;
	char sha256[65], sm3[65], id[40];
	bool row;

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(open_state(c, &s, err));
	if (s.kind != END)
		return fj_refuse(err, FJ_E_STATE, "issuer", CITE, "not all of the year is exported yet; go on with the export (`fujie archive export`)", "该年度尚未全部导出；请继续导出（fujie archive export）");
	FJ_TRY(document(c, &s, &made, err));
	FJ_AUTO(json) doc = made;
	FJ_TRY(fj_json_canonical(doc, &text, err));
	FJ_TRY(fol_hashes(fj_buf_slice(&text), sha256, sm3, err));
	snprintf(id, sizeof(id), "AE-%04lld-%.16s", (long long)s.year, sha256);
	FJ_TRY(sto_query(c->db, STO_INTENT_GET, &q, err, "it", (int64_t)PIPE_ARCHIVE, id));
	FJ_TRY(sto_step(&q, &row, err));
	sto_done(&q);
	if (!row && c->now - s.at > FRESH)
		return fj_refuse(err, FJ_E_STATE, "issuer", CITE, "the status lists of this export are no longer of the day; export the year anew, into an empty folder", "该导出所附状态列表已非当日；请在空目录中重新导出该年度");
	if (!row)
		FJ_TRY(intend(c, id, doc, sha256, err));
	c->answer = json_pack("{s:s, s:O, s:s, s:s}", "id", id, "document", doc, "sha256", sha256, "sm3", sm3);
	return c->answer != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

/* intent, signature and what it was given up for are the pipeline's tables */
enum fj_rc apply_archive(const struct evt *e, struct fj_err *err)
{
	(void)e;
	(void)err;
	return FJ_OK;
}

/* --- commands: what was exported --- */

/* object, state, body */
static enum fj_rc item(const struct sto_q *q, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) body = NULL;
	char at[FJ_TIME_CAP];

	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(q, 2)), 1u << 20, &body, err));
	const json_t *doc = json_object_get(body, "document");
	fj_time_utc(fj_json_num(json_object_get(body, "payload"), "iat"), at);
	*out = json_pack("{s:s, s:O, s:s, s:s, s:O, s:O}", "id", sto_text(q, 0), "year", json_object_get(doc, "year"), "state", sto_text(q, 1), "exported_at", at, "lines",
	    json_object_get(doc, "lines"), "counts", json_object_get(doc, "counts"));
	return *out != NULL ? FJ_OK : fj_no_memory(err, "issuer");
}

enum fj_rc cmd_archive_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	const char *after;
	int64_t limit;

	iss_page(c, &after, &limit);
	FJ_TRY(sto_query(c->db, STO_ARCHIVE_EXPORTS, &q, err, "iti", (int64_t)PIPE_ARCHIVE, after, limit));
	return dom_list_items(c, &q, item, "id", limit, err);
}

enum fj_rc cmd_archive_show(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(buf) jws = FJ_BUF_INIT(FJ_TOKEN_MAX);
	FJ_AUTO(json) body = NULL;
	const char *id = fj_json_text(c->params, "id");

	FJ_TRY(sto_first(c->db, STO_ARCHIVE_EXPORT, &q, id, err, "it", (int64_t)PIPE_ARCHIVE, id));
	FJ_TRY(item(&q, &c->answer, err));
	FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 2)), 1u << 20, &body, err));
	FJ_TRY(fj_json_set(c->answer, "document", json_incref(json_object_get(body, "document"))));
	if (strcmp(sto_text(&q, 1), "ISSUED") != 0)
		return FJ_OK;
	FJ_TRY(dom_credential(c->db, PIPE_ARCHIVE, id, &jws, err));
	return fj_json_set(c->answer, "signature", json_string(fj_buf_str(&jws)));
}

/* --- what need not be kept any longer --- */

static enum fj_rc due_of(struct iss_call *c, const struct arc_kind *k, json_t *items, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	struct fj_date today = fj_date_of(c->now, FJ_CHINA_OFFSET);
	int64_t years;
	fj_time before;
	bool row = true;
	char at[FJ_TIME_CAP], last[101] = "";

	FJ_TRY(arc_years(c, k, &years, err));
	if (years == FJ_ARCHIVE_PERMANENT || today.y - years < 1970)
		return FJ_OK;
	FJ_TRY(year_begin(today.y - years, &before, err)); /* a term is counted from the year after */
	while (json_array_size(items) < 1000) {
		FJ_AUTO(sto_q) e = {0};
		FJ_TRY(sto_query(c->db, k->next, &q, err, "tii", last, (int64_t)0, (int64_t)before));
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		FJ_TRY(fj_strcopy(last, sizeof(last), sto_text(&q, 0)));
		sto_done(&q);
		FJ_TRY(sto_first(c->db, STO_ARCHIVE_LAST, &e, last, err, "t", last));
		if (sto_int(&e, 1) >= before)
			continue;
		fj_time_utc(sto_int(&e, 1), at);
		json_array_append_new(items, json_pack("{s:s, s:s, s:s, s:I, s:s}", "id", last, "kind", fj_archive_kind_name(k->kind), "last_at", at, "years", (json_int_t)years, "basis", k->basis));
	}
	return FJ_OK;
}

/* Nothing is destroyed by itself: this is what an appraisal (档案鉴定) begins with. */
enum fj_rc cmd_archive_due(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) items = json_array();

	for (int k = 0; k < FJ_AR_SCHEMA; k++)
		FJ_TRY(due_of(c, arc_kind((enum fj_archive_kind)k), items, err));
	return dom_list_answer(c, items, "id", 1000, err);
}
