/*
 * gateway.js - the exact routes of three role APIs, over PostgREST.
 *
 * Finds the route, the credentials and the arguments of a request, makes one
 * call of rbac_api through PostgREST from them, and gives the answer the status
 * and body of the API that the route is of. All it knows about an operation is
 * in the table of routes, and about an API, how it tells an error.
 *
 * It verifies no token and checks neither permissions nor values: PostgREST and
 * rbac_api do, in their order. A request that cannot be written as a call is made
 * as one that rbac_api refuses for its arguments, so that maintenance, caller,
 * organization and rate limit come first there as well.
 *
 * Written for njs 0.7.9 and newer.
 */
import qs from 'querystring';

// ---- types of arguments ----

function last(values) {
    return values[values.length - 1];
}

function toBoolean(value) {
    return /^(true|t|yes|y|on|1)$/i.test(value) ? true :
        /^(false|f|no|n|off|0)$/i.test(value) ? false : undefined;
}

function toInteger(value) {
    const number = /^[+-]?\d+$/.test(value) ? Number(value) : NaN;

    return number === (number | 0) ? number : undefined;
}

function isString(value) {
    return typeof value === 'string';
}

// In a query: all values of a parameter to an argument, or undefined.
const queryTypes = {
    string: last,
    strings: values => values,
    // an unescaped + in a query is a space
    signs: values => values.map(value => value.replace(/^ /, '+')),
    boolean: values => toBoolean(last(values)),
    integer: values => toInteger(last(values)),
};

// The type in SQL does not insist on both members.
function isGrant(value) {
    return typeof value === 'object' && value !== null && value.conditions !== undefined;
}

// In a body: whether a value is one, null apart. PostgREST would make any value
// a string, and read arrays from one.
const bodyTypes = {
    string: isString,
    strings: value => Array.isArray(value) && value.every(isString),
    boolean: value => typeof value === 'boolean',
    grant: isGrant,
    grants: value => Array.isArray(value) && value.every(isGrant),
    document: () => true,
};

// ---- errors ----

// An error has a status, a message, where in the request it is, and rbac_api's
// code if that found it. Each API makes a response of it: a status and a body.

function detail(error) {
    return error.status === 422 ? [{ loc: error.location, msg: error.message, type: 'value_error' }] : error.message;
}

function organizationError(error) {
    return { status: error.status, body: { detail: detail(error) } };
}

const exceptions = { 400: 'ValueError', 403: 'IllegalOperationError', 404: 'KeyError', 409: 'EntityExistsError' };

// 400 is for arguments of which each is valid.
function scopedError(error) {
    const isCombination = error.code === '22023' && error.location.length === 1;
    const status = isCombination ? 400 : error.status;
    const exception = exceptions[status];

    return { status: status, body: { detail: exception ? [exception, error.message] : detail(error) } };
}

function applicationError(error) {
    const status = error.status === 422 ? 400 : error.status;
    const body = { message: status === 400 ? [error.message] : error.message, error_code: status };

    if (status === 409) {
        body.ts_error_code = 'identifier_taken';
    }
    return { status: status, body: body };
}

// ---- routes ----

// This runs anew for each request: a table is cheap, patterns to compile are not.

// The parameters are all that a query or body may hold; others are ignored.
function query(parameters) {
    return { place: 'query', parameters: parameters };
}

function body(parameters) {
    return { place: 'body', parameters: parameters };
}

function route(response, method, path, operation, input) {
    return { response: response, method: method, path: path, operation: operation, input: input };
}

const assignee = query({
    user_id: 'string', team_id: 'string', invitation_id: 'string', workspace_id: 'string', project_id: 'string',
});
const applicationRole = body({
    role_name: 'string', permissions: 'strings', description: 'string', display_name: 'string',
});

// Of two paths that fit a request the first one counts.
const routes = [
    route(applicationError, 'GET', '/v1/applications/{app_id}/roles', 'get_application_roles', query({})),
    route(applicationError, 'POST', '/v1/applications/{app_id}/roles', 'create_application_role', applicationRole),
    route(applicationError, 'GET', '/v1/applications/{app_id}/roles/{role_id}', 'get_application_role', query({})),
    route(applicationError, 'PUT', '/v1/applications/{app_id}/roles/{role_id}', 'modify_application_role',
        applicationRole),
    route(applicationError, 'DELETE', '/v1/applications/{app_id}/roles/{role_id}', 'delete_application_role',
        query({})),
    route(applicationError, 'POST', '/v1/applications/{app_id}/roles/{role_id}/assignments',
        'assign_application_role', body({ entity_ids: 'strings', entity_type: 'string' })),
    route(applicationError, 'DELETE', '/v1/applications/{app_id}/roles/{role_id}/assignments/{entity_id}',
        'revoke_application_role', query({})),

    route(scopedError, 'POST', '/roles', 'create_scoped_role', body({
        organization_id: 'string', level: 'string', system_managed: 'boolean', name: 'string',
        description: 'string', type: 'string', permissions: 'document',
    })),
    route(scopedError, 'GET', '/roles/{role_id}', 'get_scoped_role', query({})),
    route(scopedError, 'PATCH', '/roles/{role_id}', 'modify_scoped_role', body({
        name: 'string', description: 'string', permissions: 'document',
    })),
    route(scopedError, 'DELETE', '/roles/{role_id}', 'delete_scoped_role', query({})),
    route(scopedError, 'GET', '/roles/{role_id}/assignments', 'get_scoped_role_assignments', query({
        workspace_id: 'string', project_id: 'string',
    })),
    route(scopedError, 'POST', '/roles/{role_id}/assignments', 'assign_scoped_role', assignee),
    route(scopedError, 'DELETE', '/roles/{role_id}/assignments', 'revoke_scoped_role', assignee),

    route(organizationError, 'POST', '/v1/{organization}/role/temporary_permission_grant/',
        'create_temporary_permission_grant', body({
            user_id: 'string', duration: 'string', permission_grant: 'grant', tags: 'document',
            justification: 'string',
        })),
    route(organizationError, 'GET', '/v1/{organization}/role/temporary_permission_grants/',
        'get_temporary_permission_grants', query({
            id: 'strings', user_id: 'strings', permission_grant_name: 'string', is_expired: 'boolean',
            limit: 'integer', continuation_token: 'integer', creator: 'strings', tag: 'strings', sort_by: 'signs',
        })),
    route(organizationError, 'GET', '/v1/{organization}/role/', 'get_roles', query({
        return_permission_grants: 'boolean', id: 'strings', name: 'strings',
    })),
    route(organizationError, 'POST', '/v1/{organization}/role/', 'create_role', body({
        role_name: 'string', description: 'string', permission_grants: 'grants', frontend_view: 'string',
        inherited_from: 'strings', is_base_role: 'boolean',
    })),
    route(organizationError, 'POST', '/v1/{organization}/role/{role_name}', 'modify_role', body({
        description: 'string', permission_grants: 'grants', frontend_view: 'string', inherited_from: 'strings',
    })),
    route(organizationError, 'POST', '/v1/{organization}/role/{role_name}/assign', 'assign_role', body({
        user_id: 'string',
    })),
];

// The names in a path as they were sent, if it is one of this form; else undefined.
function match(path, segments) {
    const wanted = path.split('/');
    const names = {};

    if (wanted.length !== segments.length) {
        return undefined;
    }
    for (let i = 0; i < wanted.length; i++) {
        if (wanted[i][0] === '{' && /^[^#]+$/.test(segments[i])) {
            names[wanted[i].slice(1, -1)] = segments[i];
        } else if (wanted[i] !== segments[i]) {
            return undefined;
        }
    }
    return names;
}

function methods(candidates) {
    const names = [];

    candidates.forEach(candidate => {
        names.push(candidate.method);
        if (candidate.method === 'GET') {
            names.push('HEAD');
        }
    });
    return names.concat('OPTIONS').join(', ');
}

// ---- credentials ----

// The claims of a token whose signature is somebody else's to verify.
function claims(token) {
    try {
        return JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()) || {};
    } catch (e) {
        return {};
    }
}

// "{org_id}_{user_id}:{token}"; there is no colon in a token.
function basicCredentials(encoded) {
    const decoded = Buffer.from(encoded, 'base64').toString();
    const colon = decoded.lastIndexOf(':');

    return { user: decoded.slice(0, Math.max(colon, 0)), token: decoded.slice(colon + 1) };
}

// The token that the request presents, or undefined if it presents none or one
// that is not what the rest of the request says.
function credentials(r) {
    const header = /^(Bearer|Basic) +(\S+)$/i.exec(r.headersIn.Authorization || '');
    const organization = r.headersIn['X-ORG-ID'];

    if (!header) {
        return undefined;
    }
    const basic = header[1].toLowerCase() === 'basic' ? basicCredentials(header[2]) : undefined;
    const token = basic ? basic.token : header[2];

    if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) {
        return undefined;
    }
    if (basic || organization !== undefined) {
        const claimed = claims(token);
        const claimedOrganization = claimed[r.variables.rbac_organization_claim];
        const claimedUser = claimed[r.variables.rbac_user_claim];

        if (basic && basic.user !== `${claimedOrganization}_${claimedUser}` ||
            organization !== undefined && organization !== claimedOrganization) {
            return undefined;
        }
    }
    return token;
}

// ---- arguments ----

// What a segment of the path names; '' names nothing.
function segment(encoded) {
    try {
        const name = decodeURIComponent(encoded);
        return /[\x00-\x1f\x7f]/.test(name) ? '' : name;
    } catch (e) {
        return '';
    }
}

function invalid(location, message) {
    return { error: { status: 422, location: location, message: message } };
}

function mistyped(place, name, type) {
    return invalid([place, name], `argument "${name}" is not of type ${type}`);
}

function queryArguments(r, found) {
    const parameters = found.route.input.parameters;
    const sent = qs.parse(r.variables.args || '');
    const values = {};

    for (const name in parameters) {
        if (sent[name] === undefined) {
            continue;
        }
        values[name] = queryTypes[parameters[name]]([].concat(sent[name]));
        if (values[name] === undefined) {
            return mistyped('query', name, parameters[name]);
        }
    }
    return { body: JSON.stringify(Object.assign(values, found.path)), args: '' };
}

// The object in a JSON text, or undefined.
function parseObject(json) {
    try {
        const value = JSON.parse(json);
        return value !== null && typeof value === 'object' && !Array.isArray(value) ? value : undefined;
    } catch (e) {
        return undefined;
    }
}

// The text of an object with more members at its end. The rest stays as it is,
// since numbers in it are exact; of members with one name the last one counts.
function withMembers(json, members) {
    const inside = [json, JSON.stringify(members)].map(object => object.trim().slice(1, -1).trim());

    return '{' + inside.filter(text => text).join(',') + '}';
}

// "columns" has PostgREST ignore members that are no arguments.
function bodyArguments(r, found) {
    const parameters = found.route.input.parameters;
    const json = r.requestText || '{}';
    const values = parseObject(json);

    if (r.requestText && !/^application\/json *(;|$)/i.test(r.headersIn['Content-Type'] || '')) {
        return invalid(['body'], 'the body is not of type application/json');
    }
    // since njs 0.8, what is not UTF-8 is replaced in the text
    if (values === undefined || r.requestText && !Buffer.from(json).equals(r.requestBuffer)) {
        return invalid(['body'], 'the body is not a JSON object');
    }
    const members = Object.keys(values);
    const names = Object.keys(parameters).filter(name => members.indexOf(name) >= 0);
    const wrong = names.filter(name => values[name] !== null && !bodyTypes[parameters[name]](values[name]));
    if (wrong.length > 0) {
        return mistyped('body', wrong[0], parameters[wrong[0]]);
    }
    return {
        body: withMembers(json, found.path),
        args: 'columns=' + names.concat(Object.keys(found.path)).join(','),
    };
}

// A call without any argument but those of the path, and with one that no
// operation has.
function invalidCall(found) {
    return { body: JSON.stringify(Object.assign({ invalid: true }, found.path)), args: '' };
}

// ---- answers ----

function answer(r, status, body) {
    if (body.length > 0) {
        r.headersOut['Content-Type'] = 'application/json';
    }
    r.return(status, body);
}

function refuse(r, response, error) {
    const made = response(error);

    answer(r, made.status, JSON.stringify(made.body));
}

function refuseCredentials(r, response, message, challenge) {
    r.headersOut['WWW-Authenticate'] = challenge;
    refuse(r, response, { status: 401, message: message });
}

// The headers of rbac_api. PostgREST has a Retry-After of its own, before it.
// That of a 401 is the gateway's: PostgREST's describes the token, which the
// client has made.
const passedHeaders = ['Retry-After', 'X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset'];

// rbac_api's errors have the status that they mean. Others were raised before
// it was reached: class 22 and PGRST1xx are about the arguments, the rest is no
// fault of the client.
function errorStatus(status, code) {
    switch (status) {
        case 400:
            return /^(22|PGRST1)/.test(code) ? 422 : 400;
        case 401:
            return code === '42501' ? 500 : 401;
        case 404:
            return /^(PGRST|42883|42P01)/.test(code) ? 500 : 404;
        case 403: case 409: case 422: case 429: case 503:
            return status;
        case 502: case 504:
            return 503;
        default:
            return 500;
    }
}

function parseError(reply) {
    try {
        return JSON.parse(reply.responseText) || {};
    } catch (e) {
        return {};
    }
}

// Where the argument that a message names comes from.
function location(found, message) {
    const name = /argument "(\w+)"/.exec(message || '');
    const place = found.route.input.place;

    if (!name) {
        return [place];
    }
    return [name[1] in found.path ? 'path' : place, name[1]];
}

// What is said instead of what went wrong inside.
const reasons = { 500: 'Internal Server Error', 503: 'The service is temporarily unavailable' };

function answerError(r, found, args, reply) {
    const response = found.route.response;
    const error = parseError(reply);
    const status = errorStatus(reply.status, error.code);
    const message = reasons[status] || [error.message, error.details].filter(part => part).join('. ');

    if (status === 401) {
        refuseCredentials(r, response, message, 'Bearer error="invalid_token"');
    } else if (status === 422 && args.error) {
        refuse(r, response, args.error);
    } else {
        if (status === 503 && !(r.headersOut['Retry-After'] > 0)) {
            r.headersOut['Retry-After'] = '5';
        }
        refuse(r, response,
            { status: status, code: error.code, message: message, location: location(found, error.message) });
    }
}

// ---- requests ----

// The route and the names in the path, from the path as it was sent: every
// segment is decoded once, after the path has been taken apart.
function find(r) {
    const segments = (r.variables.request_uri || '').split('?')[0].split('/');
    const method = r.method === 'HEAD' ? 'GET' : r.method;
    const first = routes.find(candidate => match(candidate.path, segments));
    const candidates = routes.filter(candidate => first && candidate.path === first.path);
    const names = first ? match(first.path, segments) : {};
    const path = {};

    Object.keys(names).forEach(name => { path[name] = segment(names[name]); });
    return { candidates: candidates, route: candidates.find(candidate => candidate.method === method), path: path };
}

function answerNoRoute(r, candidates) {
    if (candidates.length === 0) {
        refuse(r, organizationError, { status: 404, message: 'Not Found' });
        return;
    }
    r.headersOut.Allow = methods(candidates);
    if (r.method === 'OPTIONS') {
        r.return(204);
    } else {
        refuse(r, candidates[0].response, { status: 405, message: 'Method Not Allowed' });
    }
}

async function call(r, found) {
    const args = found.route.input.place === 'query' ? queryArguments(r, found) : bodyArguments(r, found);
    const made = args.error ? invalidCall(found) : args;
    const reply = await r.subrequest('/_rbac_api/' + found.route.operation,
        { method: 'POST', args: made.args, body: made.body });

    reply.rawHeadersOut.forEach(header => {
        if (passedHeaders.indexOf(header[0]) >= 0) {
            r.headersOut[header[0]] = header[1];
        }
    });
    if (reply.status >= 200 && reply.status < 300 && !args.error) {
        answer(r, reply.status, reply.responseBuffer);
    } else {
        answerError(r, found, args, reply);
    }
}

// Proceed with a request that has a route and credentials.
function serve(r, proceed) {
    const found = find(r);

    if (!found.route) {
        return answerNoRoute(r, found.candidates);
    }
    const token = credentials(r);
    if (token === undefined) {
        return refuseCredentials(r, found.route.response, 'Invalid authorization credentials', 'Bearer');
    }
    r.variables.rbac_authorization = 'Bearer ' + token;
    return proceed(r, found);
}

function handle(r) {
    return serve(r, call);
}

// For a request whose body nginx has not read to its end: no call can be made
// then, since the rest is still arriving.
function oversized(r) {
    serve(r, (r, found) => refuse(r, found.route.response,
        { status: 422, message: 'the body is too large', location: ['body'] }));
}

export default { handle, oversized };
