/*
 * qr.c - an address as a QR code (ISO/IEC 18004), as squares for whoever draws them.
 *
 * Coded by libqrencode: error correction and masking are nothing to write anew.  Level
 * M, since a seal may be put over it; up to version 10, which holds 213 octets and can
 * still be read from paper by a telephone.
 */
#include <qrencode.h>

#include "issuer/report/parts.h"

bool rep_qr(const char *text, struct rep_qr *out)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);

	if (code == NULL)
		return false;
	bool fits = code->width <= REP_QR_MAX;
	out->n = fits ? code->width : 0;
	for (int y = 0; y < out->n; y++)
		for (int x = 0; x < out->n; x++)
			out->dark[y][x] = (code->data[y * out->n + x] & 1) != 0;
	QRcode_free(code);
	return fits;
}
