/*
 * book.c - what a witness keeps in its folder: its key, the logs that it knows, what it
 * cosigned last of each, and evidence.
 *
 * Names are hashes of origins, so no origin reaches a path.  Each file is replaced as a
 * whole and durably; nothing here is deleted.
 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "verifier/witness/witness.h"

#define SIGNER "PRIVATE+KEY+"
#define SEED_LEN crypto_sign_SEEDBYTES

void wit_hash(const char *origin, char hex[65])
{
	struct fj_hash h;

	fj_sha256(fj_slice_str(origin), &h);
	fj_hex(h.b, sizeof(h.b), hex);
}

/* --- our key --- */

static enum fj_rc take_seed(struct wit *w, const char *name, const uint8_t *seed, struct fj_err *err)
{
	uint8_t public[crypto_sign_PUBLICKEYBYTES];

	FJ_TRY(fj_secret_new(&w->secret, crypto_sign_SECRETKEYBYTES, err));
	crypto_sign_seed_keypair(public, w->secret.p, seed);
	return fj_vkey_make(name, FJ_NOTE_COSIGNATURE, public, &w->key, err);
}

/* the line of the file "key" */
static enum fj_rc write_key(const struct fj_vkey *k, const uint8_t *typed, struct fj_err *err)
{
	struct fj_buf line = FJ_BUF_INIT(1024);
	char hex[9];

	fj_hex(k->id, sizeof(k->id), hex);
	enum fj_rc rc = fj_buf_reserve(&line, 1023) == NULL ? FJ_E_NOMEM : FJ_OK; /* never moved, so nothing of it stays behind */
	if (rc == FJ_OK)
		rc = fj_buf_printf(&line, SIGNER "%s+%s+", k->name, hex);
	if (rc == FJ_OK)
		rc = fj_b64_put(&line, FJ_SLICE(typed, 1 + SEED_LEN));
	if (rc == FJ_OK)
		rc = fj_buf_puts(&line, "\n");
	rc = rc == FJ_OK ? fj_file_replace(AT_FDCWD, "key", fj_buf_slice(&line), 0600, err) : fj_no_memory(err, "witness");
	if (line.data != NULL)
		fj_wipe(line.data, line.cap);
	fj_buf_release(&line);
	return rc;
}

static enum fj_rc write_vkey(const struct fj_vkey *k, struct fj_err *err)
{
	FJ_AUTO(buf) line = FJ_BUF_INIT(1024);

	if (fj_vkey_put(&line, k) != FJ_OK || fj_buf_puts(&line, "\n") != FJ_OK)
		return fj_no_memory(err, "witness");
	return fj_file_replace(AT_FDCWD, "vkey", fj_buf_slice(&line), 0644, err);
}

enum fj_rc wit_init(const char *name, struct fj_vkey *out, struct fj_err *err)
{
	struct wit w = {.secret = FJ_SECRET_INIT};
	FJ_AUTO(secret) typed = FJ_SECRET_INIT;

	if (access("key", F_OK) == 0)
		return fj_refuse(err, FJ_E_EXISTS, "witness", NULL, "this witness has a key already: a second one would be another witness, in a folder of its own", "该见证方已有密钥；另设见证方须用另一文件夹");
	FJ_TRY(fj_dir_make(AT_FDCWD, "logs", 0755, err));
	FJ_TRY(fj_dir_make(AT_FDCWD, "evidence", 0755, err));
	FJ_TRY(fj_secret_new(&typed, 1 + SEED_LEN, err));
	typed.p[0] = FJ_NOTE_COSIGNATURE;
	fj_random(typed.p + 1, SEED_LEN);
	enum fj_rc rc = take_seed(&w, name, typed.p + 1, err);
	if (rc == FJ_OK)
		rc = write_key(&w.key, typed.p, err);
	if (rc == FJ_OK)
		rc = write_vkey(&w.key, err);
	*out = w.key;
	fj_secret_release(&w.secret);
	return rc;
}

static enum fj_rc bad_key(struct fj_err *err)
{
	return fj_refuse(err, FJ_E_CORRUPT, "witness", NULL, "the file \"key\" is no witness's key: PRIVATE+KEY+<name>+<id>+<base64>", "文件 key 不是见证方密钥");
}

static enum fj_rc parse_key(struct wit *w, char *line, struct fj_buf *raw, struct fj_err *err)
{
	bool ours = strncmp(line, SIGNER, strlen(SIGNER)) == 0;
	char *name = line + (ours ? strlen(SIGNER) : 0), *id = strchr(name, '+'), *end = strchr(name, '\n'), hex[9];

	if (!ours || end == NULL || id == NULL || end < id + 10 || id[9] != '+')
		return bad_key(err);
	if (fj_b64_get(id + 10, (size_t)(end - id - 10), raw) != FJ_OK || raw->len != 1 + SEED_LEN || raw->data[0] != FJ_NOTE_COSIGNATURE)
		return bad_key(err);
	*id = '\0';
	FJ_TRY(take_seed(w, name, raw->data + 1, err));
	fj_hex(w->key.id, sizeof(w->key.id), hex);
	return strncmp(hex, id + 1, 8) == 0 ? FJ_OK : bad_key(err);
}

/* everybody who may open the folder could sign as the witness */
static enum fj_rc check_mode(struct fj_err *err)
{
	struct stat st;

	if (stat("key", &st) != 0)
		return errno == ENOENT ? fj_refuse(err, FJ_E_NOTFOUND, "witness", NULL, "there is no witness in this folder: fujie witness init --dir W --name NAME", "此文件夹中没有见证方：fujie witness init --dir W --name 名称")
		    : fj_fail_errno(err, "witness", "look at the key");
	return (st.st_mode & 077) == 0 ? FJ_OK
	    : fj_refuse(err, FJ_E_FORBIDDEN, "witness", NULL, "others may read the file \"key\": chmod 600 it, and think about a new key", "文件 key 可被他人读取：请 chmod 600，并考虑更换密钥");
}

enum fj_rc wit_open(struct wit *w, struct fj_err *err)
{
	struct fj_buf text = FJ_BUF_INIT(1024), raw = FJ_BUF_INIT(64);

	memset(w, 0, sizeof(*w));
	pthread_mutex_init(&w->lock, NULL);
	FJ_TRY(check_mode(err));
	enum fj_rc rc = fj_buf_reserve(&text, 1023) == NULL ? fj_no_memory(err, "witness") : fj_file_read(AT_FDCWD, "key", &text, err);
	if (rc == FJ_OK)
		rc = parse_key(w, (char *)text.data, &raw, err);
	if (text.data != NULL)
		fj_wipe(text.data, text.cap);
	if (raw.data != NULL)
		fj_wipe(raw.data, raw.cap);
	fj_buf_release(&text);
	fj_buf_release(&raw);
	return rc;
}

void wit_close(struct wit *w)
{
	fj_secret_release(&w->secret);
}

/* --- logs --- */

static enum fj_rc parse_keys(struct fj_slice text, const char *origin, struct fj_vkey k[WIT_KEYS], size_t *n, struct fj_err *err)
{
	*n = 0;
	while (text.len > 0) {
		const uint8_t *end = memchr(text.p, '\n', text.len);
		size_t len = end == NULL ? text.len : (size_t)(end - text.p);
		if (*n == WIT_KEYS || fj_vkey_read(FJ_SLICE(text.p, len), &k[*n], NULL) != FJ_OK || k[*n].type != FJ_NOTE_ED25519 || strcmp(k[*n].name, origin) != 0)
			return fj_fail(err, FJ_E_CORRUPT, "witness", NULL, "the keys of the log %.100s are damaged", origin);
		++*n;
		text = FJ_SLICE(text.p + len, text.len - len);
		if (text.len > 0)
			text = FJ_SLICE(text.p + 1, text.len - 1);
	}
	return FJ_OK;
}

enum fj_rc wit_log_keys(const char *origin, struct fj_vkey k[WIT_KEYS], size_t *n, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	char hash[65], path[100];

	*n = 0;
	wit_hash(origin, hash);
	snprintf(path, sizeof(path), "logs/%s.vkey", hash);
	enum fj_rc rc = fj_file_read(AT_FDCWD, path, &text, err);
	return rc == FJ_E_NOTFOUND ? FJ_OK : rc == FJ_OK ? parse_keys(fj_buf_slice(&text), origin, k, n, err) : rc;
}

enum fj_rc wit_log_add(struct fj_slice vkey, struct fj_vkey *out, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	struct fj_vkey k[WIT_KEYS];
	char hash[65], path[100];
	size_t n, i;

	FJ_TRY(fj_vkey_read(vkey, out, err));
	if (out->type != FJ_NOTE_ED25519)
		return fj_refuse(err, FJ_E_UNSUPPORTED, "witness", "C2SP signed-note", "a log's key is one of type 1; this is a witness's", "日志密钥应为类型 1；这是见证方密钥");
	FJ_TRY(wit_log_keys(out->name, k, &n, err));
	for (i = 0; i < n; i++)
		if (memcmp(k[i].key, out->key, sizeof(out->key)) == 0)
			return FJ_OK;
	if (n == WIT_KEYS)
		return fj_refuse(err, FJ_E_LIMIT, "witness", NULL, "this log has four keys already", "该日志已有四个密钥");
	k[n++] = *out;
	for (i = 0; i < n; i++)
		if (fj_vkey_put(&text, &k[i]) != FJ_OK || fj_buf_puts(&text, "\n") != FJ_OK)
			return fj_no_memory(err, "witness");
	wit_hash(out->name, hash);
	snprintf(path, sizeof(path), "logs/%s.vkey", hash);
	return fj_file_replace(AT_FDCWD, path, fj_buf_slice(&text), 0644, err);
}

enum fj_rc wit_last(const char *hash, struct fj_buf *note, struct fj_err *err)
{
	char path[100];

	snprintf(path, sizeof(path), "logs/%.64s.checkpoint", hash);
	return fj_file_read(AT_FDCWD, path, note, err);
}

enum fj_rc wit_keep(const char *origin, struct fj_slice note, struct fj_err *err)
{
	char hash[65], path[100];

	wit_hash(origin, hash);
	snprintf(path, sizeof(path), "logs/%s.checkpoint", hash);
	return fj_file_replace(AT_FDCWD, path, note, 0644, err);
}

/* --- evidence --- */

static size_t count(const char *folder)
{
	FJ_AUTO(dir) d = NULL;
	size_t n = 0;

	if (fj_dir_list(AT_FDCWD, folder, &d, NULL) == FJ_OK)
		while (readdir(d) != NULL)
			n++;
	return n;
}

void wit_evidence(const char *origin, const char *why, struct fj_slice had, struct fj_slice shown)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8 * FJ_NOTE_MAX);
	FJ_AUTO(buf) both = FJ_BUF_INIT(4 * FJ_NOTE_MAX);
	struct fj_err err = {0};
	struct fj_hash h;
	char hex[65], path[100];

	fj_log(FJ_LOG_ERROR, "the log %s shows another history than the one that was cosigned (%s); both notes are in evidence/", origin, why);
	FJ_AUTO(json) j = json_pack("{s:s, s:s, s:I, s:s%, s:s%}", "origin", origin, "why", why, "at", (json_int_t)fj_now(), "had", had.p, had.len, "shown", shown.p, shown.len);
	if (fj_buf_put(&both, had.p, had.len) != FJ_OK || fj_buf_put(&both, shown.p, shown.len) != FJ_OK)
		return;
	fj_sha256(fj_buf_slice(&both), &h);
	fj_hex(h.b, sizeof(h.b), hex);
	snprintf(path, sizeof(path), "evidence/%s.json", hex);
	if (access(path, F_OK) == 0 || count("evidence") > WIT_EVIDENCE)
		return;
	enum fj_rc rc = j == NULL ? fj_no_memory(&err, "witness") : fj_json_canonical(j, &text, &err);
	if (rc == FJ_OK)
		rc = fj_file_replace(AT_FDCWD, path, fj_buf_slice(&text), 0644, &err);
	if (rc != FJ_OK)
		fj_log_err(FJ_LOG_ERROR, "evidence is not kept", &err);
}

/* --- show --- */

static json_t *utc(fj_time at)
{
	char text[FJ_TIME_CAP];

	fj_time_utc(at, text);
	return json_string(text);
}

static uint64_t size_of(const char *note_text)
{
	struct fj_note note;
	struct fj_checkpoint c = {.size = 0};

	return fj_note_read(fj_slice_str(note_text), &note, NULL) == FJ_OK && fj_checkpoint_read(note.text, &c, NULL) == FJ_OK ? c.size : 0;
}

static json_t *show_log(const struct wit *w, const char *hash, const char *origin)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_NOTE_MAX);
	struct fj_note note;
	struct fj_checkpoint c;
	fj_time at = 0;
	char root[65];

	if (wit_last(hash, &text, NULL) != FJ_OK)
		return json_pack("{s:s, s:n, s:n, s:n}", "origin", origin, "size", "root", "at");
	if (fj_note_read(fj_buf_slice(&text), &note, NULL) != FJ_OK || fj_checkpoint_read(note.text, &c, NULL) != FJ_OK || fj_note_verify(&note, &w->key, &at, NULL) != FJ_OK)
		return json_pack("{s:s, s:s}", "origin", origin, "error", "the checkpoint that is kept is damaged");
	fj_hex(c.root.b, sizeof(c.root.b), root);
	return json_pack("{s:s, s:I, s:s, s:o}", "origin", origin, "size", (json_int_t)c.size, "root", root, "at", utc(at));
}

/* a log's name stands in its keys */
static json_t *show_file(const struct wit *w, const char *name)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(4096);
	struct fj_vkey k;
	char path[100], hash[65];
	size_t n = strlen(name);

	snprintf(path, sizeof(path), "logs/%.80s", name);
	if (n != 69 || strcmp(name + 64, ".vkey") != 0 || fj_file_read(AT_FDCWD, path, &text, NULL) != FJ_OK ||
	    fj_vkey_read(FJ_SLICE(text.data, strcspn(fj_buf_str(&text), "\n")), &k, NULL) != FJ_OK)
		return NULL;
	snprintf(hash, sizeof(hash), "%.64s", name);
	return show_log(w, hash, k.name);
}

static json_t *show_evidence(const struct wit *w, const char *name)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(8 * FJ_NOTE_MAX);
	FJ_AUTO(json) j = NULL;
	char path[100];

	(void)w;
	snprintf(path, sizeof(path), "evidence/%.80s", name);
	if (strlen(name) != 69 || fj_file_read(AT_FDCWD, path, &text, NULL) != FJ_OK || fj_json_parse(fj_buf_slice(&text), text.len, &j, NULL) != FJ_OK)
		return NULL;
	return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I}", "file", path, "origin", fj_json_text(j, "origin"), "why", fj_json_text(j, "why"), "at", utc(fj_json_num(j, "at")),
	    "had", (json_int_t)size_of(fj_json_text(j, "had")), "shown", (json_int_t)size_of(fj_json_text(j, "shown")));
}

static json_t *list(const struct wit *w, const char *folder, json_t *(*show)(const struct wit *, const char *))
{
	FJ_AUTO(dir) d = NULL;
	json_t *all = json_array();

	if (fj_dir_list(AT_FDCWD, folder, &d, NULL) == FJ_OK)
		for (const struct dirent *e; (e = readdir(d)) != NULL;) {
			json_t *one = e->d_name[0] == '.' ? NULL : show(w, e->d_name);
			if (one != NULL)
				json_array_append_new(all, one);
		}
	return all;
}

enum fj_rc wit_show(json_t **out, struct fj_err *err)
{
	struct wit w;
	FJ_AUTO(buf) vkey = FJ_BUF_INIT(1024);

	enum fj_rc rc = wit_open(&w, err);
	if (rc == FJ_OK && fj_vkey_put(&vkey, &w.key) != FJ_OK)
		rc = fj_no_memory(err, "witness");
	if (rc == FJ_OK)
		*out = json_pack("{s:s, s:o, s:o}", "vkey", fj_buf_str(&vkey), "logs", list(&w, "logs", show_file), "evidence", list(&w, "evidence", show_evidence));
	wit_close(&w);
	return rc == FJ_OK && *out == NULL ? fj_no_memory(err, "witness") : rc;
}
