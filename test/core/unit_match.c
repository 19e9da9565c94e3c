/*
 * unit_match.c - which values meet a condition, which names a wildcard covers,
 * which requests privileges allow; and rewriting, judged by what it allows.
 */
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "unit.h"

/* ---- conditions ---- */

#define NOBODY NULL, NULL

/* JSON with ' for "; no value: missing. */
static const struct
{
	const char *condition;
	const char *value;
	const char *user_id;
	const char *organization;
	bool		met;
}			conditions[] = {
	{"{'type':'Equals','value':'a'}", "'a'", NOBODY, true},
	{"{'type':'Equals','value':'a'}", "'A'", NOBODY, false},
	{"{'type':'Equals','value':'a'}", "'a '", NOBODY, false},
	{"{'type':'Equals','value':'a'}", "''", NOBODY, false},
	{"{'type':'Equals','value':'a'}", NULL, NOBODY, false},
	{"{'type':'Equals','value':''}", "''", NOBODY, true},
	{"{'type':'Equals','value':''}", NULL, NOBODY, false},
	{"{'type':'Equals','value':'\xC3\xA9'}", "'\\u00e9'", NOBODY, true},
	{"{'type':'Equals','value':'\xC3\xA9'}", "'e\\u0301'", NOBODY, false},	/* bytewise */
	{"{'type':'Equals','value':1}", "1", NOBODY, true},
	{"{'type':'Equals','value':1}", "1.0", NOBODY, true},
	{"{'type':'Equals','value':10e-1}", "1", NOBODY, true},
	{"{'type':'Equals','value':0}", "-0.0", NOBODY, true},
	{"{'type':'Equals','value':1}", "'1'", NOBODY, false},
	{"{'type':'Equals','value':1}", "true", NOBODY, false},
	{"{'type':'Equals','value':1}", "1.0000000000000000000001", NOBODY, false},
	{"{'type':'Equals','value':9007199254740993}", "9007199254740992", NOBODY, false},
	{"{'type':'Equals','value':'true'}", "true", NOBODY, false},
	{"{'type':'Equals','value':true}", "true", NOBODY, true},
	{"{'type':'Equals','value':true}", "false", NOBODY, false},
	{"{'type':'Equals','value':true}", "'true'", NOBODY, false},
	{"{'type':'Equals','value':false}", NULL, NOBODY, false},
	{"{'type':'Equals','value':false}", "0", NOBODY, false},

	{"{'type':'In','values':['a','b']}", "'a'", NOBODY, true},
	{"{'type':'In','values':['a','b']}", "'b'", NOBODY, true},
	{"{'type':'In','values':['a','b']}", "'c'", NOBODY, false},
	{"{'type':'In','values':['a','b']}", "1", NOBODY, false},
	{"{'type':'In','values':['a','b']}", NULL, NOBODY, false},
	{"{'type':'In','values':[3,1,2.5]}", "2.50", NOBODY, true},
	{"{'type':'In','values':[3,1,2.5]}", "2", NOBODY, false},
	{"{'type':'In','values':[true,false]}", "false", NOBODY, true},
	{"{'type':'In','values':[true,false]}", NULL, NOBODY, false},

	{"{'type':'NotEquals','value':'a'}", "'b'", NOBODY, true},
	{"{'type':'NotEquals','value':'a'}", "'a'", NOBODY, false},
	{"{'type':'NotEquals','value':'a'}", NULL, NOBODY, false},
	{"{'type':'NotEquals','value':'a'}", "1", NOBODY, false},
	{"{'type':'NotEquals','value':'a'}", "true", NOBODY, false},
	{"{'type':'NotEquals','value':1}", "2", NOBODY, true},
	{"{'type':'NotEquals','value':1}", "1.0", NOBODY, false},
	{"{'type':'NotEquals','value':1}", "'1'", NOBODY, false},
	{"{'type':'NotEquals','value':1}", "false", NOBODY, false},
	{"{'type':'NotEquals','value':true}", "false", NOBODY, true},
	{"{'type':'NotEquals','value':true}", "true", NOBODY, false},
	{"{'type':'NotEquals','value':true}", NULL, NOBODY, false},

	{"{'type':'Equals','value':'{self_user_id}'}", "'bob'", "bob", "acme", true},
	{"{'type':'Equals','value':'{self_user_id}'}", "'acme'", "bob", "acme", false},
	{"{'type':'Equals','value':'{self_user_id}'}", "'{self_user_id}'", "bob", "acme", false},
	{"{'type':'Equals','value':'{self_user_id}'}", "'{self_user_id}'", NOBODY, true},
	{"{'type':'Equals','value':'{self_user_id}'}", "'bob'", NOBODY, false},
	{"{'type':'Equals','value':'{self_user_id}'}", "'bob'", NULL, "bob", false},
	{"{'type':'Equals','value':'{self_user_id}'}", NULL, "bob", "acme", false},
	{"{'type':'Equals','value':'{self_user_id}'}", "1", "1", "acme", false},
	{"{'type':'Equals','value':'{self_org_id}'}", "'acme'", "bob", "acme", true},
	{"{'type':'Equals','value':'{self_org_id}'}", "'bob'", "bob", "acme", false},
	{"{'type':'Equals','value':'{self_org_id}'}", "'{self_org_id}'", "bob", NULL, true},
	{"{'type':'NotEquals','value':'{self_user_id}'}", "'bob'", "bob", "acme", false},
	{"{'type':'NotEquals','value':'{self_user_id}'}", "'eve'", "bob", "acme", true},
	{"{'type':'NotEquals','value':'{self_user_id}'}", "'{self_user_id}'", "bob", "acme", true},
	{"{'type':'NotEquals','value':'{self_user_id}'}", "'{self_user_id}'", NOBODY, false},
	{"{'type':'NotEquals','value':'{self_user_id}'}", NULL, "bob", "acme", false},
	{"{'type':'In','values':['eve','{self_user_id}','{self_org_id}']}", "'eve'", "bob", "acme", true},
	{"{'type':'In','values':['eve','{self_user_id}','{self_org_id}']}", "'bob'", "bob", "acme", true},
	{"{'type':'In','values':['eve','{self_user_id}','{self_org_id}']}", "'acme'", "bob", "acme", true},
	{"{'type':'In','values':['eve','{self_user_id}','{self_org_id}']}", "'tom'", "bob", "acme", false},

	/* only the whole string is a placeholder, and it is replaced once */
	{"{'type':'Equals','value':'x{self_user_id}'}", "'xbob'", "bob", "acme", false},
	{"{'type':'Equals','value':'x{self_user_id}'}", "'x{self_user_id}'", "bob", "acme", true},
	{"{'type':'Equals','value':'{SELF_USER_ID}'}", "'bob'", "bob", "acme", false},
	{"{'type':'Equals','value':'{self_user_id}'}", "'{self_org_id}'", "{self_org_id}", "acme", true},
	{"{'type':'Equals','value':'{self_user_id}'}", "'acme'", "{self_org_id}", "acme", false},
};

static rbac_identity
identity_of(const char *user_id, const char *organization)
{
	rbac_identity identity = {0};

	if (user_id != NULL)
		identity.user_id = str(user_id);
	if (organization != NULL)
		identity.organization = str(organization);
	return identity;
}

/* Attributes given as JSON with ' for ", as a request for a permission. */
static rbac_request
request_for(arena *memory, const char *permission, const char *attributes)
{
	rbac_core	core = arena_core(memory);
	rbac_str	json = quoted(memory, attributes);
	rbac_request request;

	if (!rbac_parse_attributes(&core, json.data, json.len, &request))
		bail_out("%s: %s", attributes, core.error.message);
	request.permission = str(permission);
	return request;
}

static void
test_conditions(void)
{
	for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_str	json = quoted(&memory, conditions[i].condition);
		rbac_identity identity = identity_of(conditions[i].user_id, conditions[i].organization);
		bool		nobody = identity.user_id.data == NULL && identity.organization.data == NULL;
		rbac_condition condition;
		rbac_request request = {0};
		char		attributes[64] = "{'x':";
		bool		met;

		if (!rbac_parse_condition(&core, json.data, json.len, &condition))
			bail_out("%s: %s", conditions[i].condition, core.error.message);
		if (conditions[i].value != NULL)
			request = request_for(&memory, "A:B", strcat(strcat(attributes, conditions[i].value), "}"));
		met = rbac_condition_met(&condition, request.nattributes > 0 ? &request.attributes[0].value : NULL,
								 nobody ? NULL : &identity);
		ok(met == conditions[i].met, "%s is %smet by %s, user %s, organization %s", conditions[i].condition,
		   conditions[i].met ? "" : "not ", conditions[i].value == NULL ? "missing" : conditions[i].value,
		   conditions[i].user_id == NULL ? "-" : conditions[i].user_id,
		   conditions[i].organization == NULL ? "-" : conditions[i].organization);
		arena_free(&memory);
	}
}

/* ---- permission names ---- */

static const struct
{
	const char *grant;
	const char *literal;
	bool		covers;
}			names[] = {
	{"Doc:Read", "Doc:Read", true},
	{"Doc:Read", "Doc:Write", false},
	{"Doc:Read", "doc:read", false},
	{"Doc:Read", "Doc:ReadAll", false},
	{"Doc:ReadAll", "Doc:Read", false},
	{"Doc:*", "Doc:Read", true},
	{"Doc:*", "Doc:R", true},
	{"Doc:*", "Document:Read", false},
	{"Doc:*", "Do:Read", false},
	{"Doc:*", "D:Read", false},
	{"Doc:*", "XDoc:Read", false},
	{"*", "Doc:Read", true},
	{"*", "A:B", true},
	{"A:*", "A:B:C", true},
	{"A:B", "A:B:C", false},
};

static const char *const invalid_names[] = {"", "A", ":", "A:", ":B", "*:", ":*", "*:*", "*:B", "A:B*", "A:*B", "A*:B",
	"A:**", "**", "A.B", "A:*:*", "A:B:*", "A:B\n", "A\x7F:B", "A:\xC2\x85", "A:\xFF"
};

static void
test_names(void)
{
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		ok(rbac_permission_name_covers(str(names[i].grant), str(names[i].literal)) == names[i].covers,
		   "%s %s %s", names[i].grant, names[i].covers ? "covers" : "does not cover", names[i].literal);
	for (size_t i = 0; i < sizeof invalid_names / sizeof invalid_names[0]; i++)
		ok(!rbac_permission_name_is_valid(str(invalid_names[i])), "no permission name: \"%s\"", invalid_names[i]);
	ok(rbac_permission_name_is_valid(str("Doc:Read")) && !rbac_permission_name_is_wildcard(str("Doc:Read")),
	   "Doc:Read is a literal name");
	ok(rbac_permission_name_is_valid(str("My docs:Read all")), "names may have spaces");
	ok(rbac_permission_name_is_valid(str("Doc:*")) && rbac_permission_name_is_wildcard(str("Doc:*")),
	   "Doc:* is a wildcard");
	ok(rbac_permission_name_is_valid(str("*")) && rbac_permission_name_is_wildcard(str("*")), "* is a wildcard");
	ok(!rbac_permission_name_is_valid((rbac_str) {0}), "no permission name: nothing");
}

/* ---- requests ---- */

static const struct
{
	const char *privileges;
	const char *permission;
	const char *attributes;
	bool		allowed;
}			requests[] = {
	{"", "Doc:Read", "{}", false},
	{"Doc:Read", "Doc:Read", "{}", true},
	{"Doc:Read", "Doc:Read", "{'x':1}", true},
	{"Doc:Read", "Doc:Write", "{}", false},
	{"Doc:*", "Doc:Write", "{}", true},
	{"Doc:*", "Dok:Write", "{}", false},
	{"*", "Doc:Write", "{}", true},
	{"* x=1", "Doc:Write", "{'x':1}", true},
	{"* x=1", "Doc:Write", "{'x':2}", false},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'x':1,'y':'a'}", true},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'x':1,'y':'a','z':true}", true},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'x':1,'y':'b'}", false},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'x':1}", false},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'y':'a'}", false},
	{"Doc:Read x=1 y='a'", "Doc:Read", "{'x':1,'y':null}", false},
	{"Doc:Read x=1; Doc:Read y='a'", "Doc:Read", "{'y':'a'}", true},
	{"Doc:Read x=1; Doc:Read y='a'", "Doc:Read", "{'x':1}", true},
	{"Doc:Read x=1; Doc:Read y='a'", "Doc:Read", "{'x':2,'y':'b'}", false},
	{"Doc:Read x=1; Doc:Write y='a'", "Doc:Read", "{'y':'a'}", false},
	{"Doc:Read x!=1", "Doc:Read", "{'x':2}", true},
	{"Doc:Read x!=1", "Doc:Read", "{'x':1}", false},
	{"Doc:Read x!=1", "Doc:Read", "{'x':'2'}", false},
	{"Doc:Read x!=1", "Doc:Read", "{}", false},
	{"Doc:Read b=1 d=1", "Doc:Read", "{'a':1,'b':1,'c':1,'d':1,'e':1}", true},
	{"Doc:Read b=1 d=1", "Doc:Read", "{'a':1,'b':1,'c':1,'e':1}", false},
	{"Doc:Read owner='{self_user_id}'", "Doc:Read", "{'owner':'bob'}", true},
	{"Doc:Read owner='{self_user_id}'", "Doc:Read", "{'owner':'eve'}", false},
	{"Doc:Read owner='{self_user_id}' org_id='{self_org_id}'", "Doc:Read", "{'owner':'bob','org_id':'acme'}", true},
	{"Doc:Read owner='{self_user_id}' org_id='{self_org_id}'", "Doc:Read", "{'owner':'acme','org_id':'bob'}", false},
};

static void
test_requests(void)
{
	rbac_identity bob = identity_of("bob", "acme");

	for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
	{
		arena		memory = {0};
		rbac_privileges privs = privileges(&memory, requests[i].privileges);
		rbac_request request = request_for(&memory, requests[i].permission, requests[i].attributes);
		bool		by_grant = false;

		for (uint32_t j = 0; j < privs.ngrants; j++)
			by_grant |= rbac_grant_allows(&privs.grants[j], &request, &bob);
		ok(rbac_privileges_allow(&privs, &request, &bob) == requests[i].allowed && by_grant == requests[i].allowed,
		   "{%s} %s %s %s", requests[i].privileges, requests[i].allowed ? "allow" : "do not allow",
		   requests[i].permission, requests[i].attributes);
		arena_free(&memory);
	}
}

/* ---- rewriting ---- */

static const struct
{
	const char *in;
	const char *user_id;
	const char *organization;
	const char *out;
}			resolutions[] = {
	{"", "bob", "acme", ""},
	{"A:B x='{self_user_id}' y='{self_org_id}'", "bob", "acme", "A:B x='bob' y='acme'"},
	{"A:B x='{self_user_id}' y='{self_org_id}'", "bob", NULL, "A:B x='bob' y='{self_org_id}'"},
	{"A:B x='{self_user_id}' y='{self_org_id}'", NULL, "acme", "A:B x='{self_user_id}' y='acme'"},
	{"A:B x='{self_user_id}' y='{self_org_id}'", NULL, NULL, "A:B x='{self_user_id}' y='{self_org_id}'"},
	{"A:B x!='{self_user_id}'; A:C x=['a','{self_org_id}','b']", "bob", "acme", "A:B x!='bob'; A:C x=['a','acme','b']"},
	{"A:B x='{self_user_id}'", "{self_org_id}", "acme", "A:B x='{self_org_id}'"},
	{"A:B x='{self_org_id}'", "bob", "{self_user_id}", "A:B x='{self_user_id}'"},
	{"A:B x='{self_user_id}x'", "bob", "acme", "A:B x='{self_user_id}x'"},
	{"A:B x=1 y=true", "bob", "acme", "A:B x=1 y=true"},
};

static void
test_resolve(void)
{
	for (size_t i = 0; i < sizeof resolutions / sizeof resolutions[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_privileges in = privileges(&memory, resolutions[i].in);
		rbac_privileges expected = privileges(&memory, resolutions[i].out);
		rbac_identity identity = identity_of(resolutions[i].user_id, resolutions[i].organization);
		const char *before = privileges_text(&memory, &in);
		rbac_privileges out;

		if (!rbac_resolve(&core, &in, &identity, &out))
			bail_out("%s: %s", resolutions[i].in, core.error.message);
		is(str(privileges_text(&memory, &out)), privileges_text(&memory, &expected), resolutions[i].in);
		ok(strcmp(privileges_text(&memory, &in), before) == 0, "the input of resolve is left as it was");
		arena_free(&memory);
	}
}

static const struct
{
	const char *in;
	const char *out;			/* restricted to x = "a" */
}			restrictions[] = {
	{"", ""},
	{"A:B", "A:B x='a'"},
	{"A:B x='a'", "A:B x='a'"},
	{"A:B x='b'", ""},
	{"A:B x!='b'", "A:B x='a'"},
	{"A:B x!='a'", ""},
	{"A:B x=['b','a']", "A:B x='a'"},
	{"A:B x=['b','c']", ""},
	{"A:B x=1", ""},
	{"A:B x!=1", ""},
	{"A:B x=true", ""},
	{"A:B w=1 y=2", "A:B w=1 x='a' y=2"},
	{"A:B xx='a'", "A:B x='a' xx='a'"},
	{"A:* w='{self_user_id}'; A:B x='b'; * x!='b' y=1", "A:* w='{self_user_id}' x='a'; * x='a' y=1"},
};

static void
test_restrict(void)
{
	rbac_value	a = string_value("a");

	for (size_t i = 0; i < sizeof restrictions / sizeof restrictions[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_privileges in = privileges(&memory, restrictions[i].in);
		rbac_privileges expected = privileges(&memory, restrictions[i].out);
		const char *before = privileges_text(&memory, &in);
		rbac_privileges out;
		bool		same = false;

		if (!rbac_restrict(&core, &in, str("x"), &a, &out) || !rbac_same_grants(&core, &out, &expected, &same))
			bail_out("%s: %s", restrictions[i].in, core.error.message);
		if (!ok(same, "{%s} restricted to x='a' is {%s}", restrictions[i].in, restrictions[i].out))
			diag("got: %s", privileges_text(&memory, &out));
		ok(strcmp(privileges_text(&memory, &in), before) == 0, "the input of restrict is left as it was");
		arena_free(&memory);
	}
}

static void
restrict_to(const rbac_value *value, const char *out, const char *name)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges in = privileges(&memory, "A:B x!=1; A:C x!=true; A:D x=[1,2]; A:E x='2'; A:F");
	rbac_privileges expected = privileges(&memory, out);
	rbac_privileges got;

	if (!rbac_restrict(&core, &in, str("x"), value, &got))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &got)), privileges_text(&memory, &expected), name);
	arena_free(&memory);
}

static void
test_restrict_types(void)
{
	rbac_value	two = number_value("2");
	rbac_value	no = boolean_value(false);

	restrict_to(&two, "A:B x=2; A:D x=2; A:F x=2", "restricted to a number");
	restrict_to(&no, "A:C x=false; A:F x=false", "restricted to a boolean");
}

/* A restriction may need one condition more than there may be. */
static void
test_restrict_limit(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	char		text[RBAC_MAX_CONDITIONS * 8 + 8] = "A:B";
	rbac_value	one = number_value("1");
	rbac_privileges in;
	rbac_privileges out;

	for (int i = 0; i < RBAC_MAX_CONDITIONS; i++)
		sprintf(text + strlen(text), " x%d=1", i);
	in = privileges(&memory, text);
	ok(rbac_restrict(&core, &in, str("x7"), &one, &out) && out.ngrants == 1, "as many conditions as there may be");
	ok(!rbac_restrict(&core, &in, str("y"), &one, &out) && core.error.status == RBAC_LIMIT, "one condition too many");
	arena_free(&memory);
}

static void
test_union(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_privileges a = privileges(&memory, "A:B x=1; A:C");
	rbac_privileges b = privileges(&memory, "A:C; A:A y='a'");
	rbac_privileges none = privileges(&memory, "");
	rbac_privileges expected = privileges(&memory, "A:B x=1; A:C; A:C; A:A y='a'");
	rbac_grant	grants[RBAC_MAX_GRANTS] = {{.permission = str("A:B")}};
	rbac_privileges many = {RBAC_MAX_GRANTS, grants};
	rbac_privileges fewer = {RBAC_MAX_GRANTS - 2, grants};
	rbac_privileges out;

	if (!rbac_union(&core, &a, &b, &out))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &out)), privileges_text(&memory, &expected), "union keeps order and duplicates");
	if (!rbac_union(&core, &none, &b, &out))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &out)), privileges_text(&memory, &b), "union with nothing");
	ok(rbac_union(&core, &none, &none, &out) && out.ngrants == 0, "union of nothing");
	ok(rbac_union(&core, &fewer, &a, &out) && out.ngrants == RBAC_MAX_GRANTS, "union of as many grants as there may be");
	ok(!rbac_union(&core, &many, &a, &out) && core.error.status == RBAC_LIMIT, "union of too many grants");
	arena_free(&memory);
}

/*
 * The result may take the place of an input.  Were it emptied first, a set of
 * rights to be judged would silently become one that anybody covers.
 */
static void
test_rewriting_in_place(void)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_identity bob = identity_of("bob", "acme");
	rbac_value	a = string_value("a");
	rbac_privileges set = privileges(&memory, "A:B o='{self_user_id}'; A:C");
	rbac_privileges other = privileges(&memory, "A:D");
	rbac_privileges resolved = privileges(&memory, "A:B o='bob'; A:C");
	rbac_privileges restricted = privileges(&memory, "A:B o='bob' x='a'; A:C x='a'");
	rbac_privileges united = privileges(&memory, "A:B o='bob' x='a'; A:C x='a'; A:D");
	rbac_privileges doubled = privileges(&memory, "A:D; A:B o='bob' x='a'; A:C x='a'; A:D");

	if (!rbac_resolve(&core, &set, &bob, &set))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &set)), privileges_text(&memory, &resolved), "resolved in place");
	set = resolved;
	if (!rbac_restrict(&core, &set, str("x"), &a, &set))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &set)), privileges_text(&memory, &restricted), "restricted in place");
	set = restricted;
	if (!rbac_union(&core, &set, &other, &set))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &set)), privileges_text(&memory, &united), "united in place of the first");
	set = united;
	if (!rbac_union(&core, &other, &set, &set))
		bail_out("%s", core.error.message);
	is(str(privileges_text(&memory, &set)), privileges_text(&memory, &doubled), "united in place of the second");
	arena_free(&memory);
}

/* ---- the same grants ---- */

static const struct
{
	const char *a;
	const char *b;
	bool		same;
}			sames[] = {
	{"", "", true},
	{"A:B", "", false},
	{"A:B", "A:B", true},
	{"A:B", "A:B; A:B", true},
	{"A:B; A:C", "A:C; A:B", true},
	{"A:B; A:C", "A:B", false},
	{"A:B x=1", "A:B x=1.0", true},
	{"A:B x=1", "A:B x='1'", false},
	{"A:B x=1", "A:B x=[1]", true},
	{"A:B x=1", "A:B x=[1,1.0]", true},
	{"A:B x=['a','b']", "A:B x=['b','a','b']", true},
	{"A:B x=['a','b']", "A:B x='a'; A:B x='b'", false},	/* equal, but not the same */
	{"A:B x=1 y=2", "A:B y=2 x=1", true},
	{"A:B x=1", "A:B y=1", false},
	{"A:B x!=1", "A:B x=1", false},
	{"A:B x!=true", "A:B x=false", false},
	{"A:B x=[true,false]", "A:B x=[false,true]", true},
	{"A:B", "A:*", false},
	{"A:*; A:B", "A:*", false},
	{"A:B x='{self_user_id}'", "A:B x=['{self_user_id}']", true},
	{"A:B x='{self_user_id}'", "A:B x='{self_org_id}'", false},
	{"A:B; A:B; A:C", "A:B; A:C; A:C", true},
};

static void
test_same_grants(void)
{
	for (size_t i = 0; i < sizeof sames / sizeof sames[0]; i++)
	{
		arena		memory = {0};
		rbac_core	core = arena_core(&memory);
		rbac_privileges a = privileges(&memory, sames[i].a);
		rbac_privileges b = privileges(&memory, sames[i].b);
		const char *before = privileges_text(&memory, &a);
		bool		there;
		bool		back;

		if (!rbac_same_grants(&core, &a, &b, &there) || !rbac_same_grants(&core, &b, &a, &back))
			bail_out("%s", core.error.message);
		ok(there == sames[i].same && back == sames[i].same, "{%s} and {%s} are %sthe same grants",
		   sames[i].a, sames[i].b, sames[i].same ? "" : "not ");
		ok(strcmp(privileges_text(&memory, &a), before) == 0, "the input of same_grants is left as it was");
		arena_free(&memory);
	}
}

static void
test_strings(void)
{
	rbac_str	nothing = {0};

	ok(rbac_str_compare(str("a"), str("b")) < 0 && rbac_str_compare(str("b"), str("a")) > 0 &&
	   rbac_str_compare(str("a"), str("a")) == 0, "strings are ordered");
	ok(rbac_str_compare(str("a"), str("ab")) < 0 && rbac_str_compare(str("ab"), str("b")) < 0 &&
	   rbac_str_compare(str(""), str("a")) < 0, "a prefix comes first");
	ok(rbac_str_compare(str("z"), str("\xC3\xA9")) < 0, "bytes are compared unsigned");
	ok(rbac_str_equal(nothing, str("")) && rbac_str_compare(nothing, str("")) == 0 && !rbac_str_equal(nothing, str("a")),
	   "an empty string needs no data");
}

void
test_match(void)
{
	test_strings();
	test_conditions();
	test_names();
	test_requests();
	test_resolve();
	test_restrict();
	test_restrict_types();
	test_restrict_limit();
	test_union();
	test_rewriting_in_place();
	test_same_grants();
}
