/*
 * copy.h - a numbered copy's row, for the files of issuer/paper.
 */
#ifndef FJ_ISSUER_COPY_H
#define FJ_ISSUER_COPY_H

#include "issuer/paper/paper.h"

struct cpy {
	char id[PPR_ID_CAP], number[64], kind[16], holder[19], finance[19];
	char state[12];    /* READY COLLECTED VOID */
	char pdf[65], ofd[65]; /* SHA-256 of its files, hex */
	char replaces[PPR_ID_CAP], reason[12];
	char sealed_pdf[65], sealed_ofd[65]; /* of what came back sealed; "" nothing did */
	int64_t n;
	fj_time at;
};
enum fj_rc cpy_get(struct sto *db, const char *id, struct cpy *out, struct fj_err *err) FJ_MUST_USE;
/* of a row of STO_COPY_GET, whose first 15 columns these are */
enum fj_rc cpy_from_row(const struct sto_q *q, struct cpy *out, struct fj_err *err) FJ_MUST_USE;

#endif
