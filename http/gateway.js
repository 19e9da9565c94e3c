/*
 * gateway.js - the exact routes of the organization role API, over PostgREST.
 *
 * Finds the route, the credentials and the arguments of a request, makes one
 * call of rbac_api through PostgREST from them, and gives the answer the status
 * and body of that API. All it knows about an operation is in the table of
 * routes.
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

// ---- routes ----

function route(method, path, operation, parameters) {
    const pattern = path.replace(/\{\w+\}/g, '([^/#]+)');

    return {
        method: method,
        pattern: new RegExp('^' + pattern + '$'),
        segments: (path.match(/\{\w+\}/g) || []).map(name => name.slice(1, -1)),
        operation: operation,
        parameters: parameters,
        errorBody: detailBody,
    };
}

// The parameters are all that a query or body may hold; others are ignored.
const routes = [
    route('POST', '/v1/{organization}/role/temporary_permission_grant/', 'create_temporary_permission_grant', {
        user_id: 'string', duration: 'string', permission_grant: 'grant', tags: 'document',
        justification: 'string',
    }),
    route('GET', '/v1/{organization}/role/temporary_permission_grants/', 'get_temporary_permission_grants', {
        id: 'strings', user_id: 'strings', permission_grant_name: 'string', is_expired: 'boolean',
        limit: 'integer', continuation_token: 'integer', creator: 'strings', tag: 'strings', sort_by: 'signs',
    }),
    route('GET', '/v1/{organization}/role/', 'get_roles', {
        return_permission_grants: 'boolean', id: 'strings', name: 'strings',
    }),
    route('POST', '/v1/{organization}/role/', 'create_role', {
        role_name: 'string', description: 'string', permission_grants: 'grants', frontend_view: 'string',
        inherited_from: 'strings', is_base_role: 'boolean',
    }),
    route('POST', '/v1/{organization}/role/{role_name}', 'modify_role', {
        description: 'string', permission_grants: 'grants', frontend_view: 'string', inherited_from: 'strings',
    }),
    route('POST', '/v1/{organization}/role/{role_name}/assign', 'assign_role', {
        user_id: 'string',
    }),
];

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
    return { error: { location: location, message: message } };
}

function mistyped(place, name, type) {
    return invalid([place, name], `argument "${name}" is not of type ${type}`);
}

function queryArguments(r, found) {
    const parameters = found.route.parameters;
    const query = qs.parse(r.variables.args || '');
    const values = {};

    for (const name in parameters) {
        if (query[name] === undefined) {
            continue;
        }
        values[name] = queryTypes[parameters[name]]([].concat(query[name]));
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
    const inside = json.trim().slice(1, -1).trim();

    return '{' + (inside && inside + ',') + JSON.stringify(members).slice(1);
}

// "columns" has PostgREST ignore members that are no arguments.
function bodyArguments(r, found) {
    const parameters = found.route.parameters;
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
        args: 'columns=' + names.concat(found.route.segments).join(','),
    };
}

// A call without any argument but those of the path, and with one that no
// operation has.
function invalidCall(found) {
    return { body: JSON.stringify(Object.assign({ invalid: true }, found.path)), args: '' };
}

// ---- answers ----

function detailBody(status, message, location) {
    return { detail: status === 422 ? [{ loc: location, msg: message, type: 'value_error' }] : message };
}

function answer(r, status, body) {
    r.headersOut['Content-Type'] = 'application/json';
    r.return(status, body);
}

function refuse(r, errorBody, status, message, location) {
    answer(r, status, JSON.stringify(errorBody(status, message, location)));
}

function refuseCredentials(r, errorBody, message, challenge) {
    r.headersOut['WWW-Authenticate'] = challenge;
    refuse(r, errorBody, 401, message);
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
    const place = found.route.method === 'GET' ? 'query' : 'body';

    if (!name) {
        return [place];
    }
    return [found.route.segments.indexOf(name[1]) >= 0 ? 'path' : place, name[1]];
}

// What is said instead of what went wrong inside.
const reasons = { 500: 'Internal Server Error', 503: 'The service is temporarily unavailable' };

function answerError(r, found, args, reply) {
    const errorBody = found.route.errorBody;
    const error = parseError(reply);
    const status = errorStatus(reply.status, error.code);
    const message = reasons[status] || [error.message, error.details].filter(part => part).join('. ');

    if (status === 401) {
        refuseCredentials(r, errorBody, message, 'Bearer error="invalid_token"');
    } else if (status === 422 && args.error) {
        refuse(r, errorBody, status, args.error.message, args.error.location);
    } else {
        if (status === 503 && !(r.headersOut['Retry-After'] > 0)) {
            r.headersOut['Retry-After'] = '5';
        }
        refuse(r, errorBody, status, message, location(found, error.message));
    }
}

// ---- requests ----

// The route and the names in the path, from the path as it was sent: every
// segment is decoded once, after the path has been taken apart.
function find(r) {
    const path = (r.variables.request_uri || '').split('?')[0];
    const method = r.method === 'HEAD' ? 'GET' : r.method;
    const candidates = routes.filter(candidate => candidate.pattern.test(path));
    const matching = candidates.filter(candidate => candidate.method === method);
    const found = { candidates: candidates, route: matching[0], path: {} };

    if (found.route) {
        const encoded = found.route.pattern.exec(path).slice(1);
        found.route.segments.forEach((name, i) => { found.path[name] = segment(encoded[i]); });
    }
    return found;
}

function answerNoRoute(r, candidates) {
    if (candidates.length === 0) {
        refuse(r, detailBody, 404, 'Not Found');
        return;
    }
    r.headersOut.Allow = methods(candidates);
    if (r.method === 'OPTIONS') {
        r.return(204);
    } else {
        refuse(r, detailBody, 405, 'Method Not Allowed');
    }
}

async function call(r, found) {
    const args = found.route.method === 'GET' ? queryArguments(r, found) : bodyArguments(r, found);
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
        return refuseCredentials(r, found.route.errorBody, 'Invalid authorization credentials', 'Bearer');
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
    serve(r, (r, found) => refuse(r, found.route.errorBody, 422, 'the body is too large', ['body']));
}

export default { handle, oversized };
