/*
 * init.h - a new appliance: keys, CA certificates, delegated certificates, the
 * first finance department with its two officers; and the register of one that an
 * older program wrote.
 */
#ifndef FJ_ISSUER_INIT_H
#define FJ_ISSUER_INIT_H

#include "issuer/issuer.h"

/*
 * in: {"base","arc","operator","demo":bool,"at": RFC 3339 (demo only: where the clock starts),
 * "plan": {"plan","signatures"} (the root is under these officers: rounds through files, ceremony_run.c),
 * "portal","verifier","organisation": {usci,name,kind,level,div6,dept?,finance?,roles},
 * "officers": [{"login","name","person"} x 2]}.  The working folder is the new home.
 * *out: {"officers":[{"login","code"}]}, the caller's.  *open (may be NULL) gets the register,
 * open; otherwise it is closed.
 */
enum fj_rc iss_init(const struct iss_conf *conf, const json_t *in, json_t **out, struct iss **open, struct fj_err *err) FJ_MUST_USE;

/*
 * The register of the home that is the working folder, whose lock the caller holds, becomes one of this version
 * (store/store.h: sto_upgrade), with an event that says so.  dry_run: all of it is done and undone.  check: every
 * table is compared with what the events say, also where there are many.  Progress by conf->progress: {"stage","done","of"};
 * *conf->ending: it ends, and nothing is changed.  *out, the caller's: {"from","to","program","upgraded","dry_run",
 * "copy": name of the copy of before or null,"events","compared": rows or null}; the caller may serve then.
 */
enum fj_rc iss_upgrade(const struct iss_conf *conf, bool dry_run, bool check, json_t **out, struct fj_err *err) FJ_MUST_USE;

#endif
