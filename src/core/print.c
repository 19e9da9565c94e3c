/*
 * print.c - conditions, grants, privileges and requests as compact JSON.
 *
 * Keys come in a fixed order and conditions in the order of their attributes,
 * so equal values print equal bytes. Escaping is json.c's.
 */
#include <string.h>

#include "core_internal.h"

static void
write_text(rbac_buffer *buffer, const char *text)
{
	rbac_buffer_append(buffer, text, strlen(text));
}

static void
write_value(rbac_buffer *buffer, const rbac_value *value)
{
	switch (value->type)
	{
		case RBAC_STRING:
			rbac_json_write(buffer, value->text);
			break;
		case RBAC_NUMBER:
			rbac_buffer_append(buffer, value->text.data, value->text.len);
			break;
		case RBAC_BOOLEAN:
			write_text(buffer, value->boolean ? "true" : "false");
			break;
	}
}

static void
write_condition(rbac_buffer *buffer, const rbac_condition *condition)
{
	if (condition->op != RBAC_IN)
	{
		write_text(buffer, condition->op == RBAC_EQUALS ? "{\"type\":\"Equals\",\"value\":"
				   : "{\"type\":\"NotEquals\",\"value\":");
		write_value(buffer, &condition->values[0]);
		write_text(buffer, "}");
		return;
	}
	write_text(buffer, "{\"type\":\"In\",\"values\":");
	for (uint32_t i = 0; i < condition->nvalues; i++)
	{
		write_text(buffer, i == 0 ? "[" : ",");
		write_value(buffer, &condition->values[i]);
	}
	write_text(buffer, "]}");
}

static void
write_grant(rbac_buffer *buffer, const rbac_grant *grant)
{
	write_text(buffer, "{\"permission_name\":");
	rbac_json_write(buffer, grant->permission);
	write_text(buffer, ",\"conditions\":{");
	for (uint32_t i = 0; i < grant->nconditions; i++)
	{
		if (i > 0)
			write_text(buffer, ",");
		rbac_json_write(buffer, grant->conditions[i].attribute);
		write_text(buffer, ":");
		write_condition(buffer, &grant->conditions[i]);
	}
	write_text(buffer, "}}");
}

bool
rbac_print_condition(rbac_core *core, const rbac_condition *condition, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	write_condition(&buffer, condition);
	return rbac_buffer_finish(&buffer, out);
}

bool
rbac_print_grant(rbac_core *core, const rbac_grant *grant, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	write_grant(&buffer, grant);
	return rbac_buffer_finish(&buffer, out);
}

bool
rbac_print_privileges(rbac_core *core, const rbac_privileges *privileges, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	write_text(&buffer, "[");
	for (uint32_t i = 0; i < privileges->ngrants; i++)
	{
		if (i > 0)
			write_text(&buffer, ",");
		write_grant(&buffer, &privileges->grants[i]);
	}
	write_text(&buffer, "]");
	return rbac_buffer_finish(&buffer, out);
}

bool
rbac_print_request(rbac_core *core, const rbac_request *request, rbac_str user_id, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	write_text(&buffer, "{\"permission_name\":");
	rbac_json_write(&buffer, request->permission);
	write_text(&buffer, ",\"attributes\":{");
	for (uint32_t i = 0; i < request->nattributes; i++)
	{
		if (i > 0)
			write_text(&buffer, ",");
		rbac_json_write(&buffer, request->attributes[i].name);
		write_text(&buffer, ":");
		write_value(&buffer, &request->attributes[i].value);
	}
	write_text(&buffer, "}");
	if (user_id.data != NULL)
	{
		write_text(&buffer, ",\"user_id\":");
		rbac_json_write(&buffer, user_id);
	}
	write_text(&buffer, "}");
	return rbac_buffer_finish(&buffer, out);
}
