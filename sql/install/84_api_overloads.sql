-- The overload (jsonb) of every operation; 80_api.sql tells what it is for.

DO $$
DECLARE
    operation record;
BEGIN
    FOR operation IN
        SELECT p.proname AS name, pg_get_function_identity_arguments(p.oid) AS arguments
        FROM pg_proc AS p WHERE p.pronamespace = 'rbac_api'::regnamespace
    LOOP
        EXECUTE format(
            'CREATE FUNCTION rbac_api.%1$I(jsonb) RETURNS json
             LANGUAGE C VOLATILE PARALLEL UNSAFE AS ''MODULE_PATHNAME'', ''rbac_api_refuse'';
             COMMENT ON FUNCTION rbac_api.%1$I(jsonb) IS %3$L;
             COMMENT ON FUNCTION rbac_internal.api_%1$s(%2$s) IS %4$L',
            operation.name, operation.arguments,
            'Answer requests with missing or unknown arguments: 422, naming them.',
            format('Implements rbac_api.%s.', operation.name));
    END LOOP;
END
$$;
