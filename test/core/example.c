/*
 * example.c - checks counterexamples; see example.h.
 */
#include <string.h>

#include "example.h"
#include "oracle.h"

#define SOME_USER "\x01some user"
#define SOME_ORGANIZATION "\x01some organization"

/* Is the request written as core.h wants it? */
static const char *
form_fault(const rbac_counterexample *example)
{
	const rbac_request *request = &example->request;

	if (!rbac_permission_name_is_valid(request->permission) ||
		rbac_permission_name_is_wildcard(request->permission))
		return "its permission name is not a literal one";
	for (uint32_t i = 0; i < request->nattributes; i++)
	{
		const rbac_value *value = &request->attributes[i].value;

		if (i > 0 && rbac_str_compare(request->attributes[i - 1].name, request->attributes[i].name) >= 0)
			return "its attributes are not sorted";
		if (value->type != RBAC_STRING)
			continue;
		if (example->identity.user_id.data != NULL && rbac_str_equal(value->text, str(RBAC_SELF_USER_ID)))
			return "it names the user, but says {self_user_id}";
		if (example->identity.organization.data != NULL && rbac_str_equal(value->text, str(RBAC_SELF_ORG_ID)))
			return "it names the organization, but says {self_org_id}";
	}
	return NULL;
}

static const char *
decision_fault(const rbac_privileges *a, const rbac_privileges *b, const rbac_request *request,
			   const rbac_identity *identity)
{
	if (!rbac_privileges_allow(b, request, identity))
		return "the covered side does not allow it";
	if (rbac_privileges_allow(a, request, identity))
		return "the covering side allows it";
	if (!oracle_allows(b, request, identity))
		return "the covered side does not allow it, says the oracle";
	if (oracle_allows(a, request, identity))
		return "the covering side allows it, says the oracle";
	return NULL;
}

static rbac_str
somebody(rbac_str text)
{
	if (rbac_str_equal(text, str(RBAC_SELF_USER_ID)))
		return str(SOME_USER);
	if (rbac_str_equal(text, str(RBAC_SELF_ORG_ID)))
		return str(SOME_ORGANIZATION);
	return text;
}

/* The same example, asked by somebody in particular. */
static rbac_counterexample
asked_by_somebody(arena *memory, const rbac_counterexample *example)
{
	rbac_counterexample result = *example;
	rbac_str	copy = exact_copy(memory, (rbac_str) {(const char *) example->request.attributes,
		example->request.nattributes * sizeof(rbac_attribute)});

	result.request.attributes = (rbac_attribute *) copy.data;
	for (uint32_t i = 0; i < result.request.nattributes; i++)
	{
		rbac_value *value = &result.request.attributes[i].value;

		if (value->type == RBAC_STRING)
			value->text = somebody(value->text);
	}
	result.identity.user_id = example->identity.user_id.data == NULL
		? str(SOME_USER) : somebody(example->identity.user_id);
	result.identity.organization = example->identity.organization.data == NULL
		? str(SOME_ORGANIZATION) : somebody(example->identity.organization);
	return result;
}

const char *
example_fault(arena *memory, const rbac_privileges *a, const rbac_privileges *b,
			  const rbac_counterexample *example)
{
	rbac_counterexample other = asked_by_somebody(memory, example);
	const char *fault = form_fault(example);

	if (fault == NULL)
		fault = decision_fault(a, b, &example->request, &example->identity);
	if (fault == NULL && decision_fault(a, b, &other.request, &other.identity) != NULL)
		fault = "it does not hold for users and organizations that nobody mentions";
	return fault;
}
