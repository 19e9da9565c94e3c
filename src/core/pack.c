/*
 * pack.c - packed images of conditions, grants and privileges.
 *
 * An image is read in one pass, without copying a string, and holds no
 * alignment, byte order or pointer:
 *
 *	   image	  = version kind ngrants nconditions nvalues body
 *	   body		  = condition, grant, or ngrants times grant; as kind says
 *	   grant	  = string (permission), count, count times condition
 *	   condition  = string (attribute), type * 4 + operator, [count,] values
 *	   value	  = string (string, or a number's decimal), or one byte 0 or 1
 *	   string	  = count, bytes
 *
 * Version, kind, type * 4 + operator are one byte each. The others are counts:
 * seven bits a byte, low ones first, the high bit set on all but the last byte,
 * in as few bytes as it takes. Only In has a count of values. The three totals
 * of the whole image come first, so that its arrays are allocated at once.
 *
 * Any bytes may be unpacked. What is allocated is bounded by the length of the
 * image, and all that makes a value well-formed is checked again.
 */
#include <string.h>

#include "core_internal.h"

#define VERSION		1

enum
{
	KIND_CONDITION = 1,
	KIND_GRANT,
	KIND_PRIVILEGES
};

/* ---- packing ---- */

static void
put_byte(rbac_buffer *buffer, uint8_t byte)
{
	rbac_buffer_append(buffer, &byte, 1);
}

static void
put_count(rbac_buffer *buffer, size_t count)
{
	for (; count > 0x7f; count >>= 7)
		put_byte(buffer, (uint8_t) (count & 0x7f) | 0x80);
	put_byte(buffer, (uint8_t) count);
}

static void
put_string(rbac_buffer *buffer, rbac_str s)
{
	put_count(buffer, s.len);
	rbac_buffer_append(buffer, s.data, s.len);
}

static void
put_header(rbac_buffer *buffer, uint8_t kind, const rbac_grant *grants, uint32_t ngrants)
{
	size_t		nconditions = 0;
	size_t		nvalues = 0;

	for (uint32_t i = 0; i < ngrants; i++)
	{
		nconditions += grants[i].nconditions;
		for (uint32_t j = 0; j < grants[i].nconditions; j++)
			nvalues += grants[i].conditions[j].nvalues;
	}
	put_byte(buffer, VERSION);
	put_byte(buffer, kind);
	put_count(buffer, kind == KIND_CONDITION ? 0 : ngrants);
	put_count(buffer, nconditions);
	put_count(buffer, nvalues);
}

static void
put_condition(rbac_buffer *buffer, const rbac_condition *condition, rbac_str attribute)
{
	rbac_type	type = condition->values[0].type;

	put_string(buffer, attribute);
	put_byte(buffer, (uint8_t) (type * 4 + condition->op));
	if (condition->op == RBAC_IN)
		put_count(buffer, condition->nvalues);
	for (uint32_t i = 0; i < condition->nvalues; i++)
	{
		if (type == RBAC_BOOLEAN)
			put_byte(buffer, condition->values[i].boolean);
		else
			put_string(buffer, condition->values[i].text);
	}
}

static void
put_grant(rbac_buffer *buffer, const rbac_grant *grant)
{
	put_string(buffer, grant->permission);
	put_count(buffer, grant->nconditions);
	for (uint32_t i = 0; i < grant->nconditions; i++)
		put_condition(buffer, &grant->conditions[i], grant->conditions[i].attribute);
}

bool
rbac_pack_condition(rbac_core *core, const rbac_condition *condition, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};
	const rbac_grant alone = {{NULL, 0}, 1, (rbac_condition *) condition};

	put_header(&buffer, KIND_CONDITION, &alone, 1);
	put_condition(&buffer, condition, (rbac_str) {NULL, 0});
	return rbac_buffer_finish(&buffer, out);
}

bool
rbac_pack_grant(rbac_core *core, const rbac_grant *grant, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	put_header(&buffer, KIND_GRANT, grant, 1);
	put_grant(&buffer, grant);
	return rbac_buffer_finish(&buffer, out);
}

bool
rbac_pack_privileges(rbac_core *core, const rbac_privileges *privileges, rbac_str *out)
{
	rbac_buffer buffer = {.core = core};

	put_header(&buffer, KIND_PRIVILEGES, privileges->grants, privileges->ngrants);
	for (uint32_t i = 0; i < privileges->ngrants; i++)
		put_grant(&buffer, &privileges->grants[i]);
	return rbac_buffer_finish(&buffer, out);
}

/* ---- unpacking ---- */

/* What is left of an image, and of the arrays that its totals promise. */
typedef struct reader
{
	rbac_core  *core;
	const char *at;
	size_t		left;
	uint32_t	grants_left;
	uint32_t	conditions_left;
	uint32_t	values_left;
	rbac_grant *grants;
	rbac_condition *conditions;
	rbac_value *values;
} reader;

static bool
corrupt(const reader *r)
{
	rbac_fail(r->core, RBAC_CORRUPT, "packed image is corrupt, %zu bytes before its end", r->left);
	return false;
}

static bool
get_byte(reader *r, uint8_t *out)
{
	if (r->left == 0)
		return corrupt(r);
	*out = (uint8_t) *r->at++;
	r->left--;
	return true;
}

/* A count of at most max, which is below 2^28. */
static bool
get_count(reader *r, uint32_t max, uint32_t *out)
{
	uint8_t		byte;

	*out = 0;
	for (int shift = 0; shift < 28; shift += 7)
	{
		if (!get_byte(r, &byte))
			return false;
		*out |= (uint32_t) (byte & 0x7f) << shift;
		if (byte < 0x80)
			return (*out <= max && (byte > 0 || shift == 0)) || corrupt(r);
	}
	return corrupt(r);
}

static bool
get_string(reader *r, uint32_t max, rbac_str *out)
{
	uint32_t	len;

	if (!get_count(r, max, &len))
		return false;
	if (len > r->left)
		return corrupt(r);
	out->data = r->at;
	out->len = len;
	r->at += len;
	r->left -= len;
	return true;
}

/* Claim n members of one of the promised arrays. */
static bool
take(reader *r, uint32_t n, uint32_t *left)
{
	if (n > *left)
		return corrupt(r);
	*left -= n;
	return true;
}

static bool
get_value(reader *r, rbac_type type, rbac_value *out)
{
	uint8_t		byte;

	memset(out, 0, sizeof(*out));
	out->type = type;
	switch (type)
	{
		case RBAC_STRING:
			return get_string(r, RBAC_MAX_STRING, &out->text) && (rbac_text_is_valid(out->text) || corrupt(r));
		case RBAC_NUMBER:
			return get_string(r, RBAC_MAX_DIGITS + 2, &out->text) &&
				(rbac_number_is_canonical(out->text) || corrupt(r));
		case RBAC_BOOLEAN:
			if (!get_byte(r, &byte))
				return false;
			out->boolean = byte == 1;
			return byte <= 1 || corrupt(r);
	}
	return corrupt(r);
}

static bool
get_condition(reader *r, rbac_condition *out)
{
	uint8_t		form;

	memset(out, 0, sizeof(*out));
	if (!get_string(r, 4 * RBAC_MAX_NAME, &out->attribute) || !get_byte(r, &form))
		return false;
	out->op = form & 3;
	out->nvalues = 1;
	if (out->op < RBAC_EQUALS)
		return corrupt(r);
	if (out->op == RBAC_IN && !get_count(r, RBAC_MAX_VALUES, &out->nvalues))
		return false;
	if (out->nvalues == 0)
		return corrupt(r);
	out->values = r->values;
	if (!take(r, out->nvalues, &r->values_left))
		return false;
	r->values += out->nvalues;
	for (uint32_t i = 0; i < out->nvalues; i++)
		if (!get_value(r, form >> 2, &out->values[i]))
			return false;
	return true;
}

static bool
get_grant(reader *r, rbac_grant *out)
{
	memset(out, 0, sizeof(*out));
	if (!get_string(r, 4 * RBAC_MAX_NAME, &out->permission) ||
		!get_count(r, RBAC_MAX_CONDITIONS, &out->nconditions))
		return false;
	if (!rbac_permission_name_is_valid(out->permission))
		return corrupt(r);
	out->conditions = r->conditions;
	if (!take(r, out->nconditions, &r->conditions_left))
		return false;
	r->conditions += out->nconditions;
	for (uint32_t i = 0; i < out->nconditions; i++)
	{
		if (!get_condition(r, &out->conditions[i]))
			return false;
		if (!rbac_attribute_name_is_valid(out->conditions[i].attribute) ||
			(i > 0 && rbac_str_compare(out->conditions[i - 1].attribute, out->conditions[i].attribute) >= 0))
			return corrupt(r);
	}
	return true;
}

/*
 * Read the header and allocate what it promises. A grant takes three bytes at
 * least, a condition two besides its values, a value one; so a promise that
 * exceeds the image is refused before anything is allocated.
 */
static bool
open_image(reader *r, rbac_core *core, const char *image, size_t len, uint8_t kind)
{
	const uint32_t most = (UINT32_C(1) << 28) - 1;
	uint8_t		version;
	uint8_t		actual;

	*r = (reader) {.core = core, .at = image, .left = len};
	if (!get_byte(r, &version) || !get_byte(r, &actual))
		return false;
	if (version != VERSION || actual != kind)
		return corrupt(r);
	if (!get_count(r, RBAC_MAX_GRANTS, &r->grants_left) || !get_count(r, most, &r->conditions_left) ||
		!get_count(r, most, &r->values_left))
		return false;
	if ((uint64_t) 3 * r->grants_left + (uint64_t) 2 * r->conditions_left + r->values_left > r->left)
		return corrupt(r);
	r->grants = rbac_alloc(core, r->grants_left, sizeof(*r->grants));
	r->conditions = rbac_alloc(core, r->conditions_left, sizeof(*r->conditions));
	r->values = rbac_alloc(core, r->values_left, sizeof(*r->values));
	return r->grants != NULL && r->conditions != NULL && r->values != NULL;
}

/* All bytes and all that was promised must be used up. */
static bool
close_image(const reader *r)
{
	if (r->left > 0 || r->grants_left > 0 || r->conditions_left > 0 || r->values_left > 0)
		return corrupt(r);
	return true;
}

bool
rbac_unpack_condition(rbac_core *core, const char *image, size_t len, rbac_condition *out)
{
	reader		r;

	if (!open_image(&r, core, image, len, KIND_CONDITION) || !take(&r, 1, &r.conditions_left) ||
		!get_condition(&r, out))
		return false;
	return out->attribute.len == 0 ? close_image(&r) : corrupt(&r);
}

bool
rbac_unpack_grant(rbac_core *core, const char *image, size_t len, rbac_grant *out)
{
	reader		r;

	return open_image(&r, core, image, len, KIND_GRANT) && take(&r, 1, &r.grants_left) && get_grant(&r, out) &&
		close_image(&r);
}

bool
rbac_unpack_privileges(rbac_core *core, const char *image, size_t len, rbac_privileges *out)
{
	reader		r;

	if (!open_image(&r, core, image, len, KIND_PRIVILEGES))
		return false;
	out->ngrants = r.grants_left;
	out->grants = r.grants;
	for (uint32_t i = 0; i < out->ngrants; i++)
		if (!get_grant(&r, &out->grants[i]))
			return false;
	r.grants_left = 0;
	return close_image(&r);
}
