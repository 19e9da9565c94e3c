"""What the extension promises, with sets of requests in place of grants and
Python in place of SQL. Each operation is a method that is named like the public
function; it changes the model or raises Refused and leaves it as it was.

The caller is None for the system, else (organization, user). Roles are known
by a number of the model; callers name them as they name them in SQL."""

from collections import namedtuple
from dataclasses import dataclass, replace

import universe
from universe import bit_of, canonical, for_everybody, for_user, grant_set, restriction_set

DEFAULT_SETTINGS = {'equal_may_grant': False, 'temporary_grant_needs_cover': True,
                    'operator': False, 'owner': '', 'admin_role': 'Admin'}
MAX_API_KEYS = 20
SYSTEM = None


class Refused(Exception):
    """comparisons: of what is held and what is granted, each a reason to refuse."""

    def __init__(self, sqlstate, comparisons=()):
        super().__init__(sqlstate)
        self.sqlstate, self.comparisons = sqlstate, comparisons


@dataclass(frozen=True)
class Role:
    organization: str
    name: str
    grants: frozenset  # of JSON texts, without order
    level: str = None
    app_id: str = None
    parents: frozenset = frozenset()
    view: str = None
    is_base: bool = False
    type: str = 'normal'
    system_managed: bool = False
    permissions: tuple = None  # of an application role, in order
    id: str = None  # a uuid, or of an application role its id


Assignment = namedtuple('Assignment', 'organization principal role workspace project')
Temporary = namedtuple('Temporary', 'organization user grant')


def grants_of(document):
    return frozenset(canonical({'conditions': {}, **grant}) for grant in document or ())


def application_grants(app_id, permissions):
    if not permissions:
        return frozenset()
    return grants_of([{'permission_name': 'Application:Use', 'conditions': {
        'application_id': {'type': 'Equals', 'value': app_id},
        'permission': {'type': 'In', 'values': list(permissions)}}}])


def once(texts):
    return tuple(dict.fromkeys(texts or ()))


def try_all(function, several):
    """Call it with each; the order in which the extension does is its own."""
    refusals = []
    for one in several:
        try:
            function(one)
        except Refused as refused:
            refusals.append(refused)
    if refusals:
        raise Refused('42501', [pair for refused in refusals for pair in refused.comparisons])


class Model:
    def __init__(self):
        self.organizations = {}  # id -> settings
        self.principals = {}  # (organization, id) -> kind
        self.roles = {}  # number -> Role
        self.assignments = set()
        self.members = set()  # (organization, user, group)
        self.temporary = set()
        self.keys = {}  # (organization, id) -> the key, also of those that lost their role
        self.next_role = 1

    # ---- what principals hold ----

    def setting(self, organization, name):
        return self.organizations[organization].get(name, DEFAULT_SETTINGS[name])

    def counting(self, requests, organization):
        """Grants held through an organization count there, or everywhere."""
        if self.setting(organization, 'operator'):
            return requests
        return requests & restriction_set('org_id', organization)

    def ancestors(self, number):
        found, todo = set(), [number]
        while todo:
            number = todo.pop()
            if number not in found:
                found.add(number)
                todo += self.roles[number].parents
        return found

    def dependents(self, number):
        return [other for other in self.roles if number in self.ancestors(other)]

    def role_set(self, number, workspace=None, project=None):
        organization = self.roles[number].organization
        result = 0
        for ancestor in self.ancestors(number):
            for grant in self.roles[ancestor].grants:
                result |= grant_set(grant, organization)
        if workspace is not None:
            result &= restriction_set('workspace_id', workspace)
        if project is not None:
            result &= restriction_set('project_id', project)
        return self.counting(result, organization)

    def held_by(self, organization, principal):
        """By roles, those of groups included."""
        holders = {principal} | {group for o, user, group in self.members
                                 if (o, user) == (organization, principal)}
        result = 0
        for held in self.assignments:
            if held.organization == organization and held.principal in holders:
                result |= self.role_set(held.role, held.workspace, held.project)
        return result

    def effective(self, organization, principal):
        result = 0
        for grant in self.temporary:
            if (grant.organization, grant.user) == (organization, principal):
                result |= grant_set(grant.grant, organization)
        return self.held_by(organization, principal) | self.counting(result, organization)

    def caller_set(self, caller):
        if self.principals.get(caller) not in ('user', 'application'):
            return 0
        return self.held_by(*caller)

    def acts_in(self, caller, organization):
        return caller is SYSTEM or caller[0] == organization or (
            caller[0] in self.organizations and self.setting(caller[0], 'operator'))

    def check(self, organization, user, permission, attributes):
        """check_access(): attributes have org_id, or it is the user's own."""
        asked = {'org_id': organization, **attributes}
        if self.principals.get((organization, user)) not in ('user', 'application'):
            return False
        if self.setting(organization, 'operator'):
            counts = asked['org_id'] in self.organizations
        else:
            counts = asked['org_id'] == organization
        effective = for_user(self.effective(organization, user), user)
        return counts and bool(effective >> bit_of(permission, asked) & 1)

    # ---- who may ----

    def require_permission(self, caller, permission, **attributes):
        if caller is not SYSTEM and not self.check(*caller, permission, attributes):
            raise Refused('42501')

    def require_acting_in(self, caller, organization):
        if not self.acts_in(caller, organization):
            raise Refused('42501')

    def require_exceeding(self, held, granted, equal_may):
        if granted & ~held or (granted == held and not equal_may):
            raise Refused('42501', [(held, granted)])

    def authorize_grant(self, caller, held, granted, organization):
        if caller is not SYSTEM:
            self.require_acting_in(caller, organization)
            self.require_exceeding(held, granted, self.setting(organization, 'equal_may_grant'))

    def authorize_removal(self, caller, removed, organization):
        if caller is SYSTEM:
            return
        self.require_acting_in(caller, organization)
        held = self.caller_set(caller)
        if removed & ~held:
            raise Refused('42501', [(held, removed)])

    # ---- finding ----

    def require_organization(self, organization):
        if organization not in self.organizations:
            raise Refused('42704')

    def enter(self, caller, organization):
        """Strangers are told that there is no such organization."""
        self.require_organization(organization)
        if not self.acts_in(caller, organization):
            raise Refused('42704')

    def require_principal(self, organization, kind, principal):
        if self.principals.get((organization, principal)) != kind:
            raise Refused('42704')

    def add_principal(self, organization, kind, principal):
        if (organization, principal) in self.principals:
            raise Refused('42710')
        self.principals[organization, principal] = kind

    def find(self, **wanted):
        for number, role in self.roles.items():
            if all(getattr(role, name) == value for name, value in wanted.items()):
                return number
        raise Refused('42704')

    def find_role(self, organization, role_name):
        return self.find(organization=organization, level='organization', name=role_name)

    def enter_scoped(self, caller, role_id):
        number = self.find(id=role_id, app_id=None)
        if not self.acts_in(caller, self.roles[number].organization):
            raise Refused('42704')
        return number

    def enter_application(self, caller, organization, app_id):
        self.enter(caller, organization)
        self.require_principal(organization, 'application', app_id)

    def find_application_role(self, caller, organization, app_id, role_id):
        self.enter_application(caller, organization, app_id)
        return self.find(organization=organization, app_id=app_id, id=role_id)

    def check_grants(self, document):
        for grant in document or ():
            name = grant['permission_name']
            if not name.endswith('*') and (name.endswith('another') or name not in universe.PERMISSIONS):
                raise Refused('42704')

    # ---- roles ----

    def require_unused(self, role):
        for other in self.roles.values():
            if role.name is not None and (role.organization, role.level, role.app_id, role.name) == (
                    other.organization, other.level, other.app_id, other.name):
                raise Refused('42710')

    def add_role(self, role):
        self.require_unused(role)
        number, self.next_role = self.next_role, self.next_role + 1
        self.roles[number] = role
        return number

    def role_request(self, number):
        role = self.roles[number]
        return {'org_id': role.organization, 'role_name': role.name, 'role_level': role.level}

    def find_parents(self, organization, names):
        return frozenset(self.find_role(organization, name) for name in names)

    def write_version(self, caller, number, **content):
        """Compared with what the caller held before."""
        held = self.caller_set(caller)
        self.roles[number] = role = replace(self.roles[number], **content)
        if role.parents and (role.is_base or any(number in self.ancestors(p) for p in role.parents)):
            raise Refused('42P17')
        try_all(lambda other: self.authorize_grant(caller, held, self.role_set(other), role.organization),
                self.dependents(number))

    def create_role(self, caller, organization, role_name, permission_grants, frontend_view, inherited_from,
                    is_base_role):
        self.require_organization(organization)
        self.check_grants(permission_grants)
        parents = self.find_parents(organization, inherited_from or ())
        self.require_permission(caller, 'Role:CreateRole', org_id=organization, role_name=role_name,
                                level='organization')
        number = self.add_role(Role(organization, role_name, grants_of(permission_grants), 'organization',
                                    parents=parents, view=frontend_view, is_base=is_base_role))
        if is_base_role and parents:
            raise Refused('42P17')
        return number

    def modify_role(self, caller, organization, role_name, permission_grants, frontend_view, inherited_from):
        self.require_organization(organization)
        self.check_grants(permission_grants)
        number = self.find_role(organization, role_name)
        old = self.roles[number]
        content = {'grants': old.grants if permission_grants is None else grants_of(permission_grants),
                   'view': frontend_view or old.view,
                   'parents': old.parents if inherited_from is None
                   else self.find_parents(organization, inherited_from)}
        self.require_permission(caller, 'Role:ModifyRole', **self.role_request(number))
        if replace(old, **content) != old:
            self.write_version(caller, number, **content)

    def require_removable(self, organization, principal, number):
        role = self.roles[number]
        if principal == self.setting(organization, 'owner') and role.level == 'organization' \
                and role.name == self.setting(organization, 'admin_role'):
            raise Refused('42809')

    def require_replaceable(self, number):
        for held in self.assignments:
            if held.role == number:
                self.require_removable(held.organization, held.principal, number)

    def rename(self, caller, number, name):
        """Roles are assigned by name: it takes the rights to assign this one."""
        renamed = replace(self.roles[number], name=name)
        if renamed != self.roles[number]:
            self.require_replaceable(number)
            self.authorize_grant(caller, self.caller_set(caller), self.role_set(number), renamed.organization)
            self.require_unused(renamed)
            self.roles[number] = renamed

    def drop_role(self, number):
        del self.roles[number]
        self.assignments = {held for held in self.assignments if held.role != number}
        for other, role in self.roles.items():
            self.roles[other] = replace(role, parents=role.parents - {number})

    def delete_role(self, caller, number):
        organization = self.roles[number].organization
        self.require_permission(caller, 'Role:DeleteRole', **self.role_request(number))
        dependents = self.dependents(number)
        try_all(lambda held: self.authorize_removal(
                    caller, self.role_set(number, held.workspace, held.project), organization),
                [held for held in self.assignments if held.role in dependents])
        self.require_replaceable(number)
        self.drop_role(number)

    # ---- assignments ----

    def remove_assignment(self, caller, held):
        self.authorize_removal(caller, self.role_set(held.role, held.workspace, held.project), held.organization)
        self.require_removable(held.organization, held.principal, held.role)
        if held not in self.assignments:
            raise Refused('42704')
        self.assignments.remove(held)

    def assign_role(self, caller, organization, role_name, user_id, replace):
        self.require_organization(organization)
        number = self.find_role(organization, role_name)
        self.require_principal(organization, 'user', user_id)
        self.authorize_grant(caller, self.caller_set(caller), self.role_set(number), organization)
        if replace:
            self.replace_others(caller, organization, user_id, number)
        self.assignments.add(Assignment(organization, user_id, number, None, None))

    def replace_others(self, caller, organization, user_id, kept):
        others = [held for held in self.assignments
                  if held[:2] == (organization, user_id) and held.role != kept
                  and self.roles[held.role].level == 'organization']
        # judged by what the caller held before
        try_all(lambda held: self.authorize_removal(caller, self.role_set(held.role), organization), others)
        for held in others:
            self.remove_assignment(SYSTEM, held)

    def revoke_role(self, caller, organization, role_name, user_id):
        self.require_organization(organization)
        number = self.find_role(organization, role_name)
        self.require_principal(organization, 'user', user_id)
        self.remove_assignment(caller, Assignment(organization, user_id, number, None, None))

    # ---- users, groups ----

    def create_user(self, caller, organization, user_id):
        self.require_organization(organization)
        self.require_permission(caller, 'User:InviteUser', org_id=organization)
        self.add_principal(organization, 'user', user_id)

    def create_group(self, caller, organization, group_id):
        self.enter(caller, organization)
        self.require_permission(caller, 'Group:CreateGroup', org_id=organization, group_id=group_id)
        self.add_principal(organization, 'group', group_id)

    def delete_principal(self, organization, principal):
        del self.principals[organization, principal]
        self.assignments = {held for held in self.assignments if held[:2] != (organization, principal)}
        self.members = {m for m in self.members if (m[0], m[2]) != (organization, principal)}
        self.keys.pop((organization, principal), None)

    def enter_group(self, caller, permission, organization, group_id):
        self.enter(caller, organization)
        self.require_principal(organization, 'group', group_id)
        self.require_permission(caller, permission, org_id=organization, group_id=group_id)

    def delete_group(self, caller, organization, group_id):
        self.enter_group(caller, 'Group:DeleteGroup', organization, group_id)
        self.authorize_removal(caller, self.held_by(organization, group_id), organization)
        self.delete_principal(organization, group_id)

    def add_group_member(self, caller, organization, group_id, user_id):
        self.enter(caller, organization)
        self.require_principal(organization, 'group', group_id)
        self.require_principal(organization, 'user', user_id)
        self.enter_group(caller, 'Group:AddMember', organization, group_id)
        self.authorize_grant(caller, self.caller_set(caller), self.held_by(organization, group_id), organization)
        self.members.add((organization, user_id, group_id))

    def remove_group_member(self, caller, organization, group_id, user_id):
        self.enter_group(caller, 'Group:RemoveMember', organization, group_id)
        self.authorize_removal(caller, self.held_by(organization, group_id), organization)
        if (organization, user_id, group_id) not in self.members:
            raise Refused('42704')
        self.members.remove((organization, user_id, group_id))

    # ---- scoped roles ----

    def create_scoped_role(self, caller, organization, level, permission_grants, role_name, system_managed, type):
        self.enter(caller, organization)
        self.check_grants(permission_grants)
        if level == 'organization' or (system_managed and caller is not SYSTEM) or not permission_grants:
            raise Refused('42809')
        self.require_permission(caller, 'Role:CreateRole', org_id=organization, role_name=role_name, role_level=level)
        return self.add_role(Role(organization, role_name, grants_of(permission_grants), level, type=type,
                                  system_managed=system_managed))

    def modify_scoped_role(self, caller, role_id, role_name, permission_grants):
        number = self.enter_scoped(caller, role_id)
        self.check_grants(permission_grants)
        old = self.roles[number]
        new = old.grants if permission_grants is None else grants_of(permission_grants)
        if not new:
            raise Refused('42809')
        self.require_permission(caller, 'Role:ModifyRole', **self.role_request(number))
        self.rename(caller, number, old.name if role_name is None else role_name)
        if new != old.grants:
            self.write_version(caller, number, grants=new)

    def delete_scoped_role(self, caller, role_id):
        number = self.enter_scoped(caller, role_id)
        if self.roles[number].system_managed and caller is not SYSTEM:
            raise Refused('42809')
        self.delete_role(caller, number)

    def find_assignee(self, organization, user_id, group_id, workspace_id, project_id):
        if (project_id and not workspace_id) or (user_id is None) == (group_id is None):
            raise Refused('22023')
        self.require_principal(organization, 'group' if user_id is None else 'user', user_id or group_id)
        return user_id or group_id

    def assign_scoped_role(self, caller, role_id, user_id, group_id, workspace_id, project_id):
        number = self.enter_scoped(caller, role_id)
        role = self.roles[number]
        assignee = self.find_assignee(role.organization, user_id, group_id, workspace_id, project_id)
        level = 'project' if project_id else 'workspace' if workspace_id else 'organization'
        if role.type == 'share' or role.level != level:
            raise Refused('42809')
        self.authorize_grant(caller, self.caller_set(caller),
                             self.role_set(number, workspace_id, project_id), role.organization)
        held = Assignment(role.organization, assignee, number, workspace_id, project_id)
        if held in self.assignments:
            raise Refused('42710')
        self.assignments.add(held)

    def revoke_scoped_role(self, caller, role_id, user_id, group_id, workspace_id, project_id):
        number = self.enter_scoped(caller, role_id)
        role = self.roles[number]
        assignee = self.find_assignee(role.organization, user_id, group_id, workspace_id, project_id)
        self.remove_assignment(caller, Assignment(role.organization, assignee, number, workspace_id, project_id))
        if user_id and role.level == 'organization' and not any(
                held[:2] == (role.organization, user_id) and self.roles[held.role].level == 'organization'
                for held in self.assignments):
            raise Refused('42809')

    # ---- applications ----

    def create_application(self, caller, organization, app_id):
        self.enter(caller, organization)
        self.require_permission(caller, 'Application:CreateApplication', org_id=organization, application_id=app_id)
        self.add_principal(organization, 'application', app_id)

    def delete_application(self, caller, organization, app_id):
        self.enter_application(caller, organization, app_id)
        self.require_permission(caller, 'Application:DeleteApplication', org_id=organization, application_id=app_id)
        self.authorize_removal(caller, self.held_by(organization, app_id), organization)
        own = [number for number, role in self.roles.items()
               if (role.organization, role.app_id) == (organization, app_id)]
        try_all(lambda number: self.authorize_removal(caller, self.role_set(number), organization),
                {held.role for held in self.assignments}.intersection(own))
        for number in own:
            self.drop_role(number)
        self.delete_principal(organization, app_id)

    def create_application_role(self, caller, organization, app_id, role_name, permissions):
        self.enter_application(caller, organization, app_id)
        self.require_permission(caller, 'Role:CreateRole', org_id=organization, role_name=role_name)
        return self.add_role(Role(organization, role_name, application_grants(app_id, once(permissions)),
                                  app_id=app_id, permissions=once(permissions)))

    def modify_application_role(self, caller, organization, app_id, role_id, role_name, permissions):
        number = self.find_application_role(caller, organization, app_id, role_id)
        old = self.roles[number]
        self.require_permission(caller, 'Role:ModifyRole', **self.role_request(number))
        self.rename(caller, number, old.name if role_name is None else role_name)
        new = old.permissions if permissions is None else once(permissions)
        if new != old.permissions:
            self.write_version(caller, number, permissions=new, grants=application_grants(app_id, new))

    def delete_application_role(self, caller, organization, app_id, role_id):
        self.delete_role(caller, self.find_application_role(caller, organization, app_id, role_id))

    def assign_application_role(self, caller, organization, app_id, role_id, entity_ids, entity_type):
        number = self.find_application_role(caller, organization, app_id, role_id)
        for entity in entity_ids:
            self.require_principal(organization, entity_type.lower(), entity)
        self.authorize_grant(caller, self.caller_set(caller), self.role_set(number), organization)
        self.assignments |= {Assignment(organization, entity, number, None, None) for entity in entity_ids}

    def revoke_application_role(self, caller, organization, app_id, role_id, entity_id):
        number = self.find_application_role(caller, organization, app_id, role_id)
        self.remove_assignment(caller, Assignment(organization, entity_id, number, None, None))

    # ---- temporary grants, API keys, settings ----

    def create_temporary_permission_grant(self, caller, organization, user_id, permission_grant):
        self.require_organization(organization)
        self.check_grants([permission_grant])
        self.require_principal(organization, 'user', user_id)
        permission, asked = permission_grant['permission_name'], {'org_id': organization}
        self.require_permission(caller, 'Role:CreateTemporaryPermissionGrant', **asked, permission_name=permission)
        if permission.endswith('*'):  # more than a name that differs from another one
            self.require_permission(caller, 'Role:CreateTemporaryPermissionGrant', **asked)
        (document,) = grants_of([permission_grant])
        if caller is not SYSTEM and self.setting(organization, 'temporary_grant_needs_cover'):
            # one grantee: both sides are what these two users hold
            granted = for_user(self.counting(grant_set(document, organization), organization), user_id)
            held = for_user(self.caller_set(caller), caller[1])
            self.authorize_grant(caller, for_everybody(held), for_everybody(granted), organization)
        self.temporary.add(Temporary(organization, user_id, document))

    def create_api_key(self, caller, organization, role_name):
        """Return the role: the key itself is known only afterwards."""
        self.require_organization(organization)
        number = self.find_role(organization, role_name)
        self.require_permission(caller, 'Organization:CreateAPIKey', org_id=organization, role_name=role_name)
        self.authorize_grant(caller, self.caller_set(caller), self.role_set(number), organization)
        if sum(key[0] == organization for key in self.keys) >= MAX_API_KEYS:
            raise Refused('53000')
        return number

    def add_api_key(self, organization, number, api_key_id, api_key):
        self.add_principal(organization, 'api_key', api_key_id)
        self.keys[organization, api_key_id] = api_key
        self.assignments.add(Assignment(organization, api_key_id, number, None, None))

    def live_keys(self):
        return [held for held in self.assignments if (held.organization, held.principal) in self.keys]

    def delete_api_key(self, caller, organization, api_key_id):
        self.require_organization(organization)
        if not any(held[:2] == (organization, api_key_id) for held in self.live_keys()):
            raise Refused('42704')
        self.require_permission(caller, 'Organization:DeleteAPIKey', org_id=organization)
        self.delete_principal(organization, api_key_id)

    def sign_in_with_api_key(self, caller, organization, api_key_id, api_key, user_id):
        self.require_organization(organization)
        if (organization, api_key_id) not in self.keys or self.keys[organization, api_key_id] != api_key \
                or self.principals.get((organization, user_id)) != 'user':
            raise Refused('28000')
        self.require_exceeding(self.held_by(organization, api_key_id), self.held_by(organization, user_id), False)

    def modify_organization(self, caller, organization, settings):
        if caller is not SYSTEM:
            raise Refused('42501')
        self.require_organization(organization)
        if settings.get('operator') and not self.setting(organization, 'operator') \
                and self.has_dormant_grants(organization):
            raise Refused('22023')
        self.organizations[organization] = {**self.organizations[organization], **settings}

    def has_dormant_grants(self, organization):
        """Grants that come to nothing here, and would not with an operator."""
        documents = [grant for role in self.roles.values() if role.organization == organization
                     for grant in role.grants]
        documents += [grant.grant for grant in self.temporary if grant.organization == organization]
        return any(not grant_set(document, organization) & restriction_set('org_id', organization)
                   for document in documents)

    # ---- applying ----

    def apply(self, operation, caller, **arguments):
        """Return what the method returns; undo everything when it raises."""
        before = {name: value.copy() if hasattr(value, 'copy') else value
                  for name, value in vars(self).items()}
        try:
            return getattr(self, operation)(caller, **arguments)
        except Refused:
            vars(self).update(before)
            raise
