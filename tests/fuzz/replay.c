/*
 * replay.c - the main of a target without libFuzzer: every file named on the
 * command line is fed once, in a block of exactly its size, so that the address
 * sanitizer sees the first octet beyond it.
 *
 * A property that does not hold, or a sanitizer's finding, ends the process: the
 * name of the file that did it is the last line on stderr before.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"
#include "tests/fuzz/fuzz.h"

static void feed(const char *path)
{
	FJ_AUTO(buf) file = FJ_BUF_INIT(8u << 20);
	struct fj_err err = {.rc = FJ_OK};

	fprintf(stderr, "# %s\n", path);
	if (fj_file_read(AT_FDCWD, path, &file, &err) != FJ_OK) {
		fprintf(stderr, "# %s\n", err.en);
		exit(1);
	}
	FJ_AUTO(mem) block = fj_alloc(file.len, 1);
	HOLDS(block != NULL);
	if (file.len > 0)
		memcpy(block, file.data, file.len);
	LLVMFuzzerTestOneInput(block, file.len);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		feed(argv[i]);
	printf("%d files\n", argc - 1);
	return 0;
}
