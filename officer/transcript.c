/*
 * transcript.c - an officer's signature under the transcript of a ceremony (docs/formats.md 29).
 *
 * The transcript is replayed first (verifier/ceremony.h), as by somebody who was not there: each
 * line, every officer's approvals, what the root signed.  What an officer can say besides is whether
 * it is what happened: so it is counted and shown, with the officer's own approvals apart, before the
 * key is opened.
 */
#include <fcntl.h>

#include "base/file.h"
#include "base/transcript.h"
#include "officer/officer.h"
#include "verifier/ceremony.h"

#define SIGNED_MAX 16

struct seen {
	fj_time from, to;
	uint64_t lines;
	struct fj_plan former; /* of a succession, once its officers approved; n 0 before */
	unsigned taken[2][FJ_QUORUM_MAX], refused, voids; /* approvals by officer, of the plan and of the former one; answers; ends and times that were over */
	size_t n;
	struct {
		char step[16], alg[16], sha256[65];
	} out[SIGNED_MAX];
};
struct record {
	struct fj_plan plan;
	struct fj_hash last;
	struct seen seen;
	unsigned by;             /* who signed already */
	struct fj_buf file;      /* their signatures, as the file has them */
};

static void note_signature(struct seen *s, const struct ver_line *l)
{
	FJ_AUTO(buf) der = FJ_BUF_INIT(FJ_STRUCTURE_MAX);
	const char *text = fj_json_text(l->out, "signed");
	struct fj_hash h;

	if (s->n == SIGNED_MAX || fj_b64u_get(text, strlen(text), &der) != FJ_OK)
		return;
	fj_sha256(fj_buf_slice(&der), &h);
	fj_hex(h.b, sizeof(h.b), s->out[s->n].sha256);
	snprintf(s->out[s->n].step, sizeof(s->out[s->n].step), "%s", fj_json_text(l->in, "step"));
	snprintf(s->out[s->n].alg, sizeof(s->out[s->n].alg), "%s", fj_json_text(l->in, "alg"));
	s->n++;
}

static void on_line(void *user, const struct ver_line *l)
{
	struct record *r = user;
	struct seen *s = &r->seen;
	int who = fj_plan_officer(l->plan, fj_json_text(json_object_get(l->in, "answer"), "officer"));
	bool former = l->plan != &r->plan;

	if (former)
		s->former = *l->plan;
	s->from = s->lines == 0 ? l->at : s->from;
	s->to = l->at;
	s->lines++;
	if (strcmp(l->step, "signature") == 0)
		note_signature(s, l);
	else if (strcmp(l->step, "answer") == 0 && json_is_true(json_object_get(l->out, "taken")) && who >= 0)
		s->taken[former][who]++;
	s->refused += strcmp(l->step, "answer") == 0 && !json_is_true(json_object_get(l->out, "taken"));
	s->voids += strcmp(l->step, "expired") == 0 || strcmp(l->step, "go-on") == 0;
}

static void show(const struct ofc *o, const struct record *r)
{
	const struct seen *s = &r->seen;
	char from[FJ_TIME_CAP], to[FJ_TIME_CAP], hex[65];

	fj_time_china(s->from, from);
	fj_time_china(s->to, to);
	ofc_title(o, "密钥仪式记录（逐行核验无误）", "Transcript of a key ceremony (replayed without a fault)");
	ofc_line(o, "运营者", "operator", "%s", r->plan.operator_);
	fj_hex(r->plan.hash.b, sizeof(r->plan.hash.b), hex);
	ofc_line(o, "方案 SHA-256", "SHA-256 of the plan", "%s", hex);
	ofc_line(o, "起止", "from, to", "%s, %s", from, to);
	ofc_line(o, "行数", "lines", "%llu", (unsigned long long)s->lines);
	for (size_t i = 0; i < s->n; i++)
		ofc_line(o, "根密钥已签", "the root signed", "%s (%s), SHA-256 %s", s->out[i].step, s->out[i].alg, s->out[i].sha256);
	for (unsigned i = 0; i < r->plan.n; i++)
		ofc_line(o, "批准次数", "approvals", "%s (%s): %u%s", r->plan.officer[i].name, r->plan.officer[i].login, s->taken[false][i], r->by >> i & 1 ? o->zh ? "，已签署本记录" : ", has signed this transcript" : "");
	for (unsigned i = 0; i < s->former.n; i++)
		ofc_line(o, "前一方案官员批准次数", "approvals, by the plan before", "%s (%s): %u", s->former.officer[i].name, s->former.officer[i].login, s->taken[true][i]);
	ofc_line(o, "被拒绝的答复", "answers refused", "%u", s->refused);
	ofc_line(o, "中断或超时", "ends in the middle, times that were over", "%u", s->voids);
	fj_hex(r->last.b, sizeof(r->last.b), hex);
	ofc_line(o, "末行 SHA-256（口头核对）", "SHA-256 of the last line (to compare aloud)", "%s", hex);
}

/* plan, transcript, and the signatures under it so far */
static enum fj_rc read_all(const struct ofc *o, const char *beside, struct record *r, struct fj_err *err)
{
	FJ_AUTO(buf) plan = FJ_BUF_INIT(FJ_PLAN_MAX);
	FJ_AUTO(buf) text = FJ_BUF_INIT(VER_TRANSCRIPT_MAX);
	FJ_AUTO(buf) other = FJ_BUF_INIT(FJ_PLAN_MAX);
	struct fj_err none = {0};

	FJ_TRY(ofc_read(o->plan, &plan, err));
	FJ_TRY(ofc_read(o->file, &text, err));
	if (o->other != NULL)
		FJ_TRY(ofc_read(o->other, &other, err));
	FJ_TRY(ver_replay(fj_buf_slice(&text), fj_buf_slice(&plan), fj_buf_slice(&other), &r->plan, &r->last, on_line, r, err));
	enum fj_rc rc = fj_file_read(AT_FDCWD, beside, &r->file, &none);
	if (rc == FJ_E_NOTFOUND)
		return FJ_OK;
	if (rc != FJ_OK) {
		*err = none;
		return rc;
	}
	return fj_transcript_signatures_read(fj_buf_slice(&r->file), &r->plan, &r->last, ofc_verify, NULL, &r->by, err);
}

static enum fj_rc report(const struct record *r, unsigned by, struct fj_err *err)
{
	FJ_AUTO(json) list = json_array();
	char plan[65], last[65];

	for (unsigned i = 0; i < r->plan.n; i++)
		if ((by >> i & 1) && json_array_append_new(list, json_string(r->plan.officer[i].login)) != 0)
			return fj_no_memory(err, OFC_LAYER);
	fj_hex(r->plan.hash.b, sizeof(r->plan.hash.b), plan);
	fj_hex(r->last.b, sizeof(r->last.b), last);
	return ofc_print(json_pack("{s:s, s:s, s:I, s:O, s:b}", "plan", plan, "last", last, "lines", (json_int_t)r->seen.lines, "signed_by", list,
	    "enough", (unsigned)__builtin_popcount(by) >= r->plan.root), err);
}

static enum fj_rc put(const struct ofc *o, const char *beside, const struct record *r, const struct fj_buf *out, unsigned by, struct fj_err *err)
{
	FJ_TRY(o->out != NULL ? ofc_write_new(o->out, fj_buf_slice(out), 0644, err) : fj_file_replace(AT_FDCWD, beside, fj_buf_slice(out), 0644, err));
	if (o->json)
		return report(r, by, err);
	ofc_line(o, "签名写入", "signatures in", "%s", o->out != NULL ? o->out : beside);
	return FJ_OK;
}

static enum fj_rc sign(struct ofc *o, const char *beside, struct record *r, struct fj_err *err)
{
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(ofc_key) k = NULL;
	struct fj_hash to_sign;
	uint8_t sig[64];

	FJ_TRY(read_all(o, beside, r, err));
	FJ_TRY(ofc_words(o, err));
	show(o, r);
	FJ_TRY(ofc_ask(o, "\n记录与实际情况相符吗？签署记录请输入“是”：", "\nIs this what happened? To sign the transcript type \"yes\": ", err));
	FJ_TRY(ofc_key_open(o, false, &k, err));
	int who = fj_plan_officer_by_key(&r->plan, ofc_key_xy(k));
	if (who < 0)
		return fj_refuse(err, FJ_E_REFUSED, OFC_LAYER, "formats.md 29", "your key is not of an officer of this plan; nothing was signed. The transcript is signed by the officers who signed the plan", "您的密钥不属于本方案的官员，未作签名。仪式记录由签署方案的官员签署");
	if (r->by >> who & 1)
		return fj_refuse(err, FJ_E_EXISTS, OFC_LAYER, "formats.md 29", "you have signed this transcript already", "您已签署过此记录");
	fj_transcript_to_sign(&r->plan, &r->last, &to_sign);
	FJ_TRY(ofc_key_sign(k, &to_sign, sig, err));
	FJ_TRY(fj_transcript_add_signature(fj_buf_slice(&r->file), &r->plan, &r->last, (unsigned)who, sig, &out, err));
	return put(o, beside, r, &out, r->by | 1u << who, err);
}

/* signatures of a file that another officer has written, those that are not there yet; each is verified, and what is over is refused */
static enum fj_rc join(struct ofc *o, const char *beside, struct record *r, struct fj_err *err)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	FJ_AUTO(buf) out = FJ_BUF_INIT(FJ_TRANSCRIPT_SIGNATURES_MAX);
	unsigned by;

	FJ_TRY(read_all(o, beside, r, err));
	FJ_TRY(ofc_read(o->signatures, &file, err));
	FJ_TRY(fj_transcript_signatures_read(fj_buf_slice(&file), &r->plan, &r->last, ofc_verify, NULL, &by, err));
	if ((r->by | by) == r->by)
		return fj_refuse(err, FJ_E_EXISTS, OFC_LAYER, "formats.md 29", "the file brings no signature that is not there already", "该文件没有尚未收录的签名");
	FJ_TRY(ofc_words(o, err));
	FJ_TRY(fj_transcript_join(fj_buf_slice(&r->file), fj_buf_slice(&file), &r->plan, &r->last, &out, err));
	return put(o, beside, r, &out, r->by | by, err);
}

static enum fj_rc with_record(struct ofc *o, enum fj_rc (*run)(struct ofc *o, const char *beside, struct record *r, struct fj_err *err), struct fj_err *err)
{
	FJ_AUTO(buf) beside = FJ_BUF_INIT(4200);
	FJ_AUTO(mem) mem = fj_alloc(1, sizeof(struct record));
	struct record *r = mem;

	if (r == NULL)
		return fj_no_memory(err, OFC_LAYER);
	FJ_TRY(fj_buf_printf(&beside, "%s" FJ_TRANSCRIPT_SIGNATURES, o->file));
	fj_buf_init(&r->file, FJ_TRANSCRIPT_SIGNATURES_MAX);
	enum fj_rc rc = run(o, fj_buf_str(&beside), r, err);
	fj_buf_release(&r->file);
	return rc;
}

enum fj_rc ofc_transcript_sign(struct ofc *o, struct fj_err *err)
{
	return with_record(o, sign, err);
}

enum fj_rc ofc_transcript_join(struct ofc *o, struct fj_err *err)
{
	return with_record(o, join, err);
}
