/*
 * restore.c - two officers go on with a register that is older than its public log, or with a
 * signer whose memory was put back.
 *
 * The log is not shortened: what was signed stays signed.  The leaves that the register lacks
 * are read from the log's own files, proved by the head that was signed, and entered by one
 * event, with what the newest lists and CRLs of that time said: nothing that was revoked comes
 * back.  Credentials that the register no longer knows are named; their numbers are not given
 * again, and no status entry is drawn from a block that was open.  The acts themselves are lost,
 * and the event says which.  Keys that were rolled over since come first (restore_keys.c): the lists are by them.
 *
 * A home that was unpacked from a backup (issuer/backup) is closed until the same act, whatever its log shows, since what was issued behind
 * the newest publication that was found is in no file.  So its numbers jump, its blocks are closed, and what waits to be made is given
 * up.  Approvals that are open are named: each may have been decided in the lost time, and only people know.
 */
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/jws.h"
#include "base/x509.h"
#include "issuer/domain.h"
#include "issuer/iss.h"
#include "issuer/log/restore.h"
#include "issuer/rules/rules.h"
#include "issuer/spare.h"

#define MAX_LOST 5000 /* leaves of one event, */
#define BLOCKS (FJ_LIST_ENTRIES / 4096) /* of a list */
#define MAX_OCTETS (2u << 20) /* and octets of them */
#define NUMBERS_LOST 100000 /* of a series in a month, that are passed over since they may have been given after a backup */
#define LISTS_LOST 2 /* status lists that may have been begun after it and are in no publication that was found */

struct restore {
	struct iss_call *c;
	int64_t have;             /* leaves of the register, those that were signed */
	size_t octets;
	struct fj_checkpoint head; /* the newest that was signed */
	json_t *leaves, *entries, *crl, *doubtful;
	int64_t backup;           /* of when the backup was, from which the home comes; 0: from none */
	struct rst_keys keys;      /* that the register lacks */
};

static void restore_release(struct restore *r)
{
	json_decref(r->leaves);
	json_decref(r->entries);
	json_decref(r->crl);
	json_decref(r->doubtful);
	rst_keys_release(&r->keys);
}
FJ_DEFINE_AUTO(restore, struct restore, restore_release)

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "log", "formats.md 19", en, zh);
}

/* --- what the register lacks --- */

static enum fj_rc take_leaf(struct restore *r, struct log_edge *g, struct fj_slice leaf, struct fj_err *err)
{
	r->octets += leaf.len;
	if (json_array_size(r->leaves) == MAX_LOST || r->octets > MAX_OCTETS)
		return no(err, FJ_E_LIMIT, "the register lacks more than 5,000 leaves, or 2 MiB of them; restore a newer copy of it first", "登记簿缺失的日志条目超过 5000 条或 2 MiB，请先恢复较新的副本");
	FJ_TRY(log_edge_add(g, leaf, err));
	return json_array_append_new(r->leaves, json_stringn((const char *)leaf.p, leaf.len)) == 0 ? FJ_OK : fj_no_memory(err, "log");
}

/* leaves from `have` on, from the log's own files */
static enum fj_rc take_leaves(struct restore *r, struct log_edge *g, struct fj_err *err)
{
	FJ_AUTO(buf) bundle = FJ_BUF_INIT(FJ_BUNDLE_MAX);

	for (uint64_t n = g->tree.size; n < r->head.size; n = n / FJ_TILE_WIDTH * FJ_TILE_WIDTH + FJ_TILE_WIDTH) {
		struct fj_tile t = fj_tile_at(0, n, r->head.size);
		struct fj_slice rest, leaf;
		t.entries = true;
		fj_buf_clear(&bundle);
		if (fj_tile_read(&log_folder, &t, &bundle, NULL) != FJ_OK)
			return no(err, FJ_E_NOTFOUND, "the log's own files lack the leaves that the register lacks; bring publish/log from a mirror", "公开日志文件缺少登记簿缺失的条目，请从镜像站取回 publish/log");
		rest = fj_buf_slice(&bundle);
		for (uint64_t k = n / FJ_TILE_WIDTH * FJ_TILE_WIDTH; k < r->head.size && rest.len > 0; k++) {
			if (fj_entry_next(&rest, &leaf) != FJ_OK)
				return no(err, FJ_E_CORRUPT, "a bundle of the public log is malformed; look at it with fujie log verify", "公开日志的条目文件格式有误，请用 fujie log verify 检查");
			if (k >= g->tree.size)
				FJ_TRY(take_leaf(r, g, leaf, err));
		}
	}
	return g->tree.size == r->head.size ? FJ_OK : no(err, FJ_E_CORRUPT, "a bundle of the public log is short; look at it with fujie log verify", "公开日志的条目文件不完整，请用 fujie log verify 检查");
}

static enum fj_rc proved(struct restore *r, struct fj_err *err)
{
	FJ_AUTO(log_edge) g;
	struct fj_hash root;

	log_edge_init(&g, false);
	FJ_TRY(log_edge_from(&g, r->c->db, (int64_t)r->head.size, err));
	r->have = (int64_t)g.tree.size;
	FJ_TRY(take_leaves(r, &g, err));
	fj_edge_root(&g.tree, &root);
	return fj_hash_eq(&root, &r->head.root) ? FJ_OK
	    : no(err, FJ_E_CORRUPT, "the register's leaves are not those that were signed: it was changed, not put back; restore another copy", "登记簿的日志条目与已签名的不符：并非旧副本，而是被改动；请恢复其他副本");
}

/* --- what the lists of that time said --- */

/* is this the file that the log has under this address, as the newest of those that are lacking? */
static enum fj_rc logged(const struct restore *r, const char *uri, struct fj_slice data, bool *newest, bool *any)
{
	FJ_AUTO(buf) hash = FJ_BUF_INIT(64);
	struct fj_hash h;
	size_t k;
	json_t *text;

	fj_sha256(data, &h);
	FJ_TRY(fj_b64u_put(&hash, FJ_SLICE(h.b, sizeof(h.b))));
	*newest = *any = false;
	json_array_foreach(r->leaves, k, text) {
		FJ_AUTO(json) leaf = NULL;
		FJ_TRY(fj_json_parse(fj_slice_str(json_string_value(text)), FJ_LEAF_MAX, &leaf, NULL));
		if (strcmp(fj_json_text(leaf, "event"), "published") != 0 || strcmp(fj_json_text(leaf, "id"), uri) != 0)
			continue;
		*newest = strcmp(fj_json_text(leaf, "sha256"), fj_buf_str(&hash)) == 0;
		*any = *any || *newest;
	}
	return FJ_OK;
}

/* is there a row for these three? */
static enum fj_rc has_row(struct sto *db, enum sto_id id, const char *fmt, const char *text, int64_t a, int64_t b, bool *yes, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	FJ_TRY(sto_query(db, id, &q, err, fmt, text, a, b));
	return sto_step(&q, yes, err);
}

static enum fj_rc known(struct sto *db, int64_t list, uint32_t i, unsigned v, bool *same, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(db, STO_ENTRY_GET, &q, err, "ii", list, (int64_t)i));
	FJ_TRY(sto_step(&q, &row, err));
	*same = row && sto_int(&q, 0) == (int64_t)v;
	return FJ_OK;
}

static enum fj_rc entries_of(struct restore *r, int64_t list, const uint8_t *map, struct fj_err *err)
{
	for (uint32_t i = 0; i < FJ_LIST_ENTRIES; i++) {
		unsigned v = fj_list_get(map, i);
		bool same = v == 0;
		if (!same)
			FJ_TRY(known(r->c->db, list, i, v, &same, err));
		if (!same && json_array_append_new(r->entries, json_pack("[I, I, i]", (json_int_t)list, (json_int_t)i, v)) != 0)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

static enum fj_rc read_list(struct restore *r, const char *uri, struct fj_slice file, struct fj_err *err)
{
	FJ_AUTO(jws) j = {.payload = NULL};
	FJ_AUTO(mem) map = fj_alloc(FJ_LIST_OCTETS, 1);
	FJ_AUTO(buf) der = FJ_BUF_INIT(96);
	int64_t list;

	if (map == NULL)
		return fj_no_memory(err, "log");
	FJ_TRY(sts_list_of(uri, &list, err));
	FJ_TRY(fj_jws_read(file, FJ_STATUS_JWT_MAX, &j, err));
	FJ_TRY(fj_ecdsa_raw_to_der(j.sig, &der));
	FJ_TRY(rst_list_verify(r->c->iss, &r->keys, j.alg, j.input, fj_buf_slice(&der), err)); /* the status signer's too */
	FJ_TRY(fj_list_inflate(j.payload, map, err));
	return entries_of(r, list, map, err);
}

/* "3.crl", "sm2-3.crl" */
static int64_t shard_of(const char *name)
{
	bool sm2 = strncmp(name, fj_alg_prefix(FJ_SM2), 4) == 0;

	return sm2 ? -strtoll(name + 4, NULL, 10) : strtoll(name, NULL, 10);
}

static enum fj_rc read_crl(struct restore *r, const char *shard, struct fj_slice file, struct fj_err *err)
{
	struct fj_crl crl;
	struct fj_crl_entry e;
	char hex[41];

	FJ_TRY(fj_crl_read(file, &crl, err));
	FJ_TRY(rst_crl_verify(r->c->iss, &r->keys, crl.alg, file, err));
	for (struct fj_der walk = crl.entries; fj_crl_next(&walk, &e);) {
		if (e.serial.len > 20)
			continue;
		fj_hex(e.serial.p, e.serial.len, hex);
		bool same;
		FJ_TRY(has_row(r->c->db, STO_CRL_HAS, "tii", hex, (int64_t)e.at, (int64_t)e.reason, &same, err));
		if (!same && json_array_append_new(r->crl, json_pack("[s, I, I, i]", hex, (json_int_t)shard_of(shard), (json_int_t)e.at, (int)e.reason)) != 0)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

/* the published file of a list or CRL that the lacking leaves name */
static enum fj_rc take_file(struct restore *r, const json_t *leaf, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_DER_MAX);
	const char *uri = fj_json_text(leaf, "id"), *slash = strrchr(uri, '/');
	bool crl = strcmp(fj_json_text(leaf, "kind"), "crl") == 0, newest = false, any = false;
	char path[120];

	if (slash == NULL || strcmp(slash, "/root.crl") == 0 || strcmp(slash, "/root-sm2.crl") == 0)
		return FJ_OK;
	snprintf(path, sizeof(path), "publish/trust/%s/%.40s%s", crl ? "crl" : "status", slash + 1, crl ? "" : ".jwt");
	if (fj_file_read(AT_FDCWD, path, &file, NULL) == FJ_OK)
		FJ_TRY(logged(r, uri, fj_buf_slice(&file), &newest, &any));
	if (!any)
		return no(err, FJ_E_NOTFOUND, "publish/trust has not the lists that the log names; bring status/ and crl/ from a mirror, or what was revoked would be lost", "publish/trust 中没有公开日志所列的状态列表，请从镜像站取回 status/ 与 crl/，否则撤销会丢失");
	if (!newest && json_array_append_new(r->doubtful, json_string(uri)) != 0)
		return fj_no_memory(err, "log");
	return crl ? read_crl(r, slash + 1, fj_buf_slice(&file), err) : read_list(r, uri, fj_buf_slice(&file), err);
}

static enum fj_rc take_files(struct restore *r, struct fj_err *err)
{
	FJ_AUTO(json) seen = json_object();
	size_t k;
	json_t *text;

	json_array_foreach(r->leaves, k, text) {
		FJ_AUTO(json) leaf = NULL;
		FJ_TRY(fj_json_parse(fj_slice_str(json_string_value(text)), FJ_LEAF_MAX, &leaf, err));
		const char *uri = fj_json_text(leaf, "id");
		if (strcmp(fj_json_text(leaf, "event"), "published") != 0 || json_object_get(seen, uri) != NULL)
			continue;
		FJ_TRY(take_file(r, leaf, err));
		FJ_TRY(fj_json_set(seen, uri, json_true()));
	}
	return FJ_OK;
}

/* --- what a leaf is about --- */

static int kind_of(const json_t *leaf)
{
	for (int k = PIPE_CERTIFICATE; k <= PIPE_TOKEN; k++)
		if (strcmp(pipe_table[k].name, fj_json_text(leaf, "kind")) == 0)
			return k;
	return 0;
}

/* under which the register would have it: a further version of an authorisation has a name of its own */
static void object_of(const json_t *leaf, int kind, char out[240])
{
	const char *id = fj_json_text(leaf, "id");
	long long version = fj_json_num(leaf, "version");

	if (kind == PIPE_AUTHORISATION && version > 1)
		snprintf(out, 240, "%.200s~%lld", id, version);
	else
		snprintf(out, 240, "%.200s", id);
}

/* --- the act --- */

enum fj_rc cmd_log_restore(struct iss_call *c, struct fj_err *err)
{
	struct fj_err why = {0};

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(iss_clock_check(c->iss, err));
	if (c->iss->log.spare != SPR_NONE) /* it is compared with its log when it has keys */
		return log_check_open(&c->iss->log, err);
	if (log_check_open(&c->iss->log, &why) == FJ_OK)
		return no(err, FJ_E_STATE, "there is nothing to restore: the register is as its public log has it", "无须恢复：登记簿与公开日志一致");
	FJ_AUTO(json) payload = json_pack("{s:{s:s, s:s}}", "why", "en", why.en, "zh", why.zh);
	return apr_request(c, "log.restore", "log", c->actor->org, payload, err);
}

/* the newest head: the signer's, or the one that was given out */
static enum fj_rc newest_head(struct restore *r, struct hsm_conn *conn, struct fj_err *err)
{
	struct fj_vkey key;

	FJ_TRY(log_key(r->c->iss, conn, &key, err));
	FJ_TRY(hsm_log_head(conn, &r->head.size, &r->head.root, err));
	return log_newest(&key, &r->head, err);
}

/* the last thing that can fail: a signer that is open is none to be opened */
static enum fj_rc open_signer(struct restore *r, const struct apr *a, struct hsm_conn *conn, struct fj_err *err)
{
	struct hsm_approval who[HSM_MAX_APPROVALS];
	struct fj_hash digest;
	size_t n = 0;

	FJ_TRY(apr_for_signer(r->c->db, a->id, who, &n, &digest, err));
	enum fj_rc rc = hsm_restore(conn, who, n, err);
	return rc == FJ_E_STATE ? FJ_OK : rc;
}

/* What the copy still had to make was made in the time that is lost: it has its leaf, and is not made again. */
static enum fj_rc give_up_pending(struct restore *r, struct fj_err *err)
{
	size_t k;
	json_t *text;

	json_array_foreach(r->leaves, k, text) {
		FJ_AUTO(json) leaf = NULL;
		char object[240], event[40], state[16] = "";
		FJ_TRY(fj_json_parse(fj_slice_str(json_string_value(text)), FJ_LEAF_MAX, &leaf, err));
		int kind = kind_of(leaf);
		if (kind == 0 || strcmp(fj_json_text(leaf, "event"), "issued") != 0)
			continue;
		object_of(leaf, kind, object);
		{
			FJ_AUTO(sto_q) q = {0};
			bool row;
			FJ_TRY(sto_query(r->c->db, STO_INTENT_GET, &q, err, "it", (int64_t)kind, object));
			FJ_TRY(sto_step(&q, &row, err));
			if (row)
				snprintf(state, sizeof(state), "%s", sto_text(&q, 0));
		}
		if (strcmp(state, "PENDING") != 0)
			continue;
		FJ_AUTO(json) body = json_pack("{s:s}", "reason", "it was issued in what was lost and stands in the public log; issue it anew");
		snprintf(event, sizeof(event), "%s.abandoned", pipe_table[kind].name);
		FJ_TRY(evt_append(r->c, event, object, body, err));
	}
	return FJ_OK;
}

/* --- of a home that was unpacked from a backup --- */

static enum fj_rc backup_of(struct restore *r, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(r->c->db, STO_PUB_GET, &q, err, "t", "backup"));
	FJ_TRY(sto_step(&q, &row, err));
	r->backup = row ? sto_int(&q, 0) : 0;
	return FJ_OK;
}

/* all that waits to be made: it may have been made in the lost time, and stand in no file that is left */
static enum fj_rc give_up_all(struct restore *r, json_t *given_up, struct fj_err *err)
{
	for (;;) {
		char object[240], event[40];
		int64_t kind;
		{
			FJ_AUTO(sto_q) q = {0};
			bool row;
			FJ_TRY(sto_query(r->c->db, STO_INTENT_PENDING, &q, err, ""));
			FJ_TRY(sto_step(&q, &row, err));
			if (!row)
				return FJ_OK;
			kind = sto_int(&q, 0);
			snprintf(object, sizeof(object), "%s", sto_text(&q, 1));
		}
		if (kind < 1 || kind >= PIPE_END)
			return fj_fail(err, FJ_E_CORRUPT, "log", NULL, "an intent is of no kind that is known");
		FJ_AUTO(json) body = json_pack("{s:s}", "reason", "it waited when the backup was made, and may have been issued since; issue it anew");
		snprintf(event, sizeof(event), "%s.abandoned", pipe_table[kind].name);
		FJ_TRY(evt_append(r->c, event, object, body, err));
		if (json_array_append_new(given_up, json_pack("{s:s, s:s}", "kind", pipe_table[kind].name, "id", object)) != 0)
			return fj_no_memory(err, "log");
	}
}

/* ["floor-202604", n]: for each month since the backup */
static enum fj_rc put_floors(struct restore *r, json_t *floors, struct fj_err *err)
{
	struct fj_date d = fj_date_of(r->backup, FJ_CHINA_OFFSET), until = fj_date_of(r->c->now, FJ_CHINA_OFFSET);

	for (int y = d.y, m = d.m; y < until.y || (y == until.y && m <= until.m); y += m == 12, m = m % 12 + 1) {
		FJ_AUTO(sto_q) q = {0};
		char month[24], name[40];
		snprintf(month, sizeof(month), "%04d%02d", y, m);
		snprintf(name, sizeof(name), "floor-%s", month);
		FJ_TRY(sto_first(r->c->db, STO_SERIES_TOP, &q, "number", err, "t", month));
		int64_t top = sto_int(&q, 0) + NUMBERS_LOST;
		if (json_array_append_new(floors, json_pack("[s, I]", name, (json_int_t)top)) != 0)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

/* approvals that wait, this one left out */
static enum fj_rc put_open(struct restore *r, const char *id, json_t *open, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	bool row;

	FJ_TRY(sto_query(r->c->db, STO_APPROVAL_LEFT, &q, err, "ti", id, (int64_t)MAX_LOST));
	for (;;) {
		FJ_TRY(sto_step(&q, &row, err));
		if (!row)
			return FJ_OK;
		if (json_array_append_new(open, json_pack("{s:s, s:s, s:s}", "approval", sto_text(&q, 0), "kind", sto_text(&q, 1), "object", sto_text(&q, 2))) != 0)
			return fj_no_memory(err, "log");
	}
}

/* into the event and the answer */
static enum fj_rc tell_backup(struct restore *r, const char *approval, json_t *body, struct fj_err *err)
{
	FJ_AUTO(json) floors = json_array();
	FJ_AUTO(json) given_up = json_array();
	FJ_AUTO(json) open = json_array();
	char at[FJ_TIME_CAP];

	if (r->backup == 0)
		return FJ_OK;
	FJ_TRY(put_floors(r, floors, err));
	FJ_TRY(give_up_all(r, given_up, err));
	FJ_TRY(put_open(r, approval, open, err));
	fj_time_utc(r->backup, at);
	return fj_json_set(body, "backup", json_pack("{s:s, s:O, s:O, s:O}", "at", at, "floors", floors, "given_up", given_up, "open", open));
}

enum fj_rc apr_log_restore(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(restore) r = {.c = c, .leaves = json_array(), .entries = json_array(), .crl = json_array(), .doubtful = json_array()};
	FJ_AUTO(hsm_conn) conn = NULL; /* its own: the others belong to other locks */

	FJ_TRY(iss_clock_check(c->iss, err));
	if (log_check_open(&c->iss->log, NULL) == FJ_OK)
		return no(err, FJ_E_STATE, "there is nothing to restore any more", "已无须恢复");
	FJ_TRY(iss_signer(c->iss, &conn, err));
	FJ_TRY(newest_head(&r, conn, err));
	FJ_TRY(proved(&r, err));
	FJ_TRY(rst_take_keys(c, conn, &r.keys, err));
	FJ_TRY(take_files(&r, err));
	FJ_TRY(give_up_pending(&r, err));
	FJ_TRY(backup_of(&r, err));
	FJ_AUTO(json) body = json_pack("{s:I, s:I, s:O, s:O, s:O, s:O, s:O}", "from", (json_int_t)r.have, "to", (json_int_t)r.head.size, "leaves", r.leaves,
	    "entries", r.entries, "crl", r.crl, "older_lists", r.doubtful, "keys", r.keys.names);
	FJ_TRY(tell_backup(&r, a->id, body, err));
	FJ_TRY(evt_append(c, "log.restored", "log", body, err));
	FJ_TRY(sto_run(c->db, STO_PUB_DROP, NULL, err, "t", "backup"));
	FJ_TRY(sto_run(c->db, STO_PUB_SET, NULL, err, "tiii", "restored", (int64_t)r.head.size, (int64_t)c->now, c->last_seq));
	c->dirty_status = true;
	c->answer = json_pack("{s:I, s:I, s:O, s:O, s:O}", "from", (json_int_t)r.have, "to", (json_int_t)r.head.size, "lost", r.leaves, "older_lists", r.doubtful, "keys", r.keys.names);
	if (c->answer == NULL)
		return fj_no_memory(err, "log");
	if (r.backup > 0)
		FJ_TRY(fj_json_set(c->answer, "backup", json_incref(json_object_get(body, "backup"))));
	if (c->trial)
		return FJ_OK;
	FJ_TRY(open_signer(&r, a, conn, err));
	c->iss->rolled = true; /* keys may have been taken, or have ended */
	return FJ_OK;
}

/* --- its effect --- */

/* "DAC-420000-202604-000007-X": its series has given that number */
static enum fj_rc skip_number(const struct evt *e, const char *id, struct fj_err *err)
{
	char series[24];

	if (strlen(id) != 26 || (strncmp(id, "DAC-", 4) != 0 && strncmp(id, "DAU-", 4) != 0))
		return FJ_OK;
	snprintf(series, sizeof(series), "%.17s", id);
	return ser_apply(e, series, strtoll(id + 18, NULL, 10), err);
}

static enum fj_rc apply_leaf(const struct evt *e, const char *text, struct fj_err *err)
{
	FJ_AUTO(json) leaf = NULL;
	char object[240];

	FJ_TRY(fj_json_parse(fj_slice_str(text), FJ_LEAF_MAX, &leaf, err));
	int kind = kind_of(leaf);
	object_of(leaf, kind, object);
	FJ_TRY(skip_number(e, object, err));
	return sto_run(e->db, STO_LEAF_ADD, NULL, err, "iiitttb", fj_json_num(leaf, "seq"), e->seq, (int64_t)kind, object, fj_json_text(leaf, "event"), text, FJ_SLICE("", 0));
}

/* lists of which the log has one: 0 none */
static int64_t lists_named(const json_t *leaf)
{
	int64_t list;

	return strcmp(fj_json_text(leaf, "kind"), "status-list") == 0 && sts_list_of(fj_json_text(leaf, "id"), &list, NULL) == FJ_OK ? list + 1 : 0;
}

static enum fj_rc pass_over(const struct evt *e, int64_t upto, struct fj_err *err)
{
	int64_t n;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(e->db, STO_BLOCK_COUNT, &q, "count", err, ""));
		n = sto_int(&q, 0);
	}
	FJ_TRY(sto_run(e->db, STO_BLOCK_CLOSE, NULL, err, ""));
	for (; n < upto; n++)
		FJ_TRY(sto_run(e->db, STO_BLOCK_LOST, NULL, err, ""));
	return FJ_OK;
}

/* Entries of the lost ones can't be told from free ones: open blocks are closed, and what they may have opened is
 * passed over: all lists that the log names, and a list more when it names none. */
static enum fj_rc close_blocks(const struct evt *e, struct fj_err *err)
{
	int64_t lists = 0, named;
	size_t k;
	json_t *text;

	json_array_foreach(json_object_get(e->body, "leaves"), k, text) {
		FJ_AUTO(json) leaf = NULL;
		FJ_TRY(fj_json_parse(fj_slice_str(json_string_value(text)), FJ_LEAF_MAX, &leaf, err));
		named = lists_named(leaf);
		lists = named > lists ? named : lists;
	}
	int64_t last = 0;
	{
		FJ_AUTO(sto_q) q = {0};
		FJ_TRY(sto_first(e->db, STO_BLOCK_COUNT, &q, "count", err, ""));
		last = (sto_int(&q, 0) + BLOCKS - 1) / BLOCKS + 1; /* one that was begun and never published */
	}
	lists = lists > last ? lists : last;
	if (json_object_get(e->body, "backup") != NULL)
		return pass_over(e, (lists + LISTS_LOST) * BLOCKS, err);
	return k == 0 ? FJ_OK : pass_over(e, lists * BLOCKS, err);
}

/* The last event of each credential: its status, whatever became of the list that was to say it.  What the lists say
 * comes after it, and neither makes less of what is final. */
static enum fj_rc last_events(const json_t *leaves, json_t *out, struct fj_err *err)
{
	size_t k;
	json_t *text;
	char object[240], key[256];

	json_array_foreach(leaves, k, text) {
		json_t *leaf = NULL;
		FJ_TRY(fj_json_parse(fj_slice_str(json_string_value(text)), FJ_LEAF_MAX, &leaf, err));
		int kind = kind_of(leaf);
		object_of(leaf, kind, object);
		snprintf(key, sizeof(key), "%d %s", kind, object);
		if (kind == 0)
			json_decref(leaf);
		else if (json_object_set_new(out, key, leaf) != 0)
			return fj_no_memory(err, "log");
	}
	return FJ_OK;
}

static enum fj_rc apply_certificate(const struct evt *e, const char *number, const json_t *leaf, int v, struct fj_err *err)
{
	int64_t reason = v == STS_SUPERSEDED ? 4 : v == STS_SUSPENDED ? 6 : 9, at = fj_json_num(leaf, "at");

	FJ_TRY(sto_run(e->db, STO_CRL_LOST, NULL, err, "tiiit", number, at, reason, e->seq, e->approval));
	FJ_TRY(sto_run(e->db, STO_CRL_TWIN_LOST, NULL, err, "tiiiti", number, at, reason, e->seq, e->approval, (int64_t)PIPE_CERTIFICATE_SM2));
	FJ_TRY(sto_run(e->db, STO_CERT_LOST, NULL, err, "iiit", at, reason, e->seq, number));
	if (v != STS_SUPERSEDED) /* its successor has the asset */
		FJ_TRY(sto_run(e->db, STO_ENTRY_LOST_ASSET, NULL, err, "iitt", (int64_t)v, e->seq, e->approval, number));
	return sto_run(e->db, STO_ENTRY_LOST_CERTIFICATE, NULL, err, "iitt", (int64_t)v, e->seq, e->approval, number);
}

static enum fj_rc apply_last(const struct evt *e, const char *key, const json_t *leaf, struct fj_err *err)
{
	static const struct {
		const char *event;
		int v;
	} rows[] = {{"revoked", STS_INVALID}, {"suspended", STS_SUSPENDED}, {"superseded", STS_SUPERSEDED}};
	const char *event = fj_json_text(leaf, "event"), *object = key + 2;

	for (size_t k = 0; k < FJ_ARRAY_LEN(rows); k++) {
		int64_t v = rows[k].v;
		if (strcmp(rows[k].event, event) != 0)
			continue;
		if (key[0] - '0' == PIPE_CERTIFICATE)
			return apply_certificate(e, object, leaf, rows[k].v, err);
		if (key[0] - '0' == PIPE_TOKEN) {
			FJ_TRY(sto_run(e->db, STO_ENTRY_LOST_TOKEN, NULL, err, "iitt", v, e->seq, e->approval, object));
			return v == STS_SUPERSEDED ? FJ_OK : sto_run(e->db, STO_TOKEN_LOST, NULL, err, "tit", v == STS_INVALID ? "REVOKED" : "SUSPENDED", e->seq, object);
		}
		FJ_TRY(sto_run(e->db, STO_ENTRY_LOST_VERSION, NULL, err, "iitt", v, e->seq, e->approval, object));
		if (v == STS_SUPERSEDED) /* a version, not the authorisation */
			return FJ_OK;
		FJ_TRY(sto_run(e->db, STO_ENTRY_LOST_LINE, NULL, err, "iitt", v, e->seq, e->approval, object));
		return sto_run(e->db, STO_AUTH_LOST, NULL, err, "tit", v == STS_INVALID ? "RECLAIMED" : "SUSPENDED", e->seq, object);
	}
	return FJ_OK;
}

static enum fj_rc apply_events(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(json) last = json_object();
	const char *key;
	json_t *leaf;

	FJ_TRY(last_events(json_object_get(e->body, "leaves"), last, err));
	json_object_foreach(last, key, leaf)
		FJ_TRY(apply_last(e, key, leaf, err));
	return FJ_OK;
}

enum fj_rc apply_log_restored(const struct evt *e, struct fj_err *err)
{
	size_t k;
	json_t *v;

	json_array_foreach(json_object_get(e->body, "leaves"), k, v)
		FJ_TRY(apply_leaf(e, json_string_value(v), err));
	json_array_foreach(json_object_get(json_object_get(e->body, "backup"), "floors"), k, v)
		FJ_TRY(ser_apply(e, json_string_value(json_array_get(v, 0)), json_integer_value(json_array_get(v, 1)), err));
	FJ_TRY(close_blocks(e, err));
	json_array_foreach(json_object_get(e->body, "entries"), k, v)
		FJ_TRY(sto_run(e->db, STO_ENTRY_RESTORED, NULL, err, "iiiit", json_integer_value(json_array_get(v, 0)), json_integer_value(json_array_get(v, 1)),
		    json_integer_value(json_array_get(v, 2)), e->seq, e->approval));
	json_array_foreach(json_object_get(e->body, "crl"), k, v) {
		const char *serial = json_string_value(json_array_get(v, 0));
		int64_t shard = json_integer_value(json_array_get(v, 1)), at = json_integer_value(json_array_get(v, 2)), reason = json_integer_value(json_array_get(v, 3));
		FJ_TRY(sto_run(e->db, STO_CRL_RESTORED, NULL, err, "tiiiit", serial, shard, at, reason, e->seq, e->approval));
		FJ_TRY(sto_run(e->db, STO_CERT_RESTORED, NULL, err, "iiit", at, reason, e->seq, serial));
	}
	return apply_events(e, err);
}
