/*
 * archive.h - the packages of a year (docs/formats.md 44): what the register writes, the command
 * line lays down and fujie-verify reads.
 *
 * Reading checks form, not trust: no signature, and no hash but those that are handed in.  All
 * readers are strict: exactly the members, one spelling (canonical JSON), names that lead
 * nowhere else.
 */
#ifndef FJ_BASE_ARCHIVE_H
#define FJ_BASE_ARCHIVE_H

#include "base/json.h"

#define FJ_FORMAT_ARCHIVE "urn:fujie:archive:1"
#define FJ_FORMAT_ARCHIVE_INDEX "urn:fujie:archive-index:1"
#define FJ_FORMAT_ARCHIVE_PACKAGE "urn:fujie:archive-package:1"
#define FJ_ARCHIVE_LINE 2048             /* octets of a line of index.jsonl, without its end */
#define FJ_ARCHIVE_DOC 65536             /* octets of archive.json */
#define FJ_ARCHIVE_LINES 4000000         /* of one year */
#define FJ_ARCHIVE_PACKAGE (64u << 20)   /* octets of one package */
#define FJ_ARCHIVE_LIST (4u << 20)       /* octets of a package.json */
#define FJ_ARCHIVE_FILES 60000           /* of one package */
#define FJ_ARCHIVE_ORIGINAL (16u << 20)  /* octets of one file that was filed */
#define FJ_ARCHIVE_YEAR_MIN 2000
#define FJ_ARCHIVE_YEAR_MAX 2199
#define FJ_ARCHIVE_PERMANENT 0           /* years that it is kept: for ever (永久) */

/* kinds, in the order in which they stand in an index; the last two are no packages but files beside them */
enum fj_archive_kind { FJ_AR_REGISTRATION, FJ_AR_CERTIFICATE, FJ_AR_AUTHORISATION, FJ_AR_BULK, FJ_AR_REVENUE, FJ_AR_REPORT, FJ_AR_ORDER, FJ_AR_SCHEMA, FJ_AR_TRUST, FJ_AR_KINDS };
const char *fj_archive_kind_name(enum fj_archive_kind k); /* "certificate" */
bool fj_archive_kind_of(const char *name, enum fj_archive_kind *out);
static inline bool fj_archive_is_package(enum fj_archive_kind k)
{
	return k < FJ_AR_SCHEMA;
}

/* the first line of an index */
struct fj_archive_head {
	int64_t year;
	char base[161];
};
enum fj_rc fj_archive_head_read(struct fj_slice line, struct fj_archive_head *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_archive_head_write(const struct fj_archive_head *h, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE; /* without a line's end */

/* one line for each package or file */
struct fj_archive_entry {
	enum fj_archive_kind kind;
	char id[101];      /* number of the object; of trust and schema the file's name */
	char state[24];    /* of a package: the object's state in the register when it was put together; else "" */
	int64_t years;     /* of a package: that it is kept, FJ_ARCHIVE_PERMANENT for ever */
	int64_t seq;       /* of a package: the object's last event */
	int64_t octets;
	char sha256[65], sm3[65];
};
enum fj_rc fj_archive_entry_read(struct fj_slice line, struct fj_archive_entry *out, struct fj_err *err) FJ_MUST_USE;
enum fj_rc fj_archive_entry_write(const struct fj_archive_entry *e, struct fj_buf *out, struct fj_err *err) FJ_MUST_USE;
/* Where it lies below the folder: "certificate/DAC-….tar", "trust/crl/1.crl", "archive.xsd". */
#define FJ_ARCHIVE_PATH 144
void fj_archive_path(const struct fj_archive_entry *e, char out[FJ_ARCHIVE_PATH]);
/* -1, 0, 1: by kind, then by id: the order of an index, in which nothing stands twice */
int fj_archive_order(const struct fj_archive_entry *a, const struct fj_archive_entry *b);
/* What all lines so far come to: SHA-256 over what it was before (32 zero octets before the head) and the line. */
void fj_archive_chain(struct fj_hash *chain, struct fj_slice line);

/* archive.json: {"format","year","base","fonds":{"usci","name"},"lines","chain","counts":{kind:n},"over"} */
enum fj_rc fj_archive_doc_check(const json_t *doc, struct fj_err *err) FJ_MUST_USE;
/* package.json: {"format","kind","id","state","retention":{"years","basis"},"seq",
 * "files":[{"name","octets","sha256","sm3"}],"originals":[{"name","kind","octets","sha256","sm3"}]} */
enum fj_rc fj_archive_package_check(const json_t *doc, struct fj_err *err) FJ_MUST_USE;
bool fj_hex64(const char *s); /* 64 hexadecimal digits, lower case */

#endif
