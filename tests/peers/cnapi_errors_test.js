'use strict';

const assert = require('node:assert/strict');
const { randomUUID } = require('node:crypto');
const { from_now, suite, ticket, uuids, with_server } = require('./cnapi');

const not_found = { statusCode: 404, restCode: 'ResourceNotFound' };
const argument = { statusCode: 409, restCode: 'InvalidArgument' };

suite({
    async 'unknown tickets'({ client }) {
        const uuid = randomUUID();
        const message = `ticket ${uuid} not found`;
        await assert.rejects(client.show(uuid), { ...not_found, message });
        await assert.rejects(client.release(uuid), { ...not_found, message });
        await assert.rejects(client.del(`/tickets/${uuid}`), not_found);
        await assert.rejects(client.wait(uuid),
                             { ...not_found, message: `no such ticket ${uuid}` });
        await assert.rejects(client.show('no-uuid'), argument);
    },

    async 'unknown paths and verbs'({ client, headnode }) {
        await assert.rejects(client.get('/servers/x/y/z'),
                             { ...not_found, message: '/servers/x/y/z does not exist' });
        await assert.rejects(client.put(`/tickets/${headnode}`, {}), (error) => {
            assert.equal(error.statusCode, 405);
            assert.equal(error.message, 'PUT is not allowed');
            assert.equal(error.body.code, 'MethodNotAllowedError');
            return true;
        });
    },

    async 'a server is a UUID or the default one'({ client }) {
        const message = 'Invalid server_uuid';
        await assert.rejects(client.create('somewhere', ticket('1')), { ...argument, message });
        await assert.rejects(client.list('somewhere'), { ...argument, message });
    },

    // The client asks for pages of 1,000 until one is shorter.
    async 'servers come in pages, and others are unknown'({ headnode }) {
        const known = [headnode, randomUUID(), randomUUID()];
        const options = known.flatMap((uuid) => ['--ticket-server', uuid]);
        await with_server(options, async (server, client) => {
            const page = async (query) => (await client.call('listServers', query)).body;
            const all = uuids(await page({}));
            for (const uuid of known) assert.ok(all.includes(uuid));
            assert.deepEqual(uuids(await page({ limit: 2, offset: 1 })), all.slice(1, 3));
            assert.deepEqual(await page({ limit: 2, offset: all.length }), []);
            const stranger = randomUUID();
            await assert.rejects(client.create(stranger, ticket('1')),
                                 { ...not_found, message: `Server ${stranger} not found` });
        });
    },

    async 'delete-all wants to be forced'({ client, headnode }) {
        const { uuid } = await client.create(headnode, ticket('1'));
        for (const query of ['', '?force=1', '?force=TRUE']) {
            await assert.rejects(client.del(`/servers/${headnode}/tickets${query}`), {
                statusCode: 412,
                restCode: 'PreconditionFailed',
                message: 'Will not delete all tickets without ?force=true',
            });
        }
        assert.deepEqual(uuids(await client.list(headnode)), [uuid]);
    },

    async 'fields that are missing or wrong are named'({ client, headnode }) {
        const refused = (body, fields) => assert.rejects(
            client.create(headnode, body), (error) => {
                assert.equal(error.statusCode, 409);
                assert.equal(error.restCode, 'InvalidParameters');
                assert.deepEqual(error.body.errors.map((each) => each.field), fields);
                return true;
            });
        await refused({}, ['scope', 'id', 'expires_at']);
        await refused(ticket('1', { scope: 1, extra: 'x' }), ['scope', 'extra']);
        await refused(ticket('1', { action: {} }), ['action']);
        await refused(ticket('1', { expires_at: 'garbage' }), ['expires_at']);
        assert.deepEqual(await client.list(headnode), []);
    },

    async 'pages of a list'({ client, headnode }) {
        const made = [];
        for (let i = 0; i < 5; ++i) made.push((await client.create(headnode, ticket('1'))).uuid);
        const page = async (query) => uuids(await client.list(headnode, query));
        assert.deepEqual(await page({ limit: 2 }), made.slice(0, 2));
        assert.deepEqual(await page({ limit: 2, offset: 3 }), made.slice(3));
        assert.deepEqual(await page({ limit: 1000, offset: 5 }), []);
        await assert.rejects(client.list(headnode, { limit: 1001 }),
                             { ...argument, message: 'limit must be less than 1000' });
        await assert.rejects(client.list(headnode, { colour: 'red' }), {
            ...argument, message: 'colour is not an explicitly defined parameter',
        });
        for (const query of [{ limit: 0 }, { limit: -1 }, { limit: 'x' }, { offset: -1 }]) {
            await assert.rejects(client.list(headnode, query), (error) => {
                // The original blames itself, with 500.
                assert.equal(error.statusCode, 409);
                assert.equal(error.restCode, 'InvalidParameters');
                assert.equal(error.message, 'Request parameters failed validation');
                assert.deepEqual(error.body.errors.map((each) => each.field),
                                 Object.keys(query));
                return true;
            });
        }
    },

    async 'a wait for a ticket that expires'({ client, headnode, server }) {
        await client.create(headnode, ticket('1'));
        const short = ticket('1', { expires_at: from_now(0.5) });
        const { uuid } = await client.create(headnode, short);
        const failure = { statusCode: 500, restCode: 'InternalError' };
        const wait = assert.rejects(client.wait(uuid),
                                    { ...failure, message: 'ticket has expired' });
        await server.holds(1);
        await wait;
        await assert.rejects(client.wait(uuid),
                             { ...failure, message: `ticket ${uuid} is expired` });
    },

    async 'no wait outlives its ticket'({ client, headnode, server }) {
        await client.create(headnode, ticket('1'));
        const made = [];
        for (let i = 0; i < 3; ++i) made.push((await client.create(headnode, ticket('1'))).uuid);
        const waits = made.map((uuid) => assert.rejects(client.wait(uuid), (error) => {
            made.splice(made.indexOf(uuid), 1);
            return error.statusCode === 409 || error.statusCode === 404;
        }));
        await server.holds(3);
        await client.release(made[0]);
        await waits[0];
        await client.del(`/tickets/${made[0]}`);
        await waits[1];
        await client.del(`/servers/${headnode}/tickets?force=true`);
        await waits[2];
        await server.holds(0);
    },

    async 'released twice, by many, and after its end'({ client, headnode }) {
        const { uuid } = await client.create(headnode, ticket('1'));
        const next = await client.create(headnode, ticket('1'));
        const last = await client.create(headnode, ticket('1'));
        await Promise.all(Array.from({ length: 10 }, () => client.release(uuid)));
        await client.release(uuid);
        assert.equal((await client.show(uuid)).status, 'finished');
        assert.equal((await client.show(next.uuid)).status, 'active');
        assert.equal((await client.show(last.uuid)).status, 'queued');
    },

    async 'a release without a body'({ client, headnode }) {
        const { uuid } = await client.create(headnode, ticket('1'));
        const { client: rest } = client.cnapi;
        await new Promise((resolve, reject) => {
            rest.put(`/tickets/${uuid}/release`, (error) => (error ? reject(error) : resolve()));
        });
        assert.equal((await client.show(uuid)).status, 'finished');
    },

    async 'the digest that the client sends is checked'({ client, headnode, server }) {
        const path = `/servers/${headnode}/tickets`;
        const { request, response } = await client.post(path, ticket('1'));
        assert.ok(request.getHeader('content-md5'));
        assert.equal(response.headers['content-md5'], undefined);
        const forged = await fetch(server.url + path, {
            method: 'POST',
            body: JSON.stringify(ticket('1')),
            headers: {
                'content-type': 'application/json',
                'content-md5': request.getHeader('content-md5'),
            },
        });
        assert.equal(forged.status, 400);
        assert.equal((await forged.json()).code, 'BadDigest');
        assert.equal((await client.list(headnode)).length, 1);
    },

    async 'a request id comes back, and stays with the ticket'({ client, headnode }) {
        const id = randomUUID();
        const path = `/servers/${headnode}/tickets`;
        const options = { path, headers: { 'x-request-id': id } };
        const { body, response } = await client.post(options, ticket('1'));
        assert.equal(response.headers['x-request-id'], id);
        assert.equal((await client.show(body.uuid)).reqid, id);
        const other = await client.get(`/tickets/${body.uuid}`);
        assert.match(other.response.headers['x-request-id'], /^[0-9a-f-]{36}$/);
        for (const name of ['date', 'server', 'x-response-time', 'x-server-name']) {
            assert.ok(other.response.headers[name], name);
        }
        assert.equal(other.response.headers['content-type'], 'application/json');
    },

    async 'the query beats the body, and a form will do'({ client, headnode, server }) {
        const path = `/servers/${headnode}/tickets`;
        const mixed = await client.post({ path, query: { scope: 'query' } }, ticket('1'));
        assert.equal((await client.show(mixed.body.uuid)).scope, 'query');
        const form = await fetch(server.url + path, {
            method: 'POST',
            body: new URLSearchParams(ticket('form')),
        });
        assert.equal(form.status, 202);
        assert.equal((await client.show((await form.json()).uuid)).id, 'form');
    },
});
