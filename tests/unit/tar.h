/* tar.h - the checksum of a ustar header, for tests that make or bend archives. */
#ifndef FJ_TESTS_TAR_H
#define FJ_TESTS_TAR_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline void tar_seal(uint8_t *h)
{
	unsigned sum = 0;
	char text[12];

	memset(h + 148, ' ', 8);
	for (size_t i = 0; i < 512; i++)
		sum += h[i];
	snprintf(text, sizeof(text), "%06o", sum);
	memcpy(h + 148, text, 7);
}

#endif
