/*
 * doctor.c - what rbac.doctor() cannot know from SQL.
 *
 * Not here: what is a problem (sql/install/85_doctor.sql).
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "rbac.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

PG_FUNCTION_INFO_V1(rbac_trusted_session_user_names);
PG_FUNCTION_INFO_V1(rbac_cached_tables);
PG_FUNCTION_INFO_V1(rbac_jwt_secret_is_readable);

static ArrayType *
make_text_array(Datum *elements, int n)
{
	return construct_array(elements, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* NULL for a list that cannot be read. */
Datum
rbac_trusted_session_user_names(PG_FUNCTION_ARGS)
{
	List	   *names;
	Datum	   *elements;
	int			n = 0;
	ListCell   *lc;

	if (!SplitIdentifierString(pstrdup(rbac_trusted_session_users), ',', &names))
		PG_RETURN_NULL();
	elements = palloc(sizeof(Datum) * list_length(names));
	foreach(lc, names)
		elements[n++] = CStringGetTextDatum(lfirst(lc));
	PG_RETURN_ARRAYTYPE_P(make_text_array(elements, n));
}

Datum
rbac_cached_tables(PG_FUNCTION_ARGS)
{
	Datum		elements[RBAC_NTABLES];

	for (int i = 0; i < RBAC_NTABLES; i++)
		elements[i] = CStringGetTextDatum(rbac_table_name(i));
	PG_RETURN_ARRAYTYPE_P(make_text_array(elements, RBAC_NTABLES));
}

Datum
rbac_jwt_secret_is_readable(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(rbac_jwt_secret_is_public);
}
