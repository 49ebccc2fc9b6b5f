/*
 * json.h - strict JSON reading over jansson, and canonical writing.
 *
 * Reading refuses: duplicate names, depth over the given one, U+0000, invalid
 * UTF-8, anything after the document, real numbers (this house has none), and
 * more octets than the caller's maximum.  Getters name the field in their
 * refusal.  Canonical form: names sorted by octets, no white space, integers
 * only, UTF-8 unescaped: what events and intents are hashed over.
 */
#ifndef FJ_BASE_JSON_H
#define FJ_BASE_JSON_H

#include <jansson.h>

#include "base/buf.h"

#define FJ_JSON_DEPTH 16
#define FJ_JSON_VALUES 100000 /* a value costs some 80 octets of memory */
FJ_DEFINE_AUTO_PTR(json, json_t, json_decref) /* FJ_AUTO(json) j = NULL; */

/* *out is owned by the caller (json_decref). */
enum fj_rc fj_json_parse(struct fj_slice in, size_t max, json_t **out, struct fj_err *err) FJ_MUST_USE;
/* FJ_E_INVALID (naming the key) unless obj is an object whose keys all stand in
 * keys[] (NULL-terminated). */
enum fj_rc fj_json_only(const json_t *obj, const char *const *keys, struct fj_err *err) FJ_MUST_USE;

/* Required members.  Strings are borrowed, 1..max code points, no control
 * characters.  FJ_E_INVALID names key and what was expected. */
enum fj_rc fj_json_str(const json_t *obj, const char *key, size_t max,
    const char **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_json_int(const json_t *obj, const char *key, int64_t min, int64_t max,
    int64_t *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_json_obj(const json_t *obj, const char *key, json_t **out, struct fj_err *err) FJ_MUST_USE; /* borrowed */
enum fj_rc fj_json_arr(const json_t *obj, const char *key, size_t max, json_t **out, struct fj_err *err) FJ_MUST_USE; /* borrowed, at most max items */
/* Optional ones: absent or null gives *out unchanged. */
enum fj_rc fj_json_opt_str(const json_t *obj, const char *key, size_t max,
    const char **out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_json_opt_int(const json_t *obj, const char *key, int64_t min, int64_t max,
    int64_t *out, struct fj_err *err) FJ_MUST_USE;
/* value of a string member, or NULL when absent or not a string; for our own data */
const char *fj_json_peek(const json_t *obj, const char *key);
/* the same, with "" for NULL; and an integer member, or 0 */
const char *fj_json_text(const json_t *obj, const char *key);
int64_t fj_json_num(const json_t *obj, const char *key);

/* Canonical bytes appended to out; FJ_E_INVALID when a real number is inside. */
enum fj_rc fj_json_canonical(const json_t *j, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* set obj[key]; value is stolen, a NULL value or failure is FJ_E_NOMEM */
enum fj_rc fj_json_set(json_t *obj, const char *key, json_t *value) FJ_MUST_USE;

/* Names of the bits that are set, bit 0 first, of a list that ends with NULL; the caller's, NULL when out of memory. */
json_t *fj_json_bits(unsigned bits, const char *const *names);

/* The refusal as everybody shows it: {"error": rc name, "rule"?, "basis"?,
 * "clause"?, "field"?, "layer", "detail": {"en", "zh"}}; NULL when out of memory. */
json_t *fj_err_json(const struct fj_err *err);

/* A refusal that one of our processes tells another: {"ok": false, "rc": number, "error":
 * as above}, and its way back into a struct fj_err, whose rc is returned. */
json_t *fj_err_reply(const struct fj_err *err);
enum fj_rc fj_err_replied(const json_t *reply, struct fj_err *err);
/* the reply as one line on standard output: a child that can't do what it was started for */
void fj_err_tell(const struct fj_err *err);

#endif
