/*
 * permitted.c - in which organizations a permission of the caller can count.
 *
 * What indexes are searched with (planner.c) before has_permission() sees a
 * row. So the answer may name an organization too many, for conditions on other
 * attributes are not looked at, but never one too few: every row that
 * has_permission() allows has one of these as its org_id. Nothing is remembered
 * between calls; a scan makes one.
 *
 * Not here: whether a row is allowed (site.c).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "rbac.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/uuid.h"
#include "value.h"

PG_FUNCTION_INFO_V1(rbac_permitted_organizations);
PG_FUNCTION_INFO_V1(rbac_permitted_organization_uuids);

typedef struct search
{
	rbac_core	core;
	rbac_identity identity;
	rbac_value	home;
	bool		is_operator;
	bool		counts_at_home;
	bool		counts_everywhere;	/* in all organizations there are */
	List	   *named;			/* rbac_value, of organizations that exist; may repeat */
} search;

/* ---- what grants say of organizations ---- */

/* NULL: none, so that the grant counts in any. */
static const rbac_condition *
organization_condition(const rbac_grant *grant)
{
	for (uint32 i = 0; i < grant->nconditions; i++)
	{
		if (rbac_str_equal(grant->conditions[i].attribute, RBAC_ORGANIZATION_NAME))
			return &grant->conditions[i];
	}
	return NULL;
}

static void
add_if_existing(search *state, const rbac_value *organization)
{
	rbac_str	name;

	if (organization->type == RBAC_STRING &&
		rbac_from_utf8_noerror(organization->text, &name) &&
		rbac_organization_exists(name))
		state->named = lappend(state->named, unconstify(rbac_value *, organization));
}

static void
add_values(search *state, const rbac_grant *grant)
{
	const rbac_privileges privileges = {1, unconstify(rbac_grant *, grant)};
	rbac_privileges resolved;
	const rbac_condition *condition;

	if (!rbac_resolve(&state->core, &privileges, &state->identity, &resolved))
		rbac_core_report(&state->core, ERRCODE_INTERNAL_ERROR, "could not read grants", NULL);
	condition = organization_condition(&resolved.grants[0]);
	for (uint32 i = 0; i < condition->nvalues; i++)
		add_if_existing(state, &condition->values[i]);
}

static void
visit_grant(const rbac_grant *grant, void *arg)
{
	search	   *state = arg;
	const rbac_condition *condition = organization_condition(grant);

	if (!state->is_operator)
		state->counts_at_home |= condition == NULL ||
			rbac_condition_met(condition, &state->home, &state->identity);
	else if (condition == NULL || condition->op == RBAC_NOT_EQUALS)
		state->counts_everywhere = true;
	else
		add_values(state, grant);
}

/* ---- the result ---- */

static rbac_value *
make_string(rbac_str server)
{
	rbac_value *value = palloc0(sizeof(rbac_value));

	value->type = RBAC_STRING;
	value->text = rbac_to_utf8(server);
	return value;
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

		organizations = lappend(organizations,
								make_string(rbac_str_from_text(DatumGetTextPCopy(name))));
	}
	rbac_end_scan(scan);
	rbac_end_reading(reading);
	return organizations;
}

/* A list of rbac_value. */
static List *
find_organizations(const rbac_caller *caller, rbac_str permission)
{
	search		state = {0};
	const rbac_user *user = rbac_lookup_user(caller->organization, caller->user_id);
	rbac_value *home = make_string(caller->organization);

	rbac_core_init(&state.core);
	state.identity = (rbac_identity) {home->text, rbac_to_utf8(caller->user_id)};
	state.home = *home;
	state.is_operator = user->principal.is_operator;
	rbac_visit_grants(&user->principal, rbac_to_utf8(permission), true, visit_grant, &state);
	if (state.counts_everywhere)
		return read_organizations();
	return state.counts_at_home ? list_make1(home) : state.named;
}

/* Those that a value of the type can equal. */
static Datum
make_array(List *organizations, Oid element, int16 length, char alignment)
{
	Datum	   *datums = palloc((list_length(organizations) + 1) * sizeof(Datum));
	rbac_value_type type;
	rbac_core	core;
	int			n = 0;
	ListCell   *lc;

	rbac_core_init(&core);
	rbac_value_type_init(&type, element);
	foreach(lc, organizations)
	{
		rbac_sql_value value;

		if (rbac_convert_constant(&core, &type, lfirst(lc), &value))
			datums[n++] = element == TEXTOID ?
				PointerGetDatum(rbac_str_to_text(value.bytes)) : PointerGetDatum(value.bytes.data);
	}
	return PointerGetDatum(construct_array(datums, n, element, length, false, alignment));
}

static List *
permitted_organizations(FunctionCallInfo fcinfo)
{
	const rbac_caller *caller = rbac_current_caller();

	if (caller == NULL || PG_ARGISNULL(0))
		return NIL;
	return find_organizations(caller, rbac_str_from_text(PG_GETARG_TEXT_PP(0)));
}

Datum
rbac_permitted_organizations(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(make_array(permitted_organizations(fcinfo), TEXTOID, -1, TYPALIGN_INT));
}

/* An id that is no uuid in canonical form is the org_id of no uuid column. */
Datum
rbac_permitted_organization_uuids(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(make_array(permitted_organizations(fcinfo), UUIDOID, UUID_LEN, TYPALIGN_CHAR));
}
