'use strict';

const assert = require('node:assert/strict');
const { from_now, statuses, suite, ticket, uuids } = require('./cnapi');

suite({
    async 'a crash breaks a wait and loses nothing'({ client, headnode, server }) {
        const made = [];
        for (let i = 0; i < 3; ++i) made.push(await client.create(headnode, ticket('1')));
        const before = await client.list(headnode);
        const broken = assert.rejects(client.wait(made[1].uuid), { code: 'ECONNRESET' });
        await server.holds(1);
        await server.end('SIGKILL');
        await broken;

        await server.restart();
        assert.deepEqual(await client.list(headnode), before);
        await client.wait(made[0].uuid);
        await client.release(made[0].uuid);
        await client.wait(made[1].uuid);
        assert.deepEqual(statuses(await client.list(headnode)),
                         ['finished', 'active', 'queued']);
    },

    async 'an answered release survives a crash'({ client, headnode, server }) {
        const first = await client.create(headnode, ticket('1'));
        const second = await client.create(headnode, ticket('1'));
        await client.release(first.uuid);
        await server.end('SIGKILL');
        await server.restart();
        await client.wait(second.uuid);
        assert.deepEqual(statuses(await client.list(headnode)), ['finished', 'active']);
    },

    async 'what expired meanwhile is never seen active'({ client, headnode, server }) {
        const at = from_now(0.3);
        const first = await client.create(headnode, ticket('1', { expires_at: at }));
        const second = await client.create(headnode, ticket('1'));
        await server.end('SIGKILL');
        while (Date.now() <= new Date(at).getTime()) await new Promise(setImmediate);
        await server.restart();
        assert.equal((await client.show(first.uuid)).status, 'expired');
        assert.equal((await client.show(second.uuid)).status, 'active');
    },

    async 'a short restart is invisible to new requests'({ client, headnode, server }) {
        const { uuid } = await client.create(headnode, ticket('1'));
        await server.end('SIGKILL');
        const listed = client.list(headnode);
        await server.restart();
        assert.deepEqual(uuids(await listed), [uuid]);
    },

    async 'a graceful stop answers held waits'({ client, headnode, server }) {
        await client.create(headnode, ticket('1'));
        const second = await client.create(headnode, ticket('1'));
        const wait = assert.rejects(client.wait(second.uuid), (error) => {
            assert.equal(error.statusCode, 503);
            assert.equal(error.restCode, 'ServiceUnavailable');
            assert.ok(error.res.headers['retry-after']);
            return true;
        });
        await server.holds(1);
        assert.equal(await server.end('SIGTERM'), 0);
        await wait;
        await server.restart();
        assert.equal((await client.show(second.uuid)).status, 'queued');
    },
});
