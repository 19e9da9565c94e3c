"""Plays a walk on the server and in the model, and says where they differ. A
Violation tells the call and what is wrong with it."""

import json
import random
import re
import threading
from dataclasses import replace

import psycopg

import replay
from model import Model, Refused
from server import Server
from universe import REQUESTS, WHO, any_request, bit_of, document_set, for_user
from walk import OPERATIONS, Walk

# By a setting it needs no cover, and what it gives is one user's.
TEMPORARY = 'create_temporary_permission_grant'
# What calls may be refused with; anything else, a deadlock say, is a violation.
INTENDED = {'22023', '28000', '42501', '42704', '42710', '42809', '42P17', '53000'}
COUNTEREXAMPLE = re.compile(r'(?:do not cover|is not allowed) (\{.*\})\.$')
SAMPLE = 24  # questions after each call
FURNISHING = 60  # random calls of the system before others begin

ADMIN = [{'permission_name': '*', 'conditions': {}}]
MANAGER = [{'permission_name': name, 'conditions': {}} for name in
           ('Doc:*', 'Role:CreateRole', 'Role:ModifyRole', 'Role:DeleteRole', 'Group:*', 'Application:*')]
HELPER = [{'permission_name': name, 'conditions': {}} for name in
          ('Group:*', 'Organization:*', 'User:*', 'Role:DeleteRole', 'Doc:Read')]
LENDER = [{'permission_name': 'Role:*', 'conditions': {}}, {'permission_name': 'Organization:*', 'conditions': {}},
          {'permission_name': 'Doc:Read', 'conditions': {'owner': {'type': 'Equals', 'value': '{self_user_id}'}}}]


class Violation(Exception):
    pass


def beginning():
    """The calls of the system that every walk begins with."""
    def role(organization, name, grants):
        return 'create_role', {'organization': organization, 'role_name': name, 'permission_grants': grants,
                               'frontend_view': 'admin', 'inherited_from': [], 'is_base_role': False}

    for organization, users in (('acme', 'ann bob cat dan eve'), ('beta', 'ann bob eve'), ('ops', 'bob dan')):
        for user in users.split():
            yield 'create_user', {'organization': organization, 'user_id': user}
        yield role(organization, 'Admin', ADMIN)
        yield role(organization, 'Writer', MANAGER)
        yield role(organization, 'Spare', LENDER)
        yield role(organization, 'Team', HELPER)
        for name, user in zip(('Admin', 'Writer', 'Spare', 'Team'), users.split()):
            yield 'assign_role', {'organization': organization, 'role_name': name, 'user_id': user, 'replace': True}
        for group in ('crew', 'gang'):
            yield 'create_group', {'organization': organization, 'group_id': group}
    yield 'create_application', {'organization': 'acme', 'app_id': 'shop'}


class Judge:
    """focus: operations that the walk is about; by default three that the seed
    chooses, since a walk of everything goes deep into nothing."""

    def __init__(self, dbname, seed, focus=None):
        self.dbname, self.seed = dbname, seed
        self.random = random.Random(seed)
        self.focus = focus or self.random.sample(list(OPERATIONS), 3)
        self.server, self.model = Server(dbname), Model()
        self.there = {}  # what the server says that everybody holds
        self.done = self.refused = self.concurrent = 0
        self.call = None

    def fail(self, problem):
        raise Violation(f'{problem}\nseed {self.seed}, call {self.done + self.refused}: {self.call}')

    # ---- one call ----

    def expected(self, operation, caller, arguments):
        """What it returns, or the Refused; the model goes along."""
        try:
            return self.model.apply(operation, caller, **arguments)
        except Refused as refused:
            return refused

    def complete(self, operation, arguments, number, row):
        """Tell the model the ids that only the server knows."""
        if operation == 'create_role':
            role_id = self.server.role_uuid(arguments['organization'], arguments['role_name'])
        elif operation in ('create_scoped_role', 'create_application_role'):
            role_id = str(row[0])
        elif operation == 'create_api_key':
            return self.model.add_api_key(arguments['organization'], number, *row[:2])
        else:
            return None
        self.model.roles[number] = replace(self.model.roles[number], id=role_id)
        return None

    def play(self, operation, caller, arguments):
        self.call = operation, caller, arguments
        expected = self.expected(operation, caller, arguments)
        try:
            row = self.server.call(operation, caller, arguments)
        except psycopg.Error as error:
            self.judge_refusal(caller, arguments, expected, error)
            self.refused += 1
            return
        before, self.there = self.there, self.server.principals()
        self.judge_safety(operation, caller, before)
        if isinstance(expected, Refused):
            self.fail(f'done, but the model refuses with {expected.sqlstate}')
        self.complete(operation, arguments, expected, row)
        self.judge_state()
        self.done += 1

    # ---- refusals ----

    def judge_refusal(self, caller, arguments, expected, error):
        state, detail = error.sqlstate, error.diag.message_detail or ''
        if not isinstance(expected, Refused):
            self.fail(f'refused with {state} ({error}), but the model allows it')
        if state != expected.sqlstate:
            self.fail(f'refused with {state} ({error}), but the model says {expected.sqlstate}')
        shown = COUNTEREXAMPLE.search(detail)
        if expected.comparisons:
            if not any(is_explained(held, granted, shown, detail) for held, granted in expected.comparisons):
                self.fail(f'not a reason: {detail}')
        elif shown and self.model.check(*caller, *request_of(shown)):
            self.fail(f'the caller is allowed {shown[1]}')

    # ---- states ----

    def judge_safety(self, operation, caller, before):
        """Nobody is newly allowed what the caller did not hold by roles. A
        placeholder in what the caller holds stands for whoever is given it,
        and in a temporary grant for the caller. The system may give anything."""
        if caller is None or operation == 'sign_in_with_api_key':
            return
        may_hold = self.model.principals.get(caller) in ('user', 'application')
        held = document_set(before[caller][0], caller[0]) if may_hold else 0
        for principal, after in self.there.items():
            roles, all_grants = (self.gain(principal, i, before, after) for i in (0, 1))
            if roles & ~held:
                self.fail(f'{principal} holds {any_in(roles & ~held)}, and the caller did not')
            if operation == TEMPORARY and not self.model.setting(
                    principal[0], 'temporary_grant_needs_cover'):
                continue
            reader = caller[1] if operation == TEMPORARY else principal[1]
            excess = for_user(all_grants, principal[1]) & ~for_user(held, reader)
            if excess:
                self.fail(f'{principal} is allowed {any_request(excess)}, and the caller was not')

    @staticmethod
    def gain(principal, which, before, after):
        if after[which] is None:
            return 0
        old = before.get(principal, ('[]', '[]'))[which] or '[]'
        return document_set(after[which], principal[0]) & ~document_set(old, principal[0])

    def judge_state(self):
        if self.there.keys() != self.model.principals.keys():
            self.fail(f'principals differ: {self.there.keys() ^ self.model.principals.keys()}')
        for principal, (roles, all_grants) in self.there.items():
            self.judge_set(principal, 'roles give', roles, self.model.held_by(*principal))
            if all_grants is not None:
                self.judge_set(principal, 'all grants give', all_grants, self.model.effective(*principal))
        self.judge_answers(SAMPLE)

    def judge_set(self, principal, what, document, expected):
        told = document_set(document, principal[0])
        if told != expected:
            self.fail(f'{principal}: {what} {any_in(told & ~expected)} too much, {any_in(expected & ~told)} too little')

    def judge_answers(self, n):
        """check_access() about requests of the universe, half of them allowed ones."""
        users = sorted(p for p, kind in self.model.principals.items() if kind == 'user')
        questions = [self.question(self.random.choice(users)) for _ in range(n)]
        for question, answer in zip(questions, self.server.answers(questions)):
            if answer != self.model.check(*question):
                self.fail(f'check_access{tuple(question)} is {answer}')

    def question(self, principal):
        allowed = for_user(self.model.effective(*principal), principal[1])
        if allowed and self.random.random() < 0.5:
            # the first allowed one from somewhere on
            bit = self.random.randrange(allowed.bit_length())
            bit += (allowed >> bit & -(allowed >> bit)).bit_length() - 1
        else:
            bit = self.random.randrange(len(REQUESTS))
        permission, attributes = REQUESTS[bit]
        given = {name: value for name, value in attributes.items() if value is not None}
        if attributes['org_id'] is None and self.random.random() < 0.5:
            given['org_id'] = None  # missing; left out, it is the user's own
        return [*principal, permission, given]

    # ---- walks ----

    def begin(self):
        self.server.clear()
        for organization in ('acme', 'beta', 'ops'):
            settings = {'operator': True} if organization == 'ops' else {}
            self.server.call('create_organization', None, {'organization': organization, 'settings': settings})
            self.model.organizations[organization] = settings
        for operation, arguments in beginning():
            self.play(operation, None, arguments)
        walk = Walk(self.random, self.model)
        for _ in range(FURNISHING):
            operation, _, arguments = walk.next_call()
            self.play(operation, None, arguments)
        self.done = self.refused = 0

    def walk(self, steps):
        walk = Walk(self.random, self.model, self.focus)
        for _ in range(steps):
            self.play(*walk.next_call())

    def walk_concurrently(self, sessions, steps):
        """Every session believes the state of now: much is refused."""
        problems, before = [], self.server.count_events()
        threads = [threading.Thread(target=self.session, args=(self.random.random(), steps, problems))
                   for _ in range(sessions)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.call = 'concurrent calls'
        self.concurrent = self.server.count_events() - before
        if problems:
            self.fail(problems[0])

    def session(self, seed, steps, problems):
        server, walk = Server(self.dbname), Walk(random.Random(seed), self.model)
        for _ in range(steps):
            call = walk.next_call()
            try:
                server.call(*call)
            except psycopg.Error as error:
                if error.sqlstate not in INTENDED:
                    problems.append(f'{call}: {error.sqlstate} {error}')
                    return
        server.connection.close()

    # ---- the audit trail ----

    def judge_audit(self):
        """Its events, in their order, were each allowed, and lead to this state."""
        self.call = 'replay of the audit trail'
        try:
            self.model = replay.replay(self.server.events())
        except replay.Contradiction as problem:
            self.fail(str(problem))
        self.there = self.server.principals()
        self.judge_state()
        self.judge_answers(500)


def request_of(shown):
    request = json.loads(shown[1])
    return request['permission_name'], request['attributes']


def is_explained(held, granted, shown, detail):
    if held == granted:
        return detail.startswith('They are equal')
    return shown and any(is_uncovered(held, granted, shown, user) for user in WHO)


def is_uncovered(held, granted, shown, user):
    permission, attributes = request_of(shown)
    attributes = {name: user if value == '{self_user_id}' else value for name, value in attributes.items()}
    bit = bit_of(permission, attributes)
    return for_user(granted & ~held, user) >> bit & 1


def any_in(requests):
    found = ((user, for_user(requests, user)) for user in WHO)
    return next((f'{any_request(one)} (for {user})' for user, one in found if one), 'nothing')
