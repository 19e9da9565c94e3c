/*
 * unit_pack.c - packed images: the round trip, and images that nobody packed.
 *
 * Whatever the bytes, unpacking must not crash, must say RBAC_CORRUPT or give
 * a value that prints as JSON that parses, and must not ask for memory out of
 * proportion to the image.
 */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "unit.h"

#define MAX_IMAGE 1024
#define BYTES_PER_IMAGE_BYTE 64 /* a boolean of a few bytes becomes an rbac_value */

typedef enum kind
{
	CONDITION,
	GRANT,
	PRIVILEGES
} kind;

static const char *const kind_names[] = {"condition", "grant", "privileges"};

static bool
pack(rbac_core *core, kind kind, rbac_str json, rbac_str *image)
{
	rbac_condition condition;
	rbac_grant	grant;
	rbac_privileges privileges;

	switch (kind)
	{
		case CONDITION:
			return rbac_parse_condition(core, json.data, json.len, &condition) &&
				rbac_pack_condition(core, &condition, image);
		case GRANT:
			return rbac_parse_grant(core, json.data, json.len, &grant) &&
				rbac_pack_grant(core, &grant, image);
		case PRIVILEGES:
			return rbac_parse_privileges(core, json.data, json.len, &privileges) &&
				rbac_pack_privileges(core, &privileges, image);
	}
	abort();
}

/* Unpack and print; *unpacked says whether the first of the two was done. */
static bool
unpack(rbac_core *core, kind kind, rbac_str image, bool *unpacked, rbac_str *json)
{
	rbac_condition condition;
	rbac_grant	grant;
	rbac_privileges privileges;

	switch (kind)
	{
		case CONDITION:
			*unpacked = rbac_unpack_condition(core, image.data, image.len, &condition);
			return *unpacked && rbac_print_condition(core, &condition, json);
		case GRANT:
			*unpacked = rbac_unpack_grant(core, image.data, image.len, &grant);
			return *unpacked && rbac_print_grant(core, &grant, json);
		case PRIVILEGES:
			*unpacked = rbac_unpack_privileges(core, image.data, image.len, &privileges);
			return *unpacked && rbac_print_privileges(core, &privileges, json);
	}
	abort();
}

/* ---- round trips ---- */

/* Canonical JSON, with ' for ": it comes back byte for byte. */
static const struct
{
	kind		kind;
	const char *json;
}			values[] = {
	{CONDITION, "{'type':'Equals','value':'a'}"},
	{CONDITION, "{'type':'Equals','value':''}"},
	{CONDITION, "{'type':'NotEquals','value':true}"},
	{CONDITION, "{'type':'In','values':[false]}"},
	{CONDITION, "{'type':'In','values':['b','a','b','{self_user_id}','{self_org_id}']}"},
	{CONDITION, "{'type':'In','values':[1,-1.5,0,123456789012345678901234567890]}"},
	{GRANT, "{'permission_name':'*','conditions':{}}"},
	{GRANT, "{'permission_name':'A:*','conditions':{'x':{'type':'Equals','value':1}}}"},
	{GRANT, "{'permission_name':'A:B','conditions':{'x':{'type':'Equals','value':'a'},"
	"'y':{'type':'NotEquals','value':0.5},'z':{'type':'In','values':[true,false]}}}"},
	{PRIVILEGES, "[]"},
	{PRIVILEGES, "[{'permission_name':'A:B','conditions':{}}]"},
	{PRIVILEGES, "[{'permission_name':'B:B','conditions':{'o':{'type':'In','values':['\xC3\xA9','b']},"
		"'x':{'type':'Equals','value':1}}},{'permission_name':'A:*','conditions':{}},"
	"{'permission_name':'A:B','conditions':{'b':{'type':'NotEquals','value':false}}}]"},
};

#define NVALUES (sizeof values / sizeof values[0])

/* Columns are not aligned: neither may the image need to be. */
static rbac_str
at_offset_1(arena *memory, rbac_str image)
{
	char		shifted[MAX_IMAGE + 1] = {0};
	rbac_str	copy;

	if (image.len > MAX_IMAGE)
		bail_out("an image of %zu bytes", image.len);
	memcpy(shifted + 1, image.data, image.len);
	copy = exact_copy(memory, (rbac_str) {shifted, image.len + 1});
	return (rbac_str) {copy.data + 1, image.len};
}

static void
test_round_trip(kind kind, const char *text)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	json = quoted(&memory, text);
	rbac_str	image;
	rbac_str	again;
	rbac_str	printed = {0};
	bool		unpacked;

	if (!pack(&core, kind, json, &image))
		bail_out("%s: %s", text, core.error.message);
	ok(unpack(&core, kind, exact_copy(&memory, image), &unpacked, &printed) && rbac_str_equal(printed, json),
	   "unpack(pack(x)) = x: %s", text);
	ok(pack(&core, kind, printed, &again) && rbac_str_equal(image, again), "packed alike: %s", text);

	ok(unpack(&core, kind, at_offset_1(&memory, image), &unpacked, &printed) && rbac_str_equal(printed, json),
	   "unpacked from an odd address: %s", text);
	arena_free(&memory);
}

/* ---- images that nobody packed ---- */

/* Returns what is wrong, NULL if nothing is. */
static const char *
unpack_hostile(kind kind, rbac_str bytes)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	rbac_str	image = exact_copy(&memory, bytes);
	bool		unpacked;
	rbac_str	json;
	rbac_str	repacked;
	const char *fault = NULL;
	size_t		before = memory.bytes;
	bool		printed = unpack(&core, kind, image, &unpacked, &json);

	if (memory.bytes - before > BYTES_PER_IMAGE_BYTE * (bytes.len + 64))
		fault = "asked for too much memory";
	if (!unpacked && core.error.status != RBAC_CORRUPT)
		fault = "refused, but not as RBAC_CORRUPT";
	if (unpacked && !printed)
		fault = "unpacked, but cannot be printed";
	if (printed && !pack(&core, kind, json, &repacked))
		fault = "unpacked, but prints as JSON that does not parse";
	arena_free(&memory);
	return fault;
}

typedef struct campaign
{
	kind		kind;
	const char *name;
	unsigned	tried;
	unsigned	faults;
} campaign;

static void
try(campaign *campaign, const char *data, size_t len)
{
	const char *fault = unpack_hostile(campaign->kind, (rbac_str) {data, len});

	campaign->tried++;
	if (fault == NULL || campaign->faults++ > 0)
		return;
	diag("%s: %s", campaign->name, fault);
	for (size_t i = 0; i < len; i++)
		diag("byte %zu: 0x%02x %c", i, (unsigned char) data[i], data[i] > ' ' ? data[i] : ' ');
}

static void
truncate_and_extend(campaign *campaign, rbac_str image)
{
	char		bytes[MAX_IMAGE + 8] = {0};

	memcpy(bytes, image.data, image.len);
	for (size_t len = 0; len < image.len; len++)
		try(campaign, bytes, len);
	for (size_t len = image.len + 1; len <= image.len + 8; len++)
		try(campaign, bytes, len);
}

static void
change_each_byte(campaign *campaign, rbac_str image)
{
	char		bytes[MAX_IMAGE];

	for (size_t i = 0; i < image.len; i++)
		for (int c = 0; c < 256; c++)
		{
			memcpy(bytes, image.data, image.len);
			bytes[i] = (char) c;
			try(campaign, bytes, image.len);
		}
}

/* Lengths and counts are integers of some width: put extreme ones everywhere. */
static void
change_each_integer(campaign *campaign, rbac_str image)
{
	static const uint32_t extremes[] = {0, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0x40000000, 0xFFFF, 0x10000, 0xFFFFFF};
	char		bytes[MAX_IMAGE];

	for (size_t i = 0; i + sizeof extremes[0] <= image.len; i++)
		for (size_t j = 0; j < sizeof extremes / sizeof extremes[0]; j++)
		{
			memcpy(bytes, image.data, image.len);
			memcpy(bytes + i, &extremes[j], sizeof extremes[0]);
			try(campaign, bytes, image.len);
		}
}

static void
change_at_random(campaign *campaign, rbac_str image, int times)
{
	char		bytes[MAX_IMAGE];
	uint32_t	random = 2463534242;	/* xorshift */

	for (int i = 0; i < times && image.len > 0; i++)
	{
		memcpy(bytes, image.data, image.len);
		for (int changes = 2 + i % 4; changes > 0; changes--)
		{
			random ^= random << 13;
			random ^= random >> 17;
			random ^= random << 5;
			bytes[random % image.len] = bytes[(random >> 12) % image.len] ^ (char) (random & random >> 8 & 7);
		}
		try(campaign, bytes, image.len);
	}
}

static void
test_hostile(kind kind, const char *text)
{
	arena		memory = {0};
	rbac_core	core = arena_core(&memory);
	campaign	campaign = {.kind = kind,.name = text};
	rbac_str	image;

	if (!pack(&core, kind, quoted(&memory, text), &image) || image.len > MAX_IMAGE)
		bail_out("%s: %s", text, core.error.message);
	truncate_and_extend(&campaign, image);
	change_each_byte(&campaign, image);
	change_each_integer(&campaign, image);
	change_at_random(&campaign, image, 5000);
	ok(campaign.faults == 0, "%u hostile images of %s, %u faults", campaign.tried, text, campaign.faults);
	arena_free(&memory);
}

/* The image of one type may be read as another: the type is not in doubt to
 * PostgreSQL, but the bytes may be. */
static void
test_other_kinds(void)
{
	for (size_t i = 0; i < NVALUES; i++)
		for (kind other = CONDITION; other <= PRIVILEGES; other++)
		{
			arena		memory = {0};
			rbac_core	core = arena_core(&memory);
			rbac_str	image;

			if (!pack(&core, values[i].kind, quoted(&memory, values[i].json), &image))
				bail_out("%s: %s", values[i].json, core.error.message);
			if (other != values[i].kind && unpack_hostile(other, image) != NULL)
				ok(false, "%s unpacked as %s: %s", values[i].json, kind_names[other],
				   unpack_hostile(other, image));
			arena_free(&memory);
		}
	ok(true, "images unpacked as another type do no harm");
}

void
test_pack(void)
{
	for (size_t i = 0; i < NVALUES; i++)
		test_round_trip(values[i].kind, values[i].json);
	for (size_t i = 0; i < NVALUES; i++)
		test_hostile(values[i].kind, values[i].json);
	test_other_kinds();
}
