/*
 * name.c - permission names and attribute names.
 *
 * A permission name is "*", "Category:*" or "Category:Action". The category is
 * the text before the first ':'; category and action are not empty, and no '*'
 * stands elsewhere. Names hold no control characters.
 */
#include <string.h>

#include "core_internal.h"

/* U+0000 to U+001F, U+007F to U+009F. */
static bool
has_control(rbac_str s)
{
	for (size_t i = 0; i < s.len; i++)
	{
		unsigned char c = (unsigned char) s.data[i];

		if (c < 0x20 || c == 0x7f)
			return true;
		if (c == 0xc2 && i + 1 < s.len && (unsigned char) s.data[i + 1] < 0xa0)
			return true;
	}
	return false;
}

static bool
is_name(rbac_str s)
{
	return s.len > 0 && s.len <= 4 * RBAC_MAX_NAME && rbac_text_is_valid(s) &&
		rbac_text_characters(s) <= RBAC_MAX_NAME;
}

bool
rbac_attribute_name_is_valid(rbac_str name)
{
	return is_name(name);
}

/* The text before the first ':'; data is NULL if there is none. */
rbac_str
rbac_permission_name_category(rbac_str name)
{
	const char *colon = name.len > 0 ? memchr(name.data, ':', name.len) : NULL;

	if (colon == NULL)
		return (rbac_str) {NULL, 0};
	return (rbac_str) {name.data, (size_t) (colon - name.data)};
}

bool
rbac_permission_name_is_valid(rbac_str name)
{
	rbac_str	category = rbac_permission_name_category(name);
	rbac_str	action;

	if (rbac_str_equal(name, RBAC_LITERAL("*")))
		return true;
	if (!is_name(name) || has_control(name) || category.len == 0)
		return false;
	action.data = category.data + category.len + 1;
	action.len = name.len - category.len - 1;
	if (memchr(category.data, '*', category.len) != NULL || action.len == 0)
		return false;
	return rbac_str_equal(action, RBAC_LITERAL("*")) || memchr(action.data, '*', action.len) == NULL;
}

bool
rbac_permission_name_is_wildcard(rbac_str name)
{
	rbac_str	category = rbac_permission_name_category(name);

	if (category.data == NULL)
		return rbac_str_equal(name, RBAC_LITERAL("*"));
	return category.len + 2 == name.len && name.data[name.len - 1] == '*';
}

bool
rbac_permission_name_covers(rbac_str grant, rbac_str literal)
{
	if (rbac_str_equal(grant, RBAC_LITERAL("*")))
		return true;
	if (rbac_permission_name_is_wildcard(grant))
		return literal.len >= grant.len && memcmp(grant.data, literal.data, grant.len - 1) == 0;
	return rbac_str_equal(grant, literal);
}
