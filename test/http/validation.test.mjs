// Bodies with something changed somewhere, judged by the published schemas:
// what they refuse is 422, and what they allow is never an error of the server.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { allOperations, assertErrorOf, invalidStatus, validators } from './lib/contract.mjs';
import { examples } from './lib/examples.mjs';
import { createOrganization, grant } from './lib/organization.mjs';

let organization;
before(async () => {
    organization = await createOrganization();
});

const bodies = {
    modify_role: () => ({
        description: 'Changed',
        frontend_view: 'admin',
        permission_grants: [grant('Document:Read', { region: 'eu' })],
    }),
};
const replacements = [null, 5, true, '', 'x', [], {}, [null], { x: 1 }];

// Every value inside a JSON value, as keys on the way to it.
function paths(value, prefix = []) {
    if (value === null || typeof value !== 'object') return [prefix];
    return [prefix, ...Object.entries(value).flatMap(([key, member]) => paths(member, [...prefix, key]))];
}

function changed(value, [key, ...rest], change) {
    if (key === undefined) return change(value);
    const copy = structuredClone(value);
    const inner = changed(copy[key], rest, change);
    if (inner === undefined) delete copy[key];
    else copy[key] = inner;
    return copy;
}

function mutations(body) {
    return paths(body)
        .flatMap(path =>
            [undefined, ...replacements].map(replacement => ({ path, body: changed(body, path, () => replacement) })),
        )
        .filter(mutation => mutation.body !== undefined);
}

const isCovered = new Set();

for (const name of Object.keys(allOperations).filter(operation => allOperations[operation].request)) {
    test(name, async t => {
        const validate = validators[name].request;
        const example = await examples[name](organization);
        for (const { path, body } of mutations(bodies[name]?.() ?? example.body)) {
            const isValid = validate(body);
            const text = JSON.stringify(body);
            await t.test(`${path.join('.') || 'body'} in ${text}`, async () => {
                const response = await organization.send(name, example, { body: text });
                if (isValid) {
                    assert.ok(
                        allOperations[name].statuses.includes(response.status) && response.status < 500,
                        `status ${response.status}: ${response.text}`,
                    );
                } else {
                    assertErrorOf(name, response, invalidStatus(name), ['body', ...path.slice(0, 1)]);
                }
                isCovered.add(isValid);
            });
        }
    });
}

test('both kinds of bodies occurred', () => assert.equal(isCovered.size, 2));
