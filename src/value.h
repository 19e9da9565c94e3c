/*
 * value.h - SQL values compared with constants of conditions, row after row.
 *
 * A constant is converted once into the representation of the SQL type it will
 * be compared with, so that a row costs no conversion: a uuid column is compared
 * as 16 bytes, an enum by the oid of its label.
 */
#ifndef RBAC_VALUE_H
#define RBAC_VALUE_H

#include "rbac.h"

/* How values of an SQL type are read. Ordered by the type they are in the core. */
typedef enum rbac_kind
{
	RBAC_KIND_TEXT,				/* text, varchar: bytes */
	RBAC_KIND_BPCHAR,			/* char(n): bytes without the padding */
	RBAC_KIND_NAME,				/* name, cstring and literals of unknown type */
	RBAC_KIND_UUID,				/* 16 bytes; as a string, the canonical text */
	RBAC_KIND_DATETIME,			/* ISO 8601, UTC: what JSON shows, whatever DateStyle */
	RBAC_KIND_OUTPUT,			/* any other type: its output function's text, under
								 * settings that are always the same */
	RBAC_KIND_ENUM,				/* oid of the label; all kinds before it are bytes */
	RBAC_KIND_INTEGER,			/* int2, int4, int8 */
	RBAC_KIND_REAL,				/* float4, float8: their shortest decimal */
	RBAC_KIND_NUMERIC,
	RBAC_KIND_BOOLEAN
} rbac_kind;

/* An SQL type whose values are compared; make one with rbac_value_type_init(). */
typedef struct rbac_value_type
{
	rbac_kind	kind;
	rbac_type	type;			/* the same values in the core */
	Oid			oid;			/* base type */
	FmgrInfo   *output;			/* RBAC_KIND_OUTPUT only */
} rbac_value_type;

/* A value or a constant; which member depends on the kind. */
typedef struct rbac_sql_value
{
	bool		missing;		/* NULL, or a number that is none (NaN, infinity) */
	union
	{
		rbac_str	bytes;
		Datum		numeric;
		uint64		word;		/* of all other kinds: the same iff values are equal */
	};
} rbac_sql_value;

/* Allocates what it must in the current memory context. */
extern void rbac_value_type_init(rbac_value_type *type, Oid sqltype);

extern void rbac_fetch_other_value(rbac_value_type *type, Datum datum, rbac_sql_value *out);

/*
 * In line what policies mostly look at, and through a pointer: a structure that
 * is returned is stored in parts and loaded as a whole, for which the processor
 * has to wait.
 */
static inline void
rbac_fetch_value(rbac_value_type *type, Datum datum, bool isnull, rbac_sql_value *out)
{
	out->missing = isnull;
	if (isnull)
		return;
	if (type->kind == RBAC_KIND_TEXT)
	{
		struct varlena *value = (struct varlena *) DatumGetPointer(datum);

		if (unlikely(VARATT_IS_COMPRESSED(value) || VARATT_IS_EXTERNAL(value)))
			value = pg_detoast_datum_packed(value);
		out->bytes.data = VARDATA_ANY(value);
		out->bytes.len = VARSIZE_ANY_EXHDR(value);
	}
	else
		rbac_fetch_other_value(type, datum, out);
}

/* A value that is a string in the core, as text in the server's encoding; not NULL. */
extern rbac_str rbac_value_to_str(rbac_value_type *type, Datum datum);

/*
 * Convert a constant (UTF-8, of the type's core type) for comparison; false
 * when no value of the SQL type can equal it. Copies what it keeps.
 */
extern bool rbac_convert_constant(rbac_core *core, const rbac_value_type *type,
								  const rbac_value *constant, rbac_sql_value *out);

/* With all that they refer to, in the current memory context. */
extern rbac_sql_value *rbac_copy_constants(rbac_kind kind, const rbac_sql_value *constants, int n);

/* ---- equality ---- */

extern bool rbac_numeric_equal(const rbac_sql_value *a, const rbac_sql_value *b);
extern uint32 rbac_numeric_hash(const rbac_sql_value *value);

static inline uint64
rbac_load_word(const char *data)
{
	uint64		word;

	memcpy(&word, data, sizeof(word));
	return word;
}

static inline uint32
rbac_load_half(const char *data)
{
	uint32		half;

	memcpy(&half, data, sizeof(half));
	return half;
}

/* The first eight bytes, or all of fewer: words of one length are equal iff those are. */
static inline uint64
rbac_first_word(const char *data, size_t len)
{
	if (len >= 8)
		return rbac_load_word(data);
	if (len >= 4)
		return (uint64) rbac_load_half(data) << 32 | rbac_load_half(data + len - 4);
	if (len == 0)
		return 0;
	return (uint64) (unsigned char) data[0] << 16 | (unsigned char) data[len / 2] << 8 |
		(unsigned char) data[len - 1];
}

/*
 * Strings that conditions name are mostly short: two words each are all of 16
 * bytes. Lengths and first words make one question, since which of them differs
 * is different from row to row, and the processor would guess wrong twice.
 */
static inline bool
rbac_bytes_equal(rbac_str a, rbac_str b)
{
	size_t		len = Min(a.len, b.len);

	if ((a.len != b.len) | (rbac_first_word(a.data, len) != rbac_first_word(b.data, len)))
		return false;
	if (len <= 8)
		return true;
	return rbac_load_word(a.data + len - 8) == rbac_load_word(b.data + len - 8) &&
		(len <= 16 || memcmp(a.data + 8, b.data + 8, len - 16) == 0);
}

static inline bool
rbac_sql_value_equal(rbac_kind kind, const rbac_sql_value *a, const rbac_sql_value *b)
{
	if (kind < RBAC_KIND_ENUM)
		return rbac_bytes_equal(a->bytes, b->bytes);
	if (kind == RBAC_KIND_NUMERIC)
		return rbac_numeric_equal(a, b);
	return a->word == b->word;
}

/* All of a short value, and something of any: the same for equal values. */
static inline uint64
rbac_value_word(rbac_kind kind, const rbac_sql_value *value)
{
	if (kind < RBAC_KIND_ENUM)
		return rbac_first_word(value->bytes.data, value->bytes.len);
	if (kind == RBAC_KIND_NUMERIC)
		return rbac_numeric_hash(value);
	return value->word;
}

/* Of a string; all other values of a kind are of the same length. */
static inline size_t
rbac_value_length(rbac_kind kind, const rbac_sql_value *value)
{
	return kind < RBAC_KIND_ENUM ? value->bytes.len : 0;
}

/* Are values equal when their words and lengths are? */
static inline bool
rbac_value_is_short(rbac_kind kind, const rbac_sql_value *value)
{
	return kind < RBAC_KIND_ENUM ? value->bytes.len <= 8 : kind != RBAC_KIND_NUMERIC;
}

/* Different words stay different, and every bit changes the lower half. */
static inline uint64
rbac_mix(uint64 word)
{
	word ^= word >> 32;
	word *= UINT64CONST(0x9E3779B97F4A7C15);
	return word ^ word >> 32;
}

/* Given the word, the same for equal values. */
static inline uint32
rbac_value_hash(rbac_kind kind, const rbac_sql_value *value, uint64 word)
{
	size_t		len = rbac_value_length(kind, value);
	uint64		hash = rbac_mix(word + len);

	if (len > 8)
		hash = rbac_mix(hash ^ rbac_load_word(value->bytes.data + len - 8));
	for (size_t i = 8; i + 8 < len; i += 8)
		hash = rbac_mix(hash ^ rbac_load_word(value->bytes.data + i));
	return (uint32) hash;
}

#endif							/* RBAC_VALUE_H */
