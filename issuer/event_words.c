/*
 * event_words.c - events in words, with the clause that each step rests on
 * (issuer/event_words.def).
 */
#include "issuer/course.h"

static const struct evt_word words[] = {
#define EVENT_WORD(kind, zh, en, basis, clause) {kind, zh, en, basis, clause},
#include "issuer/event_words.def"
#undef EVENT_WORD
};

const struct evt_word *evt_word(const char *kind)
{
	for (size_t i = 0; i < FJ_ARRAY_LEN(words); i++)
		if (strcmp(words[i].kind, kind) == 0)
			return &words[i];
	return NULL;
}

enum fj_rc evt_word_into(const char *kind, json_t *item, struct fj_err *err)
{
	const struct evt_word *w = evt_word(kind);

	if (w == NULL)
		return FJ_OK;
	FJ_TRY(fj_json_set(item, "what", json_pack("{s:s, s:s}", "zh", w->zh, "en", w->en)));
	if (w->clause[0] == '\0')
		return FJ_OK;
	if (fj_json_set(item, "basis", json_string(w->basis)) != FJ_OK || fj_json_set(item, "clause", json_string(w->clause)) != FJ_OK)
		return fj_no_memory(err, "issuer");
	return FJ_OK;
}
