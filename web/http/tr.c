/*
 * tr.c - the texts of pages in the page's language.
 *
 * The catalogues web/po/LANGUAGE.po are made into tables at build time (po.awk),
 * sorted by context and msgid, so that a text is found by bisection and nothing is
 * read at run time.  A sentence's msgid is its English text, which is shown when
 * en.po has no other; codes and names have a context and both languages.
 */
#include "web/http/http.h"

struct text {
	const char *context, *id, *text;
};
#include "gen/po_en.h"
#include "gen/po_zh.h"

static int compare(const char *context, const char *id, const struct text *t)
{
	int c = strcmp(context, t->context);

	return c != 0 ? c : strcmp(id, t->id);
}

static const char *look_up(const struct text *table, size_t n, const char *context, const char *id)
{
	for (size_t low = 0, high = n; low < high;) {
		size_t mid = low + (high - low) / 2;
		int c = compare(context, id, &table[mid]);
		if (c == 0)
			return table[mid].text;
		if (c < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

const char *web_tr_of(bool en, const char *context, const char *id)
{
	return en ? look_up(texts_en, FJ_ARRAY_LEN(texts_en), context, id) : look_up(texts_zh, FJ_ARRAY_LEN(texts_zh), context, id);
}

const char *web_tr_in(struct web_req *q, const char *context, const char *id)
{
	return web_tr_of(web_lang(q)[0] == 'e', context, id);
}

const char *web_tr(struct web_req *q, const char *text)
{
	const char *s = web_tr_in(q, "", text);

	return s == NULL ? text : s;
}

const char *web_either(struct web_req *q, const char *zh, const char *en)
{
	return web_lang(q)[0] == 'e' || zh == NULL || zh[0] == '\0' ? en : zh;
}
