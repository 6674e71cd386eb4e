'use strict';

const assert = require('node:assert/strict');
const { Client, from_now, statuses, suite, ticket, uuids } = require('./cnapi');

suite({
    async 'the client finds the head node and pings'({ client }) {
        const servers = (await client.call('listServers', { headnode: true })).body;
        assert.equal(servers.length, 1);
        assert.match(servers[0].uuid, /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
        assert.equal((await client.call('ping')).response.statusCode, 200);
    },

    async 'after delete-all the list is empty'({ client, headnode }) {
        await client.create(headnode, ticket('123'));
        const answer = await client.del(`/servers/${headnode}/tickets?force=true`);
        assert.equal(answer.response.statusCode, 204);
        assert.deepEqual(await client.list(headnode), []);
    },

    async 'tickets are created, shown and listed'({ client, headnode }) {
        const wanted = [ticket('123'), ticket('123'), ticket('234')];
        const made = [];
        for (const each of wanted) {
            const path = `/servers/${headnode}/tickets`;
            const { body, response } = await client.post(path, each);
            assert.equal(response.statusCode, 202);
            made.push(body);
        }
        assert.deepEqual(made.map((each) => statuses(each.queue)),
                         [['active'], ['active', 'queued'], ['active']]);
        assert.deepEqual(uuids(made[1].queue), [made[0].uuid, made[1].uuid]);
        assert.deepEqual(uuids(made[2].queue), [made[2].uuid]);

        const listed = await client.list(headnode);
        assert.deepEqual(uuids(listed), uuids(made));
        assert.deepEqual(statuses(listed), ['active', 'queued', 'active']);
        for (const [index, each] of listed.entries()) {
            assert.equal(each.server_uuid, headnode);
            assert.equal(each.scope, wanted[index].scope);
            assert.equal(each.id, wanted[index].id);
            assert.equal(each.expires_at, wanted[index].expires_at);
            assert.deepEqual(each.extra, {});
            assert.equal(new Date(each.created_at).toISOString(), each.created_at);
            const shown = await client.show(each.uuid);
            for (const [name, value] of Object.entries(each)) {
                assert.deepEqual(value, shown[name], name);
            }
        }
    },

    async 'what the creator says of a ticket comes back unchanged'({ client, headnode }) {
        const extra = { owner: 'ann', nested: { list: [1, 2.5, null, 'ä'] } };
        const fields = { extra, action: 'provision', req_id: 'r-1', expires_at: '3000' };
        const { uuid } = await client.create(headnode, ticket('1', fields));
        const shown = await client.show(uuid);
        assert.deepEqual(shown.extra, extra);
        assert.equal(shown.action, 'provision');
        assert.equal(shown.reqid, 'r-1');
        assert.equal(shown.expires_at, '3000');
    },

    async 'a wait for an active ticket returns at once and says nothing'({ client, headnode }) {
        const { uuid } = await client.create(headnode, ticket('111'));
        const { body, response } = await client.wait(uuid);
        assert.equal(response.statusCode, 204);
        assert.deepEqual(body, {});
    },

    async 'a line of twenty moves on with each release'({ client, headnode }) {
        const line = [];
        for (let i = 0; i < 20; ++i) {
            line.push((await client.create(headnode, ticket('111'))).uuid);
        }
        for (const [index, uuid] of line.entries()) {
            const listed = statuses(await client.list(headnode));
            assert.deepEqual(listed, line.map((each, place) => {
                if (place < index) return 'finished';
                return place === index ? 'active' : 'queued';
            }));
            await client.release(uuid);
        }
    },

    async 'tickets are created, waited for and released over and over'({ client, headnode }) {
        for (let i = 0; i < 100; ++i) {
            const { uuid } = await client.create(headnode, ticket('111'));
            await client.wait(uuid);
            const { response } = await client.release(uuid);
            assert.equal(response.statusCode, 204);
            assert.equal((await client.show(uuid)).status, 'finished');
        }
    },

    async 'all who wait for a ticket hear of it'({ client, headnode, server }) {
        const first = await client.create(headnode, ticket('1'));
        const second = await client.create(headnode, ticket('1'));
        const waits = Array.from({ length: 10 }, () => client.wait(second.uuid));
        await server.holds(10);
        await client.release(first.uuid);
        for (const { response } of await Promise.all(waits)) {
            assert.equal(response.statusCode, 204);
        }
        assert.equal((await client.show(second.uuid)).status, 'active');
    },

    async 'a deleted holder makes room, a deleted waiter does not'({ client, headnode }) {
        const made = [];
        for (let i = 0; i < 3; ++i) made.push(await client.create(headnode, ticket('1')));
        const deleted = await client.del(`/tickets/${made[1].uuid}`);
        assert.equal(deleted.response.statusCode, 204);
        assert.equal((await client.show(made[2].uuid)).status, 'queued');
        await client.del(`/tickets/${made[0].uuid}`);
        assert.equal((await client.show(made[2].uuid)).status, 'active');
        assert.deepEqual(uuids(await client.list(headnode)), [made[2].uuid]);
    },

    async 'a ticket expires and the next one starts'({ client, headnode }) {
        const short = ticket('1', { expires_at: from_now(0.3) });
        const first = await client.create(headnode, short);
        const second = await client.create(headnode, ticket('1'));
        assert.deepEqual(statuses(second.queue), ['active', 'queued']);
        await client.wait(second.uuid);
        assert.ok(Date.now() >= new Date(short.expires_at).getTime());
        assert.deepEqual(statuses(await client.list(headnode)), ['expired', 'active']);
        await client.release(first.uuid);
        assert.equal((await client.show(first.uuid)).status, 'finished');
        assert.equal((await client.show(second.uuid)).status, 'active');
    },

    async 'a ticket that is late already never gets its turn'({ client, headnode }) {
        await client.create(headnode, ticket('1'));
        const late = await client.create(headnode, ticket('1', { expires_at: '2013' }));
        assert.equal((await client.show(late.uuid)).status, 'expired');
        assert.ok(uuids(late.queue).includes(late.uuid));
        const next = await client.create(headnode, ticket('1'));
        assert.deepEqual(statuses(next.queue), ['active', 'queued']);
    },

    async 'twenty at once: one holds, all others queue'({ client, headnode }) {
        const create = () => client.create(headnode, ticket('1'));
        const made = await Promise.all(Array.from({ length: 20 }, create));
        const listed = await client.list(headnode);
        assert.deepEqual(statuses(listed), ['active', ...Array(19).fill('queued')]);
        assert.deepEqual(new Set(uuids(listed)), new Set(uuids(made)));
        for (const each of made) assert.ok(uuids(each.queue).includes(each.uuid));
    },

    async 'many clients, and never two in the same place'({ server, headnode }) {
        const inside = new Map();
        const work = async (number) => {
            const client = new Client(server);
            const id = `place-${number % 5}`;
            for (let round = 0; round < 4; ++round) {
                const { uuid } = await client.create(headnode, ticket(id));
                await client.wait(uuid);
                assert.equal(inside.has(id), false);
                inside.set(id, uuid);
                assert.equal((await client.show(uuid)).status, 'active');
                inside.delete(id);
                await client.release(uuid);
            }
            client.close();
        };
        await Promise.all(Array.from({ length: 50 }, (unused, number) => work(number)));
    },

    // Look for yourself in the queue, wait unless you are active already, and queue for the
    // next thing before you let go of this one.
    async 'virtual machines are made the way VMAPI makes them'({ server, headnode }) {
        const take = async (client, place, wanted) => {
            const made = await client.create(place, wanted);
            const self = made.queue.find((each) => each.uuid === made.uuid);
            if (self.status !== 'active') await client.wait(made.uuid);
            return made.uuid;
        };
        const order = { allocated: [], made: [] };
        const provision = async (vm) => {
            const client = new Client(server, { agent: false });
            const allocation = await take(client, 'default', {
                scope: 'vm-allocate', id: 'global', expires_at: from_now(60), action: 'allocate',
            });
            order.allocated.push(vm);
            const wanted = {
                scope: 'vm', id: vm, expires_at: from_now(600), action: 'provision',
                extra: { max_physical_memory: 1024 },
            };
            const machine = await client.create(headnode, wanted);
            await client.release(allocation);
            assert.equal((await client.show(machine.uuid)).status, 'active');
            order.made.push(vm);
            await client.release(machine.uuid);
        };
        const vms = Array.from({ length: 10 }, (unused, number) => `vm-${number}`);
        await Promise.all(vms.map(provision));
        assert.deepEqual([...order.allocated].sort(), vms);
        assert.deepEqual([...order.made].sort(), vms);
    },

    async 'a fabric network: made in order, waited for at once'({ client }) {
        const nat = { scope: 'fabric_nat', id: 'net-1', expires_at: from_now(600) };
        const made = [];
        for (let i = 0; i < 4; ++i) made.push((await client.create('default', nat)).uuid);
        const done = [];
        await Promise.all(made.map(async (uuid) => {
            await client.wait(uuid);
            done.push(uuid);
            await client.release(uuid);
        }));
        assert.deepEqual(done, made);
    },
});
