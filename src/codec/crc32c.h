/* crc32c.h - the checksum of TSDB files and of framed snappy (Castagnoli polynomial).
 *
 * Uses the processor's instruction where there is one.
 */
#ifndef CODEC_CRC32C_H
#define CODEC_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* Of `n` bytes that follow bytes with checksum `crc`; start with 0. */
uint32_t crc32c(uint32_t crc, const void *p, size_t n);

/* The same by tables only, for tests and machines without the instruction. */
uint32_t crc32c_by_table(uint32_t crc, const void *p, size_t n);

#endif
