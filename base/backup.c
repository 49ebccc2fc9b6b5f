/*
 * backup.c - the stream of a backup, written and read (docs/formats.md 41).
 *
 * The header is canonical JSON and is written again when it is read: one form only.  Its hash is additional data of every chunk, so
 * that shares, officers and times in it can't be exchanged under the same archive.  A chunk is full unless it is the last one, which
 * bears libsodium's FINAL tag: an end without it was cut, and what follows it was appended.
 */
#include "base/backup.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"

#define MAGIC "fujie-backup-1\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define A crypto_secretstream_xchacha20poly1305_ABYTES
#define FINAL crypto_secretstream_xchacha20poly1305_TAG_FINAL

static enum fj_rc no(struct fj_err *err, enum fj_rc rc, const char *en, const char *zh)
{
	return fj_refuse(err, rc, "base", FJ_BACKUP_CITE, en, zh);
}

/* --- checks --- */

static void check_of(const char *what, const uint8_t id[16], const uint8_t *p, size_t n, struct fj_hash *out)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)what, strlen(what));
	crypto_hash_sha256_update(&st, id, 16);
	crypto_hash_sha256_update(&st, p, n);
	crypto_hash_sha256_final(&st, out->b);
	fj_wipe(&st, sizeof(st));
}

void fj_backup_share_check(const uint8_t id[16], const uint8_t share[FJ_BACKUP_SHARE], struct fj_hash *out)
{
	check_of("fujie-backup-share\n", id, share, FJ_BACKUP_SHARE, out);
}

void fj_backup_key_check(const uint8_t id[16], const uint8_t key[FJ_BACKUP_KEY], struct fj_hash *out)
{
	check_of("fujie-backup-key\n", id, key, FJ_BACKUP_KEY, out);
}

void fj_backup_print(const uint8_t key[crypto_box_PUBLICKEYBYTES], char out[FJ_BACKUP_PRINT])
{
	struct fj_hash h;
	char hex[17];

	fj_sha256(FJ_SLICE(key, crypto_box_PUBLICKEYBYTES), &h);
	fj_hex(h.b, 8, hex);
	snprintf(out, FJ_BACKUP_PRINT, "%.4s-%.4s-%.4s-%.4s", hex, hex + 4, hex + 8, hex + 12);
}

/* --- members --- */

static enum fj_rc get_octets(const json_t *o, const char *name, uint8_t *to, size_t n, struct fj_err *err)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(512);
	const char *text;

	FJ_TRY(fj_json_str(o, name, 512, &text, err));
	if (fj_b64u_get(text, strlen(text), &b) != FJ_OK || b.len != n)
		return fj_fail(err, FJ_E_INVALID, "base", FJ_BACKUP_CITE, "\"%s\" is not %zu octets in base64url", name, n);
	memcpy(to, b.data, n);
	return FJ_OK;
}

static enum fj_rc get_version(const json_t *o, struct fj_err *err)
{
	int64_t v;

	FJ_TRY(fj_json_int(o, "version", 1, 1000, &v, err));
	return v == 1 ? FJ_OK : no(err, FJ_E_UNSUPPORTED, "it was written by a newer release; use that release, or a newer one", "该文件由较新版本的软件写入，请使用该版本或更新的版本");
}

static json_t *octets_json(const uint8_t *p, size_t n)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(512);

	return fj_b64u_put(&b, FJ_SLICE(p, n)) == FJ_OK ? json_string(fj_buf_str(&b)) : NULL;
}

static bool same_name_or_key(const struct fj_backup *b, const struct fj_backup_officer *o)
{
	for (unsigned i = 0; i < b->n; i++)
		if (strcmp(b->officer[i].name, o->name) == 0 || memcmp(b->officer[i].key, o->key, sizeof(o->key)) == 0)
			return true;
	return false;
}

static enum fj_rc add_officer(struct fj_backup *b, const json_t *item, struct fj_err *err)
{
	struct fj_backup_officer *o = &b->officer[b->n];
	uint8_t probe[FJ_BACKUP_SEALED];
	const char *name;

	FJ_TRY(fj_json_str(item, "name", FJ_BACKUP_NAME, &name, err));
	FJ_TRY(fj_strcopy(o->name, sizeof(o->name), name));
	FJ_TRY(get_octets(item, "key", o->key, sizeof(o->key), err));
	if (same_name_or_key(b, o))
		return no(err, FJ_E_INVALID, "two of the officers have one name or one key; each counts once, so each has a name and a key of their own", "有两名官员姓名或密钥相同；每人只计一次，须各有姓名与密钥");
	if (crypto_box_seal(probe, (const uint8_t *)"", 0, o->key) != 0) /* a point of small order seals for everybody */
		return no(err, FJ_E_INVALID, "an officer's key is none that something can be sealed to; have it made by fujie-officer backup-key new", "有官员的密钥不能用于封装；请用 fujie-officer backup-key new 生成");
	b->n++;
	return FJ_OK;
}

static enum fj_rc officers(const json_t *list, int64_t need, const char *const *keys, struct fj_backup *b, struct fj_err *err)
{
	size_t k;
	json_t *item;

	b->n = 0;
	if (!json_is_array(list) || json_array_size(list) < 1 || json_array_size(list) > FJ_BACKUP_OFFICERS)
		return no(err, FJ_E_INVALID, "a backup is for 1 to 16 officers", "备份由 1 至 16 名官员保管");
	json_array_foreach(list, k, item) {
		FJ_TRY(fj_json_only(item, keys, err));
		FJ_TRY(add_officer(b, item, err));
	}
	if (need < 1 || need > (int64_t)b->n)
		return no(err, FJ_E_INVALID, "as many officers open a backup as is said, at least one and no more than there are", "须写明由几名官员共同打开备份，至少一名，且不超过总人数");
	b->need = (unsigned)need;
	return FJ_OK;
}

enum fj_rc fj_backup_officers_read(const json_t *list, int64_t need, struct fj_backup *out, struct fj_err *err)
{
	static const char *const keys[] = {"key", "name", NULL};

	return officers(list, need, keys, out, err);
}

/* --- the header --- */

static json_t *officer_json(const struct fj_backup_officer *o)
{
	return json_pack("{s:s, s:o, s:o, s:o}", "name", o->name, "key", octets_json(o->key, sizeof(o->key)), "sealed", octets_json(o->sealed, sizeof(o->sealed)),
	    "check", octets_json(o->check.b, sizeof(o->check.b)));
}

static enum fj_rc header_put(const struct fj_backup *b, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(buf) log = FJ_BUF_INIT(1024);
	FJ_AUTO(json) list = json_array();

	FJ_TRY(fj_vkey_put(&log, &b->log));
	for (unsigned i = 0; i < b->n; i++)
		if (json_array_append_new(list, officer_json(&b->officer[i])) != 0)
			return fj_no_memory(err, "base");
	FJ_AUTO(json) h = json_pack("{s:i, s:o, s:s, s:s, s:I, s:b, s:s, s:I, s:I, s:i, s:O, s:o}", "version", 1, "id", octets_json(b->id, sizeof(b->id)), "base", b->base, "log", fj_buf_str(&log),
	    "at", (json_int_t)b->at, "demo", b->demo, "tpm", b->software ? "software" : "hardware", "events", (json_int_t)b->events, "leaves", (json_int_t)b->leaves, "need", (int)b->need,
	    "officers", list, "check", octets_json(b->check.b, sizeof(b->check.b)));
	return h != NULL ? fj_json_canonical(h, out, err) : fj_no_memory(err, "base");
}

static enum fj_rc take_home(const json_t *h, struct fj_backup *b, struct fj_err *err)
{
	const char *base, *log, *tpm;

	FJ_TRY(get_octets(h, "id", b->id, sizeof(b->id), err));
	FJ_TRY(fj_json_str(h, "base", sizeof(b->base) - 1, &base, err));
	FJ_TRY(fj_strcopy(b->base, sizeof(b->base), base));
	FJ_TRY(fj_json_str(h, "log", 400, &log, err));
	FJ_TRY(fj_vkey_read(fj_slice_str(log), &b->log, err));
	FJ_TRY(fj_json_int(h, "at", 0, INT64_C(1) << 33, &b->at, err));
	FJ_TRY(fj_json_str(h, "tpm", 8, &tpm, err));
	b->software = strcmp(tpm, "software") == 0;
	b->demo = json_is_true(json_object_get(h, "demo"));
	FJ_TRY(fj_json_int(h, "events", 0, INT64_MAX, &b->events, err));
	FJ_TRY(fj_json_int(h, "leaves", 0, INT64_MAX, &b->leaves, err));
	return get_octets(h, "check", b->check.b, sizeof(b->check.b), err);
}

static enum fj_rc take_shares(const json_t *h, struct fj_backup *b, struct fj_err *err)
{
	static const char *const keys[] = {"check", "key", "name", "sealed", NULL};
	int64_t need;
	json_t *list;

	FJ_TRY(fj_json_int(h, "need", 1, FJ_BACKUP_OFFICERS, &need, err));
	FJ_TRY(fj_json_arr(h, "officers", FJ_BACKUP_OFFICERS, &list, err));
	FJ_TRY(officers(list, need, keys, b, err));
	for (unsigned i = 0; i < b->n; i++) {
		const json_t *item = json_array_get(list, i);
		FJ_TRY(get_octets(item, "sealed", b->officer[i].sealed, FJ_BACKUP_SEALED, err));
		FJ_TRY(get_octets(item, "check", b->officer[i].check.b, FJ_SHA256_LEN, err));
	}
	return FJ_OK;
}

static enum fj_rc header_take(struct fj_slice text, struct fj_backup *b, struct fj_err *err)
{
	static const char *const keys[] = {"at", "base", "check", "demo", "events", "id", "leaves", "log", "need", "officers", "tpm", "version", NULL};
	FJ_AUTO(json) h = NULL;
	FJ_AUTO(buf) again = FJ_BUF_INIT(FJ_BACKUP_HEADER_MAX);

	FJ_TRY(fj_json_parse(text, FJ_BACKUP_HEADER_MAX, &h, err));
	FJ_TRY(get_version(h, err));
	FJ_TRY(fj_json_only(h, keys, err));
	FJ_TRY(take_home(h, b, err));
	FJ_TRY(take_shares(h, b, err));
	return header_put(b, &again, NULL) == FJ_OK && fj_slice_eq(fj_buf_slice(&again), text) ? FJ_OK : no(err, FJ_E_PARSE, "the backup's header is not in the one form that it is written in", "备份文件头不是规定的形式");
}

static void hash_head(const uint8_t len[4], struct fj_slice text, struct fj_hash *out)
{
	crypto_hash_sha256_state st;

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)MAGIC, MAGIC_LEN);
	crypto_hash_sha256_update(&st, len, 4);
	crypto_hash_sha256_update(&st, text.p, text.len);
	crypto_hash_sha256_final(&st, out->b);
}

/* --- writing --- */

static enum fj_rc write_out(struct fj_backup_out *o, const void *p, size_t n, struct fj_err *err)
{
	FJ_TRY(fj_write_all(o->fd, p, n, err));
	crypto_hash_sha256_update(&o->sha, p, n);
	o->octets += (int64_t)n;
	return FJ_OK;
}

enum fj_rc fj_backup_begin(struct fj_backup_out *o, int fd, struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_HEADER_MAX);
	FJ_AUTO(buf) len = FJ_BUF_INIT(4);
	uint8_t head[crypto_secretstream_xchacha20poly1305_HEADERBYTES];

	FJ_TRY(header_put(b, &text, err));
	FJ_TRY(fj_put_u32(&len, (uint32_t)text.len));
	hash_head(len.data, fj_buf_slice(&text), &b->hash);
	o->fd = fd;
	o->head = b->hash;
	o->octets = 0;
	o->len = 0;
	crypto_hash_sha256_init(&o->sha);
	crypto_secretstream_xchacha20poly1305_init_push(&o->state, head, key);
	FJ_TRY(write_out(o, MAGIC, MAGIC_LEN, err));
	FJ_TRY(write_out(o, len.data, len.len, err));
	FJ_TRY(write_out(o, text.data, text.len, err));
	return write_out(o, head, sizeof(head), err);
}

static enum fj_rc push(struct fj_backup_out *o, uint8_t tag, struct fj_err *err)
{
	FJ_AUTO(mem) sealed = fj_alloc(FJ_BACKUP_CHUNK + A, 1);
	unsigned long long n = 0;

	if (sealed == NULL)
		return fj_no_memory(err, "base");
	crypto_secretstream_xchacha20poly1305_push(&o->state, sealed, &n, o->clear, o->len, o->head.b, sizeof(o->head.b), tag);
	o->len = 0;
	return write_out(o, sealed, (size_t)n, err);
}

enum fj_rc fj_backup_put(struct fj_backup_out *o, const void *p, size_t n, struct fj_err *err)
{
	const uint8_t *from = p;

	while (n > 0) {
		size_t part = sizeof(o->clear) - o->len < n ? sizeof(o->clear) - o->len : n;
		memcpy(o->clear + o->len, from, part);
		o->len += part;
		from += part;
		n -= part;
		if (o->len == sizeof(o->clear))
			FJ_TRY(push(o, 0, err));
	}
	return FJ_OK;
}

enum fj_rc fj_backup_end(struct fj_backup_out *o, struct fj_hash *sha, struct fj_err *err)
{
	FJ_TRY(push(o, FINAL, err));
	crypto_hash_sha256_final(&o->sha, sha->b);
	fj_wipe(&o->state, sizeof(o->state));
	return FJ_OK;
}

/* --- reading --- */

/* as many octets as there are, n at most */
static enum fj_rc read_most(int fd, uint8_t *p, size_t n, size_t *got, struct fj_err *err)
{
	*got = 0;
	while (*got < n) {
		ssize_t r = read(fd, p + *got, n - *got);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return fj_fail_errno(err, "base", "read the backup");
		if (r == 0)
			break;
		*got += (size_t)r;
	}
	return FJ_OK;
}

static enum fj_rc read_part(int fd, uint8_t *p, size_t n, struct fj_err *err)
{
	size_t got;

	FJ_TRY(read_most(fd, p, n, &got, err));
	return got == n ? FJ_OK : no(err, FJ_E_PARSE, "the file ends in its header: it is cut, or no backup of Fujie; bring another copy of it", "文件在文件头处中断：已被截断，或者不是符节的备份；请提供另一份副本");
}

enum fj_rc fj_backup_read(int fd, struct fj_backup *out, struct fj_err *err)
{
	uint8_t start[MAGIC_LEN + 4];
	FJ_AUTO(buf) text = FJ_BUF_INIT(FJ_BACKUP_HEADER_MAX);

	memset(out, 0, sizeof(*out));
	FJ_TRY(read_part(fd, start, sizeof(start), err));
	const uint8_t *len = start + MAGIC_LEN;
	size_t n = (size_t)len[0] << 24 | (size_t)len[1] << 16 | (size_t)len[2] << 8 | len[3];
	if (memcmp(start, MAGIC, MAGIC_LEN) != 0 || n == 0 || n > FJ_BACKUP_HEADER_MAX)
		return no(err, FJ_E_PARSE, "this file is no backup of Fujie: it does not begin as one", "该文件不是符节的备份：开头不符");
	uint8_t *p = fj_buf_reserve(&text, n);
	if (p == NULL)
		return fj_no_memory(err, "base");
	FJ_TRY(read_part(fd, p, n, err));
	text.len = n;
	hash_head(len, fj_buf_slice(&text), &out->hash);
	return header_take(fj_buf_slice(&text), out, err);
}

enum fj_rc fj_backup_open(struct fj_backup_in *i, int fd, const struct fj_backup *b, const uint8_t key[FJ_BACKUP_KEY], struct fj_err *err)
{
	uint8_t head[crypto_secretstream_xchacha20poly1305_HEADERBYTES];
	struct fj_hash check;

	fj_backup_key_check(b->id, key, &check);
	if (!fj_hash_eq(&check, &b->check))
		return no(err, FJ_E_AUTH, "these shares together do not give this backup's key; were they opened for this backup?", "这些份额合在一起不是该备份的密钥；是否为该备份而打开？");
	i->fd = fd;
	i->head = b->hash;
	i->chunk = 1;
	i->last = false;
	i->at = i->len = 0;
	FJ_TRY(read_part(fd, head, sizeof(head), err));
	return crypto_secretstream_xchacha20poly1305_init_pull(&i->state, head, key) == 0 ? FJ_OK : no(err, FJ_E_SIGNATURE, "the backup's stream does not begin with this key", "备份数据流的开头与密钥不符");
}

static enum fj_rc next(struct fj_backup_in *i, struct fj_err *err)
{
	unsigned long long n = 0;
	size_t got;
	uint8_t tag = 0;

	FJ_TRY(read_most(i->fd, i->sealed, sizeof(i->sealed), &got, err));
	i->at = i->len = 0;
	bool good = got >= A && crypto_secretstream_xchacha20poly1305_pull(&i->state, i->clear, &n, &tag, i->sealed, got, i->head.b, sizeof(i->head.b)) == 0;
	good = good && (tag == FINAL || (tag == 0 && got == sizeof(i->sealed)));
	if (!good) {
		enum fj_rc rc = fj_fail(err, FJ_E_SIGNATURE, "base", FJ_BACKUP_CITE, "the backup was changed or cut: chunk %llu does not verify; bring another copy of it", (unsigned long long)i->chunk);
		fj_err_zh(err, "备份已被改动或截断：第 %llu 块未通过验证；请提供另一份副本", (unsigned long long)i->chunk);
		return rc;
	}
	i->chunk++;
	i->len = (size_t)n;
	i->last = tag == FINAL;
	return FJ_OK;
}

enum fj_rc fj_backup_get(struct fj_backup_in *i, void *p, size_t n, struct fj_err *err)
{
	uint8_t *to = p;

	while (n > 0) {
		if (i->at == i->len && i->last)
			return no(err, FJ_E_PARSE, "the backup's archive ends in the middle of a file", "备份归档在文件中间结束");
		if (i->at == i->len)
			FJ_TRY(next(i, err));
		size_t part = i->len - i->at < n ? i->len - i->at : n;
		memcpy(to, i->clear + i->at, part);
		i->at += part;
		to += part;
		n -= part;
	}
	return FJ_OK;
}

enum fj_rc fj_backup_done(struct fj_backup_in *i, struct fj_err *err)
{
	uint8_t one;
	size_t got;

	if (i->at == i->len && !i->last)
		FJ_TRY(next(i, err));
	if (i->at < i->len || !i->last)
		return no(err, FJ_E_PARSE, "something follows the end of the backup's archive", "备份归档结尾之后还有内容");
	fj_wipe(&i->state, sizeof(i->state));
	FJ_TRY(read_most(i->fd, &one, 1, &got, err));
	return got == 0 ? FJ_OK : no(err, FJ_E_SIGNATURE, "something was appended to the backup: octets follow its end", "备份文件末尾被追加了内容");
}

/* --- requests and shares --- */

static enum fj_rc put_json(json_t *doc, struct fj_buf *out, struct fj_err *err)
{
	FJ_AUTO(json) j = doc;

	if (j == NULL)
		return fj_no_memory(err, "base");
	FJ_TRY(fj_json_canonical(j, out, err));
	return fj_put_u8(out, '\n');
}

static enum fj_rc read_json(struct fj_slice in, const char *const *keys, json_t **out, struct fj_err *err)
{
	FJ_TRY(fj_json_parse(in, FJ_BACKUP_FILE_MAX, out, err));
	FJ_TRY(get_version(*out, err));
	return fj_json_only(*out, keys, err);
}

enum fj_rc fj_backup_request_put(const uint8_t id[16], const uint8_t key[crypto_box_PUBLICKEYBYTES], struct fj_buf *out, struct fj_err *err)
{
	return put_json(json_pack("{s:i, s:o, s:o}", "version", 1, "backup", octets_json(id, 16), "key", octets_json(key, crypto_box_PUBLICKEYBYTES)), out, err);
}

enum fj_rc fj_backup_request_read(struct fj_slice in, uint8_t id[16], uint8_t key[crypto_box_PUBLICKEYBYTES], struct fj_err *err)
{
	static const char *const keys[] = {"backup", "key", "version", NULL};
	FJ_AUTO(json) j = NULL;

	FJ_TRY(read_json(in, keys, &j, err));
	FJ_TRY(get_octets(j, "backup", id, 16, err));
	return get_octets(j, "key", key, crypto_box_PUBLICKEYBYTES, err);
}

enum fj_rc fj_backup_share_put(const uint8_t id[16], const char *name, const uint8_t sealed[FJ_BACKUP_SEALED], struct fj_buf *out, struct fj_err *err)
{
	return put_json(json_pack("{s:i, s:o, s:s, s:o}", "version", 1, "backup", octets_json(id, 16), "name", name, "sealed", octets_json(sealed, FJ_BACKUP_SEALED)), out, err);
}

enum fj_rc fj_backup_share_read(struct fj_slice in, uint8_t id[16], char name[FJ_BACKUP_NAME * 4 + 1], uint8_t sealed[FJ_BACKUP_SEALED], struct fj_err *err)
{
	static const char *const keys[] = {"backup", "name", "sealed", "version", NULL};
	FJ_AUTO(json) j = NULL;
	const char *text;

	FJ_TRY(read_json(in, keys, &j, err));
	FJ_TRY(get_octets(j, "backup", id, 16, err));
	FJ_TRY(fj_json_str(j, "name", FJ_BACKUP_NAME, &text, err));
	FJ_TRY(fj_strcopy(name, FJ_BACKUP_NAME * 4 + 1, text));
	return get_octets(j, "sealed", sealed, FJ_BACKUP_SEALED, err);
}
