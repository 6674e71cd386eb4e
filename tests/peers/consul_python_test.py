"""Debian's python3-consul, unmodified: keys, locks, waiting, services, checks, sessions."""

import http.server
import threading
import unittest

import consul

from server import Server

server = None


def setUpModule():
    global server
    server = Server()


def tearDownModule():
    server.remove()


def connect(**parameters):
    return consul.Consul(port=server.port, **parameters)


class Keys(unittest.TestCase):
    def setUp(self):
        self.client = connect()
        self.client.kv.delete('', recurse=True)

    def test_there_and_back(self):
        kv = self.client.kv
        index, data = kv.get('foo')
        self.assertIsNone(data)
        self.assertGreater(int(index), 0)
        self.assertTrue(kv.put('foo', 'bar'))
        index, data = kv.get('foo')
        self.assertEqual(data['Value'], b'bar')
        self.assertEqual(int(index), data['ModifyIndex'])
        binary = bytes(range(256))
        self.assertTrue(kv.put('nested/binary', binary, flags=2**63))
        _, data = kv.get('nested/binary')
        self.assertEqual((data['Value'], data['Flags']), (binary, 2**63))
        self.assertTrue(kv.put('empty', ''))
        self.assertIsNone(kv.get('empty')[1]['Value'])
        _, found = kv.get('', recurse=True)
        self.assertEqual([each['Key'] for each in found], ['empty', 'foo', 'nested/binary'])
        self.assertEqual(kv.get('', keys=True, separator='/')[1], ['empty', 'foo', 'nested/'])
        self.assertTrue(kv.delete('foo'))
        self.assertIsNone(kv.get('foo')[1])

    def test_compare_and_set(self):
        kv = self.client.kv
        self.assertTrue(kv.put('foo', 'bar', cas=0))
        self.assertFalse(kv.put('foo', 'lost', cas=0))
        _, data = kv.get('foo')
        self.assertTrue(kv.put('foo', 'won', cas=data['ModifyIndex']))
        self.assertFalse(kv.delete('foo', cas=data['ModifyIndex']))
        self.assertTrue(kv.delete('foo', cas=kv.get('foo')[1]['ModifyIndex']))

    def test_waits_for_a_change(self):
        kv = self.client.kv
        kv.put('watched', '1')
        index, _ = kv.get('watched')
        timer = threading.Timer(0.1, lambda: connect().kv.put('watched', '2'))
        timer.start()
        later, data = kv.get('watched', index=index, wait='30s')
        timer.join()
        self.assertEqual(data['Value'], b'2')
        self.assertGreater(int(later), int(index))
        # A key that was deleted meanwhile answers too, with an index.
        timer = threading.Timer(0.1, lambda: connect().kv.delete('watched'))
        timer.start()
        last, data = kv.get('watched', index=later, wait='30s')
        timer.join()
        self.assertIsNone(data)
        self.assertGreater(int(last), int(later))
        # And when nothing comes of it, it is as it was.
        same, data = kv.get('watched', index=last, wait='10ms')
        self.assertEqual((same, data), (last, None))


class Sessions(unittest.TestCase):
    def test_hold_keys(self):
        client = connect()
        one = client.session.create(name='one', lock_delay=0)
        two = client.session.create(name='two', behavior='delete', ttl=10, lock_delay=0)
        self.assertEqual(client.session.info(two)[1]['TTL'], '10s')
        self.assertIn(one, [each['ID'] for each in client.session.list()[1]])
        self.assertTrue(client.kv.put('lock', 'one', acquire=one))
        self.assertFalse(client.kv.put('lock', 'two', acquire=two))
        self.assertEqual(client.kv.get('lock')[1]['Session'], one)
        self.assertTrue(client.kv.put('lock', '', release=one))
        self.assertTrue(client.kv.put('lock', 'two', acquire=two))
        self.assertEqual(client.session.renew(two)['ID'], two)
        self.assertTrue(client.session.destroy(two))
        self.assertIsNone(client.kv.get('lock')[1])
        self.assertRaises(consul.NotFound, client.session.renew, two)
        self.assertTrue(client.session.destroy(one))
        self.assertIsNone(client.session.info(one)[1])
        with self.assertRaises(consul.ConsulException):
            client.kv.put('lock', 'x', acquire=one)


class Healthy(http.server.BaseHTTPRequestHandler):
    status = 200

    def do_GET(self):
        self.send_response(Healthy.status)
        self.end_headers()

    def log_message(self, *arguments):
        pass


class Services(unittest.TestCase):
    def setUp(self):
        self.client = connect()

    def passing(self, name):
        return [each['Service']['ID'] for each in self.client.health.service(name, passing=True)[1]]

    def wait_for(self, name, ids):
        """By waiting for changes, and never by asking again and again."""
        index = None
        while True:
            index, found = self.client.health.service(name, passing=True, index=index, wait='30s')
            if [each['Service']['ID'] for each in found] == ids:
                return

    def test_say_how_they_are(self):
        agent = self.client.agent
        self.assertTrue(agent.service.register('web', service_id='web:1', port=80, tags=['a'],
                                               check=consul.Check.ttl('10s')))
        self.assertEqual(agent.services()['web:1']['Port'], 80)
        self.assertEqual(agent.checks()['service:web:1']['Status'], 'critical')
        self.assertEqual(self.passing('web'), [])
        self.assertTrue(agent.check.ttl_pass('service:web:1'))
        self.assertEqual(self.passing('web'), ['web:1'])
        self.assertTrue(agent.check.ttl_warn('service:web:1'))
        self.assertEqual(self.passing('web'), [])
        self.assertTrue(agent.check.ttl_fail('service:web:1'))
        self.assertTrue(agent.check.ttl_pass('service:web:1', 'fine'))
        self.assertTrue(agent.service.maintenance('web:1', True, 'for a while'))
        self.assertEqual(self.passing('web'), [])
        self.assertTrue(agent.service.maintenance('web:1', False))
        self.assertEqual(self.passing('web'), ['web:1'])
        _, services = self.client.catalog.services()
        self.assertEqual(services['web'], ['a'])
        self.assertTrue(agent.service.deregister('web:1'))
        self.assertEqual(self.client.health.service('web')[1], [])

    def test_are_critical_when_they_are_silent(self):
        agent = self.client.agent
        agent.service.register('silent', check=consul.Check.ttl('1s'))
        agent.check.ttl_pass('service:silent')
        self.assertEqual(self.passing('silent'), ['silent'])
        self.wait_for('silent', [])
        self.assertEqual(agent.checks()['service:silent']['Output'], 'TTL expired')
        agent.service.deregister('silent')

    def test_are_asked_how_they_are(self):
        web = http.server.HTTPServer(('127.0.0.1', 0), Healthy)
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        try:
            url = f'http://127.0.0.1:{web.server_port}/'
            self.client.agent.service.register('asked', check=consul.Check.http(url, '1s'))
            self.wait_for('asked', ['asked'])
            Healthy.status = 500
            self.wait_for('asked', [])
            Healthy.status = 200
            self.wait_for('asked', ['asked'])
            self.client.agent.service.deregister('asked')
        finally:
            web.shutdown()
            thread.join()
            web.server_close()

    def test_of_other_nodes(self):
        catalog = self.client.catalog
        self.assertTrue(catalog.register(
            'n1', '10.1.10.11', service={'service': 's1', 'port': 1, 'tags': ['master']}))
        self.assertTrue(catalog.register('n2', '10.1.10.12', service={'service': 's1'}))
        self.assertEqual({each['Node'] for each in catalog.service('s1')[1]}, {'n1', 'n2'})
        self.assertEqual([each['Node'] for each in catalog.service('s1', tag='master')[1]], ['n1'])
        self.assertIn('s1', catalog.node('n1')[1]['Services'])
        self.assertTrue(catalog.deregister('n1'))
        self.assertTrue(catalog.deregister('n2'))
        self.assertEqual(catalog.service('s1')[1], [])
        self.assertIsNone(catalog.node('n1')[1])

    def test_the_server_itself(self):
        self.assertEqual(self.client.catalog.datacenters(), ['dc1'])
        name = self.client.agent.self()['Member']['Name']
        _, checks = self.client.health.node(name)
        self.assertIn('serfHealth', [each['CheckID'] for each in checks])
        self.assertIn('consul', self.client.catalog.services()[1])
        self.assertTrue(self.client.status.leader())
        self.assertEqual(len(self.client.status.peers()), 1)
        self.assertTrue(self.client.agent.maintenance(True))
        self.assertTrue(self.client.agent.maintenance(False))
        _, critical = self.client.health.state('critical')
        self.assertEqual(critical, [])


class Restarts(unittest.TestCase):
    def test_no_index_goes_back(self):
        client = connect()
        for number in range(10):
            client.kv.put('restarts', str(number))
        before, _ = client.kv.get('restarts')
        session = client.session.create(lock_delay=0)
        client.kv.put('held', 'x', acquire=session)
        client.agent.service.register('kept', check=consul.Check.ttl('1h'))
        client.agent.check.ttl_pass('service:kept')
        server.kill()
        server.restart()
        client = connect()
        after, data = client.kv.get('restarts')
        self.assertEqual((after, data['Value']), (before, b'9'))
        client.kv.put('restarts', 'more')
        self.assertGreater(int(client.kv.get('restarts')[0]), int(before))
        self.assertEqual(client.kv.get('held')[1]['Session'], session)
        self.assertEqual(len(client.health.service('kept', passing=True)[1]), 1)
        client.agent.service.deregister('kept')
        client.session.destroy(session)


if __name__ == '__main__':
    unittest.main()
