/* Words for codes: every choice of every command's fields, and every state that a list can be narrowed to, reads as a word in both languages. */
#include "issuer/issuer.h"
#include "tests/unit/test.h"
#include "web/portal/internal.h"

static long long missing;

/* files' formats and the like are called by their code in any language */
static bool is_name(const char *code)
{
	static const char *const names[] = {"csv", "xlsx", "xml", "json", "pdf", "ofd", "zip", "tar", "html", "txt", "docx", "zh", "en", "ES256", "ES384", "RS256", "SM2", NULL};

	for (size_t i = 0; names[i] != NULL; i++)
		if (strcmp(names[i], code) == 0)
			return true;
	return (unsigned char)code[0] >= 0x80;
}

static void look(bool en, const char *where, const struct iss_field *f)
{
	for (const char *const *c = f->choices; c != NULL && *c != NULL; c++)
		if (!is_name(*c) && portal_choice(en, f, *c) == NULL) {
			fprintf(stderr, "%s %s: no word for %s\t%s (%s)\n", where, f->name, *c, f->zh, en ? "en" : "zh");
			missing++;
		}
	for (const struct iss_choice *k = f->words; k != NULL && k->code != NULL; k++)
		if (k->zh == NULL || k->en == NULL)
			missing++;
	for (const struct iss_field *m = f->members; m != NULL && m->name != NULL; m++)
		look(en, where, m);
}

TEST("every choice of a form has a word in both languages")
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++)
		for (const struct iss_field *f = all[i]->fields; f != NULL && f->name != NULL; f++) {
			look(false, all[i]->name, f);
			look(true, all[i]->name, f);
		}
	CHECK(missing == 0);
}

TEST_MAIN
