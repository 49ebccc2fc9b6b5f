/*
 * recipients.c - who opens backups of this home, and which backups were made (docs/formats.md 41, 42).
 *
 * Two finance officers of the department that made the appliance name the people who hold a backup's key in shares, by X25519 keys
 * that each makes on a machine of his own (fujie-officer backup-key).  Backups are made by fujie-backup, which asks nobody: it reads
 * from the register for whom, and notes each in backup/made.  The setting "backup" is what an event says; the file is no record of the
 * register, and who can write the home can change it: it is there so that a backup that is late is seen.
 */
#include <fcntl.h>

#include "base/backup.h"
#include "base/file.h"
#include "issuer/iss.h"
#include "issuer/recipients.h"
#include "issuer/rules/rules.h"

#define LAYER "issuer"
#define CITE "formats.md 42"
#define MADE_MAX (4u << 20)
#define SHOWN 30

const struct iss_field fld_backup_recipients[] = {
	{"need", ISS_F_INT, true, FJ_BACKUP_OFFICERS, "须几人共同打开", "how many of them open a backup together"},
	{"keys", ISS_F_STR, true, 2400, "保管人及其备份公钥（姓名=公钥，以逗号分隔）", "who, each with the key that fujie-officer backup-key public shows: NAME=KEY,NAME=KEY"},
	{0},
};

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, LAYER, CITE, en, zh);
}

/* "NAME=KEY" */
static enum fj_rc one(json_t *list, const char *text, size_t n, struct fj_err *err)
{
	const char *eq = memchr(text, '=', n);

	if (eq == NULL || eq == text)
		return no(err, FJ_E_INVALID, "each officer stands as NAME=KEY, with commas between them; the key is what fujie-officer backup-key public shows", "每名保管人写作“姓名=公钥”，以逗号分隔；公钥由 fujie-officer backup-key public 显示");
	json_t *item = json_pack("{s:s%, s:s%}", "name", text, (size_t)(eq - text), "key", eq + 1, n - (size_t)(eq - text) - 1);
	return json_array_append_new(list, item) == 0 ? FJ_OK : fj_no_memory(err, LAYER);
}

static enum fj_rc listed(const char *keys, json_t **out, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();

	if (list == NULL)
		return fj_no_memory(err, LAYER);
	for (const char *at = keys;; at++) {
		size_t n = strcspn(at, ",");
		FJ_TRY(one(list, at, n, err));
		at += n;
		if (*at == '\0')
			break;
	}
	*out = fj_move(list);
	return FJ_OK;
}

enum fj_rc cmd_backup_recipients(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) list = NULL;
	struct fj_backup b;
	int64_t need = fj_json_num(c->params, "need");

	FJ_TRY(iss_rule_no_foreign_issuer(c->iss->keeper, c->actor->org, err));
	FJ_TRY(listed(fj_json_text(c->params, "keys"), &list, err));
	FJ_TRY(fj_backup_officers_read(list, need, &b, err));
	FJ_AUTO(json) prints = json_array();
	for (unsigned i = 0; i < b.n; i++) { /* for who approves it */
		char print[FJ_BACKUP_PRINT];
		fj_backup_print(b.officer[i].key, print);
		if (json_array_append_new(prints, json_sprintf("%s: %s", b.officer[i].name, print)) != 0)
			return fj_no_memory(err, LAYER);
	}
	FJ_AUTO(json) payload = json_pack("{s:I, s:O, s:O}", "need", (json_int_t)need, "officers", list, "fingerprint", prints);
	return apr_request(c, "backup.recipients", "backup", c->actor->org, payload, err);
}

enum fj_rc apr_backup_recipients(struct iss_call *c, const struct apr *a, struct fj_err *err)
{
	FJ_AUTO(json) body = json_pack("{s:O, s:O}", "need", json_object_get(a->payload, "need"), "officers", json_object_get(a->payload, "officers"));

	return body != NULL ? evt_append(c, "backup.entrusted", "backup", body, err) : fj_no_memory(err, LAYER);
}

enum fj_rc apply_backup_entrusted(const struct evt *e, struct fj_err *err)
{
	FJ_AUTO(json) kept = json_pack("{s:O, s:O}", "need", json_object_get(e->body, "need"), "officers", json_object_get(e->body, "officers"));
	FJ_AUTO(buf) text = FJ_BUF_INIT(16384);

	if (kept == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(fj_json_canonical(kept, &text, err));
	return sto_run(e->db, STO_SETTING_PUT, NULL, err, "tt", BAK_SETTING, fj_buf_str(&text));
}

/* --- which there are --- */

/* the last lines of backup/made, the newest first; what is no line of ours is passed over */
static enum fj_rc made(json_t *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MADE_MAX);
	enum fj_rc rc = fj_file_read(AT_FDCWD, BAK_MADE, &text, err);

	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	FJ_TRY(rc);
	for (size_t end = text.len; end > 0 && json_array_size(out) < SHOWN;) {
		FJ_AUTO(json) line = NULL;
		size_t from = end - 1;
		while (from > 0 && text.data[from - 1] != '\n')
			from--;
		if (fj_json_parse(FJ_SLICE(text.data + from, end - from), 4096, &line, NULL) == FJ_OK && json_array_append(out, line) != 0)
			return fj_no_memory(err, LAYER);
		end = from;
	}
	return FJ_OK;
}

enum fj_rc bak_last(fj_time *at, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	const char *text;

	*at = 0;
	if (list == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(made(list, err));
	text = fj_json_peek(json_array_get(list, 0), "at");
	if (text != NULL && fj_time_parse(text, at, NULL) != FJ_OK)
		*at = 0; /* no line of ours: as if there were none, which is told */
	return FJ_OK;
}

/* who, by name and the beginning of the key's hash, as officers compare it */
static enum fj_rc holders(struct sto *db, json_t *answer, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};
	FJ_AUTO(json) kept = NULL;
	FJ_AUTO(json) list = json_array();
	struct fj_backup b = {.n = 0};
	bool row;

	FJ_TRY(sto_query(db, STO_SETTING_GET, &q, err, "t", BAK_SETTING));
	FJ_TRY(sto_step(&q, &row, err));
	if (row) {
		FJ_TRY(fj_json_parse(fj_slice_str(sto_text(&q, 0)), 16384, &kept, err));
		FJ_TRY(fj_backup_officers_read(json_object_get(kept, "officers"), fj_json_num(kept, "need"), &b, err));
	}
	for (unsigned i = 0; i < b.n; i++) {
		char print[FJ_BACKUP_PRINT];
		fj_backup_print(b.officer[i].key, print);
		if (json_array_append_new(list, json_pack("{s:s, s:s}", "name", b.officer[i].name, "fingerprint", print)) != 0)
			return fj_no_memory(err, LAYER);
	}
	FJ_TRY(fj_json_set(answer, "need", json_integer((json_int_t)b.need)));
	return fj_json_set(answer, "officers", json_incref(list));
}

enum fj_rc cmd_backup_list(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	size_t k;
	json_t *line;

	if (list == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(made(list, err));
	if (!(c->actor->roles & (ISS_FINANCE | ISS_AUDITOR | ISS_LOCAL))) /* where they lie concerns who runs the appliance */
		json_array_foreach(list, k, line)
			json_object_del(line, "file");
	c->answer = json_pack("{s:O}", "items", list);
	if (c->answer == NULL)
		return fj_no_memory(err, LAYER);
	return holders(c->db, c->answer, err);
}
