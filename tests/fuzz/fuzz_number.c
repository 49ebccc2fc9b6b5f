/*
 * Numbers that people type: certificate numbers (docs/formats.md 4) and unified
 * social credit codes (GB 32100).
 *
 * Property: in an accepted one no other character is accepted in the place of any
 * (ISO/IEC 7064 MOD 37,36 and GB 32100 both catch every single one).
 */
#include "issuer/core.h"
#include "issuer/rules/rules.h"
#include "tests/fuzz/fuzz.h"

static const char alphabet[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-";

static bool number_ok(const char *s)
{
	return num_check(s, NULL) == FJ_OK;
}

static void others(char *s, bool (*ok)(const char *))
{
	for (size_t i = 0; s[i] != '\0'; i++) {
		char was = s[i];
		for (const char *a = alphabet; *a != '\0'; a++) {
			s[i] = *a;
			HOLDS(*a == was || !ok(s));
		}
		s[i] = was;
	}
}

static void made(const char *s, size_t size)
{
	char out[41], prefix[4] = "DAC";

	if (size < 8)
		return;
	int64_t n = (uint8_t)s[6] << 8 | (uint8_t)s[7];
	char div6[7];
	snprintf(div6, sizeof(div6), "%.6s", s);
	if (num_make(prefix, div6, INT64_C(1795000000), n, out, NULL) == FJ_OK)
		HOLDS(number_ok(out));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FJ_AUTO(str) s = fj_strndup((const char *)data, size);

	HOLDS(s != NULL);
	if (number_ok(s))
		others(s, number_ok);
	if (iss_usci_check(s)) {
		HOLDS(iss_usci_form(s) && iss_warn_usci(s) == NULL);
		others(s, iss_usci_check);
	}
	made((const char *)data, size);
	return 0;
}
