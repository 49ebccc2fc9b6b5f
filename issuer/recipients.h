/*
 * recipients.h - who opens backups of this home, and when the last one was made.
 */
#ifndef FJ_ISSUER_RECIPIENTS_H
#define FJ_ISSUER_RECIPIENTS_H

#include "base/clock.h"

#define BAK_SETTING "backup"      /* {"need","officers":[{"name","key"}]}, canonical JSON */
#define BAK_MADE "backup/made"    /* a line a backup, canonical JSON: {"at","events","file","id","leaves","octets","sha256"} */

/* when the newest one of BAK_MADE was made; 0: none.  The process's folder is the home. */
enum fj_rc bak_last(fj_time *at, struct fj_err *err) FJ_MUST_USE;

#endif
