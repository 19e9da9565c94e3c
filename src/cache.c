/*
 * cache.c - what this backend remembers of rbac's tables.
 *
 * Entries are valid for one generation, which every change to the tables ends:
 * a trigger sends a relcache invalidation with the changing transaction's
 * commit, and the callback here does no more than count. The next lookup throws
 * everything away. An entry is stamped with the generation from before it was
 * read, so that a change which arrives meanwhile makes it stale at once.
 * src/README.md, "Never stale", has the argument.
 *
 * Within a generation, users are forgotten when memory runs out, the least
 * recently asked about first. rbac_cache_epoch and rbac_cache_freed tell whoever
 * kept a pointer.
 *
 * Not here: which of the grants a request meets (access.c, program.c).
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "common/hashfn.h"
#include "rbac.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* Of one user: more make room for new ones all at once. */
#define MAX_PROGRAMS 64

/* Bytes of the organizations, which are few and small. */
#define MAX_ORGANIZATIONS_SIZE (1024 * 1024)

typedef struct organization_entry
{
	rbac_str	organization;	/* hash key */
	bool		exists;
} organization_entry;

uint64		rbac_cache_epoch = 1;
uint64		rbac_cache_freed = 0;
static uint64 generation = 1;

/*
 * Users, and the documents that they share. Organizations are apart, so that
 * asking for one leaves what rbac_lookup_user() returned alone.
 */
static MemoryContext user_context;
static uint64 user_generation = 0;
static HTAB *users;
static HTAB *documents;
static dlist_head recent_users; /* the most recent one first */
static Size total_size;			/* of users and documents */
static Size orphaned_size;		/* of documents that no user holds */

static MemoryContext organization_context;
static uint64 organization_generation = 0;
static HTAB *organizations;

/* ---- invalidation ---- */

static void
end_generation(void)
{
	generation++;
	rbac_cache_epoch++;
}

/* To be called before a user or a program is freed. */
static void
announce_freeing(void)
{
	rbac_cache_epoch++;
	rbac_cache_freed++;
}

static void
table_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || rbac_is_table_of_ours(relid))
		end_generation();
}

/* Programs hold labels of enums by oid. */
static void
label_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	end_generation();
}

PG_FUNCTION_INFO_V1(rbac_invalidate);

Datum
rbac_invalidate(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"invalidate\" must be called as a trigger")));
	CacheInvalidateRelcache(trigger->tg_relation);
	return PointerGetDatum(NULL);
}

/* ---- hash tables ---- */

static uint32
hash_names(const void *key, Size keysize)
{
	const rbac_str *names = key;
	uint32		hash = 0;

	for (Size i = 0; i < keysize / sizeof(rbac_str); i++)
		hash = hash_combine(hash, hash_bytes((const unsigned char *) names[i].data, names[i].len));
	return hash;
}

static int
compare_names(const void *a, const void *b, Size keysize)
{
	const rbac_str *names_a = a;
	const rbac_str *names_b = b;

	for (Size i = 0; i < keysize / sizeof(rbac_str); i++)
	{
		if (!rbac_str_equal(names_a[i], names_b[i]))
			return 1;
	}
	return 0;
}

/* nnames: how many rbac_str an entry begins with, which are its key. */
static HTAB *
create_table(const char *name, int nnames, Size entrysize, MemoryContext context)
{
	HASHCTL		ctl = {.keysize = nnames * sizeof(rbac_str), .entrysize = entrysize,
	.hash = hash_names, .match = compare_names, .hcxt = context};

	return hash_create(name, 64, &ctl, HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static HTAB *
create_document_table(MemoryContext context)
{
	HASHCTL		ctl = {.keysize = RBAC_OBJECT_ID_LENGTH, .entrysize = sizeof(rbac_document),
	.hcxt = context};

	return hash_create("rbac documents", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

static rbac_str
copy_str(MemoryContext context, rbac_str str)
{
	char	   *data = MemoryContextAlloc(context, str.len + 1);

	memcpy(data, str.data, str.len);
	return (rbac_str) {data, str.len};
}

static void
refresh_users(void)
{
	if (user_generation == generation && orphaned_size < (Size) rbac_cache_size * 1024)
		return;
	user_generation = 0;
	announce_freeing();
	MemoryContextReset(user_context);
	users = create_table("rbac users", 2, sizeof(rbac_user), user_context);
	documents = create_document_table(user_context);
	dlist_init(&recent_users);
	total_size = orphaned_size = 0;
	user_generation = generation;
}

static void
refresh_organizations(void)
{
	if (organization_generation == generation &&
		MemoryContextMemAllocated(organization_context, true) < MAX_ORGANIZATIONS_SIZE)
		return;
	organization_generation = 0;
	MemoryContextReset(organization_context);
	organizations = create_table("rbac organizations", 1, sizeof(organization_entry),
								 organization_context);
	organization_generation = generation;
}

void
rbac_cache_init(void)
{
	user_context = AllocSetContextCreate(TopMemoryContext, "rbac users", ALLOCSET_DEFAULT_SIZES);
	organization_context = AllocSetContextCreate(TopMemoryContext, "rbac organizations",
												 ALLOCSET_SMALL_SIZES);
	CacheRegisterRelcacheCallback(table_changed, (Datum) 0);
	CacheRegisterSyscacheCallback(ENUMTYPOIDNAME, label_changed, (Datum) 0);
}

/* ---- reading ---- */

static bool
is_operator_setting(Datum settings)
{
	JsonbValue	buffer;
	JsonbValue *value = getKeyJsonValueFromContainer(&DatumGetJsonbP(settings)->root,
													 "operator", strlen("operator"), &buffer);

	return value != NULL && value->type == jbvBool && value->val.boolean;
}

/* False when there is no such organization. */
static bool
read_organization(rbac_reading *reading, rbac_str organization, bool *is_operator)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ORGANIZATION, 1, &organization);
	bool		exists = rbac_scan_next(scan);

	if (exists)
		*is_operator = is_operator_setting(rbac_scan_column(scan, Anum_organization_settings));
	rbac_end_scan(scan);
	return exists;
}

/* The text values of one column, copied. */
static List *
read_column(rbac_reading *reading, rbac_table table, int nkeys, const rbac_str *keys, int attnum)
{
	rbac_scan  *scan = rbac_begin_scan(reading, table, nkeys, keys);
	List	   *values = NIL;

	while (rbac_scan_next(scan))
		values = lappend(values, TextDatumGetCString(rbac_scan_column(scan, attnum)));
	rbac_end_scan(scan);
	return values;
}

static rbac_str
str_from_cstring(const char *cstring)
{
	return (rbac_str) {cstring, strlen(cstring)};
}

/*
 * Add what the roles inherit from, directly or not: the list is both what was
 * seen and what is still to do, as in the server's own role membership.
 */
static List *
add_inherited(rbac_reading *reading, List *roles)
{
	HASHCTL		ctl = {.keysize = RBAC_OBJECT_ID_LENGTH, .entrysize = RBAC_OBJECT_ID_LENGTH,
	.hcxt = CurrentMemoryContext};
	HTAB	   *seen = hash_create("rbac role closure", 32, &ctl,
								   HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	List	   *closure = NIL;
	bool		found;

	while (roles != NIL)
	{
		char	   *role = linitial(roles);
		rbac_str	key = str_from_cstring(role);

		roles = list_delete_first(roles);
		hash_search(seen, role, HASH_ENTER, &found);
		if (found)
			continue;
		closure = lappend(closure, role);
		roles = list_concat(roles, read_column(reading, RBAC_ROLE_PARENT, 1, &key,
											   Anum_role_parent_parent));
	}
	hash_destroy(seen);
	return closure;
}

static rbac_privileges
unpack_into(MemoryContext context, Datum stored)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	rbac_privileges privileges;
	rbac_core	core;

	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PointerGetDatum(PG_DETOAST_DATUM_COPY(stored)), &privileges);
	MemoryContextSwitchTo(old);
	return privileges;
}

static Size
document_size(const rbac_document *document)
{
	return MemoryContextMemAllocated(document->context, true) + sizeof(rbac_document);
}

/* What is read is ours once nothing can fail any more: an error before that frees it. */
static rbac_document *
keep_document(const char *role_id, Datum stored)
{
	rbac_document *document = hash_search(documents, role_id, HASH_FIND, NULL);
	MemoryContext context;
	rbac_privileges privileges;

	if (document != NULL)
		return document;
	context = AllocSetContextCreate(CurrentMemoryContext, "rbac document", ALLOCSET_SMALL_SIZES);
	privileges = unpack_into(context, stored);
	document = hash_search(documents, role_id, HASH_ENTER, NULL);
	MemoryContextSetParent(context, user_context);
	document->nusers = 0;
	document->context = context;
	document->privileges = privileges;
	total_size += document_size(document);
	orphaned_size += document_size(document);
	return document;
}

/*
 * NULL for a role without a current version, which grants nothing. The index
 * has current versions only, but a session can be made to ignore indexes.
 */
static rbac_document *
read_document(rbac_reading *reading, rbac_str role)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ROLE_VERSION, 1, &role);
	rbac_document *document = NULL;

	while (document == NULL && rbac_scan_next(scan))
	{
		if (rbac_scan_column_is_null(scan, Anum_role_version_expires_at))
			document = keep_document(TextDatumGetCString(rbac_scan_column(scan, Anum_role_version_role_id)),
									 rbac_scan_column(scan, Anum_role_version_permission_grants));
	}
	rbac_end_scan(scan);
	return document;
}

static List *
read_documents(rbac_reading *reading, List *roles)
{
	List	   *closure = add_inherited(reading, roles);
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, closure)
	{
		rbac_document *document = read_document(reading, str_from_cstring(lfirst(lc)));

		if (document != NULL)
			found = lappend(found, document);
	}
	return found;
}

/* In the current memory context. */
static void
copy_temporary_grant(rbac_scan *scan, rbac_timed_grant *out)
{
	Datum		stored = rbac_scan_column(scan, Anum_temporary_grant_permission_grant);
	rbac_core	core;

	rbac_core_init(&core);
	rbac_grant_from_datum(&core, PointerGetDatum(PG_DETOAST_DATUM_COPY(stored)), &out->grant);
	out->expires_at = DatumGetTimestampTz(rbac_scan_column(scan, Anum_temporary_grant_expires_at));
}

/* Those that have expired by now will not come back. */
static void
read_temporary_grants(rbac_reading *reading, const rbac_str *key, rbac_principal *out)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_TEMPORARY_GRANT, 2, key);
	int			capacity = 4;

	out->temporary = palloc(capacity * sizeof(rbac_timed_grant));
	while (rbac_scan_next(scan))
	{
		if (DatumGetTimestampTz(rbac_scan_column(scan, Anum_temporary_grant_expires_at)) <= rbac_now())
			continue;
		if (out->ntemporary == capacity)
		{
			capacity *= 2;
			out->temporary = repalloc(out->temporary, capacity * sizeof(rbac_timed_grant));
		}
		copy_temporary_grant(scan, &out->temporary[out->ntemporary++]);
	}
	rbac_end_scan(scan);
}

/* Into the given context, but for what is only in the way there. */
static void
read_user(const rbac_str *key, MemoryContext context, rbac_principal *out)
{
	rbac_reading *reading = rbac_begin_reading();

	if (read_organization(reading, key[0], &out->is_operator))
	{
		List	   *roles = read_column(reading, RBAC_ASSIGNMENT, 2, key, Anum_assignment_role);
		List	   *found = read_documents(reading, roles);
		MemoryContext old = MemoryContextSwitchTo(context);

		out->documents = list_copy(found);
		read_temporary_grants(reading, key, out);
		MemoryContextSwitchTo(old);
	}
	rbac_end_reading(reading);
}

/* ---- memory ---- */

static void
hold_documents(const rbac_user *user)
{
	ListCell   *lc;

	foreach(lc, user->principal.documents)
	{
		rbac_document *document = lfirst(lc);

		if (document->nusers++ == 0)
			orphaned_size -= document_size(document);
	}
}

static void
release_documents(const rbac_user *user)
{
	ListCell   *lc;

	foreach(lc, user->principal.documents)
	{
		rbac_document *document = lfirst(lc);

		if (--document->nusers > 0)
			continue;
		total_size -= document_size(document);
		MemoryContextDelete(document->context);
		hash_search(documents, document->role_id, HASH_REMOVE, NULL);
	}
}

static void
forget_user(rbac_user *user)
{
	MemoryContext context = user->context;

	announce_freeing();
	release_documents(user);
	total_size -= user->size;
	dlist_delete(&user->recency);
	/* the table's key is in that context */
	hash_search(users, &user->organization, HASH_REMOVE, NULL);
	MemoryContextDelete(context);
}

void
rbac_account_user(rbac_user *user)
{
	total_size -= user->size;
	user->size = MemoryContextMemAllocated(user->context, true) + sizeof(rbac_user);
	total_size += user->size;
	while (total_size > (Size) rbac_cache_size * 1024 &&
		   dlist_tail_node(&recent_users) != &user->recency)
		forget_user(dlist_tail_element(rbac_user, recency, &recent_users));
}

MemoryContext
rbac_program_context(rbac_user *user)
{
	if (list_length(user->programs) >= MAX_PROGRAMS)
	{
		announce_freeing();
		user->programs = NIL;
		MemoryContextReset(user->program_context);
	}
	return user->program_context;
}

/* ---- lookups ---- */

static rbac_user *
add_user(const rbac_str *key)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rbac user", ALLOCSET_SMALL_SIZES);
	rbac_user	user = {.context = context};
	rbac_user  *entry;

	read_user(key, context, &user.principal);
	user.organization = copy_str(context, key[0]);
	user.user_id = copy_str(context, key[1]);
	user.program_context = AllocSetContextCreate(context, "rbac programs", ALLOCSET_SMALL_SIZES);
	entry = hash_search(users, &user.organization, HASH_ENTER, NULL);
	MemoryContextSetParent(context, user_context);
	*entry = user;
	hold_documents(entry);
	dlist_push_head(&recent_users, &entry->recency);
	rbac_account_user(entry);
	return entry;
}

rbac_user *
rbac_lookup_user(rbac_str organization, rbac_str user_id)
{
	rbac_str	key[2] = {organization, user_id};
	rbac_user  *user;

	AcceptInvalidationMessages();
	refresh_users();
	user = hash_search(users, key, HASH_FIND, NULL);
	if (user == NULL)
		return add_user(key);
	dlist_move_head(&recent_users, &user->recency);
	return user;
}

/* Not kept: asked for when roles are compared, not when access is checked. */
const rbac_principal *
rbac_lookup_role(rbac_str organization, rbac_str role)
{
	rbac_principal *principal = palloc0(sizeof(rbac_principal));
	rbac_reading *reading;

	AcceptInvalidationMessages();
	refresh_users();
	reading = rbac_begin_reading();
	if (read_organization(reading, organization, &principal->is_operator))
		principal->documents = read_documents(reading, list_make1(rbac_str_to_cstring(role)));
	rbac_end_reading(reading);
	return principal;
}

bool
rbac_organization_exists(rbac_str organization)
{
	organization_entry *entry;
	rbac_reading *reading;
	bool		exists;
	bool		is_operator;

	refresh_organizations();
	entry = hash_search(organizations, &organization, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->exists;

	reading = rbac_begin_reading();
	exists = read_organization(reading, organization, &is_operator);
	rbac_end_reading(reading);
	organization = copy_str(organization_context, organization);
	entry = hash_search(organizations, &organization, HASH_ENTER, NULL);
	return entry->exists = exists;
}
