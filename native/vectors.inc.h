/*
 * Vectors of LANES elements in the compiler's own notation, which it turns into the instructions of the set that the including
 * file asks for. So tiles are written once for all instruction sets.
 *
 * The including file defines LANES (F32 elements of a vector), ROWS and VECTORS (the register tile: so many rows, by so many
 * vectors), DOT (1 where pairs of BF16 are multiplied by an instruction of their own) and NAME (of its t2i_path).
 */
#include "t2i.h"

#include <string.h>

#define INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif
#if defined(__clang__) || __GNUC__ >= 12
#define SHUFFLE4(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
#define SHUFFLE4(x, y, a, b, c, d) __builtin_shuffle(x, y, (words4) {a, b, c, d})
#endif

/* Columns of a tile, and of a panel. */
#define COLUMNS (VECTORS * LANES)
/*
 * Steps of k that are computed at a time with a packed right operand, and with one that is read where it lies, of elements of so
 * many bytes: even numbers. Of the latter L2 holds two times as many rows, those of the next steps too.
 */
#define DEPTH 256
#define STREAM_DEPTH(bytes) (256 / (bytes))
/* A tile's left operand has room for rows in fours. */
#define PADDED(rows) (((rows) + 3) / 4 * 4)

typedef float floats __attribute__((vector_size(4 * LANES)));
typedef uint32_t words __attribute__((vector_size(4 * LANES)));
typedef uint16_t halves __attribute__((vector_size(2 * LANES)));
typedef uint32_t words4 __attribute__((vector_size(16)));
typedef uint16_t halves4 __attribute__((vector_size(8)));

/* The same in memory, at any address. */
typedef float floats_at __attribute__((vector_size(4 * LANES), aligned(4), may_alias));
typedef uint32_t words_at __attribute__((vector_size(4 * LANES), aligned(2), may_alias));
typedef uint16_t halves_at __attribute__((vector_size(2 * LANES), aligned(2), may_alias));
typedef uint32_t words4_at __attribute__((vector_size(16), aligned(2), may_alias));
typedef uint16_t halves4_at __attribute__((vector_size(8), aligned(2), may_alias));
typedef uint32_t word_at __attribute__((aligned(2), may_alias));
typedef uint16_t half_at __attribute__((may_alias));

INLINE int bytes_of(int type) {
    return type == T2I_BF16 ? 2 : 4;
}

INLINE long least(long a, long b) {
    return a < b ? a : b;
}

/* Element i as the bits of an F32: a BF16 is the upper half of one. */
INLINE uint32_t read(const int type, const char *source, long i) {
    return type == T2I_BF16 ? (uint32_t) ((const half_at *) source)[i] << 16 : ((const word_at *) source)[i];
}

INLINE words4 read4(const int type, const char *source, long i) {
    return type == T2I_BF16 ? __builtin_convertvector(*(const halves4_at *) (source + 2 * i), words4) << 16
                            : (words4) *(const words4_at *) (source + 4 * i);
}

INLINE words widen(halves bits) {
    return __builtin_convertvector(bits, words);
}
