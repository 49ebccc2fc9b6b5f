/*
 * task.h - batches: one act of an officer over a selection.
 *
 * Every item is checked by itself; a faulty one is set aside with its reason and changes
 * nothing, the others are done in the one transaction.  The task's event holds a digest over
 * every item that was done, with what was done to it; the items' own events name the task.
 */
#ifndef FJ_ISSUER_TASK_H
#define FJ_ISSUER_TASK_H

#include "issuer/core.h"

/* Does one item: checks, appends its events, leaves its line in c->answer (a new object).  A
 * refusal leaves nothing. */
typedef enum fj_rc (*tsk_item)(struct iss_call *c, const char *item, const void *arg, struct fj_err *err);

/* The parameter `one` (a text) or `many` (a list of texts, each once): exactly one of them is
 * given.  One: as if fn had been called alone.  Many: a task; c->answer is {"task", "digest",
 * "done": n, "items": [line...], "set_aside": [{"item", "rule", "basis", "clause", "detail"}]}.
 * When no item could be done the answer is the refusal of the first. */
enum fj_rc tsk_run(struct iss_call *c, const char *one, const char *many, tsk_item fn, const void *arg, struct fj_err *err) FJ_MUST_USE;
/* the same over a list that is there already; `what` names the task */
enum fj_rc tsk_each(struct iss_call *c, const char *what, const json_t *items, tsk_item fn, const void *arg, struct fj_err *err) FJ_MUST_USE;
/* {"item","rule","basis","clause","detail"}: why an item was set aside; the caller's */
json_t *tsk_aside(const char *item, const struct fj_err *why);

#endif
