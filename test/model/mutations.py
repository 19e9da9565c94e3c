"""Mistakes that the search has to find: each is planted in a function of the
extension, by its text, and taken out again."""

import re
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg


SEQUENTIAL, AUDITED, RACE = 'sequential', 'audited', 'race'


@dataclass
class Mutation:
    problem: str
    edits: tuple  # of (function, old text, new text)
    focus: tuple  # operations of the walks that look for it
    kind: str = SEQUENTIAL  # whether it takes the audit trail to see it, and concurrent calls


def without(function, called):
    """The edit that leaves a call out."""
    return function, rf'PERFORM rbac_internal\.{called}\([^;]*;', 'NULL;'


def instead(function, old, new):
    return function, re.escape(old), new


MUTATIONS = (
    Mutation('adding a member compares nothing',
             (without('add_group_member', 'authorize_grant'),),
             ('add_group_member', 'assign_scoped_role')),
    Mutation('assigning compares nothing',
             (without('assign_role', 'authorize_assignment'),),
             ('assign_role',)),
    Mutation('assigning to a group compares nothing',
             (without('assign_scoped_role', 'authorize_assignment'),),
             ('assign_scoped_role',)),
    Mutation('an application role is assigned by anybody',
             (without('assign_application_role', 'authorize_assignment'),),
             ('assign_application_role', 'create_application_role')),
    Mutation('an API key gets any role',
             (without('create_api_key', 'authorize_grant'),),
             ('create_api_key',)),
    Mutation('an API key signs in anybody',
             (without('sign_in_with_api_key', 'require_exceeding'),),
             ('create_api_key', 'sign_in_with_api_key')),
    Mutation('equal privileges pass',
             (instead('require_exceeding', "AND rbac_internal.setting(organization, 'equal_may_grant')::boolean", ''),),
             ('assign_role', 'modify_role')),
    Mutation('roles that inherit are not compared',
             (instead('replace_version', 'FROM rbac_internal.role_dependents(role)', 'FROM (VALUES (role))'),),
             ('create_role', 'modify_role')),
    Mutation('the caller is compared after the change',
             (instead('replace_version', 'caller_privileges, rbac_internal.compute',
                      'rbac_internal.caller_privileges(), rbac_internal.compute'),),
             ('modify_role',)),
    Mutation('a role counts outside of its scope',
             (instead('assign_scoped_role', 'document.role, restriction)\n    ON', "document.role, '{}')\n    ON"),),
             ('create_scoped_role', 'assign_scoped_role')),
    Mutation('an assignment in a scope is compared without it',
             (instead('assign_scoped_role', 'document.role, restriction);', 'document.role);'),),
             ('create_scoped_role', 'assign_scoped_role')),
    Mutation('temporary grants count in comparisons',
             (instead('caller_privileges', 'compute_user_privileges', 'compute_effective_privileges'),),
             ('create_temporary_permission_grant', 'assign_role')),
    Mutation("what a grantor's placeholders stand for is the grantee",
             (instead('authorize_temporary_grant', 'rbac.current_user_id()', 'user_id'),),
             ('create_temporary_permission_grant',)),
    Mutation('temporary grants wake in an operator organization',
             (instead('check_becoming_operator', 't.expires_at > statement_timestamp()', 'false'),),
             ('create_temporary_permission_grant', 'modify_organization')),
    Mutation('roles count in organizations of others',
             (instead('acts_in', 'RETURN ', 'RETURN true OR '),),
             ('assign_role', 'modify_scoped_role')),
    Mutation('anybody takes roles away',
             (without('remove_assignment', 'authorize_removal'),),
             ('revoke_role', 'assign_role')),
    Mutation('anybody deletes roles',
             (without('delete_role', 'authorize_removal'),),
             ('delete_scoped_role', 'create_scoped_role', 'assign_scoped_role')),
    Mutation('anybody gives roles another name',
             (without('rename_role', 'authorize_assignment'),),
             ('modify_scoped_role',)),
    Mutation('inheritance may be circular',
             (instead('set_parents', 'd.role = ANY (parents)', 'false'),),
             ('modify_role',)),
    Mutation('a refusal shows a request that is covered',
             (instead('require_exceeding', 'rbac.uncovered(held, granted)', "rbac.uncovered('[]', granted)"),),
             ('assign_role',)),
    Mutation('a revocation leaves no event',
             (without('revoke_role', 'audit'),),
             ('revoke_role', 'assign_role'), AUDITED),
    Mutation('an event does not tell the old name',
             (instead('modify_scoped_role', ', old.role, old.role_name', ', old.role'),),
             ('modify_scoped_role',), AUDITED),
    Mutation('what is compared may change before it is written',
             (instead('lock_organization', 'SET settings = o.settings WHERE', 'SET settings = o.settings WHERE false AND'),
              instead('lock_organization', 'FOR SHARE', ''),
              instead('require_exceeding', '\nBEGIN\n', '\nBEGIN\n    PERFORM pg_sleep(0.01);\n')),
             ('assign_role', 'modify_role'), RACE),
)

DEFINITION = '''
    SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p
    WHERE p.pronamespace = 'rbac_internal'::regnamespace AND p.proname = %s'''


def edit(connection, function, pattern, new):
    """Return the definition from before."""
    (old,), = connection.execute(DEFINITION, (function,)).fetchall()
    text, n = re.subn(pattern, lambda _: new, old)
    if n == 0:
        raise LookupError(f'{function} has no {pattern}')
    connection.execute(text)
    return old


@contextmanager
def planted(database, mutation):
    with psycopg.connect(dbname=database, autocommit=True) as connection:
        originals = [edit(connection, *one) for one in mutation.edits]
        try:
            yield
        finally:
            for original in reversed(originals):
                connection.execute(original)
