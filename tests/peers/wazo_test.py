"""websocket-client, unmodified, against the WebSocket of wazo-websocketd: the example of the proposal
that operations come from. Who creates a meeting hears when it can be used, and nobody else does."""

import json
import unittest
import urllib.request

import websocket

from server import Server

ALICE = '28732736-22ea-4e3f-8333-8e137184676a'

server = None


def setUpModule():
    global server
    server = Server('--auth', 'token')


def tearDownModule():
    server.remove()


def ask(method, path, body=None, token=None, **fields):
    request = urllib.request.Request(
        f'http://127.0.0.1:{server.port}{path}', method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={'X-Auth-Token': token or server.root_token(),
                 **{name.replace('_', '-'): value for name, value in fields.items()}})
    with urllib.request.urlopen(request) as answer:
        text = answer.read()
        return answer.status, dict(answer.headers), json.loads(text) if text else None


def make_token(user, *acl, **more):
    _, _, made = ask('POST', '/api/v1/tokens', dict(tenant='t', user=user, acl=list(acl), **more))
    return made['token']


class Listener:
    """As Wazo's own clients do it: all that is wanted, then `start`, without waiting in between."""

    def __init__(self, token, *events, version=2):
        self.socket = websocket.create_connection(
            f'ws://127.0.0.1:{server.port}/api/websocketd/?version={version}&token={token}')
        assert self.receive() == {'op': 'init', 'code': 0, 'data': {'version': version}}
        for event in events:
            self.send('subscribe', event_name=event)
        self.send('start')
        # Version 1 does not answer the others.
        for op in ['subscribe' for _ in events if version == 2] + ['start']:
            assert self.receive()['op'] == op

    def send(self, op, **data):
        self.socket.send(json.dumps({'op': op, 'data': data}))

    def receive(self):
        return json.loads(self.socket.recv())

    def has_heard_nothing(self):
        """What is for it comes before the answer to what it asks now."""
        self.send('ping', payload='now')
        return self.receive() == {'op': 'pong', 'code': 0, 'data': {'payload': 'now'}}

    def closed_with(self):
        opcode, data = self.socket.recv_data()
        assert opcode == websocket.ABNF.OPCODE_CLOSE, opcode
        return int.from_bytes(data[:2], 'big')


class WazoTest(unittest.TestCase):
    def setUp(self):
        self.alice = make_token(ALICE, 'websocketd', 'events.#', 'users.me.#')
        self.bob = make_token('bob', 'websocketd', 'events.#', 'users.me.#')
        self.admin = make_token('admin', roles=['admin'])
        ask('PUT', '/api/v1/types/meeting', {
            'schema': {'required': ['name']},
            'path': '/users/me/meetings',
            'id_field': 'uuid',
            'owner_field': 'owner_uuids',
            'owner_list': True,
            'events': {'created': 'meeting_created',
                       'progress': {'name': 'meeting_progress',
                                    'access': 'events.users.{user}.meetings.progress'}},
            'appliers': ['asterisk'],
        }, self.admin)

    def test_the_example_of_the_proposal(self):
        alice = Listener(self.alice, 'meeting_progress')
        others = [Listener(self.bob, 'meeting_progress'), Listener(self.admin, '*')]
        status, fields, meeting = ask('POST', '/users/me/meetings', {'name': 'Meeting with Alice'},
                                      self.alice)
        self.assertEqual(status, 201)
        self.assertEqual(meeting['name'], 'Meeting with Alice')
        operation = fields['Operation-Id']
        ask('PATCH', f'/api/v1/operations/{operation}', {'state': 'succeeded'}, self.admin)
        for expected in 'in_progress', 'ready':
            event = alice.receive()
            self.assertEqual(event['op'], 'event')
            self.assertEqual(event['data']['name'], 'meeting_progress')
            self.assertEqual(event['data']['operation_id'], operation)
            self.assertIs(event['data'][f'user_uuid:{ALICE}'], True)
            data = event['data']['data']
            self.assertEqual(data['id'], meeting['uuid'])
            self.assertEqual(data['uuid'], meeting['uuid'])
            self.assertEqual(data['status'], expected)
            self.assertEqual(data['requester_uuid'], ALICE)
        for other in others:
            self.assertTrue(other.has_heard_nothing())

    def test_version_1_has_no_envelope(self):
        alice = Listener(self.alice, 'meeting_created', version=1)
        _, _, meeting = ask('POST', '/users/me/meetings', {'name': 'x'}, self.alice)
        event = alice.receive()
        self.assertEqual(event['name'], 'meeting_created')
        self.assertEqual(event['data'], meeting)

    def test_a_revoked_token_hears_nothing_more(self):
        _, _, made = ask('POST', '/api/v1/tokens', {'tenant': 't', 'user': 'eve'})
        eve = Listener(made['token'], '*')
        ask('DELETE', f"/api/v1/tokens/{made['id']}")
        self.assertEqual(eve.closed_with(), 4003)

    def test_who_is_not_let_in_is_told_by_a_code(self):
        for query, code in ('', 4001), ('?token=wrong', 4002), (f'?token={self.bob}&version=7', 4004):
            socket = websocket.create_connection(
                f'ws://127.0.0.1:{server.port}/api/websocketd{query}')
            opcode, data = socket.recv_data()
            self.assertEqual(opcode, websocket.ABNF.OPCODE_CLOSE)
            self.assertEqual(int.from_bytes(data[:2], 'big'), code)


if __name__ == '__main__':
    unittest.main()
