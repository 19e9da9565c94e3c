"""A finite universe of requests in which privileges are sets, and what grants
mean in it. It shares nothing with the extension but the meaning of a document.

A set of requests is an integer with a bit for each request, once for every
user that {self_user_id} may stand for: so comparing is arithmetic. The grants
of the random walk mention only values of DOMAINS; each domain moreover has a
value that nobody mentions and missing (None), which makes the universe exact:
two sets of grants differ on all requests iff they differ here."""

import itertools
import json
from functools import lru_cache

ORGANIZATIONS = ('acme', 'beta', 'ops')
USERS = ('ann', 'bob', 'cat', 'dan', 'eve')
WHO = USERS + ('shop',)  # an application can be the caller as well
OTHER = 'another'

DOMAINS = {
    'org_id': ORGANIZATIONS,
    'workspace_id': ('w1', 'w2'),
    'project_id': ('p1',),
    'region': ('eu', 'us'),
    'owner': WHO,
    'role_name': ('Reader', 'Writer', 'Team'),
    'role_level': ('organization', 'workspace', 'project'),
    'group_id': ('crew',),
    'application_id': ('shop', 'till'),
    'permission': ('refund', 'ship'),
    'permission_name': ('Doc:Read', 'Doc:Write'),
}
SCOPE = ('org_id', 'workspace_id', 'project_id')  # attributes of all permissions

# Permissions with the attributes that conditions in the walk may mention; an
# action and a category that nobody has defined stand for all the others.
PERMISSIONS = {
    'Doc:Read': ('region', 'owner'),
    'Doc:Write': ('region', 'owner'),
    'Doc:another': ('region', 'owner'),
    'Role:CreateRole': ('role_name', 'role_level'),
    'Role:ModifyRole': ('role_name', 'role_level'),
    'Role:DeleteRole': ('role_name', 'role_level'),
    'Role:CreateTemporaryPermissionGrant': ('permission_name',),
    'Role:another': (),
    'Group:CreateGroup': ('group_id',),
    'Group:DeleteGroup': ('group_id',),
    'Group:AddMember': ('group_id',),
    'Group:RemoveMember': ('group_id',),
    'Group:another': (),
    'Application:CreateApplication': ('application_id',),
    'Application:DeleteApplication': ('application_id',),
    'Application:Use': ('application_id', 'permission'),
    'Application:another': (),
    'Organization:CreateAPIKey': ('role_name',),
    'Organization:DeleteAPIKey': (),
    'Organization:another': (),
    'User:InviteUser': (),
    'User:another': (),
    'another:another': (),
}


def values_of(attribute):
    return DOMAINS[attribute] + (OTHER, None)


def requests():
    """Every request, in the order of bits: (permission, attributes)."""
    for permission, own in PERMISSIONS.items():
        names = SCOPE + own
        for values in itertools.product(*map(values_of, names)):
            yield permission, dict(zip(names, values))


REQUESTS = list(requests())
SIZE = len(REQUESTS)
FULL = (1 << SIZE) - 1
BIT = {(permission, *attributes.values()): bit
       for bit, (permission, attributes) in enumerate(REQUESTS)}


def _collect():
    named, valued = {}, {}
    for bit, (permission, attributes) in enumerate(REQUESTS):
        named.setdefault(permission, []).append(bit)
        for item in attributes.items():
            valued.setdefault(item, []).append(bit)
    return named, valued


def as_set(bits):
    digits = bytearray(SIZE // 8 + 1)
    for bit in bits:
        digits[bit >> 3] |= 1 << (bit & 7)
    return int.from_bytes(digits, 'little')


_named, _valued = _collect()
NAMED = {permission: as_set(bits) for permission, bits in _named.items()}
VALUED = {item: as_set(bits) for item, bits in _valued.items()}


def _union(sets):
    result = 0
    for one in sets:
        result |= one
    return result


# ---- requests ----

def normal(attribute, value):
    """The value of the domain that stands for this one. A value that is no
    string meets no condition of the walk, as a missing one."""
    if value in DOMAINS[attribute]:
        return value
    return OTHER if isinstance(value, str) else None


def normal_permission(permission):
    category = permission.split(':')[0]
    for name in (permission, category + ':another'):
        if name in PERMISSIONS:
            return name
    return 'another:another'


def bit_of(permission, attributes):
    permission = normal_permission(permission)
    names = SCOPE + PERMISSIONS[permission]
    return BIT[(permission, *(normal(name, attributes.get(name)) for name in names))]


# ---- grants ----

def _named_by(pattern):
    if pattern == '*':
        return FULL
    if pattern.endswith(':*'):
        return _union(NAMED[name] for name in NAMED if name.startswith(pattern[:-1]))
    return NAMED[pattern]


def _meeting(attribute, condition, organization, user):
    listed = condition['values'] if condition['type'] == 'In' else [condition['value']]
    resolved = [{'{self_user_id}': user, '{self_org_id}': organization}.get(value, value)
                for value in listed]
    if condition['type'] == 'NotEquals':
        return _union(VALUED[attribute, value] for value in values_of(attribute)
                      if value is not None and value not in resolved)
    return _union(VALUED[attribute, value] for value in resolved)


def _allowed_to(grant, organization, user):
    result = _named_by(grant['permission_name'])
    for attribute, condition in grant.get('conditions', {}).items():
        result &= _meeting(attribute, condition, organization, user)
    return result


def for_everybody(one):
    """The set that is the same whoever asks."""
    return _union(one << SIZE * position for position in range(len(WHO)))


def for_user(everybody, user):
    """What remains when it is this user who asks."""
    return everybody >> SIZE * WHO.index(user) & FULL if user in WHO else 0


@lru_cache(None)
def grant_set(document, organization):
    grant = json.loads(document)
    return _union(_allowed_to(grant, organization, user) << SIZE * position
                  for position, user in enumerate(WHO))


@lru_cache(None)
def document_set(document, organization):
    """Of a JSON array of grants, as the extension prints privileges."""
    return _union(grant_set(canonical(grant), organization) for grant in json.loads(document))


@lru_cache(None)
def restriction_set(attribute, value):
    """The requests with this value, whoever asks."""
    return for_everybody(VALUED[attribute, value])


def canonical(grant):
    return json.dumps(grant, sort_keys=True)


def any_request(mask):
    """A request of a set for one user; None of the empty one."""
    return REQUESTS[(mask & -mask).bit_length() - 1] if mask else None
