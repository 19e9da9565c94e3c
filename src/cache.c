/*
 * cache.c - what this backend remembers of rbac's tables.
 *
 * Entries are valid for one generation, which every change to the tables ends:
 * a trigger announces it with the changing transaction's commit (catalog.c),
 * and the callback here does no more than count. The next lookup throws
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
static MemoryContext table_context; /* of these two */
static Size total_size;			/* of users and documents, besides their entries */
static Size orphaned_size;		/* of documents that no user holds */

static MemoryContext organization_context;
static uint64 organization_generation = 0;
static HTAB *organizations;

/* ---- invalidation ---- */

void
rbac_end_generation(void)
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
relation_changed(Datum arg, Oid relid)
{
	if (!OidIsValid(relid) || rbac_is_relation_of_ours(relid))
		rbac_end_generation();
}

/* Programs hold labels of enums by oid. */
static void
label_changed(Datum arg, int cacheid, uint32 hashvalue)
{
	rbac_end_generation();
}

PG_FUNCTION_INFO_V1(rbac_invalidate);

Datum
rbac_invalidate(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("function \"invalidate\" must be called as a trigger")));
	rbac_announce_change();
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

static rbac_str
copy_str(MemoryContext context, rbac_str str)
{
	char	   *data = MemoryContextAlloc(context, str.len + 1);

	if (str.len > 0)
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
	table_context = AllocSetContextCreate(user_context, "rbac tables", ALLOCSET_SMALL_SIZES);
	users = create_table("rbac users", 2, sizeof(rbac_user), table_context);
	documents = create_table("rbac documents", 2, sizeof(rbac_document), table_context);
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
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
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
read_organization(rbac_reading *reading, rbac_str organization, rbac_principal *out)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ORGANIZATION, 1, &organization);
	bool		exists = rbac_scan_next(scan);

	out->completions = rbac_reading_completions(reading);
	if (exists)
	{
		out->is_operator = is_operator_setting(rbac_scan_column(scan, Anum_organization_settings));
		out->organization = rbac_scan_row_version(scan);
	}
	rbac_end_scan(scan);
	return exists;
}

/* A role that somebody holds, and what restricts it there: as in rbac_document. */
typedef struct holding
{
	rbac_str	role;			/* hash key: both */
	rbac_str	restriction;
} holding;

static rbac_str
copy_text(Datum value)
{
	return rbac_str_from_text(DatumGetTextPCopy(value));
}

/* The whole datum, so that DatumGetJsonbP() can read it again. */
static rbac_str
copy_restriction(Datum value)
{
	Jsonb	   *restriction = DatumGetJsonbPCopy(value);

	if (JB_ROOT_COUNT(restriction) == 0)
		return (rbac_str) {NULL, 0};
	return (rbac_str) {(char *) restriction, VARSIZE(restriction)};
}

static List *
add_holding(List *holdings, rbac_str role, rbac_str restriction)
{
	holding    *added = palloc(sizeof(holding));

	*added = (holding) {role, restriction};
	return lappend(holdings, added);
}

/* Add the roles of one principal. */
static List *
add_assigned(rbac_reading *reading, const rbac_str *key, List *holdings)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ASSIGNMENT, 2, key);

	while (rbac_scan_next(scan))
		holdings = add_holding(holdings, copy_text(rbac_scan_column(scan, Anum_assignment_role)),
							   copy_restriction(rbac_scan_column(scan, Anum_assignment_restriction)));
	rbac_end_scan(scan);
	return holdings;
}

/* Add the roles of the groups that a user is a member of. */
static List *
add_assigned_to_groups(rbac_reading *reading, const rbac_str *key, List *holdings)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_GROUP_MEMBER, 2, key);

	while (rbac_scan_next(scan))
	{
		rbac_str	group[] = {key[0], copy_text(rbac_scan_column(scan, Anum_group_member_group_id))};

		holdings = add_assigned(reading, group, holdings);
	}
	rbac_end_scan(scan);
	return holdings;
}

/* "" for none. */
static const char *
read_kind(rbac_reading *reading, const rbac_str *key)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_PRINCIPAL, 2, key);
	const char *kind = rbac_scan_next(scan) ?
		TextDatumGetCString(rbac_scan_column(scan, Anum_principal_kind)) : "";

	rbac_end_scan(scan);
	return kind;
}

/*
 * What counts for a caller. A token could name anything, and nobody is a group:
 * it is held by its members.
 */
static List *
read_caller_holdings(rbac_reading *reading, const rbac_str *key)
{
	const char *kind = read_kind(reading, key);

	if (strcmp(kind, "user") == 0)
		return add_assigned_to_groups(reading, key, add_assigned(reading, key, NIL));
	if (strcmp(kind, "application") == 0)
		return add_assigned(reading, key, NIL);
	return NIL;
}

/* Add to the list those that one of its roles inherits from, restricted alike. */
static List *
add_parents(rbac_reading *reading, const holding *child, List *holdings)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ROLE_PARENT, 1, &child->role);

	while (rbac_scan_next(scan))
		holdings = add_holding(holdings, copy_text(rbac_scan_column(scan, Anum_role_parent_parent)),
							   child->restriction);
	rbac_end_scan(scan);
	return holdings;
}

/*
 * Each holding once, and what the roles inherit from, directly or not: the list
 * is both what was seen and what is still to do, as in the server's own role
 * membership.
 */
static List *
close_holdings(rbac_reading *reading, List *holdings)
{
	HTAB	   *seen = create_table("rbac role closure", 2, sizeof(holding), CurrentMemoryContext);
	List	   *closure = NIL;
	bool		found;

	for (int i = 0; i < list_length(holdings); i++)
	{
		holding    *next = list_nth(holdings, i);

		hash_search(seen, next, HASH_ENTER, &found);
		if (found)
			continue;
		closure = lappend(closure, next);
		holdings = add_parents(reading, next, holdings);
	}
	hash_destroy(seen);
	return closure;
}

static void
restrict_privileges(rbac_core *core, const JsonbValue *attribute, const JsonbValue *value,
					rbac_privileges *privileges)
{
	rbac_str	name = {attribute->val.string.val, attribute->val.string.len};
	rbac_str	text = {value->val.string.val, value->val.string.len};
	rbac_value	required = {.type = RBAC_STRING, .text = rbac_to_utf8(text)};

	if (!rbac_restrict(core, privileges, rbac_to_utf8(name), &required, privileges))
		rbac_core_report(core, ERRCODE_INTERNAL_ERROR, "could not restrict privileges", NULL);
}

/* A restriction is a flat object of strings: attributes and what they have to be. */
static void
apply_restriction(rbac_core *core, rbac_str restriction, rbac_privileges *privileges)
{
	Jsonb	   *object = (Jsonb *) restriction.data;
	JsonbIterator *it = JsonbIteratorInit(&object->root);
	JsonbIteratorToken token;
	JsonbValue	attribute = {0};
	JsonbValue	value;

	while ((token = JsonbIteratorNext(&it, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
			attribute = value;
		else if (token == WJB_VALUE && value.type == jbvString)
			restrict_privileges(core, &attribute, &value, privileges);
	}
}

/* In the current memory context. */
static rbac_privileges
read_privileges(rbac_str restriction, Datum stored)
{
	rbac_privileges privileges;
	rbac_core	core;

	rbac_core_init(&core);
	rbac_privileges_from_datum(&core, PointerGetDatum(PG_DETOAST_DATUM_COPY(stored)), &privileges);
	if (restriction.len > 0)
		apply_restriction(&core, restriction, &privileges);
	return privileges;
}

static Size
document_size(const rbac_document *document)
{
	return MemoryContextMemAllocated(document->context, true);
}

/* What is read is ours once nothing can fail any more: an error before that frees it. */
static rbac_document *
make_document(const rbac_str *key, Datum stored)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "rbac document", ALLOCSET_SMALL_SIZES);
	rbac_document document = {.role_id = copy_str(context, key[0]),
	.restriction = copy_str(context, key[1]), .context = context};
	MemoryContext old = MemoryContextSwitchTo(context);
	rbac_document *entry;

	document.privileges = read_privileges(document.restriction, stored);
	MemoryContextSwitchTo(old);
	entry = hash_search(documents, &document.role_id, HASH_ENTER, NULL);
	MemoryContextSetParent(context, user_context);
	*entry = document;
	total_size += document_size(entry);
	orphaned_size += document_size(entry);
	return entry;
}

static rbac_document *
keep_document(rbac_str role_id, rbac_str restriction, Datum stored)
{
	rbac_str	key[] = {role_id, restriction};
	rbac_document *document = hash_search(documents, key, HASH_FIND, NULL);

	return document != NULL ? document : make_document(key, stored);
}

/*
 * NULL for a role without a current version, which grants nothing. The index
 * has current versions only, but a session can be made to ignore indexes.
 */
static rbac_document *
read_document(rbac_reading *reading, const holding *held)
{
	rbac_scan  *scan = rbac_begin_scan(reading, RBAC_ROLE_VERSION, 1, &held->role);
	rbac_document *document = NULL;

	while (document == NULL && rbac_scan_next(scan))
	{
		if (rbac_scan_column_is_null(scan, Anum_role_version_expires_at))
			document = keep_document(copy_text(rbac_scan_column(scan, Anum_role_version_role_id)),
									 held->restriction,
									 rbac_scan_column(scan, Anum_role_version_permission_grants));
	}
	rbac_end_scan(scan);
	return document;
}

static List *
read_documents(rbac_reading *reading, List *holdings)
{
	List	   *closure = close_holdings(reading, holdings);
	List	   *found = NIL;
	ListCell   *lc;

	foreach(lc, closure)
	{
		rbac_document *document = read_document(reading, lfirst(lc));

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

	if (read_organization(reading, key[0], out))
	{
		List	   *found = read_documents(reading, read_caller_holdings(reading, key));
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
		MemoryContext context = document->context;

		if (--document->nusers > 0)
			continue;
		total_size -= document_size(document);
		hash_search(documents, &document->role_id, HASH_REMOVE, NULL);
		MemoryContextDelete(context);	/* the key is in there */
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

static Size
memory_used(void)
{
	return total_size + MemoryContextMemAllocated(table_context, true) +
		MemoryContextMemAllocated(user_context, false) +
		MemoryContextMemAllocated(organization_context, true);
}

void
rbac_account_user(rbac_user *user)
{
	total_size -= user->size;
	user->size = MemoryContextMemAllocated(user->context, true);
	total_size += user->size;
	while (memory_used() > (Size) rbac_cache_size * 1024 &&
		   dlist_tail_node(&recent_users) != &user->recency)
		forget_user(dlist_tail_element(rbac_user, recency, &recent_users));
}

void
rbac_forget_programs(rbac_user *user)
{
	announce_freeing();
	user->programs = NIL;
	MemoryContextReset(user->program_context);
}

MemoryContext
rbac_program_context(rbac_user *user)
{
	if (list_length(user->programs) >= MAX_PROGRAMS)
		rbac_forget_programs(user);
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

static bool
equal_versions(rbac_row_version a, rbac_row_version b)
{
	return a.xmin == b.xmin && memcmp(&a.tid, &b.tid, sizeof(ItemPointerData)) == 0;
}

/*
 * A transaction can be seen some time before its invalidations arrive. But every
 * writer makes a new version of its organization's row: a new snapshot tells.
 */
static bool
is_still_so(rbac_user *user)
{
	rbac_principal *then = &user->principal;
	rbac_principal now = {0};
	rbac_reading *reading;

	if (rbac_completions() == then->completions)
		return true;
	reading = rbac_begin_reading();
	read_organization(reading, user->organization, &now);
	rbac_end_reading(reading);
	then->completions = now.completions;
	return equal_versions(now.organization, then->organization);
}

rbac_user *
rbac_lookup_user(rbac_str organization, rbac_str user_id)
{
	rbac_str	key[2] = {organization, user_id};
	rbac_user  *user;

	AcceptInvalidationMessages();
	refresh_users();
	user = hash_search(users, key, HASH_FIND, NULL);
	if (user != NULL && !is_still_so(user))
	{
		rbac_end_generation();
		refresh_users();
		user = NULL;
	}
	if (user == NULL)
		return add_user(key);
	dlist_move_head(&recent_users, &user->recency);
	return user;
}

/*
 * The others are not kept: they are asked for when roles are compared, not when
 * access is checked.
 */
static rbac_principal *
begin_lookup(rbac_reading **reading)
{
	AcceptInvalidationMessages();
	refresh_users();
	*reading = rbac_begin_reading();
	return palloc0(sizeof(rbac_principal));
}

const rbac_principal *
rbac_lookup_principal(rbac_str organization, rbac_str principal_id)
{
	const rbac_str key[] = {organization, principal_id};
	rbac_reading *reading;
	rbac_principal *principal = begin_lookup(&reading);

	if (read_organization(reading, organization, principal))
		principal->documents = read_documents(reading, add_assigned(reading, key, NIL));
	rbac_end_reading(reading);
	return principal;
}

const rbac_principal *
rbac_lookup_role(rbac_str organization, rbac_str role, Datum restriction)
{
	rbac_reading *reading;
	rbac_principal *principal = begin_lookup(&reading);

	if (read_organization(reading, organization, principal))
		principal->documents = read_documents(reading, add_holding(NIL, role,
																   copy_restriction(restriction)));
	rbac_end_reading(reading);
	return principal;
}

bool
rbac_organization_exists(rbac_str organization)
{
	organization_entry *entry;
	rbac_reading *reading;
	bool		exists;
	rbac_principal principal = {0};

	refresh_organizations();
	entry = hash_search(organizations, &organization, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->exists;

	reading = rbac_begin_reading();
	exists = read_organization(reading, organization, &principal);
	rbac_end_reading(reading);
	organization = copy_str(organization_context, organization);
	entry = hash_search(organizations, &organization, HASH_ENTER, NULL);
	return entry->exists = exists;
}
