"""websocket-client and msgpack, unmodified, against Zaqar's WebSocket transport."""

import json
import socket
import unittest

import msgpack
import websocket

from server import Server

CLIENT = '355186cd-d1e8-4108-a3ac-a2183697232a'
OTHER = '00000000-0000-0000-0000-000000000001'

server = None


def setUpModule():
    global server
    server = Server()


def tearDownModule():
    server.remove()


class Peer:
    """One connection, in text or in MessagePack."""

    def __init__(self, path, project, packed=False):
        self.socket = websocket.create_connection(f'ws://127.0.0.1:{server.port}{path}')
        self.project = project
        self.packed = packed

    def send(self, action, client=CLIENT, **body):
        headers = {'Client-ID': client, 'X-Project-ID': self.project}
        request = {'action': action, 'headers': headers, 'body': body}
        if self.packed:
            self.socket.send_binary(msgpack.packb(request))
        else:
            self.socket.send(json.dumps(request))
        return request

    def receive(self):
        opcode, data = self.socket.recv_data()
        expected = websocket.ABNF.OPCODE_BINARY if self.packed else websocket.ABNF.OPCODE_TEXT
        assert opcode == expected, opcode
        return msgpack.unpackb(data) if self.packed else json.loads(data)

    def ask(self, action, client=CLIENT, **body):
        """The status and the body; the answer says what it was asked."""
        request = self.send(action, client, **body)
        answer = self.receive()
        assert answer['request'] == dict(request, api='v2'), answer
        return answer['headers']['status'], answer['body']


class Conversation:
    path = '/'
    packed = False

    def setUp(self):
        # Each test is a project of its own.
        self.peer = Peer(self.path, self.id(), self.packed)
        self.addCleanup(self.peer.socket.close)

    def test_a_queue_lives(self):
        self.assertEqual((201, 'Queue q created.'),
                         self.peer.ask('queue_create', queue_name='q', metadata={'color': 'é'}))
        self.assertEqual((204, 'Queue q created.'), self.peer.ask('queue_create', queue_name='q'))
        self.assertEqual((200, {'queues': [{'name': 'q'}]}), self.peer.ask('queue_list'))
        self.assertEqual((200, {'color': 'é'}), self.peer.ask('queue_get', queue_name='q'))
        self.assertEqual((204, 'Queue q removed.'), self.peer.ask('queue_delete', queue_name='q'))
        self.assertEqual((200, {'queues': []}), self.peer.ask('queue_list'))

    def test_messages_are_posted_claimed_and_deleted(self):
        bodies = [{'n': 1, 'float': 1.5, 'none': None, 'text': 'é', 'list': [True, -1]}, 2, 'three']
        status, posted = self.peer.ask('message_post', queue_name='q',
                                       messages=[{'body': body, 'ttl': 60} for body in bodies])
        self.assertEqual(201, status)
        ids = posted['message_ids']
        self.assertEqual((200, {'messages': []}), self.peer.ask('message_list', queue_name='q'))
        status, listed = self.peer.ask('message_list', OTHER, queue_name='q')
        self.assertEqual(bodies, [message['body'] for message in listed['messages']])
        self.assertEqual(ids, [message['id'] for message in listed['messages']])
        status, claimed = self.peer.ask('claim_create', queue_name='q', ttl=60, grace=60, limit=2)
        self.assertEqual(201, status)
        claim = claimed['claim_id']
        self.assertEqual(ids[:2], [message['id'] for message in claimed['messages']])
        self.assertEqual({claim}, {message['claim_id'] for message in claimed['messages']})
        self.assertEqual(403, self.peer.ask('message_delete', queue_name='q',
                                            message_id=ids[0])[0])
        self.assertEqual((204, {}), self.peer.ask('message_delete', queue_name='q',
                                                  message_id=ids[0], claim_id=claim))
        status, got = self.peer.ask('claim_get', queue_name='q', claim_id=claim)
        self.assertEqual([ids[1]], [message['id'] for message in got['messages']])
        self.assertEqual((204, f'Claim {claim} updated.'),
                         self.peer.ask('claim_update', queue_name='q', claim_id=claim, ttl=100))
        self.assertEqual((204, f'Claim {claim} deleted.'),
                         self.peer.ask('claim_delete', queue_name='q', claim_id=claim))
        status, popped = self.peer.ask('message_delete_many', queue_name='q', pop=5)
        self.assertEqual([2, 'three'], [message['body'] for message in popped['messages']])
        self.assertEqual((204, {'claim_id': None}), self.peer.ask('claim_create', queue_name='q'))

    def test_answers_come_in_the_order_of_requests(self):
        count = 500
        for n in range(count):
            self.peer.send('message_post', queue_name=f'q{n % 7}', messages=[{'body': n}])
        for n in range(count):
            answer = self.peer.receive()
            self.assertEqual(201, answer['headers']['status'])
            self.assertEqual([{'body': n}], answer['request']['body']['messages'])

    def test_a_request_sees_what_those_in_front_of_it_did(self):
        for n in range(20):
            self.peer.send('message_post', queue_name=f'q{n}', messages=[{'body': n}])
            self.peer.send('queue_list', limit=1, marker=f'q{n}'[:-1])
            self.peer.send('queue_delete', queue_name=f'q{n}')
            self.assertEqual(201, self.peer.receive()['headers']['status'])
            self.assertEqual([{'name': f'q{n}'}], self.peer.receive()['body']['queues'])
            self.assertEqual(204, self.peer.receive()['headers']['status'])

    def test_what_is_posted_is_pushed_in_order(self):
        status, made = self.peer.ask('subscription_create', queue_name='q')
        self.assertEqual((201, 'Subscription q created.'), (status, made['message']))
        self.assertEqual((409, 'Subscription q not created.'),
                         self.peer.ask('subscription_create', queue_name='q'))
        poster = Peer('/', self.id())
        self.addCleanup(poster.socket.close)
        count = 300
        for n in range(count):
            poster.send('message_post', queue_name='q', messages=[{'body': {'é': n}, 'ttl': 60}])
        for n in range(count):
            self.assertEqual({'ttl': 60, 'body': {'é': n}, 'Message_Type': 'Notification',
                              'queue_name': 'q'}, self.peer.receive())
        # A subscriber of its own messages is told before or behind the answer.
        self.peer.send('message_post', queue_name='q', messages=[{'body': 'own'}])
        both = [self.peer.receive(), self.peer.receive()]
        self.assertEqual(['own'], [each['body'] for each in both if 'request' not in each])
        made = made['subscription_id']
        self.assertEqual((204, f'Subscription {made} removed.'),
                         self.peer.ask('subscription_delete', queue_name='q',
                                       subscription_id=made))
        self.assertEqual(201, self.peer.ask('message_post', queue_name='q',
                                            messages=[{'body': 'later'}])[0])

    def test_subscriptions_of_others_are_kept(self):
        made = self.peer.ask('subscription_create', queue_name='q',
                             subscriber='http://192.0.2.1/', ttl=600, options={'a': [1.5]})[1]
        made = made['subscription_id']
        status, got = self.peer.ask('subscription_get', queue_name='q', subscription_id=made)
        self.assertEqual((200, 600, {'a': [1.5]}), (status, got['ttl'], got['options']))
        status, listed = self.peer.ask('subscription_list', queue_name='q')
        self.assertEqual([made], [each['id'] for each in listed['subscriptions']])
        self.assertEqual(204, self.peer.ask('subscription_delete', queue_name='q',
                                            subscription_id=made)[0])
        self.assertEqual(404, self.peer.ask('subscription_get', queue_name='q',
                                            subscription_id=made)[0])

    def test_large_messages_come_whole(self):
        body = 'x' * 200000
        status, posted = self.peer.ask('message_post', queue_name='q', messages=[{'body': body}])
        self.assertEqual(201, status)
        status, got = self.peer.ask('message_get', queue_name='q',
                                    message_id=posted['message_ids'][0])
        self.assertEqual(body, got['messages']['body'])

    def test_the_connection_is_kept_and_ended_as_the_standard_says(self):
        peer = self.peer.socket
        peer.ping('here')
        opcode, data = peer.recv_data(control_frame=True)
        self.assertEqual((websocket.ABNF.OPCODE_PONG, b'here'), (opcode, data))
        peer.send_close(1000, b'bye')
        opcode, data = peer.recv_data(control_frame=True)
        self.assertEqual((websocket.ABNF.OPCODE_CLOSE, b'\x03\xe8bye'), (opcode, data))
        # The server ends the connection, and waits until its client has done so too.
        self.assertEqual(b'', peer.sock.recv(1))


class TextTest(Conversation, unittest.TestCase):
    pass


class MessagePackTest(Conversation, unittest.TestCase):
    path = '/v2'
    packed = True


class EdgeTest(unittest.TestCase):
    def test_pages_of_others_do_not_get_in(self):
        with self.assertRaises(websocket.WebSocketBadStatusException) as refused:
            websocket.create_connection(f'ws://127.0.0.1:{server.port}/',
                                        origin='https://evil.example')
        self.assertEqual(403, refused.exception.status_code)

    def test_a_client_that_does_not_read_is_not_read(self):
        peer = Peer('/', 'slow')
        peer.socket.sock.setblocking(False)
        request = json.dumps({'action': 'queue_create', 'body': {'queue_name': 'x' * 5000},
                              'headers': {'Client-ID': CLIENT, 'X-Project-ID': 'slow'}})
        frame = websocket.ABNF.create_frame(request, websocket.ABNF.OPCODE_TEXT).format()
        sent = 0
        rest = b''
        # Answers pile up, then requests; what the sockets hold is bounded, too.
        with self.assertRaises(BlockingIOError):
            while sent < 500_000_000:
                rest = rest or frame
                count = peer.socket.sock.send(rest)
                rest = rest[count:]
                sent += count
        peer.socket.sock.setblocking(True)
        self.assertEqual(400, peer.receive()['headers']['status'])
        peer.socket.sock.shutdown(socket.SHUT_RDWR)

    def test_a_subscriber_that_does_not_read_is_closed(self):
        peer = Peer('/', 'sleepy')
        self.assertEqual(201, peer.ask('subscription_create', queue_name='q')[0])
        poster = Peer('/', 'sleepy')
        self.addCleanup(poster.socket.close)
        body = 'x' * 100_000
        for _ in range(400):
            self.assertEqual(201, poster.ask('message_post', queue_name='q',
                                             messages=[{'body': body}])[0])
        # What it got before that is whole; then it is told why there is no more.
        count = 0
        while True:
            opcode, data = peer.socket.recv_data(control_frame=True)
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                break
            self.assertEqual(body, json.loads(data)['body'])
            count += 1
        self.assertEqual(b'\x03\xf0', data[:2])
        self.assertGreater(count, 0)
        self.assertLess(count, 400)

    def test_a_stop_says_goodbye(self):
        stopping = Server()
        self.addCleanup(stopping.remove)
        peer = websocket.create_connection(f'ws://127.0.0.1:{stopping.port}/v2/')
        stopping.process.terminate()
        opcode, data = peer.recv_data(control_frame=True)
        self.assertEqual((websocket.ABNF.OPCODE_CLOSE, b'\x03\xe9'), (opcode, data[:2]))
        peer.shutdown()
        self.assertEqual(0, stopping.process.wait())


if __name__ == '__main__':
    unittest.main()
