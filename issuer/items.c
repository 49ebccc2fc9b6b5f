/*
 * items.c - what is missing in a document that has to have so many items.
 *
 * A clause that lists items is a table of needs; the refusal names every item that
 * is not there, so that nobody mends a document one item at a time.  A blank text,
 * an empty list and an empty object count as missing.  Whether what is said is true
 * is for people to judge.
 */
#include "issuer/items.h"

#include "base/jws.h"
#include "issuer/rules/rules.h"

static bool there(const json_t *v, enum itm_form form)
{
	switch (form) {
	case ITM_TEXT:
		return iss_said(json_string_value(v)) && fj_utf8_count(json_string_value(v)) <= ITM_MAX_TEXT;
	case ITM_LIST:
		return json_is_array(v) && json_array_size(v) > 0;
	case ITM_NUMBER:
		return json_is_integer(v);
	case ITM_OBJECT:
		return json_is_object(v) && json_object_size(v) > 0;
	}
	return false;
}

static bool met(const json_t *doc, const struct itm_need *n)
{
	const json_t *v = json_object_get(doc, n->key);

	return there(n->sub == NULL ? v : json_object_get(v, n->sub), n->form);
}

/* of an object that is not there at all only the first part is named */
static bool said_already(const json_t *doc, const struct itm_need *needs, size_t i)
{
	return needs[i].sub != NULL && json_object_get(doc, needs[i].key) == NULL && i > 0 && strcmp(needs[i - 1].key, needs[i].key) == 0;
}

static enum fj_rc name(struct fj_buf *b, const struct itm_need *n, bool whole, bool zh)
{
	const char *comma = b->len == 0 ? "" : zh ? "、" : ", ", *word = zh ? n->zh : n->en, *more = !whole ? "" : zh ? "等" : " etc.";

	if (n->no == 0)
		return fj_buf_printf(b, "%s%s%s", comma, word, more);
	return fj_buf_printf(b, zh ? "%s（%d）%s%s" : "%s(%d) %s%s", comma, n->no, word, more);
}

enum fj_rc itm_all_there(const json_t *doc, const struct itm_need *needs, size_t n, const char *rule, const char *what_en, const char *what_zh,
    struct fj_err *err)
{
	FJ_AUTO(buf) en = FJ_BUF_INIT(250);
	FJ_AUTO(buf) zh = FJ_BUF_INIT(400);
	char text_en[340], text_zh[500], first[96] = "";
	bool all = true, room_en = true, room_zh = true; /* as much as a sentence holds; the rest is told when these are there */

	for (size_t i = 0; i < n; i++) {
		if (met(doc, &needs[i]) || said_already(doc, needs, i))
			continue;
		if (all)
			snprintf(first, sizeof(first), "%s%s%s", needs[i].key, needs[i].sub == NULL ? "" : ".", needs[i].sub == NULL ? "" : needs[i].sub);
		bool whole = needs[i].sub != NULL && json_object_get(doc, needs[i].key) == NULL;
		all = false;
		room_en = room_en && name(&en, &needs[i], whole, false) == FJ_OK;
		room_zh = room_zh && name(&zh, &needs[i], whole, true) == FJ_OK;
	}
	if (all)
		return FJ_OK;
	snprintf(text_en, sizeof(text_en), "%s lacks: %s%s; add it", what_en, fj_buf_str(&en), room_en ? "" : " …");
	snprintf(text_zh, sizeof(text_zh), "%s缺少：%s%s，请补充", what_zh, fj_buf_str(&zh), room_zh ? "" : "……");
	return fj_err_at(err, iss_rule_fail(err, rule, text_en, text_zh), first);
}

enum fj_rc itm_none_more(const json_t *doc, const struct itm_need *needs, size_t n, struct fj_err *err)
{
	const char *key;
	json_t *v;

	json_object_foreach((json_t *)(uintptr_t)doc, key, v) {
		size_t i = 0;
		while (i < n && strcmp(needs[i].key, key) != 0)
			i++;
		if (i < n)
			continue;
		enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", NULL, "\"%.60s\" is no item of this document; leave it out", key);
		fj_err_zh(err, "“%.60s”不是该文件的项目，请去掉", key);
		return rc;
	}
	return FJ_OK;
}

bool itm_is_sha256(const char *text)
{
	return strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64;
}

enum fj_rc itm_reference(struct sto *db, const char *text, const char *what, struct fj_err *err)
{
	FJ_AUTO(sto_q) q = {0};

	if (itm_is_sha256(text))
		return FJ_OK;
	if (strncmp(text, "MT-", 3) == 0)
		return fj_err_at(err, sto_first(db, STO_MATERIAL_GET, &q, text, err, "t", text), what);
	enum fj_rc rc = fj_fail(err, FJ_E_INVALID, "issuer", "domain.md 4.4", "\"%.60s\" is a filed material (MT-…) or the SHA-256 of a file in hex", what);
	fj_err_zh(err, "“%.60s”应为已提交的材料编号（MT-…）或文件的 SHA-256", what);
	return fj_err_at(err, rc, what);
}
