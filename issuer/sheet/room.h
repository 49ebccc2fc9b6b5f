/*
 * room.h - XLSX read in a process that can do nothing else, as sheet.c sees it.
 * What comes back is checked like any outside data: the reader may be conquered.
 */
#ifndef FJ_ISSUER_SHEET_ROOM_H
#define FJ_ISSUER_SHEET_ROOM_H

#include "issuer/sheet/sheet.h"

#define ROOM_READERS 4 /* at once; who asks for another waits until one has ended */

/* forks the process that readers are forked from, once */
enum fj_rc room_start(struct fj_err *err) FJ_MUST_USE;
struct room_reader;
/* a copy of `file` goes to a fresh process, which begins to send its rows */
enum fj_rc room_open(struct fj_slice file, struct room_reader **out, struct fj_err *err) FJ_MUST_USE;
/* as sheet_next; FJ_E_PARSE also when the process ended before the end of the file */
enum fj_rc room_next(struct room_reader *r, struct sheet_row *row, bool *more, struct fj_err *err) FJ_MUST_USE;
void room_close(struct room_reader *r); /* NULL is fine */

#endif
