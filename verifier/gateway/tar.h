/*
 * tar.h - reading the trust folder's archive (docs/formats.md section 7): POSIX
 * ustar, regular files with plain names and nothing else.
 *
 * It does NOT check what is in the files: that is the verifier's, once they lie
 * in a folder.
 */
#ifndef FJ_GATEWAY_TAR_H
#define FJ_GATEWAY_TAR_H

#include "base/tar.h"

#define GW_TAR_OCTETS (64u << 20)
#define GW_TAR_FILES 200000
#define GW_TAR_FILE (8u << 20) /* octets of one file */

struct gw_tar {
	struct fj_untar tar;
	size_t files;
};
struct gw_tar_entry {
	const char *folder;   /* "", "crl", "status", "authorisations", "certificates" or "attestation"; NULL: of no use here */
	char name[64];        /* plain: letters, digits, "-", "_" and one dot before the ending */
	struct fj_slice data; /* borrowed */
};
void gw_tar_open(struct gw_tar *t, struct fj_slice in);
/* The next file; *more false after the archive's end of two zero blocks.  Refused as a whole,
 * FJ_E_PARSE or FJ_E_LIMIT: links, folders, devices and every other type, absolute names and "..",
 * a header whose checksum or magic is not ustar's, what is cut off or follows the end. */
enum fj_rc gw_tar_next(struct gw_tar *t, struct gw_tar_entry *out, bool *more, struct fj_err *err) FJ_MUST_USE;

#endif
