/*
 * encoding.c - the core is UTF-8, the server has the database's encoding.
 *
 * In a UTF-8 database nothing is converted or copied. SQL_ASCII is refused when
 * the extension is created.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "rbac.h"

static bool
is_same_encoding(void)
{
	return GetDatabaseEncoding() == PG_UTF8;
}

text *
rbac_str_to_text(rbac_str str)
{
	text	   *result = palloc(VARHDRSZ + str.len);

	SET_VARSIZE(result, VARHDRSZ + str.len);
	memcpy(VARDATA(result), str.data, str.len);
	return result;
}

char *
rbac_str_to_cstring(rbac_str str)
{
	return pnstrdup(str.data, str.len);
}

rbac_str
rbac_to_utf8(rbac_str server)
{
	char	   *converted;

	if (is_same_encoding())
		return server;
	converted = pg_server_to_any(server.data, server.len, PG_UTF8);
	if (converted == server.data)
		return server;
	return (rbac_str) {converted, strlen(converted)};
}

rbac_str
rbac_from_utf8(rbac_str utf8)
{
	char	   *converted;

	if (is_same_encoding())
		return utf8;
	converted = pg_any_to_server(utf8.data, utf8.len, PG_UTF8);
	if (converted == utf8.data)
		return utf8;
	return (rbac_str) {converted, strlen(converted)};
}

static bool
convert_noerror(rbac_str in, int from, int to, rbac_str *out)
{
	Oid			proc;
	int			size = in.len * MAX_CONVERSION_GROWTH + 1;
	char	   *buffer;

	*out = in;
	if (is_same_encoding() || in.len == 0)
		return true;
	proc = FindDefaultConversionProc(from, to);
	if (!OidIsValid(proc))
		return false;
	buffer = palloc(size);
	if (pg_do_encoding_conversion_buf(proc, from, to, (unsigned char *) in.data, in.len,
									  (unsigned char *) buffer, size, true) != (int) in.len)
		return false;
	*out = (rbac_str) {buffer, strlen(buffer)};
	return true;
}

bool
rbac_to_utf8_noerror(rbac_str server, rbac_str *utf8)
{
	return convert_noerror(server, GetDatabaseEncoding(), PG_UTF8, utf8);
}

bool
rbac_from_utf8_noerror(rbac_str utf8, rbac_str *server)
{
	return convert_noerror(utf8, PG_UTF8, GetDatabaseEncoding(), server);
}
