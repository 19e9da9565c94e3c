"""Random administrative calls, legal and illegal ones: what somebody who knows
the state of the model may think of. Names and values are few, so that calls
meet; grants mention only what universe.py knows."""

import json

from universe import ORGANIZATIONS, USERS

ROLE_NAMES = ('Reader', 'Writer', 'Team', 'Admin', 'Spare')
SCOPED_NAMES = ('Reader', 'Team', 'Helper', None)
GROUPS = ('crew', 'gang')
APPLICATIONS = ('shop', 'till')
TEXTS = ('refund', 'ship')
CONDITIONS = {
    'org_id': ('acme', 'beta', '{self_org_id}'),
    'workspace_id': ('w1', 'w2'),
    'project_id': ('p1',),
    'region': ('eu', 'us'),
    'owner': ('ann', 'bob', '{self_user_id}'),
    'role_name': ('Reader', 'Writer', 'Team'),
    'role_level': ('organization', 'workspace', 'project'),
    'group_id': ('crew',),
    'application_id': APPLICATIONS,
    'permission': TEXTS,
    'permission_name': ('Doc:Read', 'Doc:Write'),
}
# Permission, how often, what conditions may be on.
GRANTS = [
    ('Doc:Read', 6, ('region', 'owner', 'workspace_id')), ('Doc:Write', 4, ('region', 'owner', 'project_id')),
    ('Doc:*', 4, ('region', 'owner', 'workspace_id')), ('Role:CreateRole', 2, ('role_name', 'role_level')),
    ('Role:ModifyRole', 4, ('role_name', 'role_level')), ('Role:DeleteRole', 2, ('role_name', 'role_level')),
    ('Role:CreateTemporaryPermissionGrant', 2, ('permission_name',)), ('Role:*', 2, ()),
    ('Group:AddMember', 2, ('group_id',)), ('Group:RemoveMember', 1, ('group_id',)), ('Group:*', 4, ()),
    ('Application:Use', 2, ('application_id', 'permission')), ('Application:*', 2, ()),
    ('Organization:CreateAPIKey', 1, ('role_name',)), ('Organization:*', 1, ()), ('User:InviteUser', 1, ()),
    ('*', 2, ()),
]
# How often each operation is tried.
OPERATIONS = {
    'create_role': 5, 'modify_role': 12, 'assign_role': 14, 'revoke_role': 6, 'create_user': 1,
    'create_group': 2, 'delete_group': 1, 'add_group_member': 6, 'remove_group_member': 3,
    'create_scoped_role': 4, 'modify_scoped_role': 8, 'delete_scoped_role': 2, 'assign_scoped_role': 10,
    'revoke_scoped_role': 5, 'create_application': 2, 'delete_application': 1, 'create_application_role': 5,
    'modify_application_role': 4, 'delete_application_role': 1, 'assign_application_role': 5,
    'revoke_application_role': 3, 'create_temporary_permission_grant': 5, 'create_api_key': 3,
    'delete_api_key': 1, 'sign_in_with_api_key': 3, 'modify_organization': 1,
}


FOCUS = 10  # how much more often operations are tried that a walk is about


class Walk:
    """next_call() returns (operation, caller, arguments)."""

    def __init__(self, random, model, focus=()):
        self.random, self.model = random, model
        self.weights = {name: weight * (FOCUS if name in focus else 1) for name, weight in OPERATIONS.items()}

    def maybe(self, probability):
        return self.random.random() < probability

    def one_of(self, existing, fallback):
        """Usually something that exists, sometimes anything."""
        existing = sorted(existing)
        return self.random.choice(existing if existing and not self.maybe(0.08) else list(fallback))

    def next_call(self):
        operation = self.random.choices(list(self.weights), list(self.weights.values()))[0]
        self.organization = self.random.choices((*ORGANIZATIONS, 'nowhere'), (60, 20, 15, 2))[0]
        by_system = operation == 'modify_organization' and self.maybe(0.7)
        self.actor = None if by_system else self.caller()
        return operation, self.actor, getattr(self, operation)()

    def caller(self):
        """Often of two the one who holds more: the others can do little."""
        if self.maybe(0.1):
            return None
        if self.maybe(0.03):
            return self.organization, self.random.choice(('crew', 'nobody'))
        callers = sorted(p for p, kind in self.model.principals.items() if kind in ('user', 'application'))
        near = [p for p in callers if p[0] == self.organization]
        two = self.random.choices(near if near and self.maybe(0.8) else callers, k=self.random.choice((1, 2)))
        return max(two, key=lambda caller: bin(self.model.caller_set(caller)).count('1'))

    # ---- what there is ----

    def ids(self, *kinds):
        return [p for (o, p), kind in self.model.principals.items() if o == self.organization and kind in kinds]

    def user(self):
        return self.one_of(self.ids('user'), USERS + ('nobody',))

    def group(self):
        return self.one_of(self.ids('group'), GROUPS)

    def application(self):
        return self.one_of(self.ids('application'), APPLICATIONS)

    def role_name(self):
        return self.one_of((role.name for role in self.model.roles.values()
                            if role.organization == self.organization and role.level == 'organization'), ROLE_NAMES)

    def scoped_role(self):
        """Of any level, and sometimes of another organization."""
        roles = [r for r in self.model.roles.values() if r.id and not r.app_id]
        near = [r for r in roles if r.organization == self.organization]
        found = self.random.choice(near if near and not self.maybe(0.1) else roles) if roles else None
        return found if found and not self.maybe(0.03) else None

    def api_key(self):
        keys = sorted(key for key in self.model.keys.items() if key[0][0] == self.organization)
        if not keys or self.maybe(0.1):
            return 'f' * 24, 'no such key'
        (_, api_key_id), api_key = self.random.choice(keys)
        return api_key_id, 'wrong' if self.maybe(0.1) else api_key

    def held(self):
        return sorted((h for h in self.model.assignments if h.organization == self.organization
                       and self.model.principals[h[:2]] != 'api_key'), key=str)

    # ---- documents ----

    def condition(self, attribute):
        values = CONDITIONS[attribute]
        kind = self.random.choices(('Equals', 'In', 'NotEquals'), (4, 2, 2))[0]
        if kind == 'In' and len(values) > 1:
            return {'type': 'In', 'values': self.random.sample(values, 2)}
        return {'type': 'Equals' if kind == 'In' else kind, 'value': self.random.choice(values)}

    def grant(self):
        name, _, attributes = self.random.choices(GRANTS, [weight for _, weight, _ in GRANTS])[0]
        conditions = {a: self.condition(a) for a in attributes if self.maybe(0.4)}
        if self.maybe(0.07):
            conditions['org_id'] = self.condition('org_id')
        if self.maybe(0.01):
            name, conditions = 'Doc:Unknown', {}
        return {'permission_name': name, 'conditions': conditions}

    def known_grants(self):
        """Those of a role that the caller has, no more and no less."""
        numbers = {h.role for h in self.model.assignments if h[:2] == self.actor}
        documents = sorted(sorted(self.model.roles[n].grants) for n in numbers if self.model.roles[n].grants)
        return [json.loads(grant) for grant in self.random.choice(documents)] if documents else [self.grant()]

    def grants(self):
        if self.maybe(0.05):
            return []
        if self.maybe(0.2):
            return self.known_grants()
        return [self.grant() for _ in range(self.random.choice((1, 1, 2, 3)))]

    def parents(self):
        return [self.role_name() for _ in range(self.random.choice((0, 1, 1, 2)))]

    # ---- arguments ----

    def here(self, **arguments):
        return {'organization': self.organization, **arguments}

    def create_role(self):
        return self.here(role_name=self.random.choice(ROLE_NAMES), permission_grants=self.grants(),
                         frontend_view=self.random.choice(('client', 'admin')),
                         inherited_from=self.parents() if self.maybe(0.4) else [], is_base_role=self.maybe(0.1))

    def modify_role(self):
        return self.here(role_name=self.role_name(), permission_grants=self.grants() if self.maybe(0.7) else None,
                         frontend_view='admin' if self.maybe(0.2) else None,
                         inherited_from=self.parents() if self.maybe(0.4) else None)

    def assign_role(self):
        return self.here(role_name=self.role_name(), user_id=self.user(), replace=self.maybe(0.4))

    def revoke_role(self):
        held = [h for h in self.held() if self.model.roles[h.role].level == 'organization']
        if not held or self.maybe(0.1):
            return self.here(role_name=self.role_name(), user_id=self.user())
        one = self.random.choice(held)
        return self.here(role_name=self.model.roles[one.role].name, user_id=one.principal)

    def create_user(self):
        return self.here(user_id=self.random.choice(USERS))

    def create_group(self):
        return self.here(group_id=self.random.choice(GROUPS + ('ann',)))

    def delete_group(self):
        return self.here(group_id=self.group())

    def add_group_member(self):
        return self.here(group_id=self.group(), user_id=self.user())

    def remove_group_member(self):
        members = sorted(m for m in self.model.members if m[0] == self.organization)
        if not members or self.maybe(0.1):
            return self.add_group_member()
        _, user_id, group_id = self.random.choice(members)
        return self.here(group_id=group_id, user_id=user_id)

    def create_scoped_role(self):
        return self.here(level=self.random.choices(('workspace', 'project', 'organization'), (6, 4, 1))[0],
                         permission_grants=self.grants(), role_name=self.random.choice(SCOPED_NAMES),
                         system_managed=self.maybe(0.05), type='share' if self.maybe(0.05) else 'normal')

    def role_id(self):
        role = self.scoped_role()
        return role.id if role else '00000000-0000-8000-8000-000000000000'

    def modify_scoped_role(self):
        return {'role_id': self.role_id(), 'role_name': self.random.choice(ROLE_NAMES) if self.maybe(0.2) else None,
                'permission_grants': self.grants() if self.maybe(0.9) else None}

    def delete_scoped_role(self):
        return {'role_id': self.role_id()}

    def assign_scoped_role(self):
        role = self.scoped_role()
        level = role.level if role and not self.maybe(0.1) else self.random.choice(CONDITIONS['role_level'])
        to_group = self.maybe(0.4)
        return {'role_id': role.id if role else self.role_id(),
                'user_id': None if to_group else self.user(), 'group_id': self.group() if to_group else None,
                'workspace_id': None if level == 'organization' else self.random.choice(('w1', 'w2')),
                'project_id': 'p1' if level == 'project' else None}

    def revoke_scoped_role(self):
        held = [h for h in self.held() if not self.model.roles[h.role].app_id]
        if not held or self.maybe(0.1):
            return self.assign_scoped_role()
        one = self.random.choice(held)
        is_group = self.model.principals[one[:2]] == 'group'
        return {'role_id': self.model.roles[one.role].id, 'user_id': None if is_group else one.principal,
                'group_id': one.principal if is_group else None,
                'workspace_id': one.workspace, 'project_id': one.project}

    def create_application(self):
        return self.here(app_id=self.random.choice(APPLICATIONS))

    def delete_application(self):
        return self.here(app_id=self.application())

    def texts(self):
        return self.random.sample(TEXTS, self.random.choice((0, 1, 1, 2)))

    def create_application_role(self):
        return self.here(app_id=self.application(), role_name=self.random.choice(ROLE_NAMES), permissions=self.texts())

    def application_role(self):
        roles = [r for r in self.model.roles.values() if r.app_id and r.organization == self.organization]
        if not roles or self.maybe(0.05):
            return self.here(app_id=self.application(), role_id='f' * 24)
        role = self.random.choice(roles)
        return self.here(app_id=role.app_id, role_id=role.id)

    delete_application_role = application_role

    def modify_application_role(self):
        return {**self.application_role(), 'permissions': self.texts() if self.maybe(0.8) else None,
                'role_name': self.random.choice(ROLE_NAMES) if self.maybe(0.2) else None}

    def assign_application_role(self):
        kind = self.random.choice(('User', 'User', 'Group', 'Application'))
        one = {'User': self.user, 'Group': self.group, 'Application': self.application}[kind]
        return {**self.application_role(), 'entity_ids': [one() for _ in range(self.random.choice((1, 1, 2)))],
                'entity_type': kind}

    def revoke_application_role(self):
        held = [h for h in self.held() if self.model.roles[h.role].app_id]
        if not held or self.maybe(0.1):
            return {**self.application_role(), 'entity_id': self.user()}
        one = self.random.choice(held)
        role = self.model.roles[one.role]
        return self.here(app_id=role.app_id, role_id=role.id, entity_id=one.principal)

    def create_temporary_permission_grant(self):
        grant = self.random.choice(self.known_grants()) if self.maybe(0.6) else self.grant()
        if self.maybe(0.2):
            grant['conditions']['org_id'] = self.condition('org_id')
        return self.here(user_id=self.user(), permission_grant=grant)

    def create_api_key(self):
        return self.here(role_name=self.role_name())

    def delete_api_key(self):
        return self.here(api_key_id=self.api_key()[0])

    def sign_in_with_api_key(self):
        api_key_id, api_key = self.api_key()
        return self.here(api_key_id=api_key_id, api_key=api_key, user_id=self.user())

    def modify_organization(self):
        settings = self.random.choice((
            {'equal_may_grant': True}, {'equal_may_grant': False}, {'temporary_grant_needs_cover': False},
            {'temporary_grant_needs_cover': True}, {'owner': 'ann'}, {'owner': ''}, {'operator': True},
            {'operator': True}, {'operator': False}))
        return self.here(settings=settings)
