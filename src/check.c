/*
 * check.c - SQL functions that say what the caller, or another user, may do.
 *
 * has_permission() works at a call site (site.c). The others are given their
 * attributes as jsonb, and are evaluated by the core. Who may ask about others
 * is decided by the administration functions that wrap these.
 */
#include "postgres.h"

#include "funcapi.h"
#include "rbac.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(rbac_has_permission);
PG_FUNCTION_INFO_V1(rbac_require_permission);
PG_FUNCTION_INFO_V1(rbac_caller_has_permission);
PG_FUNCTION_INFO_V1(rbac_compute_access);
PG_FUNCTION_INFO_V1(rbac_compute_user_privileges);
PG_FUNCTION_INFO_V1(rbac_compute_effective_privileges);
PG_FUNCTION_INFO_V1(rbac_compute_principal_privileges);
PG_FUNCTION_INFO_V1(rbac_compute_role_privileges);
PG_FUNCTION_INFO_V1(rbac_scope_privileges);

Datum
rbac_has_permission(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(rbac_check_at_site(fcinfo));
}

/* The values are not shown: in a policy they would be those of a hidden row. */
Datum
rbac_require_permission(PG_FUNCTION_ARGS)
{
	if (!rbac_check_at_site(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission \"%s\" denied",
						PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0))),
				 rbac_current_caller() != NULL ? 0 : errdetail("There is no caller.")));
	PG_RETURN_BOOL(true);
}

/* ---- requests with jsonb attributes ---- */

typedef struct evaluation
{
	const rbac_request *request;
	const rbac_identity *identity;
	bool		allowed;
} evaluation;

static void
evaluate_grant(const rbac_grant *grant, void *arg)
{
	evaluation *state = arg;

	state->allowed |= rbac_grant_allows(grant, state->request, state->identity);
}

static const rbac_attribute *
find_attribute(const rbac_request *request, rbac_str name)
{
	for (uint32 i = 0; i < request->nattributes; i++)
	{
		if (rbac_str_equal(request->attributes[i].name, name))
			return &request->attributes[i];
	}
	return NULL;
}

/* jsonb "org_id": null is given but missing: only its absence means the user's own. */
static bool
gives_organization(Datum attributes)
{
	return DatumGetBool(DirectFunctionCall2(jsonb_exists, attributes,
											CStringGetTextDatum(RBAC_ORGANIZATION_ATTRIBUTE)));
}

static void
add_attribute(rbac_request *request, rbac_str name, rbac_str value)
{
	rbac_attribute *attributes = palloc((request->nattributes + 1) * sizeof(rbac_attribute));
	rbac_attribute added = {name, {.type = RBAC_STRING, .text = value}};
	uint32		at = 0;

	while (at < request->nattributes &&
		   rbac_str_compare(request->attributes[at].name, added.name) < 0)
		at++;
	memcpy(attributes, request->attributes, at * sizeof(rbac_attribute));
	attributes[at] = added;
	memcpy(attributes + at + 1, request->attributes + at,
		   (request->nattributes - at) * sizeof(rbac_attribute));
	request->attributes = attributes;
	request->nattributes++;
}

static rbac_str
requested_organization(const rbac_request *request)
{
	const rbac_attribute *attribute = find_attribute(request, RBAC_ORGANIZATION_NAME);

	if (attribute == NULL || attribute->value.type != RBAC_STRING)
		return (rbac_str) {NULL, 0};
	return rbac_from_utf8(attribute->value.text);
}

static bool
user_has_permission(rbac_str organization, rbac_str user_id, rbac_str permission, Datum attributes)
{
	rbac_identity identity = {rbac_to_utf8(organization), rbac_to_utf8(user_id)};
	rbac_request request;
	evaluation	state = {&request, &identity, false};
	const rbac_principal *principal;
	rbac_core	core;

	rbac_core_init(&core);
	rbac_request_from_jsonb(&core, rbac_to_utf8(permission), attributes, &request);
	if (!gives_organization(attributes))
		add_attribute(&request, RBAC_ORGANIZATION_NAME, identity.organization);
	principal = &rbac_lookup_user(organization, user_id)->principal;
	if (!rbac_organization_permitted(principal->is_operator, organization,
									 requested_organization(&request)))
		return false;
	rbac_visit_grants(principal, request.permission, true, evaluate_grant, &state);
	return state.allowed;
}

static rbac_str
str_argument(FunctionCallInfo fcinfo, int argno)
{
	return rbac_str_from_text(PG_GETARG_TEXT_PP(argno));
}

Datum
rbac_caller_has_permission(PG_FUNCTION_ARGS)
{
	const rbac_caller *caller = rbac_current_caller();

	if (caller == NULL)
		PG_RETURN_BOOL(false);
	PG_RETURN_BOOL(user_has_permission(caller->organization, caller->user_id,
									   str_argument(fcinfo, 0), PG_GETARG_DATUM(1)));
}

Datum
rbac_compute_access(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(user_has_permission(str_argument(fcinfo, 0), str_argument(fcinfo, 1),
									   str_argument(fcinfo, 2), PG_GETARG_DATUM(3)));
}

/* ---- privileges as a value ---- */

static void
append_grant(const rbac_grant *grant, void *arg)
{
	rbac_privileges *privileges = arg;

	if (privileges->ngrants == RBAC_MAX_GRANTS)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many grants (limit %d)", RBAC_MAX_GRANTS)));
	privileges->grants[privileges->ngrants++] = *grant;
}

/*
 * What grants held through an organization amount to: {self_org_id} is it, and
 * unless it is an operator, they are narrowed to it. With user_id.data NULL,
 * {self_user_id} stays: comparisons then hold for whoever it may be.
 */
static void
scope_privileges(rbac_core *core, rbac_privileges *privileges, bool is_operator,
				 rbac_str organization, rbac_str user_id)
{
	rbac_identity identity = {rbac_to_utf8(organization), user_id};
	rbac_value	home = {.type = RBAC_STRING, .text = identity.organization};
	rbac_privileges resolved;
	bool		done = rbac_resolve(core, privileges, &identity, &resolved);

	if (done && is_operator)
		*privileges = resolved;
	else if (!done || !rbac_restrict(core, &resolved, RBAC_ORGANIZATION_NAME, &home, privileges))
		rbac_core_report(core, ERRCODE_INTERNAL_ERROR, "could not combine privileges", NULL);
}

static Datum
principal_privileges(const rbac_principal *principal, rbac_str organization, bool include_temporary)
{
	rbac_privileges privileges = {.grants = palloc(RBAC_MAX_GRANTS * sizeof(rbac_grant))};
	rbac_core	core;

	rbac_core_init(&core);
	rbac_visit_grants(principal, (rbac_str) {NULL, 0}, include_temporary, append_grant, &privileges);
	scope_privileges(&core, &privileges, principal->is_operator, organization, (rbac_str) {NULL, 0});
	return rbac_privileges_to_datum(&core, &privileges);
}

static Datum
user_privileges(FunctionCallInfo fcinfo, bool include_temporary)
{
	rbac_str	organization = str_argument(fcinfo, 0);

	return principal_privileges(&rbac_lookup_user(organization, str_argument(fcinfo, 1))->principal,
								organization, include_temporary);
}

Datum
rbac_compute_user_privileges(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(user_privileges(fcinfo, false));
}

Datum
rbac_compute_effective_privileges(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(user_privileges(fcinfo, true));
}

Datum
rbac_compute_principal_privileges(PG_FUNCTION_ARGS)
{
	rbac_str	organization = str_argument(fcinfo, 0);

	PG_RETURN_DATUM(principal_privileges(rbac_lookup_principal(organization, str_argument(fcinfo, 1)),
										 organization, false));
}

Datum
rbac_compute_role_privileges(PG_FUNCTION_ARGS)
{
	rbac_str	organization = str_argument(fcinfo, 0);
	rbac_str	role = str_argument(fcinfo, 1);

	if (role.len != RBAC_OBJECT_ID_LENGTH)
		rbac_invalid_argument("role", "must be an object id");
	PG_RETURN_DATUM(principal_privileges(rbac_lookup_role(organization, role, PG_GETARG_DATUM(2)),
										 organization, false));
}

/* What privileges amount to when a user holds them through an organization. */
Datum
rbac_scope_privileges(PG_FUNCTION_ARGS)
{
	rbac_str	organization = str_argument(fcinfo, 1);
	rbac_str	user_id = str_argument(fcinfo, 2);
	bool		is_operator = rbac_lookup_user(organization, user_id)->principal.is_operator;
	rbac_privileges privileges;
	rbac_core	core;

	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PG_GETARG_DATUM(0), &privileges);
	scope_privileges(&core, &privileges, is_operator, organization, rbac_to_utf8(user_id));
	PG_RETURN_DATUM(rbac_privileges_to_datum(&core, &privileges));
}
