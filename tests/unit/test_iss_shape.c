/*
 * test_iss_shape.c - the members of documents as forms and OpenAPI have them: every
 * command's, to the last; and amounts as people write them.
 */
#include "issuer/card.h"
#include "issuer/issuer.h"
#include "issuer/shape.h"
#include "tests/unit/test.h"

static const char *at_fault; /* the member that is not as it should be */

static bool words_whole(const struct iss_choice *w)
{
	for (; w != NULL && w->code != NULL; w++)
		if (w->zh == NULL || w->en == NULL || w->zh[0] == '\0' || w->en[0] == '\0')
			return false;
	return true;
}

static bool whole(const struct iss_field *f, int depth)
{
	bool json = f->type == ISS_F_JSON;
	FJ_AUTO(json) absent = f->absent == NULL ? NULL : json_loads(f->absent, JSON_DECODE_ANY, NULL);

	at_fault = f->name;
	if (depth > 8 || f->zh == NULL || f->en == NULL || f->zh[0] == '\0' || f->en[0] == '\0' || !words_whole(f->words) || (f->absent != NULL && absent == NULL))
		return false;
	if ((json && f->members == NULL) || (!json && f->members != NULL) || (f->type != ISS_F_INT && (f->as & (ISS_AS_FEN | ISS_AS_BP))))
		return false;
	for (const struct iss_field *m = f->members; m != NULL && m->name != NULL; m++)
		if (!whole(m, depth + 1))
			return false;
	at_fault = "";
	return true;
}

TEST("every document that a command takes has its members described, in both languages, so that no form asks for JSON")
{
	size_t n;
	const struct iss_command_info *const *all = iss_commands(&n);

	for (size_t i = 0; i < n; i++)
		for (const struct iss_field *f = all[i]->fields; f != NULL && f->name != NULL; f++)
			if (f->type == ISS_F_JSON)
				CHECK(whole(f, 0));
	CHECK_STR(at_fault, "");
}

TEST("the card's members are the dictionary's: every field of a block once, what the register keeps is not asked")
{
	size_t n, found = 0;
	const struct card_field *dict = card_fields(&n);

	for (const struct iss_field *b = card_members; b->name != NULL; b++)
		for (const struct iss_field *m = b->members; m->name != NULL; m++) {
			const struct card_field *d = card_field(b->name, m->name);
			CHECK(d != NULL);
			CHECK((d->type == CARD_KEPT) == ((m->as & ISS_AS_FIXED) != 0));
			CHECK((d->type == CARD_MONEY) == ((m->as & ISS_AS_FEN) != 0));
			found++;
		}
	CHECK(found == n);
	(void)dict;
}

TEST("twelve items of the plan and thirteen of the agreement, each with its number, in order")
{
	int k = 0;

	for (const struct iss_field *m = shp_items; m->name != NULL; m++)
		CHECK(m->item == ++k && m->required);
	CHECK(k == 12);
	k = 0;
	for (const struct iss_field *m = shp_agreement; m->name != NULL; m++)
		CHECK(m->item == ++k && m->required);
	CHECK(k == 13);
}

TEST("yuan are read to the fen, and more decimals than two are refused")
{
	int64_t fen = 0;
	char text[ISS_YUAN_CAP];

	CHECK(iss_yuan("1,234.56", &fen) && fen == 123456);
	CHECK(iss_yuan("0.01", &fen) && fen == 1);
	CHECK(!iss_yuan("0.001", &fen));
	CHECK(!iss_yuan("eins", &fen));
	iss_yuan_text(123456, text);
	CHECK_STR(text, "1,234.56");
}

static const struct iss_field *named(const struct iss_field *f, const char *name)
{
	while (f->name != NULL && strcmp(f->name, name) != 0)
		f++;
	return f->name != NULL ? f : NULL;
}

TEST("an export takes every filter of the lists that it exports, of its length")
{
	const struct iss_field *takes = iss_command_find("find.export")->fields;

	for (const char *const *noun = named(takes, "noun")->choices; *noun != NULL; noun++) {
		char command[40];
		snprintf(command, sizeof(command), "%s.list", *noun);
		for (const struct iss_field *f = iss_command_find(command)->fields; f->name != NULL; f++) {
			const struct iss_field *same = named(takes, f->name);
			if (strcmp(f->name, "after") == 0 || strcmp(f->name, "limit") == 0)
				continue;
			at_fault = f->name;
			CHECK(same != NULL && same->max >= f->max);
		}
	}
}
TEST_MAIN
