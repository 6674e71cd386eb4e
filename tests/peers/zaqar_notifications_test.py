"""Zaqar's notifications, from its own client to a plain subscriber: what is sent, to the byte, and
a confirmation as Zaqar's sample of a subscriber does it."""

import http.server
import json
import queue
import threading
import unittest
import urllib.error
import urllib.request

from zaqarclient.queues import client

from server import Server

CLIENT = '355186cd-d1e8-4108-a3ac-a2183697232a'

server = None
careful = None


def setUpModule():
    global server, careful
    server = Server('--notify-private')
    careful = Server('--notify-private', '--zaqar-require-confirmation', 'true')


def tearDownModule():
    server.remove()
    careful.remove()


class Subscriber:
    """Takes what it is sent."""

    def __init__(self):
        calls = self.calls = queue.Queue()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                calls.put((self.path, self.headers, body.decode('ascii')))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *words):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f'http://127.0.0.1:{self.server.server_port}/hook'

    def next(self):
        """The fields and the body of the next call."""
        path, fields, body = self.calls.get()
        assert path == '/hook', path
        return fields, body

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Notifications(unittest.TestCase):
    def setUp(self):
        self.subscriber = Subscriber()
        self.addCleanup(self.subscriber.close)

    def connect(self, to):
        conf = {'auth_opts': {'backend': 'noauth', 'options': {'os_project_id': self.id()}}}
        return client.Client(to.url, version=2, conf=conf)

    def put(self, notice, body):
        """As Zaqar's sample does it: with what the notice says, and nothing else."""
        names = ('URL-Signature', 'URL-Methods', 'URL-Paths', 'X-Project-ID', 'URL-Expires')
        fields = {name: notice[name] for name in names}
        fields.update({'Client-ID': CLIENT, 'Content-Type': 'application/json'})
        request = urllib.request.Request(careful.url + notice['URL-Paths'], method='PUT',
                                         data=json.dumps(body).encode(), headers=fields)
        with urllib.request.urlopen(request) as answer:
            return answer.status

    def test_messages_are_sent_as_the_original_does(self):
        zaqar = self.connect(server)
        zaqar.subscription('orders', subscriber=self.subscriber.url, ttl=600)
        bodies = [{'text': 'é€😀', 'n': [1.5, 1e16, 1e-7, None, True]}, 'two', 3]
        zaqar.queue('orders').post([{'body': body, 'ttl': 120} for body in bodies])
        for body in bodies:
            fields, sent = self.subscriber.next()
            self.assertEqual(json.dumps({'ttl': 120, 'body': body, 'Message_Type': 'Notification',
                                         'queue_name': 'orders'}), sent)
            self.assertEqual('application/json', fields['Content-Type'])

    def test_templates_and_fields_are_the_subscription_s(self):
        zaqar = self.connect(server)
        options = {'post_data': '{"input": "$zaqar_message$", "workflow": "w"}',
                   'post_headers': {'X-A': 'b', 'Content-Type': 'text/x-workflow'}}
        zaqar.subscription('orders', subscriber=self.subscriber.url, ttl=600, options=options)
        zaqar.queue('orders').post({'body': {'a': 1}, 'ttl': 60})
        fields, sent = self.subscriber.next()
        self.assertEqual('{"input": {"ttl": 60, "body": {"a": 1}, "Message_Type": "Notification", '
                         '"queue_name": "orders"}, "workflow": "w"}', sent)
        self.assertEqual(('b', ['text/x-workflow']),
                         (fields['X-A'], fields.get_all('Content-Type')))

    def test_a_subscriber_confirms_and_takes_it_back(self):
        zaqar = self.connect(careful)
        orders = zaqar.queue('orders', force_create=True)
        made = zaqar.subscription('orders', subscriber=self.subscriber.url, ttl=600)
        orders.post({'body': 'too early', 'ttl': 60})
        notice = json.loads(self.subscriber.next()[1])
        self.assertEqual('SubscriptionConfirmation', notice['Message_Type'])
        self.assertEqual('You have chosen to subscribe to the queue: orders', notice['Message'])
        self.assertEqual((self.id(), 'orders', 'PUT'),
                         (notice['X-Project-ID'], notice['queue_name'], notice['URL-Methods']))
        with self.assertRaises(urllib.error.HTTPError) as forged:
            self.put(dict(notice, **{'X-Project-ID': 'other'}), notice['SubscribeBody'])
        self.assertEqual(404, forged.exception.code)
        self.assertEqual(204, self.put(notice, notice['SubscribeBody']))
        self.assertTrue(zaqar.subscription('orders', id=made.id).confirmed)
        orders.post({'body': 'first', 'ttl': 60})
        self.assertEqual('first', json.loads(self.subscriber.next()[1])['body'])
        self.assertEqual(204, self.put(notice, notice['UnsubscribeBody']))
        goodbye = json.loads(self.subscriber.next()[1])
        self.assertEqual('UnsubscribeConfirmation', goodbye['Message_Type'])
        orders.post({'body': 'in between', 'ttl': 60})
        self.assertEqual(204, self.put(goodbye, goodbye['SubscribeBody']))
        orders.post({'body': 'second', 'ttl': 60})
        self.assertEqual('second', json.loads(self.subscriber.next()[1])['body'])


if __name__ == '__main__':
    unittest.main()
