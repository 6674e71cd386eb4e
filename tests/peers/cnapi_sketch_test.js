'use strict';

// The paths of CNAPI's first sketch, called through today's client.

const assert = require('node:assert/strict');
const { from_now, suite, ticket, uuids } = require('./cnapi');

suite({
    async 'a ticket from creation to deletion'({ client, headnode }) {
        const path = `/servers/${headnode}/waitlist`;
        const wanted = { scope: 'vm', uid: '2583dc4e', expires: '2999-10-10T00:00:00' };
        const created = await client.post(path, wanted);
        assert.equal(created.response.statusCode, 200);
        const uuid = created.body.ticket_uuid;

        const listed = await client.get(path);
        assert.equal(listed.response.statusCode, 200);
        assert.equal(listed.body.length, 1);
        const [only] = listed.body;
        assert.equal(only.ticket_uuid, uuid);
        assert.equal(only.server_uuid, headnode);
        assert.equal(only.scope, 'vm');
        assert.equal(only.id, '2583dc4e');
        assert.ok(only.created_at);

        const shown = await client.get(`${path}/${uuid}`);
        assert.equal(shown.body.ticket_uuid, uuid);
        const deleted = await client.del(`${path}/${uuid}`);
        assert.equal(deleted.response.statusCode, 202);
        assert.deepEqual((await client.get(path)).body, []);
    },

    async 'an expiry is optional'({ client, headnode }) {
        const path = `/servers/${headnode}/waitlist`;
        const { body } = await client.post(path, { scope: 'vm', id: '1' });
        assert.equal((await client.show(body.ticket_uuid)).status, 'active');
    },

    async 'a wait, as written and as meant'({ client, headnode, server }) {
        const path = `/servers/${headnode}/waitlist`;
        const wanted = { scope: 'vm', uid: '1', expires: from_now(60) };
        const made = [];
        for (let i = 0; i < 2; ++i) made.push((await client.post(path, wanted)).body.ticket_uuid);
        const waits = [
            client.get(`${path}/${made[1]}&wait=true`),
            client.get({ path: `${path}/${made[1]}`, query: { wait: true } }),
        ];
        await server.holds(2);
        await client.del(`${path}/${made[0]}`);
        for (const { body, response } of await Promise.all(waits)) {
            assert.equal(response.statusCode, 200);
            assert.equal(body.ticket_uuid, made[1]);
            assert.equal(body.status, 'active');
        }
    },

    async 'the live tickets of one scope and id'({ client, headnode }) {
        const made = [];
        for (const id of ['1', '1', '2', '1']) {
            made.push((await client.create(headnode, ticket(id))).uuid);
        }
        await client.release(made[0]);
        const path = `/servers/${headnode}/waitlist`;
        const { body } = await client.get({ path, query: { scope: 'test', id: '1' } });
        assert.deepEqual(body.map((each) => each.ticket_uuid), [made[1], made[3]]);
        const modern = await client.list(headnode, { scope: 'test', id: '1' });
        assert.deepEqual(uuids(modern), [made[0], made[1], made[3]]);
    },

    async 'both generations see the same tickets'({ client, headnode }) {
        const path = `/servers/${headnode}/waitlist`;
        const { body } = await client.post(path, { scope: 'test', uid: '1' });
        const second = await client.create(headnode, ticket('1'));
        assert.deepEqual(uuids(second.queue), [body.ticket_uuid, second.uuid]);
        await client.del(`${path}/${body.ticket_uuid}`);
        await client.wait(second.uuid);
    },

    async 'a ticket is found under its own server'({ client, headnode }) {
        const { uuid } = await client.create('default', ticket('1'));
        const path = `/servers/${headnode}/waitlist/${uuid}`;
        const not_found = { statusCode: 404, restCode: 'ResourceNotFound' };
        await assert.rejects(client.get(path), not_found);
        await assert.rejects(client.del(path), not_found);
        assert.equal((await client.show(uuid)).status, 'active');
    },
});
