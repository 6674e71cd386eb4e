"""aiosmtpd, unmodified, as the mail server that subscribers at mailto addresses are told through."""

import email
import email.policy
import json
import os
import queue
import shutil
import socket
import ssl
import subprocess
import tempfile
import unittest
import urllib.error
import urllib.request

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

from server import Server

PATIENCE = 60
directory = None


def setUpModule():
    global directory
    directory = tempfile.mkdtemp(prefix='signalbox-mail-')
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2',
                    '-keyout', f'{directory}/key.pem', '-out', f'{directory}/cert.pem',
                    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
                   check=True, capture_output=True)
    with open(f'{directory}/password', 'w', encoding='ascii') as file:
        file.write('open sesame\n')
    os.chmod(f'{directory}/password', 0o600)


def tearDownModule():
    shutil.rmtree(directory)


class Inbox:
    """Keeps mails; answers as `answers` say, and takes what comes behind them."""

    def __init__(self, answers=()):
        self.answers = list(answers)
        self.mails = queue.Queue()
        self.logins = []
        self.connections = set()

    async def handle_DATA(self, server, session, envelope):
        self.connections.add(session.peer)
        self.mails.put((session.ssl is not None, envelope))
        return self.answers.pop(0) if self.answers else '250 OK'

    def authenticate(self, server, session, envelope, mechanism, data):
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b'open sesame')


class MailServer:
    def __init__(self, inbox, tls=True, login=False):
        options = {}
        if tls:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            context.load_cert_chain(f'{directory}/cert.pem', f'{directory}/key.pem')
            options['tls_context'] = context
            options['require_starttls'] = True
        if login:
            options['authenticator'] = inbox.authenticate
            options['auth_required'] = True
        # The controller looks whether it serves at the port that it was given, which 0 is not.
        with socket.create_server(('127.0.0.1', 0)) as free:
            self.port = free.getsockname()[1]
        self.controller = Controller(inbox, hostname='127.0.0.1', port=self.port, **options)
        self.controller.start()

    def __enter__(self):
        return self

    def __exit__(self, *ignored):
        self.controller.stop()


class Client:
    def __init__(self, server):
        self.url = server.url

    def ask(self, method, path, body=None):
        fields = {'Client-ID': '3381af92-2b9e-11e3-b191-71861300734c', 'X-Project-ID': 'p',
                  'Content-Type': 'application/json'}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, fields, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.loads(answer.read() or b'null')
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b'null')

    def subscribe(self, subscriber, **options):
        return self.ask('POST', '/v2/queues/q/subscriptions',
                        {'subscriber': subscriber, 'ttl': 3600, 'options': options})

    def post(self, *bodies):
        status, answer = self.ask('POST', '/v2/queues/q/messages',
                                  {'messages': [{'body': body} for body in bodies]})
        assert status == 201, answer
        return [path.rsplit('/', 1)[1] for path in answer['resources']]

    def delivery_when(self, subscription, is_so):
        while True:
            _, shown = self.ask('GET', f'/v2/queues/q/subscriptions/{subscription}')
            if is_so(shown['delivery']):
                return shown['delivery']


class Mail(unittest.TestCase):
    def serve(self, port, *options, trusts=None):
        server = Server('--mail-server', f'smtp://localhost:{port}', '--mail-from',
                        'bell@signalbox.example', '--mail-ca-file',
                        trusts or f'{directory}/cert.pem', *options)
        self.addCleanup(server.remove)
        return Client(server)

    def test_tells_by_mail_over_tls(self):
        inbox = Inbox()
        with MailServer(inbox, login=True) as mail_server:
            client = self.serve(mail_server.port, '--mail-user', 'bell', '--mail-password-file',
                                f'{directory}/password')
            subject = 'Gr\u00fc\u00dfe.' * 30
            status, made = client.subscribe('mailto:ops@example.org', subject=subject)
            self.assertEqual(status, 201, made)
            ids = client.post('hello \u20ac', {'a': [1]})
            for number, body in enumerate(['hello \u20ac', {'a': [1]}]):
                is_encrypted, envelope = inbox.mails.get(timeout=PATIENCE)
                self.assertTrue(is_encrypted)
                self.assertEqual(envelope.mail_from, 'bell@signalbox.example')
                self.assertEqual(envelope.rcpt_tos, ['ops@example.org'])
                mail = email.message_from_bytes(envelope.content, policy=email.policy.SMTP)
                self.assertEqual(mail['to'], 'ops@example.org')
                self.assertEqual(mail['subject'], subject)
                self.assertEqual(mail['message-id'],
                                 f'<{ids[number]}-{made["subscription_id"]}@signalbox.example>')
                told = json.loads(mail.get_content())
                self.assertEqual(told['body'], body)
                self.assertEqual(told['queue_name'], 'q')
            self.assertEqual(inbox.logins[0], (b'bell', b'open sesame'))

    def test_tells_again_under_the_same_id(self):
        inbox = Inbox(['451 later', '550 no'])
        with MailServer(inbox) as mail_server:
            client = self.serve(mail_server.port)
            _, made = client.subscribe('mailto:ops@example.org')
            client.post('hello')
            mails = [inbox.mails.get(timeout=PATIENCE)[1] for _ in range(3)]
            ids = {email.message_from_bytes(mail.content)['message-id'] for mail in mails}
            self.assertEqual(len(ids), 1)
            delivery = client.delivery_when(made['subscription_id'],
                                            lambda delivery: delivery['delivered'] == 1)
            self.assertIsNone(delivery['last_error'])

    def test_bothers_the_mail_server_with_few_connections(self):
        inbox = Inbox()
        with MailServer(inbox) as mail_server:
            client = self.serve(mail_server.port, '--mail-connections-max', '1')
            for number in range(10):
                status, made = client.subscribe(f'mailto:ops{number}@example.org')
                self.assertEqual(status, 201, made)
            client.post('hello')
            to = {inbox.mails.get(timeout=PATIENCE)[1].rcpt_tos[0] for _ in range(10)}
            self.assertEqual(len(to), 10)
            self.assertEqual(len(inbox.connections), 1)

    def test_sends_nothing_in_clear_text(self):
        inbox = Inbox()
        with MailServer(inbox, tls=False) as mail_server:
            client = self.serve(mail_server.port)
            _, made = client.subscribe('mailto:ops@example.org')
            client.post('secret')
            delivery = client.delivery_when(made['subscription_id'],
                                            lambda delivery: delivery['failures'] > 0)
            self.assertTrue(delivery['last_error'].startswith('the mail server'), delivery)
            self.assertTrue(inbox.mails.empty())

    def test_trusts_no_other_certificate(self):
        inbox = Inbox()
        with MailServer(inbox) as mail_server:
            client = self.serve(mail_server.port, trusts='/etc/ssl/certs/ca-certificates.crt')
            _, made = client.subscribe('mailto:ops@example.org')
            client.post('secret')
            delivery = client.delivery_when(made['subscription_id'],
                                            lambda delivery: delivery['failures'] > 0)
            self.assertIn('certificate', delivery['last_error'])
            self.assertTrue(inbox.mails.empty())

    def test_takes_no_such_subscriber_without_a_mail_server(self):
        server = Server()
        self.addCleanup(server.remove)
        status, answer = Client(server).subscribe('mailto:ops@example.org')
        self.assertEqual(status, 400)
        self.assertIn('must be supported in the list', answer['description'])


if __name__ == '__main__':
    unittest.main()
