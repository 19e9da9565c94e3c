// Names of roles in the path: every name that can be created can be reached,
// and no name reaches anything else.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { assertError, assertSuccess } from './lib/contract.mjs';
import { request } from './lib/http.mjs';
import { createOrganization } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const names = [
    'with space',
    'two  spaces',
    'Zoë',
    'Zoe\u0308',
    '数据',
    '\u{1f511}\u{1f511}',
    '100%',
    '%41',
    '%2F',
    'a/b',
    '/',
    '//',
    '.',
    '..',
    '../../etc/passwd',
    'Reader/assign',
    'x/assign',
    'assign',
    'a+b',
    'a&b=c',
    'a?b',
    'a#b',
    'a;b',
    'a:b',
    'a@b',
    "O'Brien",
    '"quoted"',
    'back\\slash',
    '{role_name}',
    '$1',
    '`id`',
    '*',
    '<b>',
    'a,b',
    '[x]',
    'null',
    'true',
    '0',
    '-',
    '~',
    'x'.repeat(256),
    '数'.repeat(256),
];

for (const name of names) {
    test(`a role called ${name.slice(0, 20)}`, async () => {
        const body = { role_name: name, description: 'One of many', permission_grants: [], frontend_view: 'client' };
        const created = await organization.call('create_role', { body });
        assertSuccess('create_role', created);
        const modified = await organization.call('modify_role', { role: name, body: { description: 'Modified' } });
        assertSuccess('modify_role', modified);
        assert.deepEqual(modified.body, created.body);
        const assigned = await organization.call('assign_role', { role: name, body: { user_id: 'bob' } });
        assertSuccess('assign_role', assigned);
        assert.deepEqual(assigned.body, created.body);
        const listed = await organization.call('get_roles', { query: { name } });
        assert.deepEqual(
            listed.body.roles.map(role => [role.name, role.description]),
            [[name, 'Modified']],
        );
    });
}

const post = (segment, suffix = '') =>
    request('POST', `/v1/${organization.name}/role/${segment}${suffix}`, {
        body: { description: 'Traversed', user_id: 'bob' },
        headers: { Authorization: `Bearer ${organization.token('admin')}` },
    });

test('a name is decoded once', async () => {
    organization = await createOrganization();
    await organization.addRole('A');
    assertError(await post('%2541'), 404);
    assertSuccess('modify_role', await post('%41'));
    assertSuccess('modify_role', await post('%4'.concat('1')));
});

test('a path that climbs stays where it is', async () => {
    organization = await createOrganization();
    for (const segment of [
        '..%2f..%2frole%2fReader',
        '%2e%2e%2fReader',
        '..%5cReader',
        'Reader%2f',
        'Reader%2fassign',
        'x%2f..%2fReader',
    ]) {
        assertError(await post(segment), 404);
        assertError(await post(segment, '/assign'), 404);
    }
    for (const segment of ['../Reader', './Reader', 'x/../Reader', 'x/../../role/Reader'])
        assertError(await post(segment), 404);
});

test('what is no name at all', async () => {
    for (const segment of ['%00', 'Reader%00', 'a%0ab', '%ff', '%c3%28', '%ed%a0%80', '%zz', '%']) {
        const response = await post(segment);
        assert.ok([400, 404, 422].includes(response.status), `${segment}: ${response.status}`);
        assert.equal(typeof response.body?.detail, response.status === 422 ? 'object' : 'string', response.text);
    }
});

test('an organization in the path is taken as it is, too', async () => {
    const headers = { Authorization: `Bearer ${organization.token('admin')}` };
    for (const segment of [
        `${organization.name}%20`,
        `%20${organization.name}`,
        organization.name.toUpperCase(),
        `x%2f..%2f${organization.name}`,
        '%00',
        '%20',
        '..',
        `${organization.name}%00`,
    ]) {
        const response = await request('GET', `/v1/${segment}/role/`, { headers });
        assert.ok([400, 404].includes(response.status), `${segment}: ${response.status}`);
    }
});
