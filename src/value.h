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
	RBAC_KIND_ENUM,				/* oid of the label */
	RBAC_KIND_DATETIME,			/* ISO 8601, UTC: what JSON shows, whatever DateStyle */
	RBAC_KIND_OUTPUT,			/* any other type: its output function's text, under
								 * settings that are always the same */
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
	FmgrInfo	output;			/* RBAC_KIND_OUTPUT only */
} rbac_value_type;

/* A value or a constant; which member depends on the kind. */
typedef struct rbac_sql_value
{
	bool		missing;		/* NULL, or a number that is none (NaN, infinity) */
	union
	{
		rbac_str	bytes;
		int64		integer;
		double		real;
		Datum		numeric;
		Oid			label;
		bool		boolean;
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
		text	   *value = DatumGetTextPP(datum);

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

extern bool rbac_numeric_equal(const rbac_sql_value *a, const rbac_sql_value *b);

static inline bool
rbac_sql_value_equal(rbac_kind kind, const rbac_sql_value *a, const rbac_sql_value *b)
{
	switch (kind)
	{
		case RBAC_KIND_ENUM:
			return a->label == b->label;
		case RBAC_KIND_INTEGER:
			return a->integer == b->integer;
		case RBAC_KIND_REAL:
			return a->real == b->real;
		case RBAC_KIND_NUMERIC:
			return rbac_numeric_equal(a, b);
		case RBAC_KIND_BOOLEAN:
			return a->boolean == b->boolean;
		default:
			return a->bytes.len == b->bytes.len &&
				memcmp(a->bytes.data, b->bytes.data, a->bytes.len) == 0;
	}
}

#endif							/* RBAC_VALUE_H */
