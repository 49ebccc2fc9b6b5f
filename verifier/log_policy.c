/*
 * log_policy.c - a log.policy, line by line (C2SP tlog-policy).
 *
 * Names stand before they are used, so a group is never in itself, and each is a member once,
 * so nobody counts twice: one walk over the names in their order decides a quorum.  Refused
 * whole, since half a policy asks for less than its operator meant: a line that is not known,
 * a name or key that stands twice, and a last line that no newline ends, which may be cut.
 */
#include "verifier/log_policy.h"

#include <string.h>

#define WORDS 70 /* group, its name and number, and every name that there can be */

struct reading {
	struct ver_policy *p;
	size_t line;
	bool decided; /* there was a quorum line */
	struct fj_slice word[WORDS];
	size_t n;
};

static enum fj_rc bad(const struct reading *r, enum fj_rc rc, const char *what, struct fj_err *err)
{
	fj_fail(err, rc, "verify", "C2SP tlog-policy", "line %zu of the log's policy: %s", r->line, what);
	fj_err_zh(err, "日志策略第 %zu 行不合规", r->line);
	return rc;
}

/* --- words of a line --- */

static bool is(struct fj_slice w, const char *text)
{
	return fj_slice_eq(w, fj_slice_str(text));
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static enum fj_rc split(struct reading *r, struct fj_slice line, struct fj_err *err)
{
	r->n = 0;
	for (size_t i = 0; i < line.len;) {
		size_t from = i;
		while (i < line.len && blank(line.p[i]) == blank(line.p[from]))
			i++;
		if (blank(line.p[from]))
			continue;
		if (r->n == WORDS)
			return bad(r, FJ_E_LIMIT, "too many words", err);
		r->word[r->n++] = FJ_SLICE(line.p + from, i - from);
	}
	return FJ_OK;
}

static int find(const struct ver_policy *p, struct fj_slice name)
{
	for (size_t i = 0; i < p->n; i++)
		if (is(name, p->name[i].name))
			return (int)i;
	return VER_POLICY_NONE;
}

static enum fj_rc copy(const struct reading *r, struct fj_slice w, char out[FJ_NOTE_NAME + 1], struct fj_err *err)
{
	if (w.len > FJ_NOTE_NAME)
		return bad(r, FJ_E_LIMIT, "a name or address is longer than 200 octets", err);
	memcpy(out, w.p, w.len);
	out[w.len] = '\0';
	return FJ_OK;
}

/* --- log, witness --- */

static enum fj_rc read_key(const struct reading *r, struct fj_slice w, enum fj_note_type type, struct fj_vkey *out, struct fj_err *err)
{
	struct fj_err why = {.rc = FJ_OK};

	enum fj_rc rc = fj_vkey_read(w, out, &why);
	if (rc == FJ_E_NOMEM)
		return fj_no_memory(err, "verify");
	if (rc != FJ_OK)
		return bad(r, FJ_E_PARSE, rc == FJ_E_UNSUPPORTED ? "a key of a type that is not known here" : "this is no verifier key", err);
	return out->type == type ? FJ_OK : bad(r, FJ_E_PARSE, "a log's key is of type 1, a witness's of type 4", err);
}

static enum fj_rc read_log(struct reading *r, struct fj_err *err)
{
	struct ver_policy *p = r->p;
	struct fj_vkey key;

	if (r->n < 2 || r->n > 3)
		return bad(r, FJ_E_PARSE, "log KEY [URL]", err);
	FJ_TRY(read_key(r, r->word[1], FJ_NOTE_ED25519, &key, err));
	for (size_t i = 0; i < p->n_log; i++)
		if (memcmp(p->log[i].key, key.key, sizeof(key.key)) == 0)
			return bad(r, FJ_E_PARSE, "this log's key stands twice", err);
	if (p->n_log == VER_POLICY_LOGS)
		return bad(r, FJ_E_LIMIT, "more than 32 logs", err);
	p->log[p->n_log++] = key;
	return FJ_OK;
}

/* a new one of the one space of names; "none" has its meaning already */
static enum fj_rc define(struct reading *r, bool group, struct ver_policy_name **out, struct fj_err *err)
{
	struct ver_policy *p = r->p;
	size_t *of_kind = group ? &p->n_group : &p->n_witness;

	if (is(r->word[1], "none") || find(p, r->word[1]) != VER_POLICY_NONE)
		return bad(r, FJ_E_PARSE, "this name is taken", err);
	if (*of_kind == VER_POLICY_KIND)
		return bad(r, FJ_E_LIMIT, group ? "more than 32 groups" : "more than 32 witnesses", err);
	struct ver_policy_name *n = &p->name[p->n];
	FJ_TRY(copy(r, r->word[1], n->name, err));
	n->group = group;
	n->in = VER_POLICY_NONE;
	++*of_kind;
	*out = n;
	return FJ_OK;
}

static enum fj_rc read_witness(struct reading *r, struct fj_err *err)
{
	struct ver_policy *p = r->p;
	struct ver_policy_name *w;

	if (r->n < 3 || r->n > 4)
		return bad(r, FJ_E_PARSE, "witness NAME KEY [URL]", err);
	FJ_TRY(define(r, false, &w, err));
	FJ_TRY(read_key(r, r->word[2], FJ_NOTE_COSIGNATURE, &w->key, err));
	for (size_t i = 0; i < p->n; i++)
		if (!p->name[i].group && memcmp(p->name[i].key.key, w->key.key, sizeof(w->key.key)) == 0)
			return bad(r, FJ_E_PARSE, "this witness's key stands twice", err);
	if (r->n == 4)
		FJ_TRY(copy(r, r->word[3], w->url, err));
	p->n++;
	return FJ_OK;
}

/* --- group, quorum --- */

/* how many of n: all, any, or a number from 1 to n */
static bool read_need(struct fj_slice w, size_t n, unsigned *out)
{
	uint64_t k;

	if (is(w, "all") || is(w, "any"))
		k = is(w, "all") ? n : 1;
	else if (fj_note_number(w, &k) != FJ_OK)
		return false;
	*out = (unsigned)k;
	return k >= 1 && k <= n;
}

static enum fj_rc read_group(struct reading *r, struct fj_err *err)
{
	struct ver_policy *p = r->p;
	struct ver_policy_name *g;

	if (r->n < 4)
		return bad(r, FJ_E_PARSE, "group NAME all|any|K MEMBER...", err);
	FJ_TRY(define(r, true, &g, err));
	if (!read_need(r->word[2], r->n - 3, &g->need))
		return bad(r, FJ_E_PARSE, "a group asks for all, any, or a number of its members", err);
	for (size_t i = 3; i < r->n; i++) {
		int m = find(p, r->word[i]);
		if (m == VER_POLICY_NONE)
			return bad(r, FJ_E_PARSE, "a member that no line before has defined", err);
		if (p->name[m].in != VER_POLICY_NONE)
			return bad(r, FJ_E_PARSE, "a member that is one already: each counts once", err);
		p->name[m].in = (int)p->n;
	}
	p->n++;
	return FJ_OK;
}

static enum fj_rc read_quorum(struct reading *r, struct fj_err *err)
{
	if (r->n != 2 || r->decided)
		return bad(r, FJ_E_PARSE, r->decided ? "a second quorum" : "quorum NAME", err);
	r->decided = true;
	if (is(r->word[1], "none"))
		return FJ_OK;
	r->p->quorum = find(r->p, r->word[1]);
	return r->p->quorum != VER_POLICY_NONE ? FJ_OK : bad(r, FJ_E_PARSE, "a quorum that no line before has defined", err);
}

/* --- the file --- */

static enum fj_rc read_line(struct reading *r, struct fj_slice line, struct fj_err *err)
{
	static const struct {
		const char *word;
		enum fj_rc (*read)(struct reading *, struct fj_err *);
	} lines[] = {{"log", read_log}, {"witness", read_witness}, {"group", read_group}, {"quorum", read_quorum}};

	for (size_t i = 0; i < line.len; i++)
		if ((line.p[i] < 0x20 && line.p[i] != '\t') || line.p[i] == 0x7f)
			return bad(r, FJ_E_PARSE, "a control character", err);
	while (line.len > 0 && blank(line.p[0]))
		line = FJ_SLICE(line.p + 1, line.len - 1);
	if (line.len == 0 || line.p[0] == '#')
		return FJ_OK;
	FJ_TRY(split(r, line, err));
	for (size_t i = 0; i < FJ_ARRAY_LEN(lines); i++)
		if (is(r->word[0], lines[i].word))
			return lines[i].read(r, err);
	return bad(r, FJ_E_PARSE, "it begins with log, witness, group or quorum", err);
}

static enum fj_rc read_lines(struct reading *r, struct fj_slice in, struct fj_err *err)
{
	while (in.len > 0) {
		const uint8_t *end = memchr(in.p, '\n', in.len);
		r->line++;
		if (end == NULL)
			return bad(r, FJ_E_PARSE, "no newline ends it: the file may be cut", err);
		size_t n = (size_t)(end - in.p);
		FJ_TRY(read_line(r, FJ_SLICE(in.p, n), err));
		in = FJ_SLICE(end + 1, in.len - n - 1);
	}
	return r->decided ? FJ_OK : bad(r, FJ_E_PARSE, "there is no quorum line up to here", err);
}

enum fj_rc ver_policy_read(struct fj_slice text, struct ver_policy **out, struct fj_err *err)
{
	FJ_AUTO(ver_policy) p = NULL;
	struct reading r = {.line = 0};

	if (text.len > VER_POLICY_MAX)
		return fj_refuse(err, FJ_E_LIMIT, "verify", "C2SP tlog-policy", "the log's policy is larger than 64 KiB", "日志策略超过 64 KiB");
	if ((p = fj_alloc(1, sizeof(*p))) == NULL)
		return fj_no_memory(err, "verify");
	p->quorum = VER_POLICY_NONE;
	r.p = p;
	FJ_TRY(read_lines(&r, text, err));
	*out = fj_move(p);
	return FJ_OK;
}

void ver_policy_free(struct ver_policy *p)
{
	fj_free(p);
}

/* --- asked of a checkpoint --- */

enum fj_rc ver_policy_cosigned(const struct ver_policy *p, const struct fj_note *note, struct ver_cosigned *out, struct fj_err *err)
{
	unsigned met[VER_POLICY_NAMES] = {0};

	*out = (struct ver_cosigned){.quorum = p->quorum == VER_POLICY_NONE};
	for (size_t i = 0; i < p->n; i++) {
		const struct ver_policy_name *w = &p->name[i];
		bool yes = w->group && met[i] >= w->need;
		if (!w->group) {
			enum fj_rc rc = fj_note_verify(note, &w->key, NULL, NULL);
			if (rc == FJ_E_NOMEM)
				return fj_no_memory(err, "verify");
			if (rc != FJ_OK && rc != FJ_E_NOTFOUND)
				return fj_refuse(err, FJ_E_SIGNATURE, "verify", "C2SP tlog-cosignature", "a cosignature by a witness of the policy does not verify: it is forged, or of another checkpoint",
				    "见证方副署不成立：系伪造，或属另一检查点");
			yes = rc == FJ_OK;
			out->witnesses++;
			out->by += yes;
		}
		if (yes && w->in != VER_POLICY_NONE)
			met[w->in]++;
		out->quorum = out->quorum || (yes && p->quorum == (int)i);
	}
	return FJ_OK;
}

enum fj_rc ver_policy_log(const struct ver_policy *p, const struct fj_note *note, const char *origin, struct fj_err *err)
{
	bool any = p->n_log == 0;

	for (size_t i = 0; i < p->n_log && !any; i++)
		any = strcmp(p->log[i].name, origin) == 0 && fj_note_verify(note, &p->log[i], NULL, NULL) == FJ_OK;
	return any ? FJ_OK : fj_refuse(err, FJ_E_SIGNATURE, "verify", "C2SP tlog-policy", "no log that the policy names signed the checkpoint", "检查点未经策略所列日志签名");
}
