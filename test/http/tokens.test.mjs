// Tokens that must not be believed, at the exact routes and at /rpc.
import { before, test } from 'node:test';
import { generateKeyPairSync, sign as signWithKey } from 'node:crypto';
import { assertError, assertRpcError, assertSuccess } from './lib/contract.mjs';
import { postgrest, request } from './lib/http.mjs';
import { createOrganization, path } from './lib/organization.mjs';
import { now, sign } from './lib/token.mjs';

const hs256 = { alg: 'HS256', typ: 'JWT' };
let organization;
before(async () => {
    organization = await createOrganization();
});

const claims = changes => ({ org_id: organization.name, sub: 'admin', exp: now() + 600, ...changes });

const exact = token =>
    request('GET', path('get_roles', organization.name), { headers: { Authorization: `Bearer ${token}` } });
const rpc = token =>
    request('POST', '/rpc/get_roles', {
        server: postgrest,
        body: { organization: organization.name },
        headers: { Authorization: `Bearer ${token}` },
    });

const base64url = value => Buffer.from(JSON.stringify(value)).toString('base64url');

function rs256(payload) {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const text = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(payload)}`;
    return `${text}.${signWithKey('sha256', text, privateKey).toString('base64url')}`;
}

const parts = () => sign(hs256, claims()).split('.');

const untrusted = {
    expired: () => sign(hs256, claims({ exp: now() - 3600 })),
    'not yet valid': () => sign(hs256, claims({ nbf: now() + 3600 })),
    'signed with another secret': () => sign(hs256, claims(), { secret: 'another secret of enough bytes, really' }),
    'signed with no secret': () => sign(hs256, claims(), { secret: '' }),
    'changed after it was signed': () => [parts()[0], base64url(claims({ sub: 'root' })), parts()[2]].join('.'),
    'without its signature': () => [...parts().slice(0, 2), ''].join('.'),
    'with a shortened signature': () => sign(hs256, claims()).slice(0, -2),
    'alg none, unsigned': () => `${base64url({ alg: 'none' })}.${base64url(claims())}.`,
    'alg none, signed': () => sign({ alg: 'none' }, claims()),
    'alg None': () => `${base64url({ alg: 'None' })}.${base64url(claims())}.`,
    'alg HS512': () => sign({ alg: 'HS512' }, claims(), { hash: 'sha512' }),
    'alg HS384': () => sign({ alg: 'HS384' }, claims(), { hash: 'sha384' }),
    'alg RS256, signed by HMAC': () => sign({ alg: 'RS256' }, claims()),
    'alg RS256': () => rs256(claims()),
    'no alg': () => sign({ typ: 'JWT' }, claims()),
    'a critical extension': () => sign({ ...hs256, crit: ['x'], x: 1 }, claims()),
    'no sub': () => sign(hs256, claims({ sub: undefined })),
    'no org_id': () => sign(hs256, claims({ org_id: undefined })),
    'no claims': () => sign(hs256, {}),
    'sub null': () => sign(hs256, claims({ sub: null })),
    'sub empty': () => sign(hs256, claims({ sub: '' })),
    'sub a number': () => sign(hs256, claims({ sub: 1 })),
    'sub an array': () => sign(hs256, claims({ sub: ['admin'] })),
    'org_id an object': () => sign(hs256, claims({ org_id: { org_id: organization.name } })),
    'org_id empty': () => sign(hs256, claims({ org_id: '' })),
    'exp a string': () => sign(hs256, claims({ exp: 'never' })),
    'claims an array': () => sign(hs256, [claims()]),
    'claims a string': () => sign(hs256, 'claims'),
    'sub with a NUL': () => sign(hs256, claims({ sub: 'admin\0' })),
    'no JSON': () => sign(hs256, claims()).replace(/\.[^.]*\./, '.e30x.'),
    'four parts': () => `${sign(hs256, claims())}.x`,
    'two parts': () => parts().slice(0, 2).join('.'),
    'one dot': () => '.',
    'nothing but dots': () => '..',
    long: () => sign(hs256, claims({ padding: 'x'.repeat(20000) })).slice(0, -1),
};

test('a good token', async () => assertSuccess('get_roles', await exact(sign(hs256, claims()))));

for (const [name, make] of Object.entries(untrusted)) {
    test(`${name}: exact route`, async () => assertError(await exact(make()), 401));
    test(`${name}: /rpc`, async () => assertRpcError(await rpc(make()), 401));
}

test('no token at /rpc', async () =>
    assertRpcError(
        await request('POST', '/rpc/get_roles', { server: postgrest, body: { organization: organization.name } }),
        401,
        '28000',
    ));

test('an empty one at /rpc', async () => assertRpcError(await rpc(''), 401));

test('a claim "role" chooses no database role', async () => {
    for (const role of ['postgres', 'authenticator', 'web', 'nobody', 1]) {
        const token = sign(hs256, claims({ role }));
        assertSuccess('get_roles', await exact(token));
        assertSuccess('get_roles', await rpc(token));
    }
});

test('a user who does not exist can do nothing', async () => {
    const token = sign(hs256, claims({ sub: 'No such user' }));
    const headers = { Authorization: `Bearer ${token}` };
    const body = { description: 'x' };
    assertError(await organization.call('modify_role', { role: 'Reader', body, headers }), 403);
});
