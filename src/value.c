/*
 * value.c - SQL values compared with constants of conditions.
 *
 * One function per question and one switch per function: how a type is read,
 * how a constant is converted, when the two are equal. See value.h.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "access/transam.h"
#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/uuid.h"
#include "value.h"

#define UUID_TEXT_LENGTH 36

static rbac_kind
kind_of_type(Oid base)
{
	switch (base)
	{
		case TEXTOID:
		case VARCHAROID:
			return RBAC_KIND_TEXT;
		case BPCHAROID:
			return RBAC_KIND_BPCHAR;
		case NAMEOID:
		case CSTRINGOID:
		case UNKNOWNOID:
			return RBAC_KIND_NAME;
		case UUIDOID:
			return RBAC_KIND_UUID;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return RBAC_KIND_INTEGER;
		case FLOAT4OID:
		case FLOAT8OID:
			return RBAC_KIND_REAL;
		case NUMERICOID:
			return RBAC_KIND_NUMERIC;
		case BOOLOID:
			return RBAC_KIND_BOOLEAN;
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return RBAC_KIND_DATETIME;
		default:
			return type_is_enum(base) ? RBAC_KIND_ENUM : RBAC_KIND_OUTPUT;
	}
}

static rbac_type
type_of_kind(rbac_kind kind)
{
	if (kind == RBAC_KIND_BOOLEAN)
		return RBAC_BOOLEAN;
	return kind >= RBAC_KIND_INTEGER ? RBAC_NUMBER : RBAC_STRING;
}

void
rbac_value_type_init(rbac_value_type *type, Oid sqltype)
{
	Oid			output;
	bool		is_varlena;

	/* Types with an oid that somebody chose are no domains: they need no lookup. */
	type->oid = sqltype < FirstGenbkiObjectId ? sqltype : getBaseType(sqltype);
	type->kind = kind_of_type(type->oid);
	type->type = type_of_kind(type->kind);
	type->output = NULL;
	if (type->kind == RBAC_KIND_OUTPUT)
	{
		getTypeOutputInfo(type->oid, &output, &is_varlena);
		type->output = palloc(sizeof(FmgrInfo));
		fmgr_info(output, type->output);
	}
}

static rbac_str
str_from_cstring(const char *cstring)
{
	return (rbac_str) {cstring, strlen(cstring)};
}

/* char(n) is compared without its padding, as the cast to text drops it. */
static rbac_str
str_from_bpchar(Datum datum)
{
	rbac_str	str = rbac_str_from_text(DatumGetTextPP(datum));

	while (str.len > 0 && str.data[str.len - 1] == ' ')
		str.len--;
	return str;
}

/* What to_jsonb() shows, but in UTC: neither DateStyle nor TimeZone matters. */
static rbac_str
str_from_datetime(Oid type, Datum datum)
{
	int			utc = 0;

	return str_from_cstring(JsonEncodeDateTime(palloc(MAXDATELEN + 1), datum, type,
											   type == TIMESTAMPTZOID ? &utc : NULL));
}

/*
 * What output functions look at and every user may set: a caller could choose
 * the text of a value, and with it whether a condition is met.
 */
static const struct
{
	const char *name;
	const char *value;
}			fixed_settings[] =
{
	{"bytea_output", "hex"},
	{"DateStyle", "ISO, YMD"},
	{"extra_float_digits", "1"},
	{"IntervalStyle", "postgres"},
	{"lc_monetary", "C"},
	{"quote_all_identifiers", "off"},
	{"search_path", "pg_catalog, pg_temp"},
	{"TimeZone", "UTC"},
};

static rbac_str
str_from_output(FmgrInfo *output, Datum datum)
{
	int			nestlevel = NewGUCNestLevel();
	rbac_str	str;

	for (int i = 0; i < lengthof(fixed_settings); i++)
		(void) set_config_option(fixed_settings[i].name, fixed_settings[i].value, PGC_USERSET,
								 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	str = str_from_cstring(OutputFunctionCall(output, datum));
	AtEOXact_GUC(true, nestlevel);
	return str;
}

static int64
fetch_integer(Oid type, Datum datum)
{
	if (type == INT2OID)
		return DatumGetInt16(datum);
	return type == INT4OID ? DatumGetInt32(datum) : DatumGetInt64(datum);
}

/* False for what is no number; -0 is 0. */
static bool
set_real(rbac_sql_value *out, double real)
{
	real += 0.0;
	memcpy(&out->word, &real, sizeof(real));
	return isfinite(real);
}

void
rbac_fetch_other_value(rbac_value_type *type, Datum datum, rbac_sql_value *out)
{
	switch (type->kind)
	{
		case RBAC_KIND_TEXT:
			out->bytes = rbac_str_from_text(DatumGetTextPP(datum));
			break;
		case RBAC_KIND_BPCHAR:
			out->bytes = str_from_bpchar(datum);
			break;
		case RBAC_KIND_NAME:
			out->bytes = str_from_cstring(DatumGetCString(datum));
			break;
		case RBAC_KIND_UUID:
			out->bytes = (rbac_str) {(char *) DatumGetUUIDP(datum)->data, UUID_LEN};
			break;
		case RBAC_KIND_ENUM:
			out->word = DatumGetObjectId(datum);
			break;
		case RBAC_KIND_DATETIME:
			out->bytes = str_from_datetime(type->oid, datum);
			break;
		case RBAC_KIND_OUTPUT:
			out->bytes = str_from_output(type->output, datum);
			break;
		case RBAC_KIND_INTEGER:
			out->word = fetch_integer(type->oid, datum);
			break;
		case RBAC_KIND_REAL:
			out->missing = !set_real(out, type->oid == FLOAT4OID ?
									 DatumGetFloat4(datum) : DatumGetFloat8(datum));
			break;
		case RBAC_KIND_NUMERIC:
			out->numeric = NumericGetDatum(DatumGetNumeric(datum));
			out->missing = numeric_is_nan(DatumGetNumeric(out->numeric)) ||
				numeric_is_inf(DatumGetNumeric(out->numeric));
			break;
		case RBAC_KIND_BOOLEAN:
			out->word = DatumGetBool(datum);
			break;
	}
}

rbac_str
rbac_value_to_str(rbac_value_type *type, Datum datum)
{
	Oid			output;
	bool		is_varlena;
	rbac_sql_value value;

	if (type->kind != RBAC_KIND_UUID && type->kind != RBAC_KIND_ENUM)
	{
		rbac_fetch_value(type, datum, false, &value);
		return value.bytes;
	}
	getTypeOutputInfo(type->oid, &output, &is_varlena);
	return str_from_cstring(OidOutputFunctionCall(output, datum));
}

/* ---- constants ---- */

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Only the canonical text: values are compared as the strings they print as. */
static bool
convert_uuid(rbac_str text, rbac_sql_value *out)
{
	char	   *bytes = palloc(UUID_LEN);
	int			nibbles = 0;

	if (text.len != UUID_TEXT_LENGTH)
		return false;
	for (int i = 0; i < UUID_TEXT_LENGTH; i++)
	{
		int			digit = hex_digit(text.data[i]);

		if (i == 8 || i == 13 || i == 18 || i == 23)
		{
			if (text.data[i] != '-')
				return false;
			continue;
		}
		if (digit < 0)
			return false;
		bytes[nibbles / 2] = nibbles % 2 == 0 ? digit << 4 : bytes[nibbles / 2] | digit;
		nibbles++;
	}
	out->bytes = (rbac_str) {bytes, UUID_LEN};
	return true;
}

static bool
convert_label(Oid enumtype, rbac_str text, rbac_sql_value *out)
{
	HeapTuple	tuple;

	if (text.len >= NAMEDATALEN)
		return false;
	tuple = SearchSysCache2(ENUMTYPOIDNAME, ObjectIdGetDatum(enumtype),
							CStringGetDatum(rbac_str_to_cstring(text)));
	if (!HeapTupleIsValid(tuple))
		return false;
	out->word = ((Form_pg_enum) GETSTRUCT(tuple))->oid;
	ReleaseSysCache(tuple);
	return true;
}

static bool
convert_string(const rbac_value_type *type, rbac_str utf8, rbac_sql_value *out)
{
	rbac_str	text;

	if (!rbac_from_utf8_noerror(utf8, &text))
		return false;
	if (type->kind == RBAC_KIND_UUID)
		return convert_uuid(text, out);
	if (type->kind == RBAC_KIND_ENUM)
		return convert_label(type->oid, text, out);
	out->bytes = (rbac_str) {rbac_str_to_cstring(text), text.len};
	return true;
}

static bool
convert_integer(const char *decimal, rbac_sql_value *out)
{
	errno = 0;
	out->word = strtoi64(decimal, NULL, 10);
	return errno == 0 && strchr(decimal, '.') == NULL;
}

/* Exact: the float whose shortest decimal is this constant, if there is one. */
static bool
convert_real(rbac_core *core, Oid type, rbac_str decimal, rbac_sql_value *out)
{
	char		shortest[DOUBLE_SHORTEST_DECIMAL_LEN];
	char	   *cstring = rbac_str_to_cstring(decimal);
	rbac_str	canonical;
	double		real;
	int			len;

	if (type == FLOAT4OID)
	{
		real = strtof(cstring, NULL);
		len = float_to_shortest_decimal_bufn((float) real, shortest);
	}
	else
	{
		real = strtod(cstring, NULL);
		len = double_to_shortest_decimal_bufn(real, shortest);
	}
	return set_real(out, real) && rbac_parse_number(core, shortest, len, &canonical) &&
		rbac_str_equal(canonical, decimal);
}

static bool
convert_number(rbac_core *core, const rbac_value_type *type, rbac_str decimal, rbac_sql_value *out)
{
	char	   *cstring = rbac_str_to_cstring(decimal);

	if (type->kind == RBAC_KIND_INTEGER)
		return convert_integer(cstring, out);
	if (type->kind == RBAC_KIND_REAL)
		return convert_real(core, type->oid, decimal, out);
	out->numeric = DirectFunctionCall3(numeric_in, CStringGetDatum(cstring),
									   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
	return true;
}

bool
rbac_convert_constant(rbac_core *core, const rbac_value_type *type, const rbac_value *constant,
					  rbac_sql_value *out)
{
	memset(out, 0, sizeof(*out));
	switch (constant->type)
	{
		case RBAC_STRING:
			return convert_string(type, constant->text, out);
		case RBAC_NUMBER:
			return convert_number(core, type, constant->text, out);
		case RBAC_BOOLEAN:
			out->word = constant->boolean;
			return true;
	}
	return false;
}

/* One after the other, so that a search through them touches little memory. */
static void
copy_bytes(rbac_sql_value *constants, int n)
{
	Size		size = 0;
	char	   *to;

	for (int i = 0; i < n; i++)
		size += constants[i].bytes.len;
	to = MemoryContextAllocHuge(CurrentMemoryContext, size);
	for (int i = 0; i < n; i++)
	{
		constants[i].bytes.data = memcpy(to, constants[i].bytes.data, constants[i].bytes.len);
		to += constants[i].bytes.len;
	}
}

rbac_sql_value *
rbac_copy_constants(rbac_kind kind, const rbac_sql_value *constants, int n)
{
	rbac_sql_value *copy = MemoryContextAllocHuge(CurrentMemoryContext, n * sizeof(rbac_sql_value));

	memcpy(copy, constants, n * sizeof(rbac_sql_value));
	if (kind < RBAC_KIND_ENUM)
		copy_bytes(copy, n);
	for (int i = 0; kind == RBAC_KIND_NUMERIC && i < n; i++)
		copy[i].numeric = datumCopy(copy[i].numeric, false, -1);
	return copy;
}

/* ---- equality ---- */

bool
rbac_numeric_equal(const rbac_sql_value *a, const rbac_sql_value *b)
{
	return DatumGetBool(DirectFunctionCall2(numeric_eq, a->numeric, b->numeric));
}

uint32
rbac_numeric_hash(const rbac_sql_value *value)
{
	return DatumGetUInt32(DirectFunctionCall1(hash_numeric, value->numeric));
}
