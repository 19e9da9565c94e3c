// For every operation a request that succeeds: parameters of the path, query and
// body. What it is about is made first, so it succeeds again and again.
import { randomUUID } from 'node:crypto';
import { operations } from './contract.mjs';
import { sql } from './database.mjs';
import { randomName, validBodies } from './organization.mjs';

export const workspace = randomUUID();
export const project = randomUUID();

async function scopedRole(organization) {
    return { parameters: { role_id: await organization.addScopedRole() } };
}

async function assignedScopedRole(organization) {
    const role_id = await organization.addScopedRole();
    await organization.assignScopedRole(role_id, 'bob', workspace);
    return { parameters: { role_id }, query: { user_id: 'bob', workspace_id: workspace } };
}

async function applicationRole(organization) {
    const app_id = await organization.addApplication();
    return { parameters: { app_id, role_id: await organization.addApplicationRole(app_id) } };
}

export const examples = {
    ...Object.fromEntries(
        Object.keys(operations).map(name => [
            name,
            async organization => ({
                parameters: { organization: organization.name, role_name: 'Reader' },
                body: validBodies[name](),
            }),
        ]),
    ),
    create_scoped_role: async organization => ({
        body: {
            organization_id: organization.name,
            level: 'project',
            system_managed: false,
            type: 'normal',
            name: randomName('scoped'),
            description: 'Reads one document',
            permissions: [{ resource_type: 'Document', action: 'Read', resource_id: '17' }],
        },
    }),
    get_scoped_role: scopedRole,
    modify_scoped_role: async organization => ({
        ...(await scopedRole(organization)),
        body: {
            name: randomName('renamed'),
            description: 'Writes documents',
            permissions: [{ resource_type: 'Document', action: 'Write' }],
        },
    }),
    delete_scoped_role: scopedRole,
    get_scoped_role_assignments: async organization => {
        const { parameters } = await assignedScopedRole(organization);
        return { parameters, query: { workspace_id: workspace } };
    },
    assign_scoped_role: async organization => ({
        ...(await scopedRole(organization)),
        query: { user_id: 'bob', workspace_id: workspace },
    }),
    revoke_scoped_role: assignedScopedRole,
    create_application_role: async organization => ({
        parameters: { app_id: await organization.addApplication() },
        body: {
            role_name: randomName('role'),
            permissions: ['read', 'refund'],
            description: 'Refunds',
            display_name: 'Refunder',
        },
    }),
    get_application_roles: applicationRole,
    get_application_role: applicationRole,
    modify_application_role: async organization => ({
        ...(await applicationRole(organization)),
        body: { permissions: ['read'], display_name: 'Reader' },
    }),
    delete_application_role: applicationRole,
    assign_application_role: async organization => ({
        ...(await applicationRole(organization)),
        body: { entity_ids: ['bob', 'ann'], entity_type: 'User' },
    }),
    revoke_application_role: async organization => {
        const { parameters } = await applicationRole(organization);
        const { app_id, role_id } = parameters;
        await sql`SELECT rbac.assign_application_role(${organization.name}, ${app_id}, ${role_id}, '{bob}', 'User')`;
        return { parameters: { ...parameters, entity_id: 'bob' } };
    },
};

// The request of examples, but for what is given.
export const send = async (organization, name, options) =>
    organization.send(name, await examples[name](organization), options);
