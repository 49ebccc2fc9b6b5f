/*
 * mem.h - allocation, ownership by scope, and moves.
 *
 * The only place that calls malloc.  FJ_AUTO(tag) marks the variable that
 * owns; fj_move hands over.  Foreign types get a tag with FJ_DEFINE_AUTO.
 */
#ifndef FJ_BASE_MEM_H
#define FJ_BASE_MEM_H

#include <stddef.h>

#include "base/err.h"

/* fj_alloc - zeroed memory for n objects of `size` octets; NULL when the
 * product overflows or memory is out.  Freed by fj_free. */
void *fj_alloc(size_t n, size_t size) FJ_MUST_USE;
/* fj_realloc - grow or shrink; NULL leaves the old block as it was. */
void *fj_realloc(void *p, size_t n, size_t size) FJ_MUST_USE;
/* fj_strdup / fj_strndup - copy of a string (at most n octets); NULL: no memory. */
char *fj_strdup(const char *s) FJ_MUST_USE;
char *fj_strndup(const char *s, size_t n) FJ_MUST_USE;
void fj_free(void *p);

/* FJ_DEFINE_AUTO(tag, type, fn): FJ_AUTO(tag) declares a `type` on which
 * fn(&var) runs when the variable leaves its scope. */
#define FJ_DEFINE_AUTO(tag, type, fn)                        \
	typedef type fj_auto_t_##tag;                        \
	static inline void fj_auto_f_##tag(type *fj_auto_p_) \
	{                                                    \
		fn(fj_auto_p_);                              \
	}
#define FJ_AUTO(tag) __attribute__((cleanup(fj_auto_f_##tag))) fj_auto_t_##tag

/* For pointer types whose release function takes the pointer itself. */
#define FJ_DEFINE_AUTO_PTR(tag, type, fn)                      \
	typedef type *fj_auto_t_##tag;                         \
	static inline void fj_auto_f_##tag(type **fj_auto_pp_) \
	{                                                      \
		if (*fj_auto_pp_ != NULL)                      \
			fn(*fj_auto_pp_);                      \
	}

/* Hand over what p owns; p becomes NULL. */
#define fj_move(p)                                   \
	__extension__({                              \
		__typeof__(p) fj_move_tmp_ = (p);    \
		(p) = NULL;                          \
		fj_move_tmp_;                        \
	})

FJ_DEFINE_AUTO_PTR(str, char, fj_free)  /* FJ_AUTO(str) s = fj_strdup(...); */
FJ_DEFINE_AUTO_PTR(mem, void, fj_free)

void fj_fd_close(int *fd); /* closes *fd if >= 0 and sets it to -1 */
FJ_DEFINE_AUTO(fd, int, fj_fd_close) /* FJ_AUTO(fd) fd = -1; */

#define FJ_ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

#endif
