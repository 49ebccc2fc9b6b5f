/*
 * nonce.c - nonces that cost no memory to give away: a time, random octets and a
 * keyed hash over both.
 *
 * Who asks for a million fills nothing; only a nonce that was used is remembered
 * (ledger.c), and only until it would have expired.  The key is this process's
 * alone, so a nonce from before a restart is none.
 */
#include <sodium.h>

#include "base/secret.h"
#include "verifier/gateway/gateway.h"

#define RANDOM 12
#define MAC 16

struct raw {
	uint8_t time[8], random[RANDOM], mac[MAC];
};

static uint8_t key[crypto_generichash_KEYBYTES];

void gw_nonce_start(void)
{
	fj_random(key, sizeof(key));
}

static void seal(struct raw *r, uint8_t mac[MAC])
{
	crypto_generichash(mac, MAC, (const uint8_t *)r, sizeof(*r) - MAC, key, sizeof(key));
}

void gw_nonce_new(fj_time now, char out[GW_NONCE_MAX])
{
	struct raw r;
	FJ_AUTO(buf) text = FJ_BUF_INIT(GW_NONCE_MAX);

	for (int i = 0; i < 8; i++)
		r.time[i] = (uint8_t)((uint64_t)now >> (56 - 8 * i));
	fj_random(r.random, sizeof(r.random));
	seal(&r, r.mac);
	out[0] = '\0'; /* without memory: no nonce, and nobody can use it */
	if (fj_b64u_put(&text, FJ_SLICE(&r, sizeof(r))) == FJ_OK && fj_strcopy(out, GW_NONCE_MAX, fj_buf_str(&text)) != FJ_OK)
		out[0] = '\0';
}

bool gw_nonce_good(const char *nonce, fj_time now)
{
	struct raw r;
	uint8_t mac[MAC];
	uint64_t made = 0;
	FJ_AUTO(buf) b = FJ_BUF_INIT(GW_NONCE_MAX);

	if (fj_b64u_get(nonce, strnlen(nonce, GW_NONCE_MAX), &b) != FJ_OK || b.len != sizeof(r))
		return false;
	memcpy(&r, b.data, sizeof(r));
	seal(&r, mac);
	if (sodium_memcmp(mac, r.mac, MAC) != 0)
		return false;
	for (int i = 0; i < 8; i++)
		made = made << 8 | r.time[i];
	return (fj_time)made <= now && now - (fj_time)made <= GW_NONCE_SECONDS;
}
