/*
 * items.h - documents that law says have so many items (27号 arts. 9, 14): which are missing,
 * and what such a document may refer to.
 */
#ifndef FJ_ISSUER_ITEMS_H
#define FJ_ISSUER_ITEMS_H

#include "issuer/core.h"

enum itm_form { ITM_TEXT, ITM_LIST, ITM_NUMBER, ITM_OBJECT };
struct itm_need {
	int no;               /* the item's number in the clause, 0: it has none */
	const char *key, *sub; /* member; sub: member of the object `key`, NULL: itself */
	enum itm_form form;   /* a text that says something; a list or object with members; a whole number */
	const char *en, *zh;
};
#define ITM_MAX_TEXT 4000 /* code points of a text */

/* FJ_E_REFUSED by `rule` naming each need that doc does not meet, in their order, as far as a sentence
 * goes; `what`: the document, in both languages. */
enum fj_rc itm_all_there(const json_t *doc, const struct itm_need *needs, size_t n, const char *rule, const char *what_en, const char *what_zh,
    struct fj_err *err) FJ_MUST_USE;
/* FJ_E_INVALID when a member of doc is no need's key */
enum fj_rc itm_none_more(const json_t *doc, const struct itm_need *needs, size_t n, struct fj_err *err) FJ_MUST_USE;
/* What a document rests on is a material of the register (MT-…, which is there) or a SHA-256 in hex.
 * FJ_E_INVALID names `what`. */
enum fj_rc itm_reference(struct sto *db, const char *text, const char *what, struct fj_err *err) FJ_MUST_USE;
/* 64 hex digits in lower case */
bool itm_is_sha256(const char *text);

#endif
