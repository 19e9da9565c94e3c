// JSON Web Tokens, good ones and those that must be refused.
import { createHmac } from 'node:crypto';

const base64url = value => Buffer.from(value).toString('base64url');

export const now = () => Math.floor(Date.now() / 1000);

export function sign(header, claims, { secret = process.env.RBAC_JWT_SECRET, hash = 'sha256' } = {}) {
    const text = `${base64url(JSON.stringify(header))}.${base64url(JSON.stringify(claims))}`;
    return `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`;
}

export function token(organization, user, claims = {}) {
    return sign({ alg: 'HS256', typ: 'JWT' }, { org_id: organization, sub: user, exp: now() + 600, ...claims });
}

export function basic(username, password) {
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
