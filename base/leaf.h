/*
 * leaf.h - the form of a leaf of the public log (docs/formats.md 19).
 */
#ifndef FJ_BASE_LEAF_H
#define FJ_BASE_LEAF_H

#include "base/clock.h"
#include "base/json.h"
#include "base/tlog.h"

#define FJ_LEAF_EVENTS 6
extern const char *const fj_leaf_events[]; /* their names; NULL at the end */
/* Exactly the members of its kind, of their types, and its own index; what it says is not judged.  FJ_E_INVALID and
 * other rcs of exit code 1; FJ_E_NOMEM. */
enum fj_rc fj_leaf_check(const json_t *leaf, uint64_t index, struct fj_err *err) FJ_MUST_USE;
/* An entry of the log: canonical JSON of such a leaf, which is the caller's. */
enum fj_rc fj_leaf_read(struct fj_slice entry, uint64_t index, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
