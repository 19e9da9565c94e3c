// Requests as a client sends them. Paths go over the wire as they are given:
// fetch would tidy up just what some tests are about.
import { Agent, request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { after } from 'node:test';

const agent = new Agent({ keepAlive: true, maxSockets: 64 });
after(() => agent.destroy());

export const gateway = new URL(process.env.RBAC_URL ?? 'http://127.0.0.1:8080');
export const postgrest = new URL(process.env.RBAC_RPC_URL ?? 'http://127.0.0.1:3000');

// An object as body is sent as JSON, a string or buffer as it is.
export function request(method, path, { headers = {}, body, server = gateway } = {}) {
    const content =
        body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
    const type = content === undefined ? {} : { 'Content-Type': 'application/json' };
    return new Promise((resolve, reject) => {
        const sent = httpRequest(
            {
                agent,
                method,
                path,
                hostname: server.hostname,
                port: server.port,
                headers: { ...type, ...('Transfer-Encoding' in headers ? {} : length(content)), ...headers },
            },
            received => collect(received).then(resolve, reject),
        );
        sent.on('error', reject);
        sent.end(content);
    });
}

const length = content => (content === undefined ? {} : { 'Content-Length': Buffer.byteLength(content) });

async function collect(received) {
    const chunks = [];
    for await (const chunk of received) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    return { status: received.statusCode, headers: received.headers, text, body: parse(text) };
}

function parse(text) {
    try {
        return JSON.parse(text);
    } catch {
        return undefined;
    }
}

// Send bytes and return all bytes that come back until the server closes.
export function exchange(bytes, server = gateway) {
    return new Promise((resolve, reject) => {
        const chunks = [];
        const socket = connect(Number(server.port), server.hostname, () => socket.write(bytes));
        socket.setTimeout(5000, () => socket.destroy(new Error('the server did not close the connection')));
        socket.on('data', chunk => chunks.push(chunk));
        socket.on('error', reject);
        socket.on('end', () => {
            socket.end();
            resolve(Buffer.concat(chunks).toString('latin1'));
        });
    });
}
