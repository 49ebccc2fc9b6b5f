/*
 * practice.c - the certification practice statement under RFC 3647's headings (`fujie ceremony statement`).
 *
 * Headings and sentences are practice.def; each number and name in them comes from where the program has
 * it: certificate profiles, plan of the ceremony, the department's policy profile, constants of the
 * publisher.  So it can't say another thing than the program does, and what nobody has laid down says so.
 * Each rule names its basis.  With `model` it is written of no home, as docs/practice-statement.md has it.
 */
#include "issuer/practice.h"

#include "issuer/find.h"

#define MAX_TEXT (1u << 20)

const struct iss_field fld_ceremony_statement[] = {
	{"lang", ISS_F_STR, false, 2, "语言（zh 或 en，不填为双语）", "language: zh or en; none: both"},
	{"model", ISS_F_BOOL, false, 0, "不写本机构的取值", "of no home: names in the place of what a home decides"},
	{0},
};

enum { HEAD_, SAY_, RULES_, TABLE_ };
static const struct line {
	int kind;
	const char *a, *b, *c, *d;
} lines[] = {
#define HEAD(number, en, zh) {HEAD_, number, en, zh, NULL},
#define SAY(basis, clause, en, zh) {SAY_, basis, clause, en, zh},
#define RULES(ids) {RULES_, ids, NULL, NULL, NULL},
#define TABLE(name) {TABLE_, #name, NULL, NULL, NULL},
#include "issuer/practice.def"
#undef HEAD
#undef SAY
#undef RULES
#undef TABLE
};

enum fj_rc prc_both(struct prc *p, const char *zh, const char *en)
{
	return fj_buf_printf(p->out, "%s%s%s", p->zh ? zh : "", p->zh && p->en ? " / " : "", p->en ? en : "");
}

enum fj_rc prc_para(struct prc *p, const char *zh, const char *en, const char *basis)
{
	return fj_buf_printf(p->out, "%s%s%s 〔%s〕\n\n", p->zh ? zh : "", p->zh && p->en ? "\n" : "", p->en ? en : "", basis);
}

enum fj_rc prc_expand(struct prc *p, const char *text, struct fj_err *err)
{
	char name[40];

	for (const char *open; (open = strchr(text, '{')) != NULL; ) {
		const char *close = strchr(open, '}');
		size_t n = close == NULL ? sizeof(name) : (size_t)(close - open) - 1;
		snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : 0), open + 1);
		const char *value = fj_json_peek(p->facts, name);
		if (n >= sizeof(name) || value == NULL)
			return fj_fail(err, FJ_E_INTERNAL, "practice", NULL, "the practice statement has no value for \"%.60s\"", open);
		if (fj_buf_printf(p->out, "%.*s%s", (int)(open - text), text, value) != FJ_OK)
			return fj_no_memory(err, "practice");
		text = close + 1;
	}
	return fj_buf_puts(p->out, text) == FJ_OK ? FJ_OK : fj_no_memory(err, "practice");
}

/* a rule, and what it rests on */
static enum fj_rc say(struct prc *p, const char *basis, const char *clause, const char *en, const char *zh, const char *id, struct fj_err *err)
{
	if (p->zh) {
		FJ_TRY(prc_expand(p, zh, err));
		FJ_TRY(fj_buf_puts(p->out, p->en ? "\n" : ""));
	}
	if (p->en)
		FJ_TRY(prc_expand(p, en, err));
	return fj_buf_printf(p->out, " 〔%s%s%s: %s〕\n\n", id, id[0] != '\0' ? ", " : "", basis, clause);
}

static enum fj_rc say_rule(struct prc *p, const char *id, size_t n, struct fj_err *err)
{
	const struct iss_rule *rules;
	size_t all = iss_rules(&rules);

	for (size_t k = 0; k < all; k++)
		if (strlen(rules[k].id) == n && strncmp(rules[k].id, id, n) == 0)
			return say(p, rules[k].basis, rules[k].clause, rules[k].en, rules[k].zh, rules[k].id, err);
	return fj_fail(err, FJ_E_INTERNAL, "practice", NULL, "there is no rule \"%.*s\"", (int)n, id);
}

static enum fj_rc say_rules(struct prc *p, const char *ids, struct fj_err *err)
{
	for (size_t n; *ids != '\0'; ids += n + (ids[n] == '|')) {
		n = strcspn(ids, "|");
		FJ_TRY(say_rule(p, ids, n, err));
	}
	return FJ_OK;
}

/* nothing stands under it, and no heading below it */
static bool silent(size_t k)
{
	size_t n = strlen(lines[k].a);

	if (k + 1 == FJ_ARRAY_LEN(lines))
		return true;
	return lines[k + 1].kind == HEAD_ && !(strncmp(lines[k + 1].a, lines[k].a, n) == 0 && lines[k + 1].a[n] == '.');
}

static enum fj_rc head(struct prc *p, size_t k)
{
	const struct line *l = &lines[k];
	int depth = 2;

	for (const char *s = l->a; *s != '\0'; s++)
		depth += *s == '.';
	FJ_TRY(fj_buf_printf(p->out, "%.*s %s ", depth, "######", l->a));
	FJ_TRY(prc_both(p, l->c, l->b));
	FJ_TRY(fj_buf_puts(p->out, "\n\n"));
	if (!silent(k))
		return FJ_OK;
	FJ_TRY(prc_both(p, "未作规定。", "No stipulation."));
	return fj_buf_puts(p->out, "\n\n");
}

static enum fj_rc write_line(struct prc *p, size_t k, struct fj_err *err)
{
	const struct line *l = &lines[k];

	switch (l->kind) {
	case HEAD_:
		return head(p, k) == FJ_OK ? FJ_OK : fj_no_memory(err, "practice");
	case SAY_:
		return say(p, l->a, l->b, l->c, l->d, "", err);
	case RULES_:
		return say_rules(p, l->a, err);
	default:
		return prc_table(p, l->a, err);
	}
}

static enum fj_rc language(struct prc *p, struct fj_err *err)
{
	const char *lang = fj_json_peek(p->c->params, "lang");

	p->zh = lang == NULL || strcmp(lang, "zh") == 0;
	p->en = lang == NULL || strcmp(lang, "en") == 0;
	return p->zh || p->en ? FJ_OK : fj_err_at(err, fj_refuse(err, FJ_E_USAGE, "practice", NULL, "the language is zh or en", "语言应为 zh 或 en"), "lang");
}

static enum fj_rc statement(struct prc *p, struct fj_err *err)
{
	FJ_TRY(language(p, err));
	FJ_TRY(prc_facts(p, err));
	FJ_TRY(fj_buf_puts(p->out, "# "));
	FJ_TRY(prc_both(p, "电子认证业务规则", "Certification practice statement"));
	FJ_TRY(fj_buf_puts(p->out, "\n\n"));
	for (size_t k = 0; k < FJ_ARRAY_LEN(lines); k++)
		FJ_TRY(write_line(p, k, err));
	while (p->out->len > 1 && p->out->data[p->out->len - 2] == '\n')
		p->out->len--;
	return FJ_OK;
}

enum fj_rc cmd_ceremony_statement(struct iss_call *c, struct fj_err *err)
{
	FJ_AUTO(buf) text = FJ_BUF_INIT(MAX_TEXT);
	FJ_AUTO(json) facts = json_object();
	FJ_AUTO(mem) mem = fj_alloc(1, sizeof(struct prc));
	struct prc *p = mem;

	if (iss_limits(c->iss) != NULL)
		return fj_refuse(err, FJ_E_UNSUPPORTED, "practice", "formats.md 27", "this home stands under another appliance's root, and a statement of such a home is not written yet; the root's own says how it certifies", "本系统在另一系统的根之下，此类系统的业务规则尚不能生成；根所在系统的业务规则载明其认证办法");
	if (p == NULL)
		return fj_no_memory(err, "practice");
	*p = (struct prc){.c = c, .model = json_is_true(json_object_get(c->params, "model")), .facts = facts, .out = &text};
	FJ_TRY(statement(p, err));
	return fnd_file(c, "practice-statement.md", "text/markdown", &text, err);
}
