/* SPDX-License-Identifier: MPL-2.0 */
/*  daffi_value.h - the values that calls carry.
 *
 *  A value is a small struct that a program makes on its stack and that borrows
 *  what it points to: strings, binaries and arrays are not copied into it, so they
 *  must live until the function that was given the value returns. A value that was
 *  read (from a request or a result) borrows from that request or result.
 *
 *  On the wire a value is msgpack (github.com/msgpack/msgpack/blob/master/spec.md).
 *
 *      DAFFI_ARGS (2, "x", 0.5, DAFFI_ARRAY (1, 2, 3), daffi_value_binary (p, n))
 *
 *  All functions here may be called from any thread and never block.
 */
#ifndef DAFFI_VALUE_H
#define DAFFI_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daffi_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    DAFFI_KIND_NIL = 0,
    DAFFI_KIND_BOOL,
    DAFFI_KIND_INT,    /*  negative, or made from a signed C integer */
    DAFFI_KIND_UINT,   /*  not negative */
    DAFFI_KIND_DOUBLE, /*  float 32 is read as double */
    DAFFI_KIND_STRING, /*  UTF-8 by convention; not NUL-terminated where it was read */
    DAFFI_KIND_BINARY,
    DAFFI_KIND_ARRAY,
    DAFFI_KIND_MAP,
    DAFFI_KIND_EXT, /*  application type -128 to 127 and bytes; -1 is a timestamp */
    DAFFI_KIND_RAW  /*  exactly one msgpack value, encoded already */
} daffi_kind_t;

typedef struct daffi_value daffi_value_t;

struct daffi_value {
    uint8_t kind;    /*  daffi_kind_t */
    uint8_t packed;  /*  array, map: 1 = `data` holds msgpack, 0 = `items` */
    int8_t ext_type; /*  ext only */
    uint32_t count;  /*  array: items; map: pairs */
    size_t size; /*  string, binary, ext, raw, packed array or map: bytes of `data` */
    union {
        bool boolean;
        int64_t integer;
        uint64_t uinteger;
        double number;
        const char *string;
        const void *data;
        const daffi_value_t *items; /*  map: key, value, key, value … */
    } as;
};

/*  --- making values ------------------------------------------------------- */

static inline daffi_value_t daffi_value_nil (void)
{
    daffi_value_t self = {DAFFI_KIND_NIL, 0, 0, 0, 0, {0}};
    return self;
}

static inline daffi_value_t daffi_value_bool (bool value)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_BOOL;
    self.as.boolean = value;
    return self;
}

static inline daffi_value_t daffi_value_int (int64_t value)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_INT;
    self.as.integer = value;
    return self;
}

static inline daffi_value_t daffi_value_uint (uint64_t value)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_UINT;
    self.as.uinteger = value;
    return self;
}

static inline daffi_value_t daffi_value_double (double value)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_DOUBLE;
    self.as.number = value;
    return self;
}

/*  `size` bytes of UTF-8, borrowed; they may hold NUL bytes. */
static inline daffi_value_t daffi_value_text (const char *text, size_t size)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_STRING;
    self.size = size;
    self.as.string = text;
    return self;
}

/*  A NUL-terminated string, borrowed; NULL makes nil. */
static inline daffi_value_t daffi_value_string (const char *string)
{
    return string ? daffi_value_text (string, strlen (string)) : daffi_value_nil ();
}

/*  `size` bytes, borrowed; NULL is allowed where size is 0. */
static inline daffi_value_t daffi_value_binary (const void *data, size_t size)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_BINARY;
    self.size = size;
    self.as.data = data;
    return self;
}

/*  `count` items, borrowed. */
static inline daffi_value_t daffi_value_array (const daffi_value_t *items, size_t count)
{
    daffi_value_t self = daffi_value_nil ();
    self.kind = DAFFI_KIND_ARRAY;
    self.count = (uint32_t)count;
    self.as.items = items;
    return self;
}

/*  `pairs` pairs, key before value, 2 x pairs items, borrowed. */
static inline daffi_value_t daffi_value_map (const daffi_value_t *items, size_t pairs)
{
    daffi_value_t self = daffi_value_array (items, pairs);
    self.kind = DAFFI_KIND_MAP;
    return self;
}

/*  A msgpack extension: type -128 to 127 (negative ones are msgpack's own) and
 *  `size` bytes, borrowed. */
static inline daffi_value_t daffi_value_ext (int8_t type, const void *data, size_t size)
{
    daffi_value_t self = daffi_value_binary (data, size);
    self.kind = DAFFI_KIND_EXT;
    self.ext_type = type;
    return self;
}

/*  One msgpack value that is encoded already, borrowed. It is validated when it is
 *  packed: bytes that are not exactly one value are refused with DAFFI_INVALID. */
static inline daffi_value_t daffi_value_raw (const void *msgpack, size_t size)
{
    daffi_value_t self = daffi_value_binary (msgpack, size);
    self.kind = DAFFI_KIND_RAW;
    return self;
}

/*  --- reading values ------------------------------------------------------ */

/*  Each returns DAFFI_OK and sets the output, or DAFFI_TYPE and leaves it alone.
 *  Integers convert between signed and unsigned where the number fits, and to double;
 *  nothing else converts. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_value_get_bool (const daffi_value_t *self, bool *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_value_get_int (const daffi_value_t *self, int64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_value_get_uint (const daffi_value_t *self, uint64_t *out);
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_value_get_double (const daffi_value_t *self, double *out);

/*  Borrows the bytes of a string, a binary or an ext. Not NUL-terminated. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t
daffi_value_get_bytes (const daffi_value_t *self, const void **data, size_t *size);

/*  Walks an array (key stays NULL) or a map. `self` and what it borrows from must
 *  stay alive meanwhile. O(1) a step.
 *
 *      daffi_value_t item;
 *      daffi_iterator_t it = daffi_value_iterate (&list);
 *      while (daffi_iterator_next (&it, NULL, &item)) ...                        */
typedef struct {
    const daffi_value_t *value;
    const uint8_t *cursor;
    uint32_t index;
} daffi_iterator_t;

DAFFI_EXPORT daffi_iterator_t daffi_value_iterate (const daffi_value_t *self);
DAFFI_EXPORT bool daffi_iterator_next (daffi_iterator_t *self, daffi_value_t *key,
                                       daffi_value_t *value);

/*  Item `index` of an array; O(index) where the array was read from the wire.
 *  DAFFI_TYPE: not an array; DAFFI_NOT_FOUND: fewer items. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_value_item (const daffi_value_t *self,
                                                             size_t index,
                                                             daffi_value_t *out);

/*  The value under a string key of a map; O(pairs), the first match counts.
 *  DAFFI_TYPE: not a map; DAFFI_NOT_FOUND: no such key. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_value_find (const daffi_value_t *self,
                                                             const char *key,
                                                             daffi_value_t *out);

/*  Same kind and content; int and uint of the same number are equal, maps are compared
 *  in order. */
DAFFI_EXPORT bool daffi_value_equal (const daffi_value_t *a, const daffi_value_t *b);

/*  Writes JSON-like text (binaries as <n bytes>), cut to `capacity` - 1 bytes and
 *  always terminated; returns the bytes that the whole text needs, NUL excluded,
 *  as snprintf does. */
DAFFI_EXPORT size_t daffi_value_format (const daffi_value_t *self, char *text,
                                        size_t capacity);

/*  --- msgpack ------------------------------------------------------------- */

/*  Encodes into `buffer`. *size_bytes is set to what the encoding needs; where that is
 *  more than `capacity`, DAFFI_TOO_BIG is returned and the buffer's content is
 *  undefined, so (NULL, 0) measures. DAFFI_INVALID: a raw value is not msgpack, or the
 *  nesting is deeper than 16. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_value_pack (const daffi_value_t *self,
                                                             void *buffer,
                                                             size_t capacity,
                                                             size_t *size_bytes);

/*  Reads `size` bytes that hold exactly one msgpack value. Nothing is allocated; the
 *  value borrows from `data`. DAFFI_PROTOCOL: not one value, nested deeper than 16, or
 *  more than 100,000 items. */
DAFFI_EXPORT DAFFI_MUST_USE daffi_status_t daffi_value_unpack (const void *data,
                                                               size_t size,
                                                               daffi_value_t *out);

/*  --- argument lists (C only) --------------------------------------------- */

typedef struct {
    const daffi_value_t *items;
    size_t count;
} daffi_args_t;

#ifndef __cplusplus

static inline daffi_value_t daffi_value_same (daffi_value_t value)
{
    return value;
}

/*  Any of: bool, an integer, float, double, a string, a daffi_value_t. The literals
 *  true and false are of type int in C11 and become 1 and 0: use a bool variable, or
 *  daffi_value_bool (true). */
#define DAFFI_VALUE(x) \
    _Generic ((x), bool                                                                \
              : daffi_value_bool, char                                                 \
              : daffi_value_int, signed char                                           \
              : daffi_value_int, short                                                 \
              : daffi_value_int, int                                                   \
              : daffi_value_int, long                                                  \
              : daffi_value_int, long long                                             \
              : daffi_value_int, unsigned char                                         \
              : daffi_value_uint, unsigned short                                       \
              : daffi_value_uint, unsigned int                                         \
              : daffi_value_uint, unsigned long                                        \
              : daffi_value_uint, unsigned long long                                   \
              : daffi_value_uint, float                                                \
              : daffi_value_double, double                                             \
              : daffi_value_double, char *                                             \
              : daffi_value_string, const char *                                       \
              : daffi_value_string, daffi_value_t                                      \
              : daffi_value_same) (x)

/*  Lists of up to 16 values; they live until the end of the enclosing block. */
#define DAFFI_ARGS(...) \
    ((daffi_args_t){DAFFI_ITEMS_ (__VA_ARGS__), DAFFI_COUNT_ (__VA_ARGS__)})
#define DAFFI_ARRAY(...) \
    daffi_value_array (DAFFI_ITEMS_ (__VA_ARGS__), DAFFI_COUNT_ (__VA_ARGS__))
/*  Key before value: DAFFI_MAP ("width", 80, "height", 25) */
#define DAFFI_MAP(...) \
    daffi_value_map (DAFFI_ITEMS_ (__VA_ARGS__), DAFFI_COUNT_ (__VA_ARGS__) / 2)

/*  The machinery of the three above: count the arguments, map DAFFI_VALUE over them.
 *  Recognising the empty list follows Jens Gustedt, "Detect empty macro arguments". */
/* clang-format off */
#define DAFFI_17TH_(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, \
                    a15, a16, ...)                                                   \
    a16
#define DAFFI_HAS_COMMA_(...) \
    DAFFI_17TH_ (__VA_ARGS__, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0)
#define DAFFI_COMMA_(...) ,
#define DAFFI_IS_EMPTY_(...)                                        \
    DAFFI_IS_EMPTY_4_ (DAFFI_HAS_COMMA_ (__VA_ARGS__),              \
                       DAFFI_HAS_COMMA_ (DAFFI_COMMA_ __VA_ARGS__), \
                       DAFFI_HAS_COMMA_ (__VA_ARGS__ ()),           \
                       DAFFI_HAS_COMMA_ (DAFFI_COMMA_ __VA_ARGS__ ()))
#define DAFFI_IS_EMPTY_4_(a, b, c, d) DAFFI_IS_EMPTY_5_ (a, b, c, d)
#define DAFFI_IS_EMPTY_5_(a, b, c, d) DAFFI_HAS_COMMA_ (DAFFI_EMPTY_CASE_##a##b##c##d)
#define DAFFI_EMPTY_CASE_0001         ,
#define DAFFI_COUNT_(...)             DAFFI_COUNT_2_ (DAFFI_IS_EMPTY_ (__VA_ARGS__), __VA_ARGS__)
#define DAFFI_COUNT_2_(empty, ...)    DAFFI_COUNT_3_ (empty, __VA_ARGS__)
#define DAFFI_COUNT_3_(empty, ...)    DAFFI_COUNT_##empty##_ (__VA_ARGS__)
#define DAFFI_COUNT_1_(...)           0
#define DAFFI_COUNT_0_(...) \
    DAFFI_17TH_ (__VA_ARGS__, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
#define DAFFI_ITEMS_(...) \
    ((const daffi_value_t[]){DAFFI_ITEMS_2_ (DAFFI_COUNT_ (__VA_ARGS__), __VA_ARGS__)})
#define DAFFI_ITEMS_2_(count, ...) DAFFI_ITEMS_3_ (count, __VA_ARGS__)
#define DAFFI_ITEMS_3_(count, ...) DAFFI_MAP_##count##_ (__VA_ARGS__)
#define DAFFI_MAP_0_(...)  {0}
#define DAFFI_MAP_1_(a)       DAFFI_VALUE (a)
#define DAFFI_MAP_2_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_1_ (__VA_ARGS__)
#define DAFFI_MAP_3_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_2_ (__VA_ARGS__)
#define DAFFI_MAP_4_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_3_ (__VA_ARGS__)
#define DAFFI_MAP_5_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_4_ (__VA_ARGS__)
#define DAFFI_MAP_6_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_5_ (__VA_ARGS__)
#define DAFFI_MAP_7_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_6_ (__VA_ARGS__)
#define DAFFI_MAP_8_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_7_ (__VA_ARGS__)
#define DAFFI_MAP_9_(a, ...)  DAFFI_VALUE (a), DAFFI_MAP_8_ (__VA_ARGS__)
#define DAFFI_MAP_10_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_9_ (__VA_ARGS__)
#define DAFFI_MAP_11_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_10_ (__VA_ARGS__)
#define DAFFI_MAP_12_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_11_ (__VA_ARGS__)
#define DAFFI_MAP_13_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_12_ (__VA_ARGS__)
#define DAFFI_MAP_14_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_13_ (__VA_ARGS__)
#define DAFFI_MAP_15_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_14_ (__VA_ARGS__)
#define DAFFI_MAP_16_(a, ...) DAFFI_VALUE (a), DAFFI_MAP_15_ (__VA_ARGS__)
/* clang-format on */

#endif /* !__cplusplus */

#ifdef __cplusplus
}
#endif
#endif
