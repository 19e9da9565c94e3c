/*
 * type.c - the SQL types condition, permission_grant and privileges.
 *
 * A column stores the core's packed image; text, binary and jsonb forms are
 * JSON, read by the one strict parser of the core. Functions on the types are
 * thin: unpack, call the core, report.
 */
#include "postgres.h"

#include "funcapi.h"
#include "libpq/pqformat.h"
#include "rbac.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#define BINARY_FORMAT_VERSION 1

/* From JSON to an image, or back; both UTF-8. */
typedef bool (*document_transform) (rbac_core *core, const char *data, size_t len, rbac_str *out);

typedef struct document_type
{
	const char *syntax_error;	/* what is said of malformed JSON */
	document_transform pack;
	document_transform print;
} document_type;

#define DEFINE_DOCUMENT_TYPE(name) \
static bool \
pack_##name(rbac_core *core, const char *data, size_t len, rbac_str *out) \
{ \
	rbac_##name value; \
\
	return rbac_parse_##name(core, data, len, &value) && rbac_pack_##name(core, &value, out); \
} \
\
static bool \
print_##name(rbac_core *core, const char *data, size_t len, rbac_str *out) \
{ \
	rbac_##name value; \
\
	return rbac_unpack_##name(core, data, len, &value) && rbac_print_##name(core, &value, out); \
}

DEFINE_DOCUMENT_TYPE(condition)
DEFINE_DOCUMENT_TYPE(grant)
DEFINE_DOCUMENT_TYPE(privileges)

static const document_type condition_type = {
	"invalid input syntax for type rbac.condition", pack_condition, print_condition
};
static const document_type grant_type = {
	"invalid input syntax for type rbac.permission_grant", pack_grant, print_grant
};
static const document_type privileges_type = {
	"invalid input syntax for type rbac.privileges", pack_privileges, print_privileges
};

/* ---- input and output ---- */

/* json in the server's encoding. NULL after a soft error. */
static text *
document_from_json(const document_type *type, rbac_str json, struct Node *escontext)
{
	rbac_str	utf8 = rbac_to_utf8(json);
	rbac_str	image;
	rbac_core	core;

	rbac_core_init(&core);
	if (!type->pack(&core, utf8.data, utf8.len, &image))
	{
		rbac_core_report(&core, ERRCODE_INVALID_TEXT_REPRESENTATION, type->syntax_error, escontext);
		return NULL;
	}
	return rbac_str_to_text(image);
}

/* In the server's encoding, not NUL-terminated. */
static rbac_str
document_to_json(const document_type *type, Datum datum)
{
	rbac_str	image = rbac_str_from_text(DatumGetTextPP(datum));
	rbac_str	json;
	rbac_core	core;

	rbac_core_init(&core);
	if (!type->print(&core, image.data, image.len, &json))
		rbac_core_report(&core, ERRCODE_DATA_CORRUPTED, type->syntax_error, NULL);
	return rbac_from_utf8(json);
}

/* What the database's encoding cannot show is refused when it comes in. */
static Datum
document_in(FunctionCallInfo fcinfo, const document_type *type, rbac_str json)
{
	text	   *image = document_from_json(type, json, fcinfo->context);

	if (image == NULL)
		PG_RETURN_NULL();
	(void) document_to_json(type, PointerGetDatum(image));
	PG_RETURN_TEXT_P(image);
}

static Datum
document_recv(FunctionCallInfo fcinfo, const document_type *type)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgint(message, 1);
	rbac_str	json;
	int			len;

	if (version != BINARY_FORMAT_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("%s", type->syntax_error),
				 errdetail("Unsupported version %d of the binary format.", version)));
	json.data = pq_getmsgtext(message, message->len - message->cursor, &len);
	json.len = len;
	return document_in(fcinfo, type, json);
}

static Datum
document_send(Datum datum, const document_type *type)
{
	rbac_str	json = document_to_json(type, datum);
	StringInfoData message;

	pq_begintypsend(&message);
	pq_sendint8(&message, BINARY_FORMAT_VERSION);
	pq_sendtext(&message, json.data, json.len);
	return PointerGetDatum(pq_endtypsend(&message));
}

static Datum
document_to_jsonb(Datum datum, const document_type *type)
{
	char	   *json = rbac_str_to_cstring(document_to_json(type, datum));

	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json));
}

static rbac_str
jsonb_to_json(Datum datum)
{
	Jsonb	   *jsonb = DatumGetJsonbP(datum);
	char	   *json = JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));

	return (rbac_str) {json, strlen(json)};
}

static rbac_str
cstring_argument(FunctionCallInfo fcinfo)
{
	char	   *cstring = PG_GETARG_CSTRING(0);

	return (rbac_str) {cstring, strlen(cstring)};
}

#define DEFINE_DOCUMENT_FUNCTIONS(name) \
PG_FUNCTION_INFO_V1(rbac_##name##_in); \
PG_FUNCTION_INFO_V1(rbac_##name##_out); \
PG_FUNCTION_INFO_V1(rbac_##name##_recv); \
PG_FUNCTION_INFO_V1(rbac_##name##_send); \
PG_FUNCTION_INFO_V1(rbac_##name##_to_jsonb); \
PG_FUNCTION_INFO_V1(rbac_jsonb_to_##name); \
\
Datum \
rbac_##name##_in(PG_FUNCTION_ARGS) \
{ \
	return document_in(fcinfo, &name##_type, cstring_argument(fcinfo)); \
} \
\
Datum \
rbac_##name##_out(PG_FUNCTION_ARGS) \
{ \
	PG_RETURN_CSTRING(rbac_str_to_cstring(document_to_json(&name##_type, PG_GETARG_DATUM(0)))); \
} \
\
Datum \
rbac_##name##_recv(PG_FUNCTION_ARGS) \
{ \
	return document_recv(fcinfo, &name##_type); \
} \
\
Datum \
rbac_##name##_send(PG_FUNCTION_ARGS) \
{ \
	return document_send(PG_GETARG_DATUM(0), &name##_type); \
} \
\
Datum \
rbac_##name##_to_jsonb(PG_FUNCTION_ARGS) \
{ \
	return document_to_jsonb(PG_GETARG_DATUM(0), &name##_type); \
} \
\
Datum \
rbac_jsonb_to_##name(PG_FUNCTION_ARGS) \
{ \
	return document_in(fcinfo, &name##_type, jsonb_to_json(PG_GETARG_DATUM(0))); \
}

DEFINE_DOCUMENT_FUNCTIONS(condition)
DEFINE_DOCUMENT_FUNCTIONS(grant)
DEFINE_DOCUMENT_FUNCTIONS(privileges)

/* ---- to and from the core ---- */

/* A failure here is a damaged column, not a user's mistake. */
static void
report_image(const rbac_core *core, const document_type *type)
{
	rbac_core_report(core, ERRCODE_DATA_CORRUPTED, type->syntax_error, NULL);
}

void
rbac_grant_from_datum(rbac_core *core, Datum datum, rbac_grant *out)
{
	rbac_str	image = rbac_str_from_text(DatumGetTextPP(datum));

	if (!rbac_unpack_grant(core, image.data, image.len, out))
		report_image(core, &grant_type);
}

void
rbac_privileges_from_datum(rbac_core *core, Datum datum, rbac_privileges *out)
{
	rbac_str	image = rbac_str_from_text(DatumGetTextPP(datum));

	if (!rbac_unpack_privileges(core, image.data, image.len, out))
		report_image(core, &privileges_type);
}

Datum
rbac_privileges_to_datum(rbac_core *core, const rbac_privileges *privileges)
{
	rbac_str	image;

	if (!rbac_pack_privileges(core, privileges, &image))
		report_image(core, &privileges_type);
	return PointerGetDatum(rbac_str_to_text(image));
}

void
rbac_request_from_jsonb(rbac_core *core, rbac_str permission, Datum attributes, rbac_request *out)
{
	rbac_str	json = rbac_to_utf8(jsonb_to_json(attributes));

	if (!rbac_parse_attributes(core, json.data, json.len, out))
		rbac_core_report(core, ERRCODE_INVALID_PARAMETER_VALUE,
						 "invalid value for argument \"attributes\"", NULL);
	out->permission = permission;
}

/* ---- functions on privileges ---- */

/* Both arguments of a comparison. */
typedef struct operands
{
	rbac_core	core;
	rbac_privileges a;
	rbac_privileges b;
} operands;

static void
get_operands(FunctionCallInfo fcinfo, operands *ops)
{
	rbac_core_init(&ops->core);
	rbac_privileges_from_datum(&ops->core, PG_GETARG_DATUM(0), &ops->a);
	rbac_privileges_from_datum(&ops->core, PG_GETARG_DATUM(1), &ops->b);
}

static void
report_comparison(const rbac_core *core)
{
	rbac_core_report(core, ERRCODE_INTERNAL_ERROR, "could not compare privileges", NULL);
}

static bool
covers(operands *ops, const rbac_privileges *a, const rbac_privileges *b)
{
	bool		covered;

	if (!rbac_covers(&ops->core, a, b, &covered, NULL))
		report_comparison(&ops->core);
	return covered;
}

static rbac_order
compare(FunctionCallInfo fcinfo)
{
	operands	ops;
	rbac_order	order;

	get_operands(fcinfo, &ops);
	if (!rbac_compare(&ops.core, &ops.a, &ops.b, &order))
		report_comparison(&ops.core);
	return order;
}

PG_FUNCTION_INFO_V1(rbac_privileges_contains);
PG_FUNCTION_INFO_V1(rbac_privileges_contained);
PG_FUNCTION_INFO_V1(rbac_privileges_eq);
PG_FUNCTION_INFO_V1(rbac_privileges_ne);
PG_FUNCTION_INFO_V1(rbac_privileges_gt);
PG_FUNCTION_INFO_V1(rbac_privileges_lt);
PG_FUNCTION_INFO_V1(rbac_compare_privileges);
PG_FUNCTION_INFO_V1(rbac_uncovered);
PG_FUNCTION_INFO_V1(rbac_privileges_union);
PG_FUNCTION_INFO_V1(rbac_same_privileges);
PG_FUNCTION_INFO_V1(rbac_simplify_privileges);
PG_FUNCTION_INFO_V1(rbac_privileges_allow_request);
PG_FUNCTION_INFO_V1(rbac_grants);
PG_FUNCTION_INFO_V1(rbac_grant_to_privileges);
PG_FUNCTION_INFO_V1(rbac_condition_matches);

/* @> and >= */
Datum
rbac_privileges_contains(PG_FUNCTION_ARGS)
{
	operands	ops;

	get_operands(fcinfo, &ops);
	PG_RETURN_BOOL(covers(&ops, &ops.a, &ops.b));
}

/* <@ and <= */
Datum
rbac_privileges_contained(PG_FUNCTION_ARGS)
{
	operands	ops;

	get_operands(fcinfo, &ops);
	PG_RETURN_BOOL(covers(&ops, &ops.b, &ops.a));
}

Datum
rbac_privileges_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) == RBAC_EQUAL);
}

Datum
rbac_privileges_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) != RBAC_EQUAL);
}

Datum
rbac_privileges_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) == RBAC_GREATER);
}

Datum
rbac_privileges_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(compare(fcinfo) == RBAC_LESS);
}

static const char *
order_label(rbac_order order)
{
	switch (order)
	{
		case RBAC_GREATER:
			return "greater";
		case RBAC_EQUAL:
			return "equal";
		case RBAC_LESS:
			return "less";
		case RBAC_INCOMPARABLE:
			return "incomparable";
	}
	return NULL;
}

/* The enum's oid is asked for each time: it changes when the extension is re-created. */
Datum
rbac_compare_privileges(PG_FUNCTION_ARGS)
{
	Oid			enumtype = get_func_rettype(fcinfo->flinfo->fn_oid);

	return DirectFunctionCall2(enum_in, CStringGetDatum(order_label(compare(fcinfo))),
							   ObjectIdGetDatum(enumtype));
}

Datum
rbac_uncovered(PG_FUNCTION_ARGS)
{
	operands	ops;
	rbac_counterexample example;
	rbac_str	json;
	bool		covered;

	get_operands(fcinfo, &ops);
	if (!rbac_covers(&ops.core, &ops.a, &ops.b, &covered, &example))
		report_comparison(&ops.core);
	if (covered)
		PG_RETURN_NULL();
	if (!rbac_print_request(&ops.core, &example.request, example.identity.user_id, &json))
		report_comparison(&ops.core);
	return DirectFunctionCall1(jsonb_in,
							   CStringGetDatum(rbac_str_to_cstring(rbac_from_utf8(json))));
}

Datum
rbac_privileges_union(PG_FUNCTION_ARGS)
{
	operands	ops;
	rbac_privileges result;

	get_operands(fcinfo, &ops);
	if (!rbac_union(&ops.core, &ops.a, &ops.b, &result))
		rbac_core_report(&ops.core, ERRCODE_INTERNAL_ERROR, "could not combine privileges", NULL);
	PG_RETURN_DATUM(rbac_privileges_to_datum(&ops.core, &result));
}

/* The same grants, as an author would see it: finer than "=". */
Datum
rbac_same_privileges(PG_FUNCTION_ARGS)
{
	operands	ops;
	bool		same;

	get_operands(fcinfo, &ops);
	if (!rbac_same_grants(&ops.core, &ops.a, &ops.b, &same))
		report_comparison(&ops.core);
	PG_RETURN_BOOL(same);
}

Datum
rbac_simplify_privileges(PG_FUNCTION_ARGS)
{
	rbac_core	core;
	rbac_privileges in;
	rbac_privileges out;

	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PG_GETARG_DATUM(0), &in);
	if (!rbac_simplify(&core, &in, &out))
		report_comparison(&core);
	PG_RETURN_DATUM(rbac_privileges_to_datum(&core, &out));
}

Datum
rbac_privileges_allow_request(PG_FUNCTION_ARGS)
{
	rbac_core	core;
	rbac_privileges privileges;
	rbac_request request;

	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PG_GETARG_DATUM(0), &privileges);
	rbac_request_from_jsonb(&core, rbac_to_utf8(rbac_str_from_text(PG_GETARG_TEXT_PP(1))),
							PG_GETARG_DATUM(2), &request);
	PG_RETURN_BOOL(rbac_is_literal_permission(request.permission) &&
				   rbac_privileges_allow(&privileges, &request, NULL));
}

Datum
rbac_grants(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	rbac_core	core;
	rbac_privileges privileges;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PG_GETARG_DATUM(0), &privileges);
	for (uint32 i = 0; i < privileges.ngrants; i++)
	{
		bool		isnull = false;
		rbac_str	image;
		Datum		value;

		if (!rbac_pack_grant(&core, &privileges.grants[i], &image))
			report_image(&core, &grant_type);
		value = PointerGetDatum(rbac_str_to_text(image));
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
	}
	return (Datum) 0;
}

Datum
rbac_grant_to_privileges(PG_FUNCTION_ARGS)
{
	rbac_core	core;
	rbac_grant	grant;
	rbac_privileges privileges = {1, &grant};

	rbac_core_init(&core);
	rbac_grant_from_datum(&core, PG_GETARG_DATUM(0), &grant);
	PG_RETURN_DATUM(rbac_privileges_to_datum(&core, &privileges));
}

#define VALUE_PREFIX "{\"value\":"

/* Read a value as the only attribute of a request. */
static void
request_from_value(rbac_core *core, rbac_str json, rbac_request *out)
{
	char	   *attributes = psprintf(VALUE_PREFIX "%.*s}", (int) json.len, json.data);

	if (rbac_parse_attributes(core, attributes, strlen(attributes), out))
		return;
	core->error.position -= Min(core->error.position, strlen(VALUE_PREFIX));
	rbac_core_report(core, ERRCODE_INVALID_PARAMETER_VALUE,
					 "invalid value for argument \"value\"", NULL);
}

Datum
rbac_condition_matches(PG_FUNCTION_ARGS)
{
	rbac_str	image = rbac_str_from_text(PG_GETARG_TEXT_PP(0));
	rbac_condition condition;
	rbac_request request;
	rbac_core	core;

	rbac_core_init(&core);
	if (!rbac_unpack_condition(&core, image.data, image.len, &condition))
		report_image(&core, &condition_type);
	request_from_value(&core, rbac_to_utf8(jsonb_to_json(PG_GETARG_DATUM(1))), &request);
	PG_RETURN_BOOL(rbac_condition_met(&condition,
									  request.nattributes == 0 ? NULL : &request.attributes[0].value,
									  NULL));
}
