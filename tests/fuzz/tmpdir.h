/*
 * tmpdir.h - a folder for parsers that read files, removed at exit.
 */
#ifndef FJ_FUZZ_TMPDIR_H
#define FJ_FUZZ_TMPDIR_H

#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/fuzz/fuzz.h"

static char tmp_path[64];
static const char *tmp_name;

static void tmp_remove(void)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", tmp_path, tmp_name);
	unlink(path);
	rmdir(tmp_path);
}

/* the folder's descriptor; `name` is the one file that a target writes in it */
static int tmp_dir(const char *name)
{
	static int fd = -1;

	if (fd >= 0)
		return fd;
	tmp_name = name;
	const char *where = getenv("TMPDIR"); /* run.sh gives one in memory and removes what a crash leaves */
	snprintf(tmp_path, sizeof(tmp_path), "%.40s/fj-fuzz-XXXXXX", where == NULL ? "/tmp" : where);
	HOLDS(mkdtemp(tmp_path) != NULL && atexit(tmp_remove) == 0);
	fd = open(tmp_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	HOLDS(fd >= 0);
	return fd;
}

static void tmp_write(const char *name, struct fj_slice data)
{
	FJ_AUTO(fd) fd = openat(tmp_dir(name), name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	HOLDS(fd >= 0 && fj_write_all(fd, data.p, data.len, NULL) == FJ_OK);
}

#endif
