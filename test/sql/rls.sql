-- Policies: what a role that does not own a table reads and writes, statement by
-- statement, is what its caller may.
\set SHOW_CONTEXT never
DO $$
BEGIN
    PERFORM rbac.create_organization(o, s::jsonb) FROM (VALUES ('acme', '{}'), ('beta', '{}'), ('ops', '{"operator": true}')) AS v (o, s);
    PERFORM rbac.create_user(o, u) FROM (VALUES ('acme', 'ann'), ('acme', 'bob'), ('beta', 'bea'), ('ops', 'root')) AS v (o, u);
    PERFORM rbac.define_permission('Doc:' || p, '{"region": "string", "owner": "string"}') FROM unnest(ARRAY['Read', 'Create', 'Write', 'Erase']) AS p;
    PERFORM rbac.create_role(o, r, 'x', g::rbac.privileges, 'client') FROM (VALUES
        ('acme', 'eu editor', '[{"permission_name": "Doc:Read", "conditions": {"region": {"type": "Equals", "value": "eu"}}},
                                {"permission_name": "Doc:Create", "conditions": {"region": {"type": "Equals", "value": "eu"}, "owner": {"type": "Equals", "value": "{self_user_id}"}}},
                                {"permission_name": "Doc:Write", "conditions": {"region": {"type": "Equals", "value": "eu"}}},
                                {"permission_name": "Doc:Erase", "conditions": {"owner": {"type": "Equals", "value": "{self_user_id}"}}}]'),
        ('acme', 'reader', '[{"permission_name": "Doc:Read", "conditions": {}}]'), ('beta', 'all', '[{"permission_name": "*", "conditions": {}}]'), ('ops', 'all', '[{"permission_name": "Doc:Read", "conditions": {}}]')) AS v (o, r, g);
    PERFORM rbac.assign_role(o, r, u) FROM (VALUES ('acme', 'eu editor', 'ann'), ('acme', 'reader', 'bob'), ('beta', 'all', 'bea'), ('ops', 'all', 'root')) AS v (o, r, u);
END
$$;
CREATE ROLE regress_app;
CREATE TABLE public.doc (id integer PRIMARY KEY, org_id text, region text, owner text, title text);
INSERT INTO public.doc VALUES (1, 'acme', 'eu', 'ann', 'one'), (2, 'acme', 'eu', 'bob', 'two'), (3, 'acme', 'us', 'ann', 'three'), (4, 'acme', NULL, 'ann', 'four'), (5, 'beta', 'eu', 'bea', 'five'), (6, NULL, 'eu', 'ann', 'six'), (7, 'nowhere', 'eu', 'ann', 'seven');
ALTER TABLE public.doc ENABLE ROW LEVEL SECURITY;
CREATE POLICY doc_select ON public.doc FOR SELECT USING (rbac.has_permission('Doc:Read', 'org_id', org_id, 'region', region, 'owner', owner));
CREATE POLICY doc_insert ON public.doc FOR INSERT WITH CHECK (rbac.has_permission('Doc:Create', 'org_id', org_id, 'region', region, 'owner', owner));
CREATE POLICY doc_update ON public.doc FOR UPDATE USING (rbac.has_permission('Doc:Write', 'org_id', org_id, 'region', region, 'owner', owner));
CREATE POLICY doc_delete ON public.doc FOR DELETE USING (rbac.has_permission('Doc:Erase', 'org_id', org_id, 'region', region, 'owner', owner));
GRANT SELECT, INSERT, UPDATE, DELETE, TRIGGER ON public.doc TO regress_app;
-- The test acts as regress_app; set_caller works since a superuser logged in.
CREATE PROCEDURE public.act_as(organization text, user_id text) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM rbac.set_caller(organization, user_id, false);
END
$$;
SET ROLE regress_app;

-- SELECT: nothing without a caller, else what the caller may read.
SELECT * FROM public.doc;
PREPARE ids AS SELECT string_agg(id::text, ' ' ORDER BY id) AS ids FROM public.doc;
CALL public.act_as('acme', 'ann');
EXECUTE ids;
CALL public.act_as('acme', 'bob');
EXECUTE ids;
CALL public.act_as('beta', 'bea');
EXECUTE ids;
CALL public.act_as('ops', 'root');
EXECUTE ids;
CALL public.act_as(NULL, NULL);
EXECUTE ids;
-- The same in a generic plan, across callers on one connection.
SET plan_cache_mode = force_generic_plan;
CALL public.act_as('acme', 'ann');
EXECUTE ids;
CALL public.act_as('ops', 'root');
EXECUTE ids;
CALL public.act_as('acme', 'bob');
EXECUTE ids;
RESET plan_cache_mode;
-- A cursor is as its query: it keeps reading for the caller that there is now.
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM public.doc ORDER BY id;
FETCH 1 FROM c;
CALL public.act_as('acme', 'ann');
FETCH ALL FROM c;
ROLLBACK;

-- INSERT, with and without RETURNING; ON CONFLICT.
CALL public.act_as('acme', 'ann');
INSERT INTO public.doc VALUES (10, 'acme', 'eu', 'ann', 'ten') RETURNING id, title;
INSERT INTO public.doc VALUES (11, 'acme', 'us', 'ann', 'no');
INSERT INTO public.doc VALUES (11, 'acme', 'eu', 'bob', 'no');
INSERT INTO public.doc VALUES (11, 'beta', 'eu', 'ann', 'no');
INSERT INTO public.doc VALUES (11, NULL, 'eu', 'ann', 'no');
INSERT INTO public.doc VALUES (12, 'acme', 'eu', 'ann', 'good'), (13, 'acme', 'eu', 'eve', 'bad');
INSERT INTO public.doc VALUES (10, 'acme', 'eu', 'ann', 'x') ON CONFLICT DO NOTHING;
INSERT INTO public.doc VALUES (10, 'acme', 'eu', 'ann', 'x') ON CONFLICT (id) DO UPDATE SET title = 'ten again' RETURNING id, title;
INSERT INTO public.doc VALUES (3, 'acme', 'eu', 'ann', 'x') ON CONFLICT (id) DO UPDATE SET title = 'not hers';
INSERT INTO public.doc VALUES (5, 'acme', 'eu', 'ann', 'x') ON CONFLICT (id) DO UPDATE SET title = 'not hers';
INSERT INTO public.doc VALUES (10, 'acme', 'eu', 'ann', 'x') ON CONFLICT (id) DO UPDATE SET region = 'us';

-- UPDATE: rows that may be written, and remain so.
UPDATE public.doc SET title = title || '!' RETURNING id, title;
UPDATE public.doc SET region = 'us' WHERE id = 1;
UPDATE public.doc SET org_id = 'beta' WHERE id = 1;
UPDATE public.doc SET title = 'no' WHERE id IN (3, 5);
-- DELETE: hers, as far as she sees them.
DELETE FROM public.doc RETURNING id;
RESET ROLE;
SELECT id, title FROM public.doc ORDER BY id;
SET ROLE regress_app;

-- MERGE (PostgreSQL 15) finds what she sees and may write; the rest is not there.
DO $$
BEGIN
    EXECUTE CASE WHEN current_setting('server_version_num')::integer >= 150000
        THEN 'MERGE INTO public.doc AS d USING (VALUES (2), (3), (5)) AS v (id) ON d.id = v.id WHEN MATCHED THEN UPDATE SET title = upper(title)'
        ELSE 'UPDATE public.doc AS d SET title = upper(title) FROM (VALUES (2), (3), (5)) AS v (id) WHERE d.id = v.id' END;
END
$$;
-- Locking, TRUNCATE and settings are no ways around.
CALL public.act_as('acme', 'bob');
SELECT id, title FROM public.doc ORDER BY id;
SELECT id FROM public.doc ORDER BY id FOR UPDATE;
SELECT id FROM public.doc ORDER BY id FOR SHARE;
TRUNCATE public.doc;
ALTER TABLE public.doc DISABLE ROW LEVEL SECURITY;
CREATE POLICY all_for_me ON public.doc USING (true);
SET row_security = off;
SELECT count(*) FROM public.doc;
RESET row_security;

-- COPY TO copies what may be read; COPY FROM is not possible.
COPY (SELECT id FROM public.doc ORDER BY id) TO STDOUT;
COPY public.doc (id) TO STDOUT;
\copy public.doc FROM /dev/null

RESET ROLE;
CALL public.act_as(NULL, NULL);
DROP TABLE public.doc;
DROP PROCEDURE public.act_as(text, text);
DROP ROLE regress_app;
DELETE FROM rbac.organization;
DELETE FROM rbac.permission WHERE NOT is_builtin;
TRUNCATE rbac.audit_event RESTART IDENTITY;
