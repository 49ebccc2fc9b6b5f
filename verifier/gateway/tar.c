/*
 * tar.c - a strict reader for one archive: trust.tar as an issuer serves it.
 *
 * The archive comes over a network before anything in it is authenticated, so
 * it can name no place but a file of ours (base/untar.c): six folders and plain names.  A name
 * in a folder that this version does not know is passed over, so that an issuer
 * may publish more; a name that tries to lead elsewhere ends the reading.
 */
#include "verifier/gateway/tar.h"

#include <string.h>

#define CITE "POSIX ustar"

static enum fj_rc bad(struct fj_err *err, const char *en, const char *zh)
{
	return fj_refuse(err, FJ_E_PARSE, "gateway", CITE, en, zh);
}

void gw_tar_open(struct gw_tar *t, struct fj_slice in)
{
	memset(t, 0, sizeof(*t));
	fj_untar_open(&t->tar, in, GW_TAR_FILE);
}

static bool plain(const char *s)
{
	size_t n = strlen(s);
	const char *dot = strchr(s, '.');

	return n > 2 && n < sizeof(((struct gw_tar_entry *)0)->name) && dot != NULL && dot != s && dot[1] != '\0' && strchr(dot + 1, '.') == NULL &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.") == n;
}

/* "trust/crl/1.crl" to folder and name */
static enum fj_rc read_name(const char *path, struct gw_tar_entry *out, struct fj_err *err)
{
	static const char *const folders[] = {"crl", "status", "authorisations", "certificates", "attestation"};
	static const char *const files[] = {"root.pem", "chain.pem", "root-sm2.pem", "chain-sm2.pem", "log.pem", "log.vkey", "log.policy", NULL};
	const char *rest = path + 6, *slash;

	if (strncmp(path, "trust/", 6) != 0)
		return bad(err, "a name in the archive does not lie below trust/", "归档中的文件名不在 trust/ 之下");
	out->folder = NULL;
	slash = strchr(rest, '/');
	if (slash == NULL)
		out->folder = fj_among(rest, files) ? "" : NULL;
	for (size_t i = 0; slash != NULL && i < FJ_ARRAY_LEN(folders); i++)
		if (strlen(folders[i]) == (size_t)(slash - rest) && strncmp(folders[i], rest, (size_t)(slash - rest)) == 0)
			out->folder = folders[i];
	const char *name = slash == NULL ? rest : slash + 1;
	if (out->folder == NULL)
		return FJ_OK;
	if (!plain(name))
		return bad(err, "a file in the archive has no plain name", "归档中的文件名不合规");
	return fj_strcopy(out->name, sizeof(out->name), name);
}

enum fj_rc gw_tar_next(struct gw_tar *t, struct gw_tar_entry *out, bool *more, struct fj_err *err)
{
	struct fj_untar_entry e;

	*more = false;
	memset(out, 0, sizeof(*out));
	if (t->tar.in.len > GW_TAR_OCTETS)
		return bad(err, "the archive is too large", "归档过大");
	FJ_TRY(fj_untar_next(&t->tar, &e, more, err));
	if (!*more)
		return FJ_OK;
	*more = false;
	if (++t->files > GW_TAR_FILES)
		return fj_fail(err, FJ_E_LIMIT, "gateway", CITE, "the archive holds more than %d files", GW_TAR_FILES);
	FJ_TRY(read_name(e.name, out, err));
	out->data = e.data;
	*more = true;
	return FJ_OK;
}
