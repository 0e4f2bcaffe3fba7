#include "codec/crc32c.h"

#include "codec/bits.h"

#include <pthread.h>
#include <stdbool.h>

#define POLYNOMIAL UINT32_C(0x82f63b78) /* Castagnoli's, lowest bit first */

/* Long inputs are cut into three streams of this many bytes, so that the processor works on all of
 * them at once; the three checksums are then put together by a table. */
enum { STREAM_BYTES = 1360, THREE_STREAMS = 3 * STREAM_BYTES };

/* Filled once and never changed: how each byte changes the checksum when k bytes follow it, and
 * what each byte of a checksum becomes after STREAM_BYTES zeros. */
static struct {
	uint32_t behind[8][256];
	uint32_t zeros[4][256];
} tables;

/* The checksum register after `n` zero bytes. */
static uint32_t run_zeros(uint32_t crc, size_t n)
{
	while (n--)
		crc = tables.behind[0][crc & 0xff] ^ crc >> 8;
	return crc;
}

static void tables_fill(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ POLYNOMIAL : crc >> 1;
		tables.behind[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++) {
		for (size_t k = 1; k < 8; k++)
			tables.behind[k][i] = run_zeros(tables.behind[k - 1][i], 1);
		for (int k = 0; k < 4; k++)
			tables.zeros[k][i] = run_zeros(i << 8 * k, STREAM_BYTES);
	}
}

static void tables_need(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, tables_fill);
}

uint32_t crc32c_by_table(uint32_t crc, const void *p, size_t n)
{
	const uint8_t *at = p;

	tables_need();
	crc = ~crc;
	for (; n >= 8; n -= 8, at += 8) {
		uint64_t word = load_le64(at) ^ crc;
		crc = 0;
		for (int k = 0; k < 8; k++)
			crc ^= tables.behind[7 - k][word >> 8 * k & 0xff];
	}
	for (; n; n--, at++)
		crc = tables.behind[0][(crc ^ *at) & 0xff] ^ crc >> 8;
	return ~crc;
}

#ifdef __x86_64__

static uint32_t after_stream(uint32_t crc)
{
	return tables.zeros[0][crc & 0xff] ^ tables.zeros[1][crc >> 8 & 0xff] ^
	       tables.zeros[2][crc >> 16 & 0xff] ^ tables.zeros[3][crc >> 24];
}

__attribute__((target("sse4.2"))) static uint32_t three_streams(uint32_t crc, const uint8_t *p)
{
	uint64_t a = crc, b = 0, c = 0;

	for (size_t i = 0; i < STREAM_BYTES; i += 8) {
		a = __builtin_ia32_crc32di(a, load_le64(p + i));
		b = __builtin_ia32_crc32di(b, load_le64(p + STREAM_BYTES + i));
		c = __builtin_ia32_crc32di(c, load_le64(p + 2 * STREAM_BYTES + i));
	}
	crc = after_stream((uint32_t)a) ^ (uint32_t)b;
	return after_stream(crc) ^ (uint32_t)c;
}

__attribute__((target("sse4.2"))) static uint32_t by_instruction(uint32_t crc, const uint8_t *p,
								 size_t n)
{
	if (n >= THREE_STREAMS)
		tables_need();
	crc = ~crc;
	for (; n >= THREE_STREAMS; n -= THREE_STREAMS, p += THREE_STREAMS)
		crc = three_streams(crc, p);
	uint64_t wide = crc;
	for (; n >= 8; n -= 8, p += 8)
		wide = __builtin_ia32_crc32di(wide, load_le64(p));
	crc = (uint32_t)wide;
	for (; n; n--, p++)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return ~crc;
}

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
	if (__builtin_cpu_supports("sse4.2"))
		return by_instruction(crc, p, n);
	return crc32c_by_table(crc, p, n);
}

#else

uint32_t crc32c(uint32_t crc, const void *p, size_t n)
{
	return crc32c_by_table(crc, p, n);
}

#endif
