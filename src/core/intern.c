/*
 * intern.c - texts as small integers, so that comparison compares integers.
 *
 * A hash table with open addressing. It is not hardened against chosen
 * collisions; instead every probe counts as a step of the comparison, whose
 * number is limited.
 */
#include <string.h>

#include "core_internal.h"

uint32_t
rbac_hash_mix(uint32_t hash, uint32_t value)
{
	uint64_t	product = (uint64_t) (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t) (product >> 32) ^ (uint32_t) product;
}

static uint32_t
hash_text(rbac_str text)
{
	const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
	uint64_t	hash = text.len * odd;

	while (text.len > 0)
	{
		size_t		len = text.len < 8 ? text.len : 8;
		uint64_t	word = 0;

		memcpy(&word, text.data, len);
		hash = (hash ^ word) * odd;
		hash ^= hash >> 29;
		text.data += len;
		text.len -= len;
	}
	return (uint32_t) (hash >> 32) ^ (uint32_t) hash;
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t *
find_slot(const rbac_names *names, rbac_str text, uint32_t hash)
{
	uint32_t	at = hash & (names->nslots - 1);

	for (;; at = (at + 1) & (names->nslots - 1))
	{
		uint32_t	id = names->slots[at];

		++*names->steps;
		if (id == RBAC_NO_ID ||
			(names->entries[id].hash == hash && rbac_str_equal(names->entries[id].text, text)))
			return &names->slots[at];
	}
}

static bool
grow_slots(rbac_names *names, rbac_core *core)
{
	uint32_t	nslots = names->nslots == 0 ? 128 : names->nslots * 2;
	uint32_t   *slots = nslots > names->nslots ? rbac_alloc(core, nslots, sizeof(*slots)) : NULL;

	if (slots == NULL)
		return rbac_fail(core, RBAC_NO_MEMORY, "out of memory");
	memset(slots, 0xff, nslots * sizeof(*slots));	/* RBAC_NO_ID */
	names->slots = slots;
	names->nslots = nslots;
	for (uint32_t id = 0; id < names->count; id++)
		*find_slot(names, names->entries[id].text, names->entries[id].hash) = id;
	return true;
}

uint32_t
rbac_names_find(const rbac_names *names, rbac_str text)
{
	return names->count == 0 ? RBAC_NO_ID : *find_slot(names, text, hash_text(text));
}

bool
rbac_names_add(rbac_names *names, rbac_core *core, rbac_str text, uint32_t *id)
{
	uint32_t	hash = hash_text(text);
	uint32_t   *slot;
	void	   *entries = names->entries;

	if (names->count * 2 >= names->nslots && !grow_slots(names, core))
		return false;
	slot = find_slot(names, text, hash);
	*id = *slot;
	if (*id != RBAC_NO_ID)
		return true;
	if (names->count == names->max &&
		!rbac_grow(core, &entries, names->count, &names->max, sizeof(*names->entries)))
		return false;
	names->entries = entries;
	*id = *slot = names->count++;
	names->entries[*id] = (rbac_interned) {text, hash};
	return true;
}
