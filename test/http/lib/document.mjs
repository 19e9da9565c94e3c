// http/openapi.json as assertions about responses.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const document = JSON.parse(readFileSync(new URL('../../../http/openapi.json', import.meta.url)));

// The document has members that are not JSON Schema.
const ajv = new Ajv.default({ allErrors: true, strict: false });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi.json');

// What a "#/..." reference is about, or the value itself.
export function resolve(value) {
    if (value?.$ref === undefined) return value;
    return resolve(
        value.$ref
            .slice(2)
            .split('/')
            .reduce((member, key) => member[key], document),
    );
}

// A body is what a schema of the document says; every schema has a name there.
export function assertSchema({ $ref }, { body, text }) {
    const validate = ajv.getSchema(`openapi.json${$ref}`);
    assert.ok(validate(body), `${ajv.errorsText(validate.errors)} in ${text.slice(0, 1000)}`);
}

// An answer of an operation is one that the document has for it.
export function assertDocumented({ method, path }, response) {
    const documented = resolve(document.paths[path][method.toLowerCase()].responses[response.status]);
    assert.ok(documented, `${method} ${path} documents no status ${response.status}: ${response.text}`);
    if (documented.content) assertSchema(documented.content['application/json'].schema, response);
    else assert.equal(response.text, '');
}
