/*
 * conf.h - the appliance's configuration file (INI through libinih): every
 * key is declared in a table with type and bounds; an unknown section, key or
 * value out of bounds is a fault with its line, never ignored.
 */
#ifndef FJ_BASE_CONF_H
#define FJ_BASE_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum fj_conf_type { FJ_CONF_STR, FJ_CONF_INT, FJ_CONF_BOOL };
struct fj_conf_key {
	const char *section, *key;
	enum fj_conf_type type;
	size_t offset;    /* into the target struct: char[size], int64_t, bool */
	size_t size;      /* STR: capacity with NUL */
	int64_t min, max; /* INT bounds; STR: max code points when max > 0 */
};
/* Reads dirfd/path over the defaults already in *target.  Missing file:
 * FJ_E_NOTFOUND.  keys[] ends with a NULL section and has
 * at most 64; a key may stand once, and no line begins with white space. */
enum fj_rc fj_conf_read(int dirfd, const char *path, const struct fj_conf_key *keys,
    void *target, struct fj_err *err) FJ_MUST_USE;

#endif
