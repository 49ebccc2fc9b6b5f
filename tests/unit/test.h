/*
 * test.h - the unit tests' harness: one executable a file, one line a case.
 *
 *   TEST("a serial is 16 octets") { ...; CHECK(x == 16); CHECK_STR(a, "b"); }
 *   TEST_MAIN
 *
 * A case that fails says where and goes on with the next case.  Output:
 * "ok - sentence" or "not ok - sentence", last line "N passed, N failed";
 * exit 1 when something failed.  Cases run in the order of the file.
 */
#ifndef FJ_TEST_H
#define FJ_TEST_H

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/secret.h"

struct test_case {
	const char *name;
	void (*fn)(int *);
	struct test_case *next;
};
static struct test_case *test_first, **test_tail = &test_first;

#define TEST_CAT2(a, b) a##b
#define TEST_CAT(a, b) TEST_CAT2(a, b)
#define TEST(sentence) TEST_(sentence, TEST_CAT(test_l, __LINE__))
#define TEST_(sentence, id)                                                  \
	static void id(int *test_bad);                                       \
	static struct test_case TEST_CAT(id, _c) = {sentence, id, NULL};     \
	__attribute__((constructor)) static void TEST_CAT(id, _r)(void)      \
	{                                                                    \
		*test_tail = &TEST_CAT(id, _c);                              \
		test_tail = &TEST_CAT(id, _c).next;                          \
	}                                                                    \
	static void id(int *test_bad __attribute__((unused)))

#define CHECK(cond)                                                          \
	do {                                                                 \
		if (!(cond)) {                                               \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);  \
			*test_bad = 1;                                       \
			return;                                              \
		}                                                            \
	} while (0)
#define CHECK_STR(a, b)                                                      \
	do {                                                                 \
		const char *ta_ = (a), *tb_ = (b);                           \
		if (ta_ == NULL || strcmp(ta_, tb_) != 0) {                  \
			printf("# %s:%d: \"%s\", not \"%s\"\n", __FILE__,    \
			    __LINE__, ta_ == NULL ? "(null)" : ta_, tb_);    \
			*test_bad = 1;                                       \
			return;                                              \
		}                                                            \
	} while (0)
/* the call succeeds; its reason is printed when not.  Uses a local `err`. */
#define CHECK_OK(call)                                                       \
	do {                                                                 \
		if ((call) != FJ_OK) {                                       \
			printf("# %s:%d: %s: %s [%s]\n", __FILE__, __LINE__, \
			    #call, err.en, err.cite);                        \
			*test_bad = 1;                                       \
			return;                                              \
		}                                                            \
	} while (0)
#define CHECK_RC(call, want)                                                 \
	do {                                                                 \
		enum fj_rc tr_ = (call);                                     \
		if (tr_ != (want)) {                                         \
			printf("# %s:%d: %s is %s, not %s\n", __FILE__,      \
			    __LINE__, #call, fj_rc_name(tr_),                \
			    fj_rc_name(want));                               \
			*test_bad = 1;                                       \
			return;                                              \
		}                                                            \
	} while (0)

static int test_run(void)
{
	int passed = 0, failed = 0;

	fj_sodium_init();
	for (struct test_case *t = test_first; t != NULL; t = t->next) {
		int bad = 0;

		t->fn(&bad);
		printf("%s - %s\n", bad ? "not ok" : "ok", t->name);
		fflush(stdout);
		if (bad)
			failed++;
		else
			passed++;
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed == 0 ? 0 : 1;
}
#define TEST_MAIN             \
	int main(void)        \
	{                     \
		return test_run(); \
	}

#endif
