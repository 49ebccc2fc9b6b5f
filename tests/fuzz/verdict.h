/* verdict.h - what holds of every report, whatever was judged. */
#ifndef FJ_FUZZ_VERDICT_H
#define FJ_FUZZ_VERDICT_H

#include "tests/fuzz/fuzz.h"
#include "verifier/verify.h"

/* the verdict agrees with the checks, and there is a document of it */
static inline bool permits(const struct ver_report *r)
{
	bool fail = false, unknown = false;

	HOLDS(r->n <= VER_MAX_CHECKS && r->kind != NULL);
	for (size_t i = 0; i < r->n; i++) {
		fail = fail || r->check[i].outcome == VER_FAIL;
		unknown = unknown || r->check[i].outcome == VER_UNKNOWN;
	}
	HOLDS(r->verdict == (fail ? VER_DENY : unknown ? VER_INDETERMINATE : VER_PERMIT));
	FJ_AUTO(json) said = ver_report_json(r);
	HOLDS(said != NULL);
	return r->verdict == VER_PERMIT;
}

#endif
