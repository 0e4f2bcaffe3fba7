/* wal_format.h - how a write-ahead log lies on the disk, as Prometheus has it.
 *
 * A log is a folder of segments, files named by eight digits, without a gap between their numbers.
 * A segment is pages of 32 KiB. A record lies in one page or in several, in pieces:
 *
 *	type and compression (1), length (2), CRC32C of the piece (4), the piece
 *
 * all big-endian. What is left of a page when no piece fits into it is zeros, as may be the rest of
 * any page. No record reaches into another segment.
 */
#ifndef HEAD_WAL_FORMAT_H
#define HEAD_WAL_FORMAT_H

#include "base/str.h"

#include <stdint.h>

enum {
	WAL_PAGE_BYTES = 32768,
	WAL_PIECE_HEADER_BYTES = 7,
	WAL_SEGMENT_BYTES = 128 << 20,
	WAL_RECORD_MAX_BYTES = 256 << 20, /* compressed or not */
};

enum wal_piece {
	WAL_PIECE_NONE, /* zeros up to the end of the page */
	WAL_PIECE_FULL, /* a whole record */
	WAL_PIECE_FIRST,
	WAL_PIECE_MIDDLE,
	WAL_PIECE_LAST,
	WAL_PIECE_MASK = 7,
};

enum wal_compression {
	WAL_PLAIN = 0,
	WAL_SNAPPY = 1 << 3, /* one block for the whole record */
	WAL_ZSTD = 1 << 4,
	WAL_COMPRESSION_MASK = WAL_SNAPPY | WAL_ZSTD,
};

#endif
