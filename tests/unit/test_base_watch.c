/* a file that is replaced, and asked for again and again */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/unit/test.h"

static enum fj_rc write_file(int dir, const char *text)
{
	return fj_file_replace(dir, "f", fj_slice_str(text), 0600, NULL);
}

TEST("a watched file is the same until it is replaced, written over or gone, and never when it was not read")
{
	char name[] = "/tmp/fujie-watch-XXXXXX";
	FJ_AUTO(fd) dir = -1;
	struct fj_watch w = {.fd = -1};
	FJ_AUTO(buf) one = FJ_BUF_INIT(16);
	FJ_AUTO(buf) two = FJ_BUF_INIT(16);

	CHECK(mkdtemp(name) != NULL);
	CHECK_RC(fj_dir_open(AT_FDCWD, name, &dir, NULL), FJ_OK);
	CHECK(!fj_watch_same(&w));
	CHECK(fj_watch_read(&w, dir, "f", &one, NULL) != FJ_OK && !fj_watch_same(&w));
	CHECK_RC(write_file(dir, "7"), FJ_OK);
	CHECK_RC(fj_watch_read(&w, dir, "f", &one, NULL), FJ_OK);
	CHECK_STR(fj_buf_str(&one), "7");
	CHECK(fj_watch_same(&w));
	CHECK_RC(write_file(dir, "7"), FJ_OK); /* the same text within the same tick is another file all the same */
	CHECK(!fj_watch_same(&w));
	CHECK_RC(fj_watch_read(&w, dir, "f", &two, NULL), FJ_OK);
	CHECK(fj_watch_same(&w));
	FJ_AUTO(fd) over = openat(dir, "f", O_WRONLY | O_APPEND | O_CLOEXEC);
	CHECK(over >= 0 && write(over, "8", 1) == 1);
	CHECK(!fj_watch_same(&w));
	CHECK_RC(fj_watch_read(&w, dir, "f", &two, NULL), FJ_OK);
	CHECK(unlinkat(dir, "f", 0) == 0);
	CHECK(!fj_watch_same(&w));
	fj_watch_close(&w);
	CHECK(rmdir(name) == 0);
}

TEST_MAIN
