// The contract of the three APIs as assertions about responses, which must be
// what the OpenAPI document says as well.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { assertDocumented, assertSchema } from './document.mjs';

const {
    operations,
    scoped_operations: scopedOperations,
    application_operations: applicationOperations,
    $defs,
} = JSON.parse(readFileSync(new URL('../contract.json', import.meta.url)));
const allOperations = { ...operations, ...scopedOperations, ...applicationOperations };
const ajv = new Ajv.default({ allErrors: true, strictTypes: false });
ajv.addKeyword('discriminator');
addFormats.default(ajv);

const compile = schema => ajv.compile({ ...schema, $defs });

export { $defs, allOperations, applicationOperations, operations, scopedOperations };

// validators[operation].request and .response, as far as there are such bodies.
export const validators = Object.fromEntries(
    Object.entries(allOperations).map(([name, { request, response }]) => [
        name,
        { request: request && compile(request), response: response && compile(response) },
    ]),
);

const stringSchema = { type: 'string', minLength: 1 };
const validateDetail = compile({
    type: 'object',
    additionalProperties: false,
    required: ['detail'],
    properties: { detail: stringSchema },
});
const validateProblems = compile({
    type: 'object',
    additionalProperties: false,
    required: ['detail'],
    properties: {
        detail: {
            type: 'array',
            minItems: 1,
            items: {
                type: 'object',
                additionalProperties: false,
                required: ['loc', 'msg', 'type'],
                properties: {
                    loc: { type: 'array', minItems: 1, items: { type: ['string', 'integer'] } },
                    msg: stringSchema,
                    type: stringSchema,
                },
            },
        },
    },
});
const exceptions = { 400: 'ValueError', 403: 'IllegalOperationError', 404: 'KeyError', 409: 'EntityExistsError' };
const validateException = compile({
    type: 'object',
    additionalProperties: false,
    required: ['detail'],
    properties: {
        detail: {
            type: 'array',
            minItems: 2,
            maxItems: 2,
            items: false,
            prefixItems: [{ enum: Object.values(exceptions) }, stringSchema],
        },
    },
});
// message is an array where arguments are not valid, and a taken identifier has a code more
const validateApplicationError = (status, message = stringSchema, more = {}) =>
    compile({
        type: 'object',
        additionalProperties: false,
        required: ['message', 'error_code', ...Object.keys(more)],
        properties: { message, error_code: { const: status }, ...more },
    });
const validateRpcError = compile({
    type: 'object',
    additionalProperties: false,
    required: ['code', 'message', 'details', 'hint'],
    properties: {
        code: stringSchema,
        message: stringSchema,
        details: { type: ['string', 'null'] },
        hint: { type: ['string', 'null'] },
    },
});

function assertValid(validate, response) {
    assert.match(response.headers['content-type'] ?? '', /^application\/json(; ?charset=utf-8)?$/i);
    assert.ok(validate(response.body), `${ajv.errorsText(validate.errors)} in ${response.text}`);
}

const describe = response => `status ${response.status}: ${response.text}`;

// More than the schemas say: ids have 24 digits, instants are RFC 3339 in UTC.
const patterns = [
    [/^(_?id|role_id|temporary_permission_grant_id)$/, /^[0-9a-f]{24}$/],
    [/_at$/, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/],
];

function assertPatterns(value) {
    if (value === null || typeof value !== 'object') return;
    for (const [key, member] of Object.entries(value)) {
        for (const [keys, pattern] of patterns) {
            if (keys.test(key)) assert.match(member, pattern, key);
        }
        assertPatterns(member);
    }
}

export function assertSuccess(name, response) {
    const operation = allOperations[name];
    assert.equal(response.status, operation.statuses[0], describe(response));
    if (operation.response) {
        assertValid(validators[name].response, response);
        // an id of the scoped API is a uuid, which its schemas say
        if (!(name in scopedOperations)) assertPatterns(response.body);
    } else {
        assert.equal(response.text, '');
        assert.equal(response.headers['content-type'], undefined);
    }
    assertDocumented(operation, response);
}

const requiredHeaders = {
    401: ['www-authenticate'],
    405: ['allow'],
    429: ['retry-after', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset'],
    503: ['retry-after'],
};

function assertStatus(response, status) {
    assert.equal(response.status, status, describe(response));
    for (const header of requiredHeaders[status] ?? []) {
        assert.ok(response.headers[header], `header ${header} of ${describe(response)}`);
    }
}

const errorSchemas = {
    detail: { $ref: '#/components/schemas/Error' },
    problems: { $ref: '#/components/schemas/ValidationError' },
};

// An error of an exact route; loc is where a 422 must see a problem.
export function assertError(response, status, loc) {
    assertStatus(response, status);
    assertValid(status === 422 ? validateProblems : validateDetail, response);
    assertSchema(status === 422 ? errorSchemas.problems : errorSchemas.detail, response);
    if (loc) {
        const found = response.body.detail.map(problem => problem.loc.slice(0, loc.length).join('.'));
        assert.ok(found.includes(loc.join('.')), `a problem at ${loc.join('.')} in ${response.text}`);
    }
}

function assertScopedError(response, status) {
    assertStatus(response, status);
    if (status in exceptions) {
        assertValid(validateException, response);
        assert.equal(response.body.detail[0], exceptions[status]);
    } else {
        assertError(response, status);
    }
}

const applicationErrors = {
    400: [{ type: 'array', minItems: 1, items: stringSchema }],
    409: [stringSchema, { ts_error_code: { const: 'identifier_taken' } }],
};

function assertApplicationError(response, status) {
    assertStatus(response, status);
    assertValid(validateApplicationError(status, ...(applicationErrors[status] ?? [])), response);
}

// An error of an operation, in the manner of its API; for loc see assertError.
export function assertErrorOf(name, response, status, loc) {
    if (name in applicationOperations) assertApplicationError(response, status);
    else if (name in scopedOperations && status !== 422) assertScopedError(response, status);
    else assertError(response, status, loc);
}

// What an operation's API answers to arguments that are not valid.
export const invalidStatus = name => (name in applicationOperations ? 400 : 422);

// An error of /rpc, with the SQLSTATE or PostgREST's own code if given.
export function assertRpcError(response, status, code) {
    assertStatus(response, status);
    assertValid(validateRpcError, response);
    if (code) assert.equal(response.body.code, code, response.text);
}
