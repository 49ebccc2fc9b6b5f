/*
 * err.h - result codes, the reason that travels with them, and the two
 * control-flow macros of the house.
 *
 * Every function that can fail returns enum fj_rc and takes an optional
 * struct fj_err * as its LAST parameter (NULL: the reason is not wanted).
 * The struct is written only on failure.  A reason cites a rule (R22) or a
 * section (RFC 5280 4.1.2.5) in `cite`, says what was wrong and what to do.
 */
#ifndef FJ_BASE_ERR_H
#define FJ_BASE_ERR_H

#include <stddef.h>

#define FJ_MUST_USE __attribute__((warn_unused_result))
#define FJ_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* 32 values or fewer.  rc to HTTP status and to exit code: one table (err.c). */
enum fj_rc {
	FJ_OK = 0,
	FJ_E_USAGE,        /* wrong use: unknown command, option, key     400  2 */
	FJ_E_PARSE,        /* malformed bytes from outside                400  1 */
	FJ_E_INVALID,      /* well-formed, but a value is not acceptable  422  1 */
	FJ_E_LIMIT,        /* larger or more than the named maximum       413  1 */
	FJ_E_UNSUPPORTED,  /* algorithm, kind or version not offered      422  1 */
	FJ_E_REFUSED,      /* a domain rule R01..R40 forbids it           409  1 */
	FJ_E_STATE,        /* the state table has no such step            409  1 */
	FJ_E_EXISTS,       /* there already                               409  1 */
	FJ_E_NOTFOUND,     /* no such object                              404  1 */
	FJ_E_AUTH,         /* who are you?                                401  1 */
	FJ_E_FORBIDDEN,    /* your role may not                           403  1 */
	FJ_E_SIGNATURE,    /* a signature or hash does not match          422  1 */
	FJ_E_POLICY,       /* the signer's policy refuses the structure   403  1 */
	FJ_E_CLOCK,        /* the clock can't be trusted                  503  3 */
	FJ_E_BUSY,         /* locked, or a queue is full: try again       503  3 */
	FJ_E_UNAVAILABLE,  /* a part is not there (TPM, signer, service)  503  3 */
	FJ_E_TIMEOUT,      /* a peer did not answer in time               504  3 */
	FJ_E_NOSPACE,      /* disk full                                   507  3 */
	FJ_E_IO,           /* the operating system said no                500  3 */
	FJ_E_DB,           /* SQLite said no                              500  3 */
	FJ_E_TPM,          /* the TPM said no                             500  3 */
	FJ_E_CRYPTO,       /* OpenSSL or libsodium said no                500  3 */
	FJ_E_CORRUPT,      /* our own stored data does not check          500  3 */
	FJ_E_PROTO,        /* a sibling process broke the frame protocol  500  3 */
	FJ_E_NOMEM,        /* out of memory                               500  3 */
	FJ_E_INTERNAL,     /* a condition that should not be possible     500  3 */
	FJ_RC_COUNT
};

struct fj_err {
	enum fj_rc rc;
	char layer[12];   /* the layer that said no: "base" "tpm" "ca" "store" ... */
	long code;        /* that library's own code, 0 if none */
	char cite[64];    /* "R22", "RFC 5280 4.1.2.5", "SD-JWT VC 3.2"; "" if none */
	char basis[12];   /* "text", "inferred", "profile" for R-rules; else "" */
	char clause[96];  /* clause of the document, for R-rules; else "" */
	char field[96];   /* the field at fault, "agreement.income.shares"; "" none, or not known */
	char en[320];     /* what was wrong, what to do: English */
	char zh[480];     /* the same in Chinese; "" if none was given */
};

/*
 * fj_fail - fill *err (if not NULL) and return rc, so that callers write
 * `return fj_fail(err, FJ_E_PARSE, "ca", "RFC 5280 4.1", "...", ...)`.
 * cite may be NULL.  fmt is the English sentence; over-long text is cut at a
 * UTF-8 boundary.  basis, clause, field, zh and code are cleared.
 */
enum fj_rc fj_fail(struct fj_err *err, enum fj_rc rc, const char *layer,
    const char *cite, const char *fmt, ...) FJ_PRINTF(5, 6);

/* fj_fail_code - the same, with the failing library's code. */
enum fj_rc fj_fail_code(struct fj_err *err, enum fj_rc rc, const char *layer,
    long code, const char *fmt, ...) FJ_PRINTF(5, 6);

/* fj_fail_errno - the same for a failed system call: rc is FJ_E_NOSPACE for
 * ENOSPC/EDQUOT, FJ_E_NOMEM for ENOMEM, FJ_E_NOTFOUND for ENOENT, else
 * FJ_E_IO; "what" names the call and its object. */
enum fj_rc fj_fail_errno(struct fj_err *err, const char *layer, const char *fmt,
    ...) FJ_PRINTF(3, 4);

/* fj_refuse - the same for fixed sentences in both languages. */
enum fj_rc fj_refuse(struct fj_err *err, enum fj_rc rc, const char *layer, const char *cite, const char *en, const char *zh);
enum fj_rc fj_no_memory(struct fj_err *err, const char *layer); /* FJ_E_NOMEM */

/* fj_err_zh - add the Chinese sentence to a failure just made (err may be NULL). */
void fj_err_zh(struct fj_err *err, const char *fmt, ...) FJ_PRINTF(2, 3);

/* fj_err_at - say at which field the failure rc just made is (err may be NULL), and return rc; over-long
 * names none, FJ_OK is at no field. */
enum fj_rc fj_err_at(struct fj_err *err, enum fj_rc rc, const char *field);

/* fj_rc_name - "refused", "not-found"...: the stable name in JSON; never NULL. */
const char *fj_rc_name(enum fj_rc rc);
int fj_rc_http(enum fj_rc rc); /* HTTP status, 200 for FJ_OK */
int fj_rc_exit(enum fj_rc rc); /* 0 done, 1 refusal, 2 wrong use, 3 failure */

/* Return the callee's failure to our caller. */
#define FJ_TRY(expr)                                 \
	do {                                         \
		enum fj_rc fj_try_rc_ = (expr);      \
		if (fj_try_rc_ != FJ_OK)             \
			return fj_try_rc_;           \
	} while (0)

/* Refuse with `failure` (an fj_fail(...) call) unless cond holds. */
#define FJ_ENSURE(cond, failure)          \
	do {                              \
		if (!(cond))              \
			return (failure); \
	} while (0)

#endif
