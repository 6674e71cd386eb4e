'use strict';

// The npm package `consul`, unmodified: keys, watches, locks, transactions, services and checks.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const Consul = require('consul');
const { Server } = require('./server');

const tests = {
    async 'keys there and back'({ consul }) {
        assert.equal(await consul.kv.get('hello'), undefined);
        assert.equal(await consul.kv.set('hello', 'world'), true);
        const found = await consul.kv.get('hello');
        assert.equal(found.Value, 'world');
        assert.equal(await consul.kv.set({ key: 'a/b c', value: 'x', flags: 7 }), true);
        assert.equal((await consul.kv.get('a/b c')).Flags, 7);
        assert.equal(String(await consul.kv.get({ key: 'a/b c', raw: true })), 'x');
        assert.deepEqual(await consul.kv.keys(), ['a/b c', 'hello']);
        assert.deepEqual(await consul.kv.keys({ key: '', separator: '/' }), ['a/', 'hello']);
        assert.equal((await consul.kv.get({ key: '', recurse: true })).length, 2);
        const stale = { key: 'hello', value: 'x', cas: '1' };
        // The client makes nothing of a plain false.
        assert.ok(!await consul.kv.set({ ...stale, cas: String(found.ModifyIndex + 1) }));
        assert.equal(await consul.kv.set({ ...stale, cas: String(found.ModifyIndex) }), true);
        await consul.kv.del({ key: '', recurse: true });
        assert.deepEqual(await consul.kv.keys(), []);
    },

    async 'a watch sees every last state'({ consul }) {
        await consul.kv.set('watched', '0');
        const watch = consul.watch({ method: consul.kv.get, options: { key: 'watched' } });
        const errors = [];
        watch.on('error', (error) => errors.push(error));
        const [first] = await once(watch, 'change');
        assert.equal(first.Value, '0');
        for (let i = 1; i <= 20; ++i) {
            const changed = once(watch, 'change');
            await consul.kv.set('watched', String(i));
            const [seen] = await changed;
            assert.equal(seen.Value, String(i));
        }
        watch.end();
        assert.deepEqual(errors, []);
    },

    async 'a watch of a service sees it come and go'({ consul }) {
        const watch = consul.watch({
            method: consul.health.service,
            options: { service: 'web', passing: true },
        });
        const next = async () => (await once(watch, 'change'))[0].length;
        assert.equal(await next(), 0);
        let changed = next();
        await consul.agent.service.register({
            name: 'web', id: 'web/1', port: 80, check: { ttl: '1h', status: 'passing' },
        });
        assert.equal(await changed, 1);
        changed = next();
        await consul.agent.check.fail('service:web/1');
        assert.equal(await changed, 0);
        changed = next();
        await consul.agent.check.pass({ id: 'service:web/1', note: 'again' });
        assert.equal(await changed, 1);
        changed = next();
        await consul.agent.service.deregister('web/1');
        assert.equal(await changed, 0);
        watch.end();
    },

    async 'sessions hold keys'({ consul }) {
        const one = await consul.session.create({ ttl: '15s', lockdelay: '0s' });
        const two = await consul.session.create();
        assert.equal(await consul.kv.set({ key: 'lock', value: 'x', acquire: one.ID }), true);
        assert.ok(!await consul.kv.set({ key: 'lock', value: 'y', acquire: two.ID }));
        assert.equal((await consul.kv.get('lock')).Session, one.ID);
        assert.equal((await consul.session.renew(one.ID))[0].TTL, '15s');
        assert.equal((await consul.session.list()).length, 2);
        assert.equal((await consul.session.get(one.ID)).ID, one.ID);
        const node = (await consul.agent.self()).Config.NodeName;
        assert.equal((await consul.session.node(node)).length, 2);
        await consul.session.destroy(one.ID);
        assert.equal((await consul.kv.get('lock')).Session, undefined);
        assert.equal(await consul.kv.set({ key: 'lock', value: 'y', acquire: two.ID }), true);
        await consul.session.destroy(two.ID);
    },

    async 'transactions are whole'({ consul }) {
        const base64 = (text) => Buffer.from(text).toString('base64');
        const done = await consul.transaction.create([
            { KV: { Verb: 'set', Key: 'x', Value: base64('1') } },
            { KV: { Verb: 'get', Key: 'x' } },
        ]);
        assert.equal(done.Results.length, 2);
        assert.equal(done.Results[1].KV.Value, base64('1'));
        const refused = await consul.transaction.create([
            { KV: { Verb: 'set', Key: 'x', Value: base64('2') } },
            { KV: { Verb: 'get', Key: 'nothing' } },
        ]).catch((error) => error);
        assert.equal(refused.statusCode, 409);
        assert.equal((await consul.kv.get('x')).Value, '1');
    },

    async 'checks and maintenance'({ consul }) {
        await consul.agent.service.register('db');
        await consul.agent.check.register({ name: 'disk', ttl: '1h', notes: 'of it' });
        assert.equal((await consul.agent.check.list()).disk.Status, 'critical');
        await consul.agent.check.warn('disk');
        await consul.agent.check.pass('disk');
        assert.equal((await consul.agent.check.list()).disk.Status, 'passing');
        await consul.agent.service.maintenance({ id: 'db', enable: true, reason: 'why' });
        assert.equal((await consul.health.state('critical')).length, 1);
        await consul.agent.service.maintenance({ id: 'db', enable: false });
        await consul.agent.maintenance({ enable: true });
        await consul.agent.maintenance({ enable: false });
        assert.equal((await consul.health.checks('db')).length, 0);
        await consul.agent.check.deregister('disk');
        await consul.agent.service.deregister('db');
        assert.deepEqual(await consul.agent.service.list(), {});
    },

    async 'the catalog'({ consul }) {
        await consul.catalog.register({
            node: 'n', address: '10.0.0.1', service: { service: 's', port: 5 },
        });
        assert.deepEqual(await consul.catalog.datacenters(), ['dc1']);
        assert.equal((await consul.catalog.node.list()).length, 2);
        assert.ok('s' in (await consul.catalog.service.list()));
        assert.equal((await consul.catalog.service.nodes('s'))[0].ServicePort, 5);
        assert.ok('s' in (await consul.catalog.node.services('n')).Services);
        await consul.catalog.deregister('n');
        assert.deepEqual(await consul.catalog.service.nodes('s'), []);
        assert.equal((await consul.status.peers()).length, 1);
        assert.ok(await consul.status.leader());
        assert.equal((await consul.agent.members()).length, 1);
    },
};

async function main() {
    const server = await Server.start();
    const consul = new Consul({ host: '127.0.0.1', port: server.port });
    let failed = 0;
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test({ consul, server });
            console.log(`ok   ${name}`);
        } catch (error) {
            ++failed;
            console.log(`FAIL ${name}\n${error.stack}`);
        }
        await consul.kv.del({ key: '', recurse: true });
    }
    await server.remove();
    process.exit(failed === 0 ? 0 : 1);
}

main();
