"""The audit trail as calls of the model: each event has to be allowed to its
actor where it stands, and the last state is the server's."""

from dataclasses import replace

from model import Model, Refused

# detail's keys that are arguments of the same name; the others are told below
ARGUMENTS = {
    'create_user': 'user_id', 'create_group': 'group_id', 'delete_group': 'group_id',
    'add_group_member': 'group_id user_id', 'remove_group_member': 'group_id user_id',
    'create_role': 'role_name permission_grants frontend_view inherited_from is_base_role',
    'modify_role': 'role_name permission_grants frontend_view inherited_from',
    'assign_role': 'role_name user_id', 'revoke_role': 'role_name user_id',
    'create_scoped_role': 'level permission_grants role_name', 'modify_scoped_role': 'role_name permission_grants',
    'delete_scoped_role': '', 'assign_scoped_role': 'user_id group_id workspace_id project_id',
    'revoke_scoped_role': 'user_id group_id workspace_id project_id',
    'create_application': 'app_id', 'delete_application': 'app_id', 'create_application_role': 'app_id role_name',
    'modify_application_role': 'app_id role_id role_name', 'delete_application_role': 'app_id role_id',
    'assign_application_role': 'app_id role_id entity_ids entity_type',
    'revoke_application_role': 'app_id role_id entity_id',
    'create_temporary_permission_grant': 'user_id permission_grant', 'create_api_key': 'role_name',
    'delete_api_key': 'api_key_id', 'sign_in_with_api_key': 'api_key_id user_id', 'modify_organization': 'settings',
}
BY_ROLE_ID = ('modify_scoped_role', 'delete_scoped_role', 'assign_scoped_role', 'revoke_scoped_role')


class Contradiction(Exception):
    pass


def application_permissions(detail):
    return [text for grant in detail['permission_grants'] for text in values(grant['conditions']['permission'])]


def values(condition):
    return condition.get('values') or [condition['value']]


def role_id(model, organization, detail):
    """Versions of roles of level organization come and go: these are known by name."""
    if '-' in detail['role_id']:
        return detail['role_id']
    name = detail.get('renamed_from', detail.get('role_name'))
    return model.roles[model.find_role(organization, name)].id


def arguments_of(model, operation, organization, detail):
    found = {name: detail.get(name) for name in ARGUMENTS[operation].split()}
    if operation in BY_ROLE_ID:
        return {**found, 'role_id': role_id(model, organization, detail)}
    found['organization'] = organization
    if operation == 'create_scoped_role':
        found |= {'system_managed': detail.get('system_managed', False), 'type': detail.get('type', 'normal')}
    elif operation in ('create_application_role', 'modify_application_role'):
        found['permissions'] = application_permissions(detail)
    elif operation == 'assign_role':
        found['replace'] = bool(detail['removed'])
    elif operation == 'sign_in_with_api_key':
        found['api_key'] = None
    return found


def complete(model, operation, organization, detail, number):
    if operation == 'create_api_key':
        model.add_api_key(organization, number, detail['api_key_id'], None)
    elif operation == 'create_role':
        model.roles[number] = replace(model.roles[number], id=f'role {number}')
    elif operation in ('create_scoped_role', 'create_application_role'):
        model.roles[number] = replace(model.roles[number], id=detail['role_id'])


def replay_event(model, operation, organization, actor, detail):
    if operation == 'create_organization':
        model.organizations[organization] = detail['settings']
    elif operation != 'define_permission':
        arguments = arguments_of(model, operation, organization, detail)
        complete(model, operation, organization, detail, model.apply(operation, actor, **arguments))


def replay(events):
    model = Model()
    for n, (operation, organization, actor_organization, actor_user_id, detail) in enumerate(events, 1):
        actor = None if actor_user_id is None else (actor_organization, actor_user_id)
        try:
            replay_event(model, operation, organization, actor, detail)
        except Refused as refused:
            raise Contradiction(f'event {n} was not allowed ({refused}): {operation} {organization} '
                                f'by {actor}: {detail}') from refused
    return model
