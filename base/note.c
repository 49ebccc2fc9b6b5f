/*
 * note.c - signed notes, checkpoints, cosignatures, proofs of logging.
 *
 * What is written and what is read is one form: numbers without leading zeroes, base64
 * with its padding and no stray bits, one newline at each line's end.
 */
#include "base/note.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DASH "\xe2\x80\x94 " /* em dash and space */
#define DASH_LEN 4
#define COSIGNATURE "cosignature/v1\ntime "

static enum fj_rc bad(struct fj_err *err, const char *cite, const char *what)
{
	return fj_fail(err, FJ_E_PARSE, "log", cite, "%s", what);
}

static enum fj_rc nomem(struct fj_err *err)
{
	return fj_no_memory(err, "log");
}

/* a part that could not be read for want of memory says nothing of the whole */
static enum fj_rc malformed(enum fj_rc rc, struct fj_err *err, const char *cite, const char *what)
{
	return rc == FJ_OK ? FJ_OK : rc == FJ_E_NOMEM ? nomem(err) : bad(err, cite, what);
}

/* the next line without its newline; FJ_E_PARSE when there is none that ends */
static enum fj_rc next_line(struct fj_slice *rest, struct fj_slice *line)
{
	const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->p, '\n', rest->len);

	if (end == NULL)
		return FJ_E_PARSE;
	*line = FJ_SLICE(rest->p, (size_t)(end - rest->p));
	*rest = FJ_SLICE(end + 1, rest->len - line->len - 1);
	return FJ_OK;
}

static bool begins(struct fj_slice s, const char *with)
{
	size_t n = strlen(with);

	return s.len >= n && memcmp(s.p, with, n) == 0;
}

static struct fj_slice after(struct fj_slice s, size_t n)
{
	return FJ_SLICE(s.p + n, s.len - n);
}

enum fj_rc fj_note_number(struct fj_slice s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || s.len > 19 || (s.p[0] == '0' && s.len > 1))
		return FJ_E_PARSE;
	for (size_t i = 0; i < s.len; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return FJ_E_PARSE;
		v = v * 10 + (unsigned)(s.p[i] - '0');
	}
	*out = v;
	return v <= INT64_MAX ? FJ_OK : FJ_E_PARSE;
}

static enum fj_rc read_hash(struct fj_slice line, struct fj_hash *out)
{
	FJ_AUTO(buf) b = FJ_BUF_INIT(64);

	if (line.len != 44)
		return FJ_E_PARSE;
	FJ_TRY(fj_b64_get((const char *)line.p, line.len, &b));
	if (b.len != FJ_SHA256_LEN)
		return FJ_E_PARSE;
	memcpy(out->b, b.data, FJ_SHA256_LEN);
	return FJ_OK;
}

/* --- keys --- */

static bool name_ok(struct fj_slice s)
{
	if (s.len == 0 || s.len > FJ_NOTE_NAME || !fj_utf8_valid(s))
		return false;
	for (size_t i = 0; i < s.len; i++) /* white space beyond ASCII: NEL, NBSP, U+1680, U+2000.., U+3000 begin with these */
		if (s.p[i] <= ' ' || s.p[i] == '+' || s.p[i] == 0x7f || (s.p[i] == 0xc2 && (s.p[i + 1] == 0x85 || s.p[i + 1] == 0xa0)) ||
		    (s.p[i] == 0xe1 && s.p[i + 1] == 0x9a && s.p[i + 2] == 0x80) || (s.p[i] == 0xe2 && (s.p[i + 1] == 0x80 || s.p[i + 1] == 0x81)) ||
		    (s.p[i] == 0xe3 && s.p[i + 1] == 0x80 && s.p[i + 2] == 0x80))
			return false;
	return true;
}

static void key_id(struct fj_vkey *k)
{
	crypto_hash_sha256_state st;
	uint8_t lead[2] = {'\n', (uint8_t)k->type}, hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256_init(&st);
	crypto_hash_sha256_update(&st, (const uint8_t *)k->name, strlen(k->name));
	crypto_hash_sha256_update(&st, lead, 2);
	crypto_hash_sha256_update(&st, k->key, sizeof(k->key));
	crypto_hash_sha256_final(&st, hash);
	memcpy(k->id, hash, sizeof(k->id));
}

void fj_ecdsa_id(struct fj_slice spki, uint8_t id[4])
{
	struct fj_hash h;

	fj_sha256(spki, &h);
	memcpy(id, h.b, 4);
}

enum fj_rc fj_vkey_make(const char *name, enum fj_note_type type, const uint8_t key[32], struct fj_vkey *out, struct fj_err *err)
{
	if (!name_ok(fj_slice_str(name)))
		return fj_fail(err, FJ_E_INVALID, "log", "C2SP signed-note", "a key's name is 1 to %d octets without white space and without \"+\"", FJ_NOTE_NAME);
	*out = (struct fj_vkey){.type = type};
	snprintf(out->name, sizeof(out->name), "%s", name);
	memcpy(out->key, key, sizeof(out->key));
	key_id(out);
	return FJ_OK;
}

enum fj_rc fj_vkey_put(struct fj_buf *out, const struct fj_vkey *k)
{
	uint8_t raw[33];
	char hex[9];

	fj_hex(k->id, sizeof(k->id), hex);
	raw[0] = (uint8_t)k->type;
	memcpy(raw + 1, k->key, sizeof(k->key));
	FJ_TRY(fj_buf_printf(out, "%s+%s+", k->name, hex));
	return fj_b64_put(out, FJ_SLICE(raw, sizeof(raw)));
}

enum fj_rc fj_vkey_read(struct fj_slice text, struct fj_vkey *out, struct fj_err *err)
{
	static const char form[] = "a verifier key is <name>+<8 hex digits>+<base64>";
	FJ_AUTO(buf) raw = FJ_BUF_INIT(64);
	char name[FJ_NOTE_NAME + 1];
	uint8_t id[4];
	const uint8_t *plus = text.len == 0 ? NULL : memchr(text.p, '+', text.len);
	size_t n = plus == NULL ? 0 : (size_t)(plus - text.p);

	if (plus == NULL || n > FJ_NOTE_NAME || memchr(text.p, '\0', n) != NULL || text.len < n + 10 || text.p[n + 9] != '+' || fj_unhex((const char *)plus + 1, 8, id) != FJ_OK)
		return bad(err, "C2SP signed-note", form);
	enum fj_rc rc = fj_b64_get((const char *)plus + 10, text.len - n - 10, &raw);
	FJ_TRY(malformed(rc == FJ_OK && raw.len == 0 ? FJ_E_PARSE : rc, err, "C2SP signed-note", form));
	if (raw.len != 33 || (raw.data[0] != FJ_NOTE_ED25519 && raw.data[0] != FJ_NOTE_COSIGNATURE))
		return fj_fail(err, FJ_E_UNSUPPORTED, "log", "C2SP signed-note", "the key is no Ed25519 key (type 1 or 4)");
	memcpy(name, text.p, n);
	name[n] = '\0';
	FJ_TRY(fj_vkey_make(name, (enum fj_note_type)raw.data[0], raw.data + 1, out, err));
	return memcmp(id, out->id, 4) == 0 ? FJ_OK : fj_fail(err, FJ_E_INVALID, "log", "C2SP signed-note", "the id in a verifier key is not that of its name and key");
}

/* --- notes --- */

static bool text_ok(struct fj_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] < ' ' && s.p[i] != '\n')
			return false;
	return fj_utf8_valid(s);
}

static enum fj_rc read_line(struct fj_slice line, struct fj_note_line *out)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(8192);

	if (!begins(line, DASH))
		return FJ_E_PARSE;
	line = after(line, DASH_LEN);
	const uint8_t *space = line.len == 0 ? NULL : memchr(line.p, ' ', line.len);
	if (space == NULL)
		return FJ_E_PARSE;
	out->name = FJ_SLICE(line.p, (size_t)(space - line.p));
	if (!name_ok(out->name))
		return FJ_E_PARSE;
	FJ_TRY(fj_b64_get((const char *)space + 1, line.len - out->name.len - 1, &raw));
	if (raw.len < 5)
		return FJ_E_PARSE;
	memcpy(out->id, raw.data, 4);
	out->sig_len = raw.len - 4 > sizeof(out->sig) ? 0 : raw.len - 4;
	memcpy(out->sig, raw.data + 4, out->sig_len);
	return FJ_OK;
}

/* octets of the text: up to the last empty line */
static size_t text_length(struct fj_slice in)
{
	for (size_t i = in.len; i >= 2; i--)
		if (in.p[i - 1] == '\n' && in.p[i - 2] == '\n')
			return i - 1;
	return 0;
}

enum fj_rc fj_note_read(struct fj_slice in, struct fj_note *out, struct fj_err *err)
{
	static const char cite[] = "C2SP signed-note";
	struct fj_slice rest, line;

	out->n = 0;
	if (in.len > FJ_NOTE_MAX)
		return fj_fail(err, FJ_E_LIMIT, "log", cite, "a signed note is larger than %d octets", FJ_NOTE_MAX);
	size_t n = text_length(in);
	if (n == 0 || !text_ok(in))
		return bad(err, cite, "this is no signed note: UTF-8 text, an empty line, signature lines");
	out->text = FJ_SLICE(in.p, n);
	for (rest = after(in, n + 1); rest.len > 0; out->n++) {
		if (out->n == FJ_NOTE_SIGS)
			return fj_fail(err, FJ_E_LIMIT, "log", cite, "a signed note has more than %d signature lines", FJ_NOTE_SIGS);
		enum fj_rc rc = next_line(&rest, &line);
		if (rc == FJ_OK)
			rc = read_line(line, &out->line[out->n]);
		FJ_TRY(malformed(rc, err, cite, "a signature line of a note is malformed"));
	}
	return out->n > 0 ? FJ_OK : bad(err, cite, "a note has no signature line");
}

const struct fj_note_line *fj_note_line_of(const struct fj_note *n, const char *name, const uint8_t id[4])
{
	for (size_t i = 0; i < n->n; i++)
		if (memcmp(n->line[i].id, id, 4) == 0 && fj_slice_eq(n->line[i].name, fj_slice_str(name)))
			return &n->line[i];
	return NULL;
}

/* what a cosignature is over */
static enum fj_rc cosigned_text(uint64_t at, struct fj_slice text, struct fj_buf *out)
{
	FJ_TRY(fj_buf_printf(out, COSIGNATURE "%llu\n", (unsigned long long)at));
	return fj_buf_put(out, text.p, text.len);
}

enum fj_rc fj_note_verify(const struct fj_note *n, const struct fj_vkey *k, fj_time *at, struct fj_err *err)
{
	FJ_AUTO(buf) message = FJ_BUF_INIT(FJ_NOTE_MAX + 64);
	const struct fj_note_line *l = fj_note_line_of(n, k->name, k->id);
	struct fj_slice over = n->text;
	size_t lead = k->type == FJ_NOTE_COSIGNATURE ? 8 : 0;
	uint64_t time = 0;

	if (l == NULL)
		return fj_fail(err, FJ_E_NOTFOUND, "log", "C2SP signed-note", "the note has no line by %.100s", k->name);
	for (size_t i = 0; i < lead && l->sig_len == lead + 64; i++)
		time = time << 8 | l->sig[i];
	if (lead > 0) {
		if (cosigned_text(time, n->text, &message) != FJ_OK)
			return nomem(err);
		over = fj_buf_slice(&message);
	}
	if (l->sig_len != lead + 64 || time > INT64_MAX || crypto_sign_verify_detached(l->sig + lead, over.p, over.len, k->key) != 0)
		return fj_fail(err, FJ_E_SIGNATURE, "log", "C2SP signed-note", "the line by %.100s does not verify", k->name);
	if (at != NULL)
		*at = (fj_time)time;
	return FJ_OK;
}

enum fj_rc fj_note_line_put(struct fj_buf *out, const char *name, const uint8_t id[4], struct fj_slice sig)
{
	FJ_AUTO(buf) raw = FJ_BUF_INIT(1024);

	FJ_TRY(fj_buf_put(&raw, id, 4));
	FJ_TRY(fj_buf_put(&raw, sig.p, sig.len));
	FJ_TRY(fj_buf_printf(out, DASH "%s ", name));
	FJ_TRY(fj_b64_put(out, fj_buf_slice(&raw)));
	return fj_buf_puts(out, "\n");
}

enum fj_rc fj_cosign(struct fj_buf *out, const struct fj_vkey *k, const uint8_t *secret, fj_time at, struct fj_slice text, struct fj_err *err)
{
	FJ_AUTO(buf) message = FJ_BUF_INIT(FJ_NOTE_MAX + 64);
	uint8_t sig[8 + crypto_sign_BYTES];

	if (cosigned_text((uint64_t)at, text, &message) != FJ_OK)
		return nomem(err);
	for (int i = 0; i < 8; i++)
		sig[i] = (uint8_t)((uint64_t)at >> (56 - 8 * i));
	crypto_sign_detached(sig + 8, NULL, message.data, message.len, secret);
	return fj_note_line_put(out, k->name, k->id, FJ_SLICE(sig, sizeof(sig))) == FJ_OK ? FJ_OK : nomem(err);
}

/* --- checkpoints --- */

enum fj_rc fj_checkpoint_read(struct fj_slice text, struct fj_checkpoint *out, struct fj_err *err)
{
	static const char cite[] = "C2SP tlog-checkpoint";
	struct fj_slice origin, size, root, more;

	memset(out, 0, sizeof(*out));
	if (next_line(&text, &origin) != FJ_OK || next_line(&text, &size) != FJ_OK || next_line(&text, &root) != FJ_OK)
		return bad(err, cite, "a checkpoint has three lines: origin, size, root");
	if (origin.len == 0 || origin.len > FJ_NOTE_NAME || memchr(origin.p, '\0', origin.len) != NULL || fj_note_number(size, &out->size) != FJ_OK)
		return bad(err, cite, "a checkpoint's origin or size is malformed");
	FJ_TRY(malformed(read_hash(root, &out->root), err, cite, "a checkpoint's root is malformed"));
	memcpy(out->origin, origin.p, origin.len);
	while (text.len > 0)
		if (next_line(&text, &more) != FJ_OK || more.len == 0)
			return bad(err, cite, "a checkpoint's extension line is empty or not ended");
	return FJ_OK;
}

enum fj_rc fj_checkpoint_put(struct fj_buf *out, const struct fj_checkpoint *c)
{
	FJ_TRY(fj_buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size));
	FJ_TRY(fj_b64_put(out, FJ_SLICE(c->root.b, FJ_SHA256_LEN)));
	return fj_buf_puts(out, "\n");
}

enum fj_rc fj_log_origin(const char *base, char out[FJ_NOTE_NAME + 1], struct fj_err *err)
{
	const char *host = strstr(base, "://");
	int n = host == NULL ? -1 : snprintf(out, FJ_NOTE_NAME + 1, "%s/log", host + 3);

	return n > 0 && n <= FJ_NOTE_NAME ? FJ_OK : fj_fail(err, FJ_E_INVALID, "log", "formats.md 19", "the public address names no log");
}

/* --- proofs of logging --- */

#define PROOF_HEAD "c2sp.org/tlog-proof@v1"

void fj_log_proof_release(struct fj_log_proof *p)
{
	fj_buf_release(&p->extra);
}

static enum fj_rc read_path(struct fj_slice *rest, struct fj_path *p)
{
	struct fj_slice line;

	for (;;) {
		FJ_TRY(next_line(rest, &line));
		if (line.len == 0)
			return FJ_OK;
		if (p->n == FJ_PATH_MAX)
			return FJ_E_PARSE;
		FJ_TRY(read_hash(line, &p->h[p->n]));
		p->n++;
	}
}

static enum fj_rc read_proof(struct fj_slice rest, struct fj_log_proof *out)
{
	struct fj_slice line;

	FJ_TRY(next_line(&rest, &line));
	if (!fj_slice_eq(line, fj_slice_str(PROOF_HEAD)))
		return FJ_E_PARSE;
	FJ_TRY(next_line(&rest, &line));
	if (begins(line, "extra ")) {
		if (line.len == 6)
			return FJ_E_PARSE;
		FJ_TRY(fj_b64_get((const char *)line.p + 6, line.len - 6, &out->extra));
		FJ_TRY(next_line(&rest, &line));
	}
	if (!begins(line, "index "))
		return FJ_E_PARSE;
	FJ_TRY(fj_note_number(after(line, 6), &out->index));
	FJ_TRY(read_path(&rest, &out->path));
	out->note = rest;
	return FJ_OK;
}

enum fj_rc fj_log_proof_read(struct fj_slice in, struct fj_log_proof *out, struct fj_err *err)
{
	memset(out, 0, sizeof(*out));
	fj_buf_init(&out->extra, FJ_LOG_PROOF_MAX);
	if (in.len > FJ_LOG_PROOF_MAX)
		return fj_fail(err, FJ_E_LIMIT, "log", "C2SP tlog-proof", "a proof of logging is larger than %d octets", FJ_LOG_PROOF_MAX);
	return malformed(read_proof(in, out), err, "C2SP tlog-proof", "this is no proof of logging (tlog-proof@v1)");
}

enum fj_rc fj_log_proof_put(struct fj_buf *out, const struct fj_log_proof *p)
{
	FJ_TRY(fj_buf_puts(out, PROOF_HEAD "\n"));
	if (p->extra.len > 0) {
		FJ_TRY(fj_buf_puts(out, "extra "));
		FJ_TRY(fj_b64_put(out, fj_buf_slice(&p->extra)));
		FJ_TRY(fj_buf_puts(out, "\n"));
	}
	FJ_TRY(fj_buf_printf(out, "index %llu\n", (unsigned long long)p->index));
	for (size_t i = 0; i < p->path.n; i++) {
		FJ_TRY(fj_b64_put(out, FJ_SLICE(p->path.h[i].b, FJ_SHA256_LEN)));
		FJ_TRY(fj_buf_puts(out, "\n"));
	}
	FJ_TRY(fj_buf_puts(out, "\n"));
	return fj_buf_put(out, p->note.p, p->note.len);
}
