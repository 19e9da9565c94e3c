/*
 * rate_limit.c - how many requests of one kind somebody makes in a minute.
 *
 * One counter for each database, user and operation, in memory that all
 * connections share: ROLLBACK does not uncount, a restart forgets. A window
 * begins with its first request and lasts a minute; the first request after
 * that begins another. A refused request is not counted.
 *
 * Memory is bounded. A counter has its place among the few of one bucket, where
 * it may replace any whose window is over. When all of them are live, which
 * takes tens of thousands of users a minute, the request is allowed and not
 * counted: a limit for one user must not turn into an outage for others, and
 * nobody gets that many users without as many tokens. Names that come without a
 * token can be made up at will: they have buckets of their own.
 *
 * Not here: what the limits are and who is limited (sql/install/80_api.sql).
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "rbac.h"
#include "storage/lwlock.h"
#include "utils/builtins.h"

#define WINDOW (60 * USECS_PER_SEC)

#define NPROVEN 8192			/* buckets for those who have shown a token */
#define NCLAIMED 1024			/* and for those who have not, behind them */
#define BUCKET_SIZE 8			/* 9,216 * 8 counters of 32 bytes: 2.25 MB */
#define NLOCKS 64				/* each guards every NLOCKSth bucket */

/*
 * The key is a digest that nobody can find a second text for: who could make up
 * a name with the key of somebody else would use up their requests.
 */
#define KEY_LENGTH 16

typedef struct rate_counter
{
	uint8		key[KEY_LENGTH];
	TimestampTz started;		/* of the window; 0, long over, if never used */
	int32		count;
} rate_counter;

typedef struct rate_counters
{
	int			tranche;
	LWLockPadded locks[NLOCKS];
	rate_counter buckets[NPROVEN + NCLAIMED][BUCKET_SIZE];
} rate_counters;

/* What is counted, and for whom. */
typedef struct rate_subject
{
	rbac_str	operation;
	rbac_str	organization;
	rbac_str	id;
	bool		is_proven;
} rate_subject;

rbac_count	rbac_last_count;

void
rbac_rate_limit_init(void)
{
	rbac_reserve_segment(sizeof(rate_counters));
}

/* ---- shared memory ---- */

static void
init_counters(void *segment)
{
	rate_counters *counters = segment;

	memset(counters, 0, sizeof(*counters));
	counters->tranche = LWLockNewTrancheId();
	for (int i = 0; i < NLOCKS; i++)
		LWLockInitialize(&counters->locks[i].lock, counters->tranche);
}

/* NULL where there is no memory for them, which each backend says once. */
static rate_counters *
get_counters(void)
{
	static rate_counters *counters = NULL;
	static bool tried = false;

	if (tried)
		return counters;
	counters = rbac_attach_segment("rbac rate limits", sizeof(rate_counters), init_counters);
	tried = true;
	if (counters != NULL)
		LWLockRegisterTranche(counters->tranche, "rbac_rate_limit");
	else
		ereport(WARNING,
				(errmsg("rate limits are not enforced"),
				 errhint("Add \"rbac\" to \"shared_preload_libraries\".")));
	return counters;
}

/* ---- counters ---- */

static void
digest_str(pg_cryptohash_ctx *hash, rbac_str str, bool *ok)
{
	uint32		len = str.len;	/* told apart: ("a", "bc") and ("ab", "c") */

	*ok = *ok && pg_cryptohash_update(hash, (const uint8 *) &len, sizeof(len)) >= 0 &&
		pg_cryptohash_update(hash, (const uint8 *) str.data, str.len) >= 0;
}

static void
make_key(const rate_subject *subject, uint8 *digest)
{
	pg_cryptohash_ctx *hash = pg_cryptohash_create(PG_SHA256);
	bool		ok = hash != NULL && pg_cryptohash_init(hash) >= 0;

	digest_str(hash, (rbac_str) {(const char *) &MyDatabaseId, sizeof(MyDatabaseId)}, &ok);
	digest_str(hash, subject->organization, &ok);
	digest_str(hash, subject->id, &ok);
	digest_str(hash, subject->operation, &ok);
	ok = ok && pg_cryptohash_final(hash, digest, PG_SHA256_DIGEST_LENGTH) >= 0;
	if (hash != NULL)
		pg_cryptohash_free(hash);
	if (!ok)
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not compute a digest")));
}

/* A window from the future is none: the clock has been set back. */
static bool
is_live(const rate_counter *counter, TimestampTz now)
{
	return counter->started <= now && now < counter->started + WINDOW;
}

/* The counter of this key, begun if necessary; NULL if there is no place. */
static rate_counter *
find_counter(rate_counter *bucket, const uint8 *key, TimestampTz now)
{
	rate_counter *place = NULL;

	for (int i = 0; i < BUCKET_SIZE; i++)
	{
		if (!is_live(&bucket[i], now))
			place = &bucket[i];
		else if (memcmp(bucket[i].key, key, KEY_LENGTH) == 0)
			return &bucket[i];
	}
	if (place != NULL)
	{
		memcpy(place->key, key, KEY_LENGTH);
		place->started = now;
		place->count = 0;
	}
	return place;
}

static bool
count_in(rate_counter *bucket, const uint8 *key, rbac_count *result)
{
	TimestampTz now = GetCurrentTimestamp();
	rate_counter *counter = find_counter(bucket, key, now);
	bool		is_allowed = counter == NULL || counter->count < result->maximum;

	if (counter != NULL && is_allowed)
		counter->count++;
	result->remaining = Max(result->maximum - (counter == NULL ? 1 : counter->count), 0);
	result->reset = (counter == NULL ? now : counter->started) + WINDOW;
	return is_allowed;
}

/* From a part of the digest that is not in the key. */
static uint32
bucket_number(const rate_subject *subject, const uint8 *digest)
{
	uint32		n;

	memcpy(&n, digest + KEY_LENGTH, sizeof(n));
	return subject->is_proven ? n % NPROVEN : NPROVEN + n % NCLAIMED;
}

static bool
count(rate_counters *counters, const rate_subject *subject, rbac_count *result)
{
	uint8		digest[PG_SHA256_DIGEST_LENGTH];
	uint32		bucket;
	LWLock	   *lock;
	bool		is_allowed;

	make_key(subject, digest);
	bucket = bucket_number(subject, digest);
	lock = &counters->locks[bucket % NLOCKS].lock;
	LWLockAcquire(lock, LW_EXCLUSIVE);
	is_allowed = count_in(counters->buckets[bucket], digest, result);
	LWLockRelease(lock);
	return is_allowed;
}

int64
rbac_seconds_until(TimestampTz time)
{
	int64		left = time - GetCurrentTimestamp();

	return left <= USECS_PER_SEC ? 1 : (left + USECS_PER_SEC - 1) / USECS_PER_SEC;
}

/* ---- SQL ---- */

PG_FUNCTION_INFO_V1(rbac_count_request);

Datum
rbac_count_request(PG_FUNCTION_ARGS)
{
	rbac_count	result = {.maximum = PG_GETARG_INT32(1), .remaining = PG_GETARG_INT32(1)};
	rate_subject subject = {
		.operation = rbac_str_from_text(PG_GETARG_TEXT_PP(0)),
		.organization = rbac_str_from_text(PG_GETARG_TEXT_PP(2)),
		.id = rbac_str_from_text(PG_GETARG_TEXT_PP(3)),
		.is_proven = PG_GETARG_BOOL(4),
	};
	rate_counters *counters = get_counters();
	TupleDesc	desc;
	Datum		values[3];
	bool		nulls[3] = {false, false, false};
	bool		is_allowed = true;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (counters != NULL)
		is_allowed = count(counters, &subject, &result);
	rbac_last_count = result;
	values[0] = BoolGetDatum(is_allowed);
	values[1] = Int32GetDatum(result.remaining);
	values[2] = TimestampTzGetDatum(result.reset);
	nulls[2] = counters == NULL;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}
