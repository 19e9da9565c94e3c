// Prints a token for a user, good for an hour: what an identity provider that
// knows RBAC_JWT_SECRET would issue.
// usage: node token.mjs ORGANIZATION USER_ID
import { createHmac } from 'node:crypto';

const [organization, user] = process.argv.slice(2);
if (!process.env.RBAC_JWT_SECRET) {
    console.error('RBAC_JWT_SECRET is not set.');
    process.exit(1);
}
const encode = value => Buffer.from(JSON.stringify(value)).toString('base64url');

const claims = { org_id: organization, sub: user, exp: Math.floor(Date.now() / 1000) + 3600 };
const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
const signature = createHmac('sha256', process.env.RBAC_JWT_SECRET).update(signed).digest('base64url');

console.log(`${signed}.${signature}`);
