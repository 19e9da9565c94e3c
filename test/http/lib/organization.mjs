// Organizations to test with: each test file makes its own, so that neither
// data nor rate limits of one file reach another.
import { randomBytes, randomUUID } from 'node:crypto';
import { allOperations, operations } from './contract.mjs';
import { limitRequests, sql } from './database.mjs';
import { assertDocumented } from './document.mjs';
import { postgrest, request } from './http.mjs';
import './log.mjs';
import { token } from './token.mjs';

export const everything = [{ permission_name: '*', conditions: {} }];

// Grants of one permission with conditions as { attribute: value }.
export const grant = (permission, attributes = {}) => ({
    permission_name: permission,
    conditions: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { type: 'Equals', value }]),
    ),
});

export const randomName = prefix => `${prefix}-${randomBytes(6).toString('hex')}`;

class Organization {
    constructor(name) {
        this.name = name;
    }

    token(user, claims) {
        return token(this.name, user, claims);
    }

    async addUser(...users) {
        for (const user of users) await sql`SELECT rbac.create_user(${this.name}, ${user})`;
        return users[0];
    }

    // As the system; returns the role's id.
    addRole(role, grants = [], { view = 'client', isBase = false } = {}) {
        return sql`SELECT rbac.create_role(${this.name}, ${role}, ${`Role ${role}`}, ${grants}, ${view},
                                           is_base_role => ${isBase})`;
    }

    assign(role, user) {
        return sql`SELECT rbac.assign_role(${this.name}, ${role}, ${user})`;
    }

    // A user with a role of these grants.
    async addHolder(user, grants) {
        await this.addUser(user);
        await this.addRole(`role of ${user}`, grants);
        await this.assign(`role of ${user}`, user);
        return user;
    }

    // As the system; returns the role's id.
    addScopedRole(level = 'workspace', grants = [grant('Document:Read')], name = randomName('scoped')) {
        return sql`SELECT rbac.create_scoped_role(${this.name}, ${level}, ${grants}, ${name})`;
    }

    assignScopedRole(role, user, workspace, project) {
        return sql`SELECT rbac.assign_scoped_role(${role}, ${user}, NULL, ${workspace}, ${project})`;
    }

    async addGroup(group, ...members) {
        await sql`SELECT rbac.create_group(${this.name}, ${group})`;
        for (const user of members) await sql`SELECT rbac.add_group_member(${this.name}, ${group}, ${user})`;
        return group;
    }

    async addApplication(application = randomName('app')) {
        await sql`SELECT rbac.create_application(${this.name}, ${application})`;
        return application;
    }

    // Returns the role's id.
    addApplicationRole(application, name = randomName('role'), permissions = ['read', 'refund']) {
        return sql`SELECT rbac.create_application_role(${this.name}, ${application}, ${name},
            ARRAY(SELECT jsonb_array_elements_text(${permissions})))`;
    }

    // Every operation at its exact route, as in lib/examples.mjs but for what is
    // given: whatever the answer is, it is one that the OpenAPI document has.
    async send(name, example, { user = 'admin', headers, server, ...changes } = {}) {
        const wanted = { ...example, ...changes, parameters: { ...example.parameters, ...changes.parameters } };
        const response = await request(allOperations[name].method, target(name, wanted), {
            body: wanted.body,
            server,
            headers: { Authorization: `Bearer ${this.token(user)}`, ...headers },
        });
        assertDocumented(allOperations[name], response);
        return response;
    }

    // One of the six operations at its exact route: whatever the answer is, it is
    // one that the OpenAPI document has.
    async call(operation, { user = 'admin', role, body, query, organization = this.name, headers, server } = {}) {
        const { method } = operations[operation];
        const response = await request(method, path(operation, organization, role) + search(query), {
            body,
            server,
            headers: { Authorization: `Bearer ${this.token(user)}`, ...headers },
        });
        assertDocumented(operations[operation], response);
        return response;
    }

    // The same or another function at PostgREST itself.
    rpc(name, body, { user = 'admin', headers, server = postgrest } = {}) {
        return request('POST', `/rpc/${name}`, {
            body,
            server,
            headers: { Authorization: `Bearer ${this.token(user)}`, ...headers },
        });
    }
}

export const fill = (template, parameters) =>
    template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parameters[name]));

export const path = (operation, organization, role = 'Reader') =>
    fill(operations[operation].path, { organization, role_name: role });

// Path and query of a request as in lib/examples.mjs.
export const target = (name, { parameters, query }) => fill(allOperations[name].path, parameters) + search(query);

// Arrays become repeated parameters.
function search(query = {}) {
    const parameters = Object.entries(query).flatMap(([name, value]) =>
        [value].flat().map(v => `${encodeURIComponent(name)}=${encodeURIComponent(v)}`),
    );
    return parameters.length ? `?${parameters.join('&')}` : '';
}

// Once for each file: the permissions that grants name here, and no limits.
let prepared;

async function prepare() {
    await sql`SELECT rbac.define_permission(name, '{"region": "string", "pages": "number", "secret": "boolean",
                                                   "resource_id": "string", "workspace_id": "string"}')
              FROM unnest(ARRAY['Document:Read', 'Document:Write']) AS name
              WHERE NOT EXISTS (SELECT FROM rbac.permission WHERE permission_name = name)`;
    const functions = await sql`SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'rbac_api'::regnamespace`;
    await limitRequests(null, ...functions.split('\n'));
}

// An organization with a user "admin", who may do everything, "ann", who holds
// the role "Reader", and "bob", who holds none.
export async function createOrganization(settings = {}) {
    await (prepared ??= prepare());
    // one of the APIs takes nothing but a uuid
    const organization = new Organization(randomUUID());
    await sql`SELECT rbac.create_organization(${organization.name}, ${settings})`;
    await organization.addHolder('admin', everything);
    await organization.addUser('ann', 'bob');
    await organization.addRole('Reader', [grant('Document:Read', { region: 'eu' })]);
    await organization.assign('Reader', 'ann');
    return organization;
}

// Bodies that every operation accepts in such an organization.
export const validBodies = {
    create_temporary_permission_grant: () => ({
        user_id: 'bob',
        duration: 'PT1H',
        permission_grant: grant('Document:Read', { region: 'us' }),
        tags: { ticket: 'A 17', urgent: null },
        justification: 'Cover during the leave',
    }),
    get_temporary_permission_grants: () => undefined,
    get_roles: () => undefined,
    create_role: () => ({
        role_name: randomName('role'),
        description: 'A new role',
        frontend_view: 'client',
        permission_grants: [grant('Document:Read', { region: 'eu' })],
    }),
    modify_role: () => ({ description: randomName('description') }),
    assign_role: () => ({ user_id: 'bob' }),
};
