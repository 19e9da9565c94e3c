// Scoped roles at /roles: what is written is what is read, in which scope it
// counts, and whose it is.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { before, test } from 'node:test';
import { assertErrorOf, assertSuccess } from './lib/contract.mjs';
import { sql } from './lib/database.mjs';
import { createOrganization, grant, randomName } from './lib/organization.mjs';

const workspace = randomUUID();
const project = randomUUID();
let organization;
before(async () => {
    organization = await createOrganization();
});

const create = (changes, options) =>
    organization.send(
        'create_scoped_role',
        {
            body: {
                organization_id: organization.name,
                level: 'workspace',
                system_managed: false,
                permissions: [{ resource_type: 'Document', action: 'Read' }],
                ...changes,
            },
        },
        options,
    );
const about = (name, role_id, rest, options) =>
    organization.send(name, { parameters: { role_id }, ...rest }, options);
const get = (id, options) => about('get_scoped_role', id, {}, options);
const modify = (id, body, options) => about('modify_scoped_role', id, { body }, options);
const remove = (id, options) => about('delete_scoped_role', id, {}, options);
const assign = (id, query, options) => about('assign_scoped_role', id, { query }, options);
const revoke = (id, query, options) => about('revoke_scoped_role', id, { query }, options);
const list = (id, query, options) => about('get_scoped_role_assignments', id, { query }, options);

async function created(changes) {
    const response = await create(changes);
    assertSuccess('create_scoped_role', response);
    return response.body;
}

const mayRead = (user, attributes) =>
    sql`SELECT rbac.check_access(${organization.name}, ${user}, 'Document:Read', ${attributes})`;

test('the life of a role', async () => {
    const role = await created({ name: 'Reviewer', description: 'Reads' });
    const { id, ...rest } = role;
    assert.deepEqual(rest, {
        name: 'Reviewer',
        description: 'Reads',
        organization_id: organization.name,
        level: 'workspace',
        system_managed: false,
        type: 'normal',
    });
    assert.deepEqual((await get(id)).body, role);
    const changed = await modify(id, { description: 'Writes', permissions: [{ resource_type: 'Document', action: '*' }] });
    assertSuccess('modify_scoped_role', changed);
    assert.deepEqual(changed.body, { ...role, description: 'Writes' });
    assert.deepEqual((await modify(id, { name: null, description: null, permissions: null })).body, changed.body);
    assert.deepEqual((await get(id)).body, changed.body);
    assert.deepEqual((await remove(id)).body, null);
    for (const name of ['get_scoped_role', 'delete_scoped_role', 'modify_scoped_role']) {
        assertErrorOf(name, await about(name, id, { body: name.startsWith('modify') ? {} : undefined }), 404);
    }
});

test('a role of the organization is one as well, by its own uuid', async () => {
    const { body } = await organization.rpc('get_scoped_roles', { organization_id: organization.name, name: 'Reader' });
    assert.deepEqual(
        body.map(({ name, level }) => [name, level]),
        [['Reader', 'organization']],
    );
    assertSuccess('get_scoped_role', await get(body[0].id));
    assertSuccess('assign_scoped_role', await assign(body[0].id, { user_id: 'bob' }));
    assertErrorOf('revoke_scoped_role', await revoke(body[0].id, { user_id: 'bob' }), 403);
});

test('names', async () => {
    for (const name of ['x'.repeat(50), '数'.repeat(50), ' ', 'a/b', 'Zoë', '\u{1f511}', '"', 'CASE', 'case', 'Case']) {
        assert.equal((await created({ name })).name, name);
        assertErrorOf('create_scoped_role', await create({ name }), 409);
        assert.equal((await created({ name, level: 'project' })).name, name, 'another level is another role');
    }
    for (let i = 0; i < 2; i++) assert.equal((await created({ name: null })).name, null);
    for (const name of ['', 'x'.repeat(51), '数'.repeat(51)]) {
        assertErrorOf('create_scoped_role', await create({ name }), 422, ['body', 'name']);
    }
    for (const description of ['', 'x'.repeat(257)]) {
        assertErrorOf('create_scoped_role', await create({ description }), 422, ['body', 'description']);
    }
});

test('ids are uuids, in whatever case', async () => {
    const { id } = await created({ name: randomName('upper') });
    assert.equal((await get(id.toUpperCase())).body.id, id);
    const role = await created({ organization_id: organization.name.toUpperCase() });
    assert.equal(role.organization_id, organization.name);
    for (const other of [id.replaceAll('-', ''), `{${id}}`, `${id} `, ` ${id}`, id.slice(1), 'x', '%', 'a/b', "'"]) {
        assertErrorOf('get_scoped_role', await get(other), 422, ['path', 'role_id']);
        assertErrorOf('create_scoped_role', await create({ organization_id: other }), 422, ['body', 'organization_id']);
        const scope = { user_id: 'bob', workspace_id: other };
        assertErrorOf('assign_scoped_role', await assign(id, scope), 422, ['query', 'workspace_id']);
        assertErrorOf(
            'revoke_scoped_role',
            await revoke(id, { user_id: 'bob', workspace_id: workspace, project_id: other }),
            422,
            ['query', 'project_id'],
        );
    }
    await assign(id, { user_id: 'bob', workspace_id: workspace.toUpperCase() });
    assert.deepEqual(
        (await list(id)).body.map(({ workspace_id }) => workspace_id),
        [workspace],
    );
    assertSuccess('revoke_scoped_role', await revoke(id, { user_id: 'bob', workspace_id: workspace }));
});

test('a workspace role counts in its workspace, for its resource', async () => {
    const user = await organization.addUser(randomName('user'));
    const { id } = await created({
        permissions: [
            { resource_type: 'Document', action: 'Read', resource_id: '17' },
            { resource_type: 'Document', action: 'Write', resource_id: null },
        ],
    });
    const assigned = await assign(id, { user_id: user, workspace_id: workspace });
    assertSuccess('assign_scoped_role', assigned);
    assert.deepEqual(assigned.body.user, { id: user });
    assert.equal(assigned.body.team, null);
    assert.equal(assigned.body.workspace_id, workspace);
    assert.deepEqual((await list(id)).body, [assigned.body]);
    assert.equal(await mayRead(user, { workspace_id: workspace, resource_id: '17' }), 't');
    assert.equal(await mayRead(user, { workspace_id: workspace, resource_id: '18' }), 'f');
    assert.equal(await mayRead(user, { workspace_id: project, resource_id: '17' }), 'f');
    assert.equal(await mayRead(user, { resource_id: '17' }), 'f');
    assert.deepEqual((await revoke(id, { user_id: user, workspace_id: workspace })).body, null);
    assert.equal(await mayRead(user, { workspace_id: workspace, resource_id: '17' }), 'f');
    assertErrorOf('revoke_scoped_role', await revoke(id, { user_id: user, workspace_id: workspace }), 404);
});

test('a project role of a team counts for its members', async () => {
    const [member, other] = [await organization.addUser(randomName('in')), await organization.addUser(randomName('out'))];
    const team_id = await organization.addGroup('Zoë & "friends" / 50%', member);
    const { id } = await created({ level: 'project' });
    const assigned = await assign(id, { team_id, workspace_id: workspace, project_id: project });
    assertSuccess('assign_scoped_role', assigned);
    assert.deepEqual([assigned.body.user, assigned.body.team], [null, { id: team_id }]);
    assert.equal(await mayRead(member, { workspace_id: workspace, project_id: project }), 't');
    assert.equal(await mayRead(member, { workspace_id: workspace }), 'f');
    assert.equal(await mayRead(other, { workspace_id: workspace, project_id: project }), 'f');
    for (const [query, found] of [
        [{}, 1],
        [{ workspace_id: workspace }, 1],
        [{ workspace_id: workspace, project_id: project }, 1],
        [{ workspace_id: project }, 0],
        [{ workspace_id: workspace, project_id: workspace }, 0],
    ]) {
        assert.equal((await list(id, query)).body.length, found, JSON.stringify(query));
    }
    assertSuccess('revoke_scoped_role', await revoke(id, { team_id, workspace_id: workspace, project_id: project }));
});

test('who and where have to fit together', async () => {
    const { id } = await created({ level: 'project' });
    const there = { workspace_id: workspace, project_id: project };
    const wrong = {
        'nobody': [there, 400],
        'both': [{ ...there, user_id: 'bob', team_id: 'x' }, 400],
        'an invitation': [{ ...there, invitation_id: randomUUID() }, 400],
        'an invitation besides a user': [{ ...there, user_id: 'bob', invitation_id: randomUUID() }, 400],
        'a project without workspace': [{ user_id: 'bob', project_id: project }, 400],
        'no such user': [{ ...there, user_id: 'nobody' }, 404],
        'no such team': [{ ...there, team_id: 'nobody' }, 404],
        'a user as a team': [{ ...there, team_id: 'bob' }, 404],
        'a user of another case': [{ ...there, user_id: 'Bob' }, 404],
        'nothing as user': [{ ...there, user_id: '' }, 404],
    };
    for (const [problem, [query, status]] of Object.entries(wrong)) {
        for (const [name, call] of [
            ['assign_scoped_role', assign],
            ['revoke_scoped_role', revoke],
        ]) {
            const response = await call(id, query);
            assertErrorOf(name, response, status);
            assert.equal(response.body.detail[0], status === 400 ? 'ValueError' : 'KeyError', problem);
        }
    }
    assertErrorOf('get_scoped_role_assignments', await list(id, { project_id: project }), 400);
    assert.deepEqual((await list(id)).body, []);
});

test('a role is assigned in the scope of its level', async () => {
    const scopes = { organization: {}, workspace: { workspace_id: workspace }, project: { workspace_id: workspace, project_id: project } };
    for (const level of ['workspace', 'project']) {
        const { id } = await created({ level });
        for (const [scope, query] of Object.entries(scopes)) {
            const response = await assign(id, { user_id: 'bob', ...query });
            if (scope === level) assertSuccess('assign_scoped_role', response);
            else assertErrorOf('assign_scoped_role', response, 403);
        }
    }
});

test('parameters are those of the query, once each, and a body says nothing', async () => {
    const { id } = await created({});
    const response = await about('assign_scoped_role', id, {
        query: { user_id: ['ann', 'bob'], workspace_id: workspace, role_id: randomUUID(), columns: 'x', unknown: '1' },
        body: { user_id: 'admin', role_id: randomUUID() },
    });
    assertSuccess('assign_scoped_role', response);
    assert.deepEqual(response.body.user, { id: 'bob' });
});

test('what permissions there can be', async () => {
    const grants = async permissions => {
        const { id } = await created({ permissions });
        return sql`SELECT permission_grants FROM rbac.get_scoped_role(${id})`.then(JSON.parse);
    };
    const everything = { resource_type: '*', action: '*' };
    assert.deepEqual(await grants([everything]), [{ permission_name: '*', conditions: {} }]);
    assert.deepEqual(await grants([{ resource_type: 'Document', action: '*', unknown: 1 }]), [
        { permission_name: 'Document:*', conditions: {} },
    ]);
    assert.deepEqual(await grants([{ resource_type: 'Document', action: 'Read', resource_id: 'a' }]), [
        grant('Document:Read', { resource_id: 'a' }),
    ]);
    for (const permissions of [
        {},
        'x',
        [1],
        [[everything]],
        [{ resource_type: 'Document' }],
        [{ action: 'Read' }],
        [{ resource_type: '*', action: 'Read' }],
        [{ resource_type: 'Nothing', action: 'Read' }],
        [{ resource_type: 'Document', action: 'Read', resource_id: 17 }],
        [{ resource_type: 'Role', action: 'GetRole', resource_id: 'x' }],
    ]) {
        assertErrorOf('create_scoped_role', await create({ permissions }), 422, ['body', 'permissions']);
    }
    const body = JSON.stringify({ organization_id: organization.name, level: 'project', system_managed: false });
    const doubled = `${body.slice(0, -1)},"permissions":[{"resource_type":"*","action":"*","action":"Read"}]}`;
    assertErrorOf('create_scoped_role', await organization.send('create_scoped_role', { body: doubled }), 422, [
        'body',
        'permissions',
    ]);
});

test('nobody hands out more than they hold', async () => {
    await organization.addHolder('narrow', [grant('Document:Read', { workspace_id: workspace }), grant('Group:GetGroup')]);
    const { id } = await created({});
    assertSuccess('assign_scoped_role', await assign(id, { user_id: 'bob', workspace_id: workspace }, { user: 'narrow' }));
    const refused = await assign(id, { user_id: 'bob', workspace_id: project }, { user: 'narrow' });
    assertErrorOf('assign_scoped_role', refused, 403);
    assert.match(refused.body.detail[1], /do not cover .*"workspace_id"/);
});

test('what is of another organization does not exist', async () => {
    const other = await createOrganization();
    const options = { headers: { Authorization: `Bearer ${other.token('admin')}` } };
    const { id } = await created({});
    const there = { user_id: 'bob', workspace_id: workspace };
    await assign(id, there);
    const answers = {
        create_scoped_role: await create({}, options),
        get_scoped_role: await get(id, options),
        modify_scoped_role: await modify(id, {}, options),
        delete_scoped_role: await remove(id, options),
        assign_scoped_role: await assign(id, there, options),
        get_scoped_role_assignments: await list(id, {}, options),
        revoke_scoped_role: await revoke(id, there, options),
    };
    const none = await get(randomUUID(), options);
    for (const [name, response] of Object.entries(answers)) {
        assertErrorOf(name, response, 404);
        assert.equal(response.body.detail[1].replace(/".*"/, ''), name.startsWith('create')
            ? 'organization  does not exist' : none.body.detail[1].replace(/".*"/, ''));
    }
    assert.equal((await list(id)).body.length, 1);
    // nor does somebody else's user
    await other.addUser('stranger');
    assertErrorOf('assign_scoped_role', await assign(id, { ...there, user_id: 'stranger' }), 404);
});

test('of many who assign one role to one user, one does', async () => {
    const { id } = await created({});
    const query = { user_id: 'bob', workspace_id: workspace };
    const answers = await Promise.all(Array.from({ length: 20 }, () => assign(id, query)));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, ...Array(19).fill(409)]);
    const revoked = await Promise.all(Array.from({ length: 20 }, () => revoke(id, query)));
    assert.deepEqual(revoked.map(({ status }) => status).sort(), [200, ...Array(19).fill(404)]);
    const name = randomName('contended');
    const roles = await Promise.all(Array.from({ length: 20 }, () => create({ name })));
    assert.deepEqual(roles.map(({ status }) => status).sort(), [200, ...Array(19).fill(409)]);
});
