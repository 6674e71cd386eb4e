"""python-zaqarclient, unmodified, through queues, messages, claims, pages and metadata."""

import unittest

from zaqarclient.queues import client
from zaqarclient.transport import errors

from server import Server

ADMIN_ROLE = {'X-Roles': 'admin'}

server = None


def setUpModule():
    global server
    server = Server('--zaqar-admin-mode', 'true', '--zaqar-pooling', 'true')


def tearDownModule():
    server.remove()


def connect(version=2, project='project'):
    conf = {'auth_opts': {'backend': 'noauth', 'options': {'os_project_id': project}}}
    return client.Client(server.url, version=version, conf=conf)


def as_admin(made):
    """The client has no word for roles: without Keystone, a field says them."""
    plain = made._request_and_transport

    def with_role():
        request, transport = plain()
        request.headers.update(ADMIN_ROLE)
        return request, transport

    made._request_and_transport = with_role
    return made


def bodies(messages):
    return [message.body for message in messages]


def id_of(message):
    """What the client calls it depends on its version."""
    return message.id if hasattr(message, 'id') else message._id


def queues_of(made, **parameters):
    """Likewise, whether it gives a count as well."""
    listed = made.queues(**parameters)
    return listed[0] if isinstance(listed, tuple) else listed


class EveryVersion:
    version = None

    def setUp(self):
        # Each test is a project of its own.
        self.project = f'{self.id()}'
        self.client = connect(self.version, self.project)
        self.other = connect(self.version, self.project)
        self.queue = self.client.queue('orders', force_create=True)

    def test_messages_are_posted_and_read(self):
        posted = self.queue.post([{'body': {'n': n, 'text': 'é'}, 'ttl': 60} for n in range(3)])
        ids = [href.rsplit('/', 1)[1] for href in posted['resources']]
        self.assertEqual([], bodies(self.queue.messages()))
        seen = list(self.other.queue('orders').messages())
        self.assertEqual([{'n': n, 'text': 'é'} for n in range(3)], bodies(seen))
        self.assertEqual(ids, [id_of(message) for message in seen])
        self.assertEqual([60] * 3, [message.ttl for message in seen])
        self.assertEqual({'n': 1, 'text': 'é'}, self.queue.message(ids[1]).body)
        self.assertEqual(ids[:2], [id_of(each) for each in self.queue.messages(*ids[:2])])
        self.assertEqual(3, self.queue.stats['messages']['total'])
        self.assertEqual('/v' + str(self.version) + '/queues/orders/messages/' + ids[0],
                         self.queue.stats['messages']['oldest']['href'])

    def test_pages_are_followed(self):
        for begin in range(0, 25, 5):
            self.queue.post([{'body': n, 'ttl': 60} for n in range(begin, begin + 5)])
        pages = self.queue.messages(echo=True, limit=4)
        seen = []
        # The stream goes on until a page is empty.
        with self.assertRaises(StopIteration):
            for _ in range(26):
                seen.append(next(pages.stream()).body)
        self.assertEqual(list(range(25)), seen)

    def test_messages_are_deleted(self):
        posted = self.queue.post([{'body': n, 'ttl': 60} for n in range(4)])
        ids = [href.rsplit('/', 1)[1] for href in posted['resources']]
        self.queue.delete_messages(*ids[:2])
        self.assertEqual([2, 3], bodies(self.queue.messages(echo=True)))
        self.queue.message(ids[2]).delete()
        self.assertEqual([3], bodies(self.queue.messages(echo=True)))
        with self.assertRaises(errors.ResourceNotFound):
            self.queue.message(ids[2])

    def test_messages_are_popped(self):
        self.queue.post([{'body': n, 'ttl': 60} for n in range(3)])
        self.assertEqual([0, 1], bodies(self.queue.pop(count=2)))
        self.assertEqual([2], bodies(self.queue.pop(count=2)))
        self.assertEqual([], bodies(self.queue.pop(count=2)))

    def test_messages_are_claimed(self):
        self.queue.post([{'body': n, 'ttl': 60} for n in range(3)])
        claim = self.queue.claim(ttl=600, grace=60, limit=2)
        claimed = list(claim)
        self.assertEqual([0, 1], bodies(claimed))
        self.assertEqual([claim.id] * 2, [message.claim_id for message in claimed])
        self.assertEqual(600, claim.ttl)
        self.assertEqual([2], bodies(self.other.queue('orders').messages()))
        # Another one gets what is left, and a third one nothing.
        second = self.queue.claim(ttl=60, grace=60)
        self.assertEqual([2], bodies(second))
        self.assertEqual([], bodies(self.queue.claim(ttl=60, grace=60)))
        claim.update(ttl=700, grace=60)
        self.assertEqual(700, self.queue.claim(id=claim.id).ttl)
        # Without its claim it cannot be deleted; with it, which its href tells, it can.
        unclaimed = self.queue.message(id_of(claimed[0]))
        unclaimed.href = unclaimed.href.split('?')[0]
        with self.assertRaises(errors.ForbiddenError):
            unclaimed.delete()
        claimed[0].delete()
        self.assertEqual([1], bodies(self.queue.claim(id=claim.id)))
        claim.delete()
        self.assertEqual([1], bodies(self.queue.claim(ttl=60, grace=60)))

    def test_queues_are_listed(self):
        for n in range(12):
            self.client.queue(f'q{n:02}', force_create=True)
        names = ['orders'] + [f'q{n:02}' for n in range(12)]
        pages = queues_of(self.client, limit=5).stream()
        seen = []
        with self.assertRaises(StopIteration):
            for _ in range(14):
                seen.append(next(pages).name)
        self.assertEqual(names, seen)
        self.queue.delete()
        self.assertNotIn('orders', [queue.name for queue in queues_of(self.client, limit=20)])

    def test_tenants_do_not_see_each_other(self):
        stranger = connect(self.version, self.project + '-other')
        self.queue.post({'body': 1, 'ttl': 60})
        self.assertEqual([], list(queues_of(stranger)))
        self.assertEqual([], bodies(stranger.queue('orders').messages(echo=True)))

    def test_what_is_wrong_is_told(self):
        with self.assertRaises(errors.MalformedRequest) as wrong:
            self.queue.post({'body': 1, 'ttl': 1})
        self.assertIn('TTL', str(wrong.exception))
        with self.assertRaises(errors.MalformedRequest):
            self.queue.messages(limit=21)
        # Refused before it is whole; the client would take 413 for success.
        with self.assertRaises(errors.MalformedRequest) as large:
            self.queue.post({'body': 'x' * (2 << 20), 'ttl': 60})
        self.assertIn('too large', str(large.exception))


class Version2(EveryVersion, unittest.TestCase):
    version = 2

    def test_metadata_is_patched(self):
        defaults = self.queue.metadata(force_reload=True)
        self.assertEqual(3600, defaults['_default_message_ttl'])
        self.assertIsNone(defaults['_dead_letter_queue'])
        # The client removes every name that it does not keep, also those that are not set.
        changed = self.queue.metadata({'colour': 'red', '_default_message_ttl': 120})
        self.assertEqual('red', changed['colour'])
        self.assertEqual(120, changed['_default_message_ttl'])
        changed = self.queue.metadata({'shape': [1, {'é': None}]})
        self.assertNotIn('colour', changed)
        self.assertEqual(3600, changed['_default_message_ttl'])
        self.assertEqual(changed, self.other.queue('orders').metadata(force_reload=True))
        with self.assertRaises(errors.MalformedRequest):
            self.queue.metadata({'_default_message_ttl': 1})
        with self.assertRaises(errors.ResourceNotFound):
            self.client.queue('none').metadata({'a': 1})

    def test_queues_are_purged(self):
        self.queue.post([{'body': n} for n in range(3)])
        self.queue.claim(ttl=60, grace=60, limit=1)
        self.queue.purge(resource_types=['messages'])
        self.assertEqual({'claimed': 0, 'free': 0, 'total': 0}, self.queue.stats['messages'])

    def test_queues_are_shared(self):
        self.queue.post({'body': 'shared'})
        signed = self.queue.signed_url(paths=['messages'], methods=['GET'], ttl_seconds=600)
        guest = client.Client(server.url, version=2, conf={'auth_opts': {
            'backend': 'signed-url',
            'options': {'signature': signed['signature'], 'expires': signed['expires'],
                        'methods': signed['methods'], 'paths': signed['paths'],
                        'os_project_id': signed['project']}}})
        self.assertEqual(['shared'], bodies(guest.queue('orders').messages(echo=True)))
        with self.assertRaises(errors.ResourceNotFound):
            guest.queue('orders').post({'body': 1})

    def subscribe(self, path='', **what):
        what.setdefault('ttl', 600)
        return self.client.subscription('orders', subscriber='http://192.0.2.1/' + path, **what)

    def test_subscriptions_are_made_and_changed(self):
        options = {'post_headers': {'X-A': 'b'}, 'own': [1.5, None, 'é']}
        made = self.subscribe(options=options)
        self.assertEqual((600, options, 0, False),
                         (made.ttl, made.options, made.age, made.confirmed))
        read = self.client.subscription('orders', id=made.id)
        self.assertEqual((made.subscriber, options), (read.subscriber, read.options))
        # The same again is the same, as long as it is not confirmed.
        self.assertEqual(made.id, self.subscribe().id)
        made.update({'ttl': 900, 'options': {}})
        read = self.client.subscription('orders', id=made.id)
        self.assertEqual((made.subscriber, 900, {}), (read.subscriber, read.ttl, read.options))
        other = self.subscribe('other')
        with self.assertRaises(errors.ConflictError):
            other.update({'subscriber': made.subscriber})
        with self.assertRaises(errors.MalformedRequest):
            other.update({'ttl': 1})
        made.delete()
        made.delete()
        with self.assertRaises(errors.ResourceNotFound):
            self.client.subscription('orders', id=made.id)
        with self.assertRaises(errors.ResourceNotFound):
            made.update({'ttl': 900})

    def test_subscriptions_are_listed(self):
        made = {self.subscribe(str(n)).id for n in range(12)}
        pages = self.client.subscriptions('orders', limit=5).stream()
        seen = []
        with self.assertRaises(StopIteration):
            while True:
                seen.append(next(pages))
        self.assertEqual(12, len(seen))
        self.assertEqual(made, {each.id for each in seen})
        self.assertEqual({('orders', 600, False)},
                         {(each.queue_name, each.ttl, each.confirmed) for each in seen})
        self.queue.purge(resource_types=['subscriptions'])
        self.assertEqual([], list(self.client.subscriptions('orders')))

    def test_what_is_wrong_of_a_subscription_is_told(self):
        for subscriber, why in (('ftp://a.example', 'supported in the list'),
                                ('trust+http://a.example', 'Keystone'),
                                # This server was told of no mail server.
                                ('mailto:a@example.org', 'supported in the list')):
            with self.assertRaises(errors.MalformedRequest) as wrong:
                self.client.subscription('orders', subscriber=subscriber, ttl=600)
            self.assertIn(why, str(wrong.exception))
        with self.assertRaises(errors.MalformedRequest) as wrong:
            self.subscribe(ttl=59)
        self.assertIn('at least 60 seconds', str(wrong.exception))

    def test_subscriptions_are_there_after_a_crash(self):
        made = self.subscribe(options={'a': 1})
        server.kill()
        server.restart()
        read = self.client.subscription('orders', id=made.id)
        self.assertEqual((made.subscriber, 600, {'a': 1}),
                         (read.subscriber, read.ttl, read.options))

    def test_queues_can_be_filtered(self):
        for name, colour in (('a1', 'red'), ('a2', 'blue'), ('b1', 'red')):
            self.client.queue(name, force_create=True).metadata({'colour': colour})
        names = [queue.name for queue in queues_of(self.client, name='^a')]
        self.assertEqual(['a1', 'a2'], names)
        names = [queue.name for queue in queues_of(self.client, colour='red')]
        self.assertEqual(['a1', 'b1'], names)
        self.assertEqual(4, self.client.queues(with_count=True)[1])

    def test_the_server_is_well(self):
        self.assertTrue(self.client.ping())
        self.assertIn('rel/queue', self.client.homedoc()['resources'])
        # All pools, of which there may be some, are well.
        health = as_admin(connect(2, self.project)).health()
        self.assertTrue(health.pop('catalog_reachable'))
        for pool in health.values():
            self.assertTrue(pool['storage_reachable'])
            for operation in pool['operation_status'].values():
                self.assertTrue(operation['succeeded'])

    def test_everything_is_there_after_a_crash(self):
        self.queue.post([{'body': n} for n in range(3)])
        claim = self.queue.claim(ttl=600, grace=60, limit=1)
        signed = self.queue.signed_url(paths=['messages'], methods=['GET'], ttl_seconds=600)
        server.kill()
        server.restart()
        self.assertEqual([0], bodies(self.queue.claim(id=claim.id)))
        self.assertEqual([1, 2], bodies(self.queue.messages(echo=True)))
        # What was shared is, too.
        again = self.queue.signed_url(paths=['messages'], methods=['GET'], ttl_seconds=600)
        if again['expires'] == signed['expires']:
            self.assertEqual(again['signature'], signed['signature'])


class Version11(EveryVersion, unittest.TestCase):
    version = 1.1


class Admin(unittest.TestCase):
    def test_pools_are_kept(self):
        admin = as_admin(connect())
        pool = admin.pool('one', weight=10, uri='signalbox://partition/0')
        self.assertEqual(10, pool.get()['weight'])
        pool.update({'weight': 20, 'options': {'a': 1}})
        self.assertEqual([('one', 20)], [(each.name, each.weight) for each in admin.pools()])
        with self.assertRaises(errors.MalformedRequest):
            admin.pool('two', weight=1, uri='mongodb://localhost')
        with self.assertRaises(errors.ConflictError):
            admin.pool('two', weight=1, uri='signalbox://partition/0')
        flavor = admin.flavor('gold', pool_list=['one'])
        self.assertEqual(['one'], flavor.get()['pool_list'])
        with self.assertRaises(errors.ForbiddenError):
            pool.delete()
        flavor.delete()
        pool.delete()
        self.assertEqual([], list(admin.pools()))
        with self.assertRaises(errors.ForbiddenError):
            list(connect().pools())


if __name__ == '__main__':
    unittest.main()
