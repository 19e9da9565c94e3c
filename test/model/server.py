"""Calls of the extension and what it tells of its state. The session is a
superuser's: without a caller it acts as the system."""

import json

import psycopg

# Arguments that the model does not know of.
CONSTANT = {
    'create_role': {'description': 'x'},
    'create_temporary_permission_grant': {'duration': 'PT1H', 'tags': '{}', 'justification': 'Because of a test.'},
    'create_api_key': {'duration': 'P1D'},
}
DOCUMENTS = ('permission_grants', 'permission_grant', 'settings')

# What every principal holds, by roles and altogether. Groups, keys and
# applications too: what they hold is for whoever comes to use them.
PRINCIPALS = '''
    SELECT p.organization, p.principal_id, rbac.user_privileges(p.organization, p.principal_id)::text,
           rbac.effective_privileges(p.organization, p.principal_id)::text
    FROM rbac.principal AS p WHERE p.kind = 'user'
    UNION ALL
    SELECT p.organization, p.principal_id,
           rbac_internal.compute_principal_privileges(p.organization, p.principal_id)::text, NULL
    FROM rbac.principal AS p WHERE p.kind IN ('group', 'application', 'api_key')'''
ANSWERS = '''
    SELECT rbac.check_access(q ->> 0, q ->> 1, q ->> 2, q -> 3)
    FROM jsonb_array_elements(%s::jsonb) WITH ORDINALITY AS a (q, n) ORDER BY n'''
EVENTS = '''
    SELECT operation, organization, actor_organization, actor_user_id, detail
    FROM rbac.audit_event ORDER BY event_id'''
ROLE_UUID = '''
    SELECT rbac_internal.role_uuid(r.role)::text FROM rbac.role AS r
    WHERE r.organization = %s AND r.level = 'organization' AND r.role_name = %s'''


class Server:
    def __init__(self, dbname):
        self.connection = psycopg.connect(dbname=dbname, autocommit=True)
        self.execute("LOAD 'rbac'")
        self.execute("SET rbac.jwt_secret = 'a secret of at least thirty-two bytes'")
        self.caller = None

    def execute(self, query, arguments=()):
        return self.connection.execute(query, arguments)

    def act_as(self, caller):
        if caller != self.caller:
            self.execute('SELECT rbac.set_caller(%s, %s, false)', caller or (None, None))
            self.caller = caller

    def call(self, operation, caller, arguments):
        """The row that the function returns; psycopg.Error when it is refused."""
        arguments = {**arguments, **CONSTANT.get(operation, {})}
        values = [json.dumps(value) if name in DOCUMENTS and value is not None else value
                  for name, value in arguments.items()]
        names = ', '.join(f'{name} => %s' for name in arguments)
        self.act_as(caller)
        return self.execute(f'SELECT * FROM rbac.{operation}({names})', values).fetchone()

    def principals(self):
        """(organization, id) -> what it holds by roles, and altogether if it is a user."""
        self.act_as(None)
        return {row[:2]: row[2:] for row in self.execute(PRINCIPALS)}

    def answers(self, questions):
        self.act_as(None)
        return [row[0] for row in self.execute(ANSWERS, (json.dumps(questions),))]

    def role_uuid(self, organization, role_name):
        return self.execute(ROLE_UUID, (organization, role_name)).fetchone()[0]

    def events(self):
        return self.execute(EVENTS).fetchall()

    def count_events(self):
        return self.execute('SELECT count(*) FROM rbac.audit_event').fetchone()[0]

    def clear(self):
        self.act_as(None)
        self.execute('DELETE FROM rbac.organization')
        self.execute('TRUNCATE rbac.audit_event RESTART IDENTITY')
