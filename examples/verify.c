/*
 * verify.c - judge one credential with libfujie-verify.
 *
 *   cc verify.c $(pkg-config --cflags --libs fujie-verify)
 *   ./a.out TRUST-FOLDER FILE [k=v,k=v]       or   ./a.out --root SHA256 BUNDLE [k=v,k=v]
 *
 * Prints the verdict, what failed, and how old the status is.  Exit 0 is a permit and
 * nothing else is.
 */
#include <fujie-verify.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char credential[16 << 20];

/* what went wrong with the call itself: no verdict */
static int give_up(const char *what, fjv_error *error)
{
	fprintf(stderr, "%s: %s / %s\n", what, fjv_error_en(error), fjv_error_zh(error));
	fjv_error_free(error);
	return 2;
}

static void print(const fjv_report *report)
{
	static const char *const verdicts[] = {[FJV_PERMIT] = "permit", [FJV_DENY] = "deny", [FJV_INDETERMINATE] = "indeterminate"};

	printf("%s\n", verdicts[fjv_report_verdict(report)]);
	for (size_t i = 0; i < fjv_report_checks(report); i++)
		if (fjv_check_outcome(report, i) == FJV_FAIL || fjv_check_outcome(report, i) == FJV_UNKNOWN)
			printf("  %s: %s / %s [%s]\n", fjv_check_name(report, i), fjv_check_en(report, i), fjv_check_zh(report, i), fjv_check_clause(report, i));
	if (fjv_report_as_of(report) != 0)
		printf("  status is %lld s old\n", (long long)(fjv_report_at(report) - fjv_report_as_of(report)));
}

int main(int argc, char **argv)
{
	int bundle = argc > 1 && strcmp(argv[1], "--root") == 0;
	fjv_error *error = NULL;
	fjv_trust *trust = NULL;
	fjv_query *query = NULL;
	fjv_report *report = NULL;

	if (argc < 3 + bundle || argc > 4 + bundle) {
		fprintf(stderr, "usage: verify TRUST-FOLDER FILE [k=v,k=v] | --root SHA256 BUNDLE [k=v,k=v]\n");
		return 2;
	}
	FILE *f = fopen(argv[2 + bundle], "rb");
	if (f == NULL) {
		perror(argv[2 + bundle]);
		return 2;
	}
	size_t n = fread(credential, 1, sizeof(credential), f);
	fclose(f);

	int64_t now = time(NULL);
	if (getenv("VERIFY_AT") != NULL) /* another time than this machine's, in seconds */
		now = strtoll(getenv("VERIFY_AT"), NULL, 10);
	if (fjv_query_new(&query, &error) != FJV_OK || fjv_query_use(query, argc > 3 + bundle ? argv[3 + bundle] : NULL, &error) != FJV_OK)
		return give_up("use", error);
	if (!bundle && fjv_trust_open(argv[1], &trust, &error) != FJV_OK)
		return give_up(argv[1], error);
	fjv_result done = bundle ? fjv_verify_bundle(argv[2], query, credential, n, now, &report, &error)
	                         : fjv_verify(trust, query, credential, n, now, &report, &error);
	if (done != FJV_OK)
		return give_up(argv[2 + bundle], error);
	print(report);
	int permitted = fjv_report_permits(report);
	fjv_report_free(report);
	fjv_query_free(query);
	fjv_trust_free(trust);
	return permitted ? 0 : 1;
}
