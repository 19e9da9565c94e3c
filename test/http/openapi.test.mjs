// The document at /openapi.json: valid, and true of the operations.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { $defs, allOperations, operations } from './lib/contract.mjs';
import { document, resolve } from './lib/document.mjs';
import { request } from './lib/http.mjs';

test('it is served', async () => {
    const response = await request('GET', '/openapi.json');
    assert.equal(response.status, 200);
    assert.match(response.headers['content-type'], /^application\/json/);
    assert.deepEqual(response.body, document);
});

test('it is a valid OpenAPI 3.1 document', async () => {
    assert.match(document.openapi, /^3\.1\.\d+$/);
    const result = await new Validator().validate(structuredClone(document));
    assert.ok(result.valid, JSON.stringify(result.errors));
});

test('it has the operations and no others', () => {
    const found = Object.entries(document.paths).flatMap(([path, item]) =>
        Object.keys(item)
            .filter(key => ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace'].includes(key))
            .map(method => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(
        found.sort(),
        Object.values(allOperations)
            .map(({ method, path }) => `${method} ${path}`)
            .sort(),
    );
});

for (const [name, { method, path, statuses, request: body, query, response }] of Object.entries(allOperations)) {
    const find = () => document.paths[path][method.toLowerCase()];

    test(`${name}: every documented status`, () => {
        const documented = Object.keys(find().responses).map(Number);
        // A list shows what is permitted, and is never 403.
        const isList = name in operations && method === 'GET';
        const expected = statuses.filter(status => !isList || status !== 403);
        assert.deepEqual(
            expected.filter(status => !documented.includes(status)),
            [],
        );
        const success = resolve(find().responses[statuses[0]]);
        assert.equal(success.content?.['application/json'].schema !== undefined, response !== undefined);
    });

    test(`${name}: parameters`, () => {
        const parameters = [...(document.paths[path].parameters ?? []), ...(find().parameters ?? [])].map(resolve);
        const names = place =>
            parameters
                .filter(p => p.in === place)
                .map(p => p.name)
                .sort();
        assert.deepEqual(names('query'), Object.keys(query ?? {}).sort());
        assert.deepEqual(names('path'), (path.match(/\w+(?=\})/g) ?? []).sort());
        assert.ok(parameters.filter(p => p.in === 'path').every(p => p.required));
    });

    if (body) {
        test(`${name}: members of the body`, () => {
            const schema = resolve(resolve(find().requestBody).content['application/json'].schema);
            const expected = $defs[body.$ref.split('/').pop()];
            assert.deepEqual([...(schema.required ?? [])].sort(), [...(expected.required ?? [])].sort());
            for (const key of Object.keys(expected.properties)) assert.ok(schema.properties[key], key);
        });
    }
}
