/*
 * parse.c - conditions, grants, privileges and request attributes from JSON.
 *
 * json.c knows what JSON is; this file knows which JSON is ours, and says where
 * and why a document is not. A condition that is at fault is named by its
 * attribute.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core_internal.h"

/* Document being read, and the attribute whose condition is being read. */
typedef struct reader
{
	rbac_core  *core;
	rbac_json	json;
	rbac_str	attribute;		/* empty outside of conditions */
} reader;

static bool refuse(reader *r, uint32_t node, rbac_status status, const char *format, ...) RBAC_PRINTF(4, 5);

/* Fail at a node, naming the attribute. */
static bool
refuse(reader *r, uint32_t node, rbac_status status, const char *format, ...)
{
	size_t		position = r->json.nodes[node].start;
	char		message[sizeof(r->core->error.message)];
	va_list		args;

	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	if (r->attribute.len == 0)
		return rbac_fail_at(r->core, status, position, "%s", message);
	return rbac_fail_at(r->core, status, position, "condition on %s: %s", rbac_quote(r->attribute).text,
						message);
}

/* Decoded string that outlives the document. */
static bool
keep_string(reader *r, uint32_t node, rbac_str *out)
{
	rbac_str	s;

	return rbac_json_string(&r->json, node, &s) && rbac_copy(r->core, s, out);
}

/* The node that follows a value: the next element, or the next member's key. */
static uint32_t
after(const reader *r, uint32_t node)
{
	return r->json.nodes[node].next;
}

/*
 * Find an object's members by key. found[i] becomes the node of the value of
 * keys[i], or 0 (the root, which is no member) if it is missing. Other keys are
 * refused.
 */
static bool
find_members(reader *r, uint32_t object, const char *const *keys, int nkeys, uint32_t *found)
{
	uint32_t	node = object + 1;

	memset(found, 0, nkeys * sizeof(*found));
	for (uint32_t left = r->json.nodes[object].length; left > 0; left--, node = after(r, node + 1))
	{
		rbac_str	key;
		int			i = 0;

		if (!rbac_json_string(&r->json, node, &key))
			return false;
		while (i < nkeys && !rbac_str_equal(key, (rbac_str) {keys[i], strlen(keys[i])}))
			i++;
		if (i == nkeys)
			return refuse(r, node, RBAC_SYNTAX, "unknown key %s", rbac_quote(key).text);
		found[i] = node + 1;
	}
	return true;
}

static bool
parse_string_value(reader *r, uint32_t node, rbac_str *out)
{
	if (r->json.nodes[node].length > RBAC_MAX_STRING)
		return refuse(r, node, RBAC_LIMIT, "a string value is limited to %d bytes", RBAC_MAX_STRING);
	return keep_string(r, node, out);
}

static bool
parse_number_value(reader *r, uint32_t node, rbac_str *out)
{
	if (rbac_number_canonical(r->core, rbac_json_source(&r->json, node), r->json.nodes[node].start, out))
		return true;
	return r->core->error.status == RBAC_LIMIT && refuse(r, node, RBAC_LIMIT, "%s", r->core->error.message);
}

static bool
parse_value(reader *r, uint32_t node, rbac_value *out)
{
	char		kind = rbac_json_kind(&r->json, node);

	memset(out, 0, sizeof(*out));
	switch (kind)
	{
		case '"':
			out->type = RBAC_STRING;
			return parse_string_value(r, node, &out->text);
		case 't':
		case 'f':
			out->type = RBAC_BOOLEAN;
			out->boolean = kind == 't';
			return true;
		case '{':
		case '[':
		case 'n':
			return refuse(r, node, RBAC_SYNTAX, "a value must be a string, a number or a boolean");
		default:
			out->type = RBAC_NUMBER;
			return parse_number_value(r, node, &out->text);
	}
}

static bool
parse_operator(reader *r, uint32_t node, rbac_operator *out)
{
	rbac_str	name = {NULL, 0};

	if (rbac_json_kind(&r->json, node) == '"' && !rbac_json_string(&r->json, node, &name))
		return false;
	if (rbac_str_equal(name, RBAC_LITERAL("Equals")))
		*out = RBAC_EQUALS;
	else if (rbac_str_equal(name, RBAC_LITERAL("In")))
		*out = RBAC_IN;
	else if (rbac_str_equal(name, RBAC_LITERAL("NotEquals")))
		*out = RBAC_NOT_EQUALS;
	else
		return refuse(r, node, RBAC_SYNTAX, "\"type\" must be \"Equals\", \"In\" or \"NotEquals\"");
	return true;
}

/* The array of an In. */
static bool
parse_values(reader *r, uint32_t array, rbac_condition *out)
{
	uint32_t	n = r->json.nodes[array].length;
	uint32_t	node = array + 1;

	if (rbac_json_kind(&r->json, array) != '[')
		return refuse(r, array, RBAC_SYNTAX, "\"values\" must be an array");
	if (n == 0)
		return refuse(r, array, RBAC_SYNTAX, "\"values\" must not be empty");
	if (n > RBAC_MAX_VALUES)
		return refuse(r, array, RBAC_LIMIT, "a condition is limited to %d values", RBAC_MAX_VALUES);
	out->values = rbac_alloc(r->core, n, sizeof(*out->values));
	if (out->values == NULL)
		return false;
	for (out->nvalues = 0; out->nvalues < n; out->nvalues++, node = after(r, node))
	{
		rbac_value *value = &out->values[out->nvalues];

		if (!parse_value(r, node, value))
			return false;
		if (value->type != out->values[0].type)
			return refuse(r, node, RBAC_SYNTAX, "\"values\" must all be of one type");
	}
	return true;
}

static bool
parse_condition(reader *r, uint32_t object, rbac_condition *out)
{
	static const char *const keys[] = {"type", "value", "values"};
	uint32_t	found[3];
	uint32_t	wanted;
	uint32_t	unwanted;

	memset(out, 0, sizeof(*out));
	out->attribute = r->attribute;
	if (rbac_json_kind(&r->json, object) != '{')
		return refuse(r, object, RBAC_SYNTAX, "a condition must be an object");
	if (!find_members(r, object, keys, 3, found))
		return false;
	if (found[0] == 0)
		return refuse(r, object, RBAC_SYNTAX, "missing key \"type\"");
	if (!parse_operator(r, found[0], &out->op))
		return false;
	wanted = out->op == RBAC_IN ? 2 : 1;
	unwanted = 3 - wanted;
	if (found[unwanted] != 0)	/* its key is the node before */
		return refuse(r, found[unwanted] - 1, RBAC_SYNTAX, "this \"type\" takes \"%s\", not \"%s\"",
					  keys[wanted], keys[unwanted]);
	if (found[wanted] == 0)
		return refuse(r, object, RBAC_SYNTAX, "missing key \"%s\"", keys[wanted]);
	if (out->op == RBAC_IN)
		return parse_values(r, found[wanted], out);
	out->nvalues = 1;
	out->values = rbac_alloc(r->core, 1, sizeof(*out->values));
	return out->values != NULL && parse_value(r, found[wanted], out->values);
}

static bool
parse_attribute_name(reader *r, uint32_t key, rbac_str *out)
{
	if (!keep_string(r, key, out))
		return false;
	if (rbac_attribute_name_is_valid(*out))
		return true;
	if (out->len == 0)
		return refuse(r, key, RBAC_SYNTAX, "an attribute name must not be empty");
	return refuse(r, key, RBAC_LIMIT, "an attribute name is limited to %d characters", RBAC_MAX_NAME);
}

static int
compare_conditions(const void *a, const void *b)
{
	return rbac_str_compare(((const rbac_condition *) a)->attribute, ((const rbac_condition *) b)->attribute);
}

static bool
parse_conditions(reader *r, uint32_t object, rbac_grant *out)
{
	uint32_t	n = r->json.nodes[object].length;
	uint32_t	key = object + 1;

	if (rbac_json_kind(&r->json, object) != '{')
		return refuse(r, object, RBAC_SYNTAX, "\"conditions\" must be an object");
	if (n > RBAC_MAX_CONDITIONS)
		return refuse(r, object, RBAC_LIMIT, "a grant is limited to %d conditions", RBAC_MAX_CONDITIONS);
	out->conditions = rbac_alloc(r->core, n, sizeof(*out->conditions));
	if (out->conditions == NULL)
		return false;
	for (out->nconditions = 0; out->nconditions < n; out->nconditions++, key = after(r, key + 1))
	{
		rbac_str	attribute;

		if (!parse_attribute_name(r, key, &attribute))
			return false;
		r->attribute = attribute;
		if (!parse_condition(r, key + 1, &out->conditions[out->nconditions]))
			return false;
		r->attribute.len = 0;
	}
	qsort(out->conditions, n, sizeof(*out->conditions), compare_conditions);
	return true;
}

static bool
parse_permission_name(reader *r, uint32_t node, rbac_str *out)
{
	if (rbac_json_kind(&r->json, node) != '"')
		return refuse(r, node, RBAC_SYNTAX, "\"permission_name\" must be a string");
	if (!keep_string(r, node, out))
		return false;
	if (rbac_permission_name_is_valid(*out))
		return true;
	if (rbac_text_characters(*out) > RBAC_MAX_NAME)
		return refuse(r, node, RBAC_LIMIT, "a permission name is limited to %d characters", RBAC_MAX_NAME);
	return refuse(r, node, RBAC_SYNTAX,
				  "permission name %s is not \"Category:Action\", \"Category:*\" or \"*\"",
				  rbac_quote(*out).text);
}

static bool
parse_grant(reader *r, uint32_t object, rbac_grant *out)
{
	static const char *const keys[] = {"permission_name", "conditions"};
	uint32_t	found[2];

	memset(out, 0, sizeof(*out));
	if (rbac_json_kind(&r->json, object) != '{')
		return refuse(r, object, RBAC_SYNTAX, "a permission grant must be an object");
	if (!find_members(r, object, keys, 2, found))
		return false;
	if (found[0] == 0)
		return refuse(r, object, RBAC_SYNTAX, "missing key \"permission_name\"");
	return parse_permission_name(r, found[0], &out->permission) &&
		(found[1] == 0 || parse_conditions(r, found[1], out));
}

static bool
parse_grants(reader *r, uint32_t array, rbac_privileges *out)
{
	uint32_t	n = r->json.nodes[array].length;
	uint32_t	node = array + 1;

	if (rbac_json_kind(&r->json, array) != '[')
		return refuse(r, array, RBAC_SYNTAX, "privileges must be an array of permission grants");
	if (n > RBAC_MAX_GRANTS)
		return refuse(r, array, RBAC_LIMIT, "privileges are limited to %d grants", RBAC_MAX_GRANTS);
	out->grants = rbac_alloc(r->core, n, sizeof(*out->grants));
	if (out->grants == NULL)
		return false;
	for (out->ngrants = 0; out->ngrants < n; out->ngrants++, node = after(r, node))
		if (!parse_grant(r, node, &out->grants[out->ngrants]))
			return false;
	return true;
}

static int
compare_attributes(const void *a, const void *b)
{
	return rbac_str_compare(((const rbac_attribute *) a)->name, ((const rbac_attribute *) b)->name);
}

static bool
parse_attributes(reader *r, uint32_t object, rbac_request *out)
{
	uint32_t	n = r->json.nodes[object].length;
	uint32_t	key = object + 1;

	out->nattributes = 0;
	if (rbac_json_kind(&r->json, object) != '{')
		return refuse(r, object, RBAC_SYNTAX, "attributes must be an object");
	out->attributes = rbac_alloc(r->core, n, sizeof(*out->attributes));
	if (out->attributes == NULL)
		return false;
	for (uint32_t i = 0; i < n; i++, key = after(r, key + 1))
	{
		rbac_attribute *attribute = &out->attributes[out->nattributes];

		if (!parse_attribute_name(r, key, &attribute->name))
			return false;
		if (rbac_json_kind(&r->json, key + 1) == 'n')
			continue;
		if (!parse_value(r, key + 1, &attribute->value))
			return false;
		out->nattributes++;
	}
	qsort(out->attributes, out->nattributes, sizeof(*out->attributes), compare_attributes);
	return true;
}

bool
rbac_parse_condition(rbac_core *core, const char *text, size_t len, rbac_condition *out)
{
	reader		r = {.core = core};
	bool		done = rbac_json_open(&r.json, core, text, len) && parse_condition(&r, 0, out);

	rbac_json_close(&r.json);
	return done;
}

bool
rbac_parse_grant(rbac_core *core, const char *text, size_t len, rbac_grant *out)
{
	reader		r = {.core = core};
	bool		done = rbac_json_open(&r.json, core, text, len) && parse_grant(&r, 0, out);

	rbac_json_close(&r.json);
	return done;
}

bool
rbac_parse_privileges(rbac_core *core, const char *text, size_t len, rbac_privileges *out)
{
	reader		r = {.core = core};
	bool		done = rbac_json_open(&r.json, core, text, len) && parse_grants(&r, 0, out);

	rbac_json_close(&r.json);
	return done;
}

bool
rbac_parse_attributes(rbac_core *core, const char *text, size_t len, rbac_request *out)
{
	reader		r = {.core = core};
	bool		done = rbac_json_open(&r.json, core, text, len) && parse_attributes(&r, 0, out);

	rbac_json_close(&r.json);
	return done;
}
