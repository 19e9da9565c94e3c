/*
 * permitted.c - which values of an attribute a permission of the caller can count for.
 *
 * What indexes are searched with (planner.c, path.c) before has_permission()
 * sees a row. So an answer may name a value too many, for conditions on other
 * attributes are not looked at, but never one too few: every row that
 * has_permission() allows has one of these. Nothing is remembered between
 * calls; a scan makes one or two.
 *
 * Not here: whether a row is allowed (site.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "path.h"
#include "rbac.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "value.h"

PG_FUNCTION_INFO_V1(rbac_permitted_values);
PG_FUNCTION_INFO_V1(rbac_permitted_organizations);
PG_FUNCTION_INFO_V1(rbac_permitted_organization_uuids);

typedef struct search
{
	rbac_core	core;
	rbac_identity identity;
	rbac_value	home;
	bool		is_operator;
	rbac_str	attribute;		/* UTF-8 */
	bool		is_organization;	/* that is what the attribute is */
	bool		is_any;			/* a grant counts for values that it does not list */
	List	   *values;			/* rbac_value; may repeat */
} search;

/* ---- what grants say ---- */

static const rbac_condition *
find_condition(const rbac_grant *grant, rbac_str attribute)
{
	for (uint32 i = 0; i < grant->nconditions; i++)
	{
		if (rbac_str_equal(grant->conditions[i].attribute, attribute))
			return &grant->conditions[i];
	}
	return NULL;
}

static bool
counts_at_home(const search *state, const rbac_grant *grant)
{
	const rbac_condition *condition = find_condition(grant, RBAC_ORGANIZATION_NAME);

	return condition == NULL || rbac_condition_met(condition, &state->home, &state->identity);
}

static bool
is_existing_organization(const rbac_value *value)
{
	rbac_str	name;

	return value->type == RBAC_STRING && rbac_from_utf8_noerror(value->text, &name) &&
		rbac_organization_exists(name);
}

/* Grants often repeat what the one before them says. */
static void
add_value(search *state, const rbac_value *value)
{
	if (state->values != NIL && rbac_value_equal(llast(state->values), value))
		return;
	if (!state->is_organization || is_existing_organization(value))
		state->values = lappend(state->values, unconstify(rbac_value *, value));
}

static void
add_values(search *state, const rbac_grant *grant, const rbac_condition *condition)
{
	rbac_grant	alone = {grant->permission, 1, unconstify(rbac_condition *, condition)};
	rbac_privileges privileges = {1, &alone};
	rbac_privileges resolved;

	if (!rbac_resolve(&state->core, &privileges, &state->identity, &resolved))
		rbac_core_report(&state->core, ERRCODE_INTERNAL_ERROR, "could not read grants", NULL);
	condition = &resolved.grants[0].conditions[0];
	for (uint32 i = 0; i < condition->nvalues; i++)
		add_value(state, &condition->values[i]);
}

static void
visit_grant(const rbac_grant *grant, void *arg)
{
	search	   *state = arg;
	const rbac_condition *condition = find_condition(grant, state->attribute);

	if (state->is_any || (!state->is_operator && !counts_at_home(state, grant)))
		return;
	if (state->is_organization && !state->is_operator)
		state->values = list_make1(&state->home);
	else if (condition == NULL || condition->op == RBAC_NOT_EQUALS)
		state->is_any = true;
	else
		add_values(state, grant, condition);
}

static rbac_value
make_string(rbac_str server)
{
	return (rbac_value) {.type = RBAC_STRING, .text = rbac_to_utf8(server)};
}

/* A list of rbac_value; false when any value can be permitted. */
static bool
find_values(rbac_str permission, rbac_str attribute, List **values)
{
	const rbac_caller *caller = rbac_current_caller();
	search	   *state = palloc0(sizeof(search));	/* the list points to its home */
	const rbac_user *user;

	*values = NIL;
	if (caller == NULL)
		return true;
	user = rbac_lookup_user(caller->organization, caller->user_id);
	rbac_core_init(&state->core);
	state->home = make_string(caller->organization);
	state->identity = (rbac_identity) {state->home.text, rbac_to_utf8(caller->user_id)};
	state->is_operator = user->principal.is_operator;
	state->attribute = rbac_to_utf8(attribute);
	state->is_organization = rbac_str_equal(state->attribute, RBAC_ORGANIZATION_NAME);
	rbac_visit_grants(&user->principal, rbac_to_utf8(permission), true, visit_grant, state);
	*values = state->values;
	return !state->is_any;
}

static List *
read_organizations(void)
{
	rbac_reading *reading = rbac_begin_reading();
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ORGANIZATION, 0, NULL);
	List	   *organizations = NIL;

	while (rbac_scan_next(scan))
	{
		Datum		name = rbac_scan_column(scan, Anum_organization_organization);
		rbac_value *value = palloc(sizeof(rbac_value));

		*value = make_string(rbac_str_from_text(DatumGetTextPCopy(name)));
		organizations = lappend(organizations, value);
	}
	rbac_end_scan(scan);
	rbac_end_reading(reading);
	return organizations;
}

/* ---- arrays ---- */

static bool
is_listable(const rbac_value_type *type)
{
	return type->kind != RBAC_KIND_NAME && type->kind != RBAC_KIND_DATETIME &&
		type->kind != RBAC_KIND_OUTPUT;
}

bool
rbac_has_listable_values(Oid sqltype)
{
	rbac_value_type type;

	rbac_value_type_init(&type, sqltype);
	return is_listable(&type);
}

static Datum
make_integer(Oid type, int64 integer)
{
	if (type == INT8OID)
		return Int64GetDatum(integer);
	return type == INT4OID ? Int32GetDatum((int32) integer) : Int16GetDatum((int16) integer);
}

/* An integer that the column's type cannot hold is the value of no row. */
static bool
fits(Oid type, int64 integer)
{
	if (type == INT4OID)
		return integer == (int32) integer;
	return type == INT8OID || integer == (int16) integer;
}

static Datum
make_real(Oid type, uint64 word)
{
	double		real;

	memcpy(&real, &word, sizeof(real));
	return type == FLOAT8OID ? Float8GetDatum(real) : Float4GetDatum((float4) real);
}

static Datum
make_datum(const rbac_value_type *type, const rbac_sql_value *value)
{
	switch (type->kind)
	{
		case RBAC_KIND_UUID:
			return PointerGetDatum(value->bytes.data);
		case RBAC_KIND_ENUM:
			return ObjectIdGetDatum((Oid) value->word);
		case RBAC_KIND_INTEGER:
			return make_integer(type->oid, (int64) value->word);
		case RBAC_KIND_REAL:
			return make_real(type->oid, value->word);
		case RBAC_KIND_NUMERIC:
			return value->numeric;
		case RBAC_KIND_BOOLEAN:
			return BoolGetDatum(value->word != 0);
		default:
			return PointerGetDatum(rbac_str_to_text(value->bytes));
	}
}

static bool
convert_value(rbac_core *core, const rbac_value_type *type, const rbac_value *value, Datum *out)
{
	rbac_sql_value converted;

	if (value->type != type->type || !rbac_convert_constant(core, type, value, &converted) ||
		(type->kind == RBAC_KIND_INTEGER && !fits(type->oid, (int64) converted.word)))
		return false;
	*out = make_datum(type, &converted);
	return true;
}

/* Those of the values that a value of the SQL type can equal. */
static Datum
make_array(List *values, Oid element)
{
	Datum	   *datums = palloc((list_length(values) + 1) * sizeof(Datum));
	rbac_value_type type;
	rbac_core	core;
	int16		length;
	bool		by_value;
	char		alignment;
	int			n = 0;
	ListCell   *lc;

	rbac_core_init(&core);
	rbac_value_type_init(&type, element);
	if (!is_listable(&type))
		rbac_invalid_argument("type", "has values of which the text is compared");
	foreach(lc, values)
	{
		if (convert_value(&core, &type, lfirst(lc), &datums[n]))
			n++;
	}
	get_typlenbyvalalign(element, &length, &by_value, &alignment);
	return PointerGetDatum(construct_array(datums, n, element, length, by_value, alignment));
}

Datum
rbac_permitted_values(PG_FUNCTION_ARGS)
{
	Oid			element = get_fn_expr_argtype(fcinfo->flinfo, 2);
	List	   *values = NIL;

	if (PG_ARGISNULL(1))
		rbac_invalid_argument("attribute", "must not be null");
	if (!PG_ARGISNULL(0) &&
		!find_values(rbac_str_from_text(PG_GETARG_TEXT_PP(0)),
					 rbac_str_from_text(PG_GETARG_TEXT_PP(1)), &values))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(make_array(values, element));
}

static Datum
permitted_organizations(FunctionCallInfo fcinfo, Oid element)
{
	List	   *values = NIL;

	if (!PG_ARGISNULL(0) &&
		!find_values(rbac_str_from_text(PG_GETARG_TEXT_PP(0)), RBAC_ORGANIZATION_NAME, &values))
		values = read_organizations();
	return make_array(values, element);
}

Datum
rbac_permitted_organizations(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(permitted_organizations(fcinfo, TEXTOID));
}

/* An id that is no uuid in canonical form is the org_id of no uuid column. */
Datum
rbac_permitted_organization_uuids(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(permitted_organizations(fcinfo, UUIDOID));
}
