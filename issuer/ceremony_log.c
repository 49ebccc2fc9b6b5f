/*
 * ceremony_log.c - the transcript of a ceremony: what went in and came out of each step.
 *
 * A line is canonical JSON {"n","at","step","in","out","before"}: n from 1, before the SHA-256
 * (hex) of the line before, without its newline; of the plan for the first.  A line is on the disk
 * before the next step begins.  It is read back when a ceremony goes on, and by whoever replays it
 * (verifier/ceremony.c); what was changed by hand does not go on.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "issuer/ceremony.h"

#define LAYER "ceremony"
#define MAX_TRANSCRIPT (16u << 20)
#define MAX_LINE (512u << 10)

static enum fj_rc broken(struct fj_err *err, uint64_t n)
{
	(void)!fj_fail(err, FJ_E_CORRUPT, LAYER, "formats.md 22", "line %llu of the transcript does not follow from the one before: the ceremony does not go on from a transcript that was changed", (unsigned long long)n);
	fj_err_zh(err, "会议记录第 %llu 行与前一行不相衔接；记录已被改动，密钥仪式不能继续", (unsigned long long)n);
	return FJ_E_CORRUPT;
}

static enum fj_rc take(struct crm_log *l, struct fj_slice line, crm_line_fn fn, void *user, struct fj_err *err)
{
	FJ_AUTO(json) j = NULL;
	char before[65];

	fj_hex(l->before.b, FJ_SHA256_LEN, before);
	if (fj_json_parse(line, MAX_LINE, &j, NULL) != FJ_OK || fj_json_num(j, "n") != (int64_t)l->n + 1 || strcmp(fj_json_text(j, "before"), before) != 0)
		return broken(err, l->n + 1);
	l->n++;
	fj_sha256(line, &l->before);
	return fn(user, fj_json_text(j, "step"), json_object_get(j, "in"), json_object_get(j, "out"), err);
}

static enum fj_rc read_lines(struct crm_log *l, struct fj_slice all, size_t *whole, crm_line_fn fn, void *user, struct fj_err *err)
{
	const uint8_t *end;

	*whole = 0;
	while ((end = memchr(all.p + *whole, '\n', all.len - *whole)) != NULL) {
		size_t n = (size_t)(end - (all.p + *whole));
		FJ_TRY(take(l, FJ_SLICE(all.p + *whole, n), fn, user, err));
		*whole += n + 1;
	}
	return FJ_OK;
}

bool crm_log_step(const json_t *o, enum fj_step *step, enum fj_alg *alg)
{
	for (*step = 0; *step < FJ_STEP_END && strcmp(fj_step_name(*step), fj_json_text(o, "step")) != 0;)
		(*step)++;
	*alg = strcmp(fj_json_text(o, "alg"), fj_alg_name(FJ_SM2)) == 0 ? FJ_SM2 : FJ_ES256;
	return *step < FJ_STEP_END;
}

enum fj_rc crm_log_octets(const char *text, struct fj_buf *to, struct fj_err *err)
{
	fj_buf_release(to);
	fj_buf_init(to, FJ_STRUCTURE_MAX);
	return fj_b64u_get(text, strlen(text), to) == FJ_OK ? FJ_OK : fj_fail(err, FJ_E_CORRUPT, LAYER, NULL, "the transcript has a malformed structure");
}

enum fj_rc crm_log_open(struct crm_log *l, const char *path, const struct fj_plan *p, crm_line_fn fn, void *user, struct fj_err *err)
{
	FJ_AUTO(buf) all = FJ_BUF_INIT(MAX_TRANSCRIPT);
	size_t whole = 0;

	*l = (struct crm_log){.fd = -1, .before = p->hash};
	if (access(path, F_OK) == 0)
		FJ_TRY(fj_file_read(AT_FDCWD, path, &all, err));
	if (all.len > 0)
		FJ_TRY(read_lines(l, fj_buf_slice(&all), &whole, fn, user, err));
	l->fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (l->fd < 0 || ftruncate(l->fd, (off_t)whole) != 0 || lseek(l->fd, (off_t)whole, SEEK_SET) < 0)
		return fj_fail_errno(err, LAYER, "open the transcript");
	return FJ_OK;
}

enum fj_rc crm_log_put(struct crm_log *l, const char *step, json_t *in, json_t *out, struct fj_err *err)
{
	char at[FJ_TIME_CAP], before[65];
	FJ_AUTO(buf) line = FJ_BUF_INIT(MAX_LINE);

	fj_time_utc(fj_now(), at);
	fj_hex(l->before.b, FJ_SHA256_LEN, before);
	FJ_AUTO(json) j = json_pack("{s:I, s:s, s:s, s:o, s:o, s:s}", "n", (json_int_t)l->n + 1, "at", at, "step", step, "in", in, "out", out, "before", before);
	if (j == NULL)
		return fj_no_memory(err, LAYER);
	FJ_TRY(fj_json_canonical(j, &line, err));
	fj_sha256(fj_buf_slice(&line), &l->before);
	l->n++;
	FJ_TRY(fj_put_u8(&line, '\n'));
	FJ_TRY(fj_write_all(l->fd, line.data, line.len, err));
	return fsync(l->fd) == 0 ? FJ_OK : fj_fail_errno(err, LAYER, "make the transcript durable");
}
