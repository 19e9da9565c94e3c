/* match.c - does a set of privileges allow a request? The oracle knows; see fuzz.h. */
#include "fuzz.h"
#include "oracle.h"

static void
must_agree(rbac_core *core, const rbac_privileges *set, const rbac_request *request, fuzz_bytes *bytes)
{
	static const rbac_str names[] = {{NULL, 0}, {"a", 1}, {"b", 1}};
	rbac_identity identity = {names[fuzz_below(bytes, 3)], names[fuzz_below(bytes, 3)]};
	bool		allowed = oracle_allows(set, request, &identity);
	rbac_privileges resolved;

	must(rbac_privileges_allow(set, request, &identity) == allowed);
	must(rbac_resolve(core, set, &identity, &resolved));
	must(rbac_privileges_allow(&resolved, request, NULL) == allowed);
}

/* Restricting to a value that no placeholder hides is asking for that value too. */
static void
must_restrict(rbac_core *core, const rbac_privileges *set, const rbac_request *request, fuzz_bytes *bytes)
{
	static const rbac_identity identity = {{"a", 1}, {"b", 1}};
	rbac_str	attribute = fuzz_attribute(bytes);
	rbac_value	value = fuzz_value(bytes);
	bool		allowed = oracle_allows(set, request, &identity);
	bool		has_value = false;
	rbac_privileges narrow;

	for (uint32_t i = 0; i < request->nattributes; i++)
		if (rbac_str_equal(request->attributes[i].name, attribute))
			has_value = rbac_value_equal(&request->attributes[i].value, &value);
	must(rbac_resolve(core, set, &identity, &narrow));
	must(rbac_restrict(core, &narrow, attribute, &value, &narrow));
	must(rbac_privileges_allow(&narrow, request, NULL) == (allowed && has_value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	fuzz_bytes	bytes = {data, size};
	rbac_privileges set = fuzz_privileges(&bytes, &memory);
	rbac_request request = fuzz_request(&bytes, &memory);

	must_agree(&core, &set, &request, &bytes);
	must_restrict(&core, &set, &request, &bytes);
	arena_free(&memory);
	return 0;
}
