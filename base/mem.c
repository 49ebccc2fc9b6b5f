/*
 * mem.c - the only place that calls the allocator.
 *
 * Memory comes zeroed, and a product that overflows is "no memory" and never a
 * small block.  Descriptors are here too, because they are owned by scope like
 * memory: closing keeps errno, so a cleanup can't hide the reason of a failure.
 */
#include "base/mem.h"

#include <errno.h>
#include <stdint.h>
#include <unistd.h>

void *fj_alloc(size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return calloc(n, size);
}

void *fj_realloc(void *p, size_t n, size_t size)
{
	if (n == 0 || size == 0)
		n = size = 1;
	return reallocarray(p, n, size);
}

char *fj_strdup(const char *s)
{
	return fj_strndup(s, strlen(s));
}

char *fj_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *out = fj_alloc(len + 1, 1);

	if (out != NULL)
		memcpy(out, s, len);
	return out;
}

void fj_free(void *p)
{
	free(p);
}

void fj_fd_close(int *fd)
{
	int e = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = e;
}
